# SPDX-License-Identifier: Apache-2.0
"""Which chain a terminal shows, and what it sees coming (ICAO 9303-11 §7.1.4.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chipid.crypto.signature import RsaPublicKey
from chipid.errors import MalformedData, NotAuthorised
from chipid.issuing.cv_keys import CvKeyOptions, TestCvKey
from chipid.issuing.cv_pki import DEFAULT_KEY, CvHolder, CvProfile, TestCvca
from chipid.pki.cv_authorisation import HolderAuthorisation, Role, TerminalType
from chipid.pki.cv_credentials import (
    CERTIFICATE_LIMIT,
    CHAIN_LIMIT,
    FILE_LIMIT,
    LINK_LIMIT,
    SIGNATURE_LIMIT,
    CvChain,
    TerminalCredentials,
)
from chipid.pki.cv_public_key import OIDS, CvPublicKey, VerificationKey
from chipid.pki.cvc import CvCertificate

DAY = date(2026, 1, 10)
ONE = timedelta(days=1)
PROFILE = CvProfile(DAY, DAY + 30 * ONE)


class Pki:
    """CVCA 1 to 3 by links, and a terminal under the third."""

    def __init__(self, key: CvKeyOptions = DEFAULT_KEY) -> None:
        self.first = TestCvca.create("DETESTCVCA00001", profile=CvProfile(DAY), key=key)
        self.second = self.first.issue_link("DETESTCVCA00002", profile=CvProfile(DAY), key=key)
        self.third = self.second.issue_link("DETESTCVCA00003", profile=CvProfile(DAY), key=key)
        self.verifier = self.third.issue_verifier(profile=PROFILE)
        self.terminal = self.verifier.issue_terminal(profile=PROFILE)
        self.all = self.terminal.credentials(self.verifier, self.first, self.second, self.third)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.mark.parametrize("key", [CvKeyOptions(), CvKeyOptions("rsa-2048")])
def test_links_are_shown_where_they_are_needed(key):
    pki = Pki(key)
    expected = {
        "DETESTCVCA00001": ("DETESTCVCA00002", "DETESTCVCA00003", "DETESTDVDE00001", "DETESTISDE00001"),
        "DETESTCVCA00002": ("DETESTCVCA00003", "DETESTDVDE00001", "DETESTISDE00001"),
        "DETESTCVCA00003": ("DETESTDVDE00001", "DETESTISDE00001"),
    }
    for reference, holders in expected.items():
        chain = pki.all.chain_from([reference])
        assert (chain.trust_point, chain.holders) == (reference, holders)
        assert chain.terminal.holder == "DETESTISDE00001"


def test_the_chips_order_decides(pki):
    assert pki.all.chain_from(["DETESTCVCA00003", "DETESTCVCA00002"]).trust_point == "DETESTCVCA00003"
    assert pki.all.chain_from(["DETESTCVCA00002", "DETESTCVCA00003"]).trust_point == "DETESTCVCA00002"
    assert pki.all.chain_from(["DETESTCVCA00009", "DETESTCVCA00001"]).trust_point == "DETESTCVCA00001"


def test_the_authoritys_own_certificate_is_not_needed(pki):
    credentials = pki.terminal.credentials(pki.verifier)
    chain = credentials.chain_from(["DETESTCVCA00003"])
    assert chain.holders == ("DETESTDVDE00001", "DETESTISDE00001")
    assert chain.authority is None
    assert pki.all.chain_from(["DETESTCVCA00001"]).authority.holder == "DETESTCVCA00001"


@pytest.mark.parametrize("references", [["DETESTCVCA00009"], ["DETESTCVCA00008", "DETESTCVCA00009"]])
def test_no_chain_is_said_by_name(pki, references):
    with pytest.raises(NotAuthorised, match="no certificate chain from " + ", ".join(references)):
        pki.all.chain_from(references)


def test_no_authority_named(pki):
    with pytest.raises(NotAuthorised, match="the chip names none"):
        pki.all.chain_from([])


def test_order_and_duplicates_do_not_matter(pki):
    raws = [pki.terminal.raw, pki.third.raw + pki.verifier.raw, pki.verifier.raw, pki.second.raw]
    for files in (raws, raws[::-1]):
        credentials = TerminalCredentials.parse(files, pki.terminal.key)
        assert len(credentials.certificates) == 4
        assert credentials.chain_from(["DETESTCVCA00001"]).holders[0] == "DETESTCVCA00002"


def test_strangers_are_left_alone(pki):
    stranger = Pki()
    rsa = TestCvca.create(profile=CvProfile(DAY), key=CvKeyOptions("rsa-1024")).issue_verifier(profile=PROFILE)
    credentials = TerminalCredentials.parse(
        [each.raw for each in (rsa, stranger.verifier, stranger.terminal, stranger.third, pki.terminal, pki.verifier, pki.third)],
        pki.terminal.key,
    )
    chain = credentials.chain_from(["DETESTCVCA00003"])
    assert chain.certificates == (pki.verifier.certificate, pki.terminal.certificate)


def test_a_verifier_that_did_not_sign_is_no_way(pki):
    """Names are not unique: the signature tells."""
    namesake = Pki()
    with pytest.raises(NotAuthorised):
        pki.terminal.credentials(namesake.verifier).chain_from(["DETESTCVCA00003"])


def test_an_authority_that_did_not_sign_is_no_way(pki):
    impostor = TestCvca.create("DETESTCVCA00003", profile=CvProfile(DAY))
    with pytest.raises(NotAuthorised):
        pki.terminal.credentials(pki.verifier, impostor).chain_from(["DETESTCVCA00003"])


def test_another_terminals_certificate_is_no_way(pki):
    other = pki.verifier.issue_terminal(profile=PROFILE)
    with pytest.raises(NotAuthorised):
        TerminalCredentials.parse([pki.verifier.raw, other.raw], pki.terminal.key).chain_from(["DETESTCVCA00003"])


def test_a_verifiers_certificate_is_no_terminals(pki):
    again = pki.verifier.certify(
        "DETESTDVDE00002",
        pki.terminal.certificate.public_key,
        HolderAuthorisation.inspection_system(Role.DOMESTIC_DV, 3),
        PROFILE,
    )
    with pytest.raises(NotAuthorised):
        TerminalCredentials.parse([pki.verifier.raw, again], pki.terminal.key).chain_from(["DETESTCVCA00003"])


def test_a_verifier_that_names_itself_is_no_authority(pki):
    """Its key would rule out the real authority's certificates."""
    rights = HolderAuthorisation.inspection_system(Role.DOMESTIC_DV, 3)
    impostor = TestCvca.create("DETESTCVCA00003", profile=CvProfile(DAY))
    raw = impostor.certify("DETESTCVCA00003", impostor.certificate.public_key, rights, PROFILE)
    credentials = TerminalCredentials.parse([raw, pki.verifier.raw, pki.terminal.raw], pki.terminal.key)
    chain = credentials.chain_from(["DETESTCVCA00003"])
    assert chain.authority is None
    assert chain.holders == ("DETESTDVDE00001", "DETESTISDE00001")


def test_a_verifier_of_its_authoritys_name_is_no_way(pki):
    """No chip imports it (§7.1.4.3.7)."""
    verifier = pki.third.issue_verifier("DETESTCVCA00003", profile=PROFILE)
    credentials = verifier.issue_terminal(profile=PROFILE).credentials(verifier)
    with pytest.raises(NotAuthorised):
        credentials.chain_from(["DETESTCVCA00003"])


def test_a_terminal_of_its_verifiers_name_is_no_way(pki):
    """Who selects that name does not know which key he gets."""
    terminal = pki.verifier.issue_terminal(pki.verifier.reference, profile=PROFILE)
    with pytest.raises(NotAuthorised):
        terminal.credentials(pki.verifier).chain_from(["DETESTCVCA00003"])


def test_our_point_on_another_curve_is_no_way(pki):
    """The numbers are ours, and the verifier's certificates are on a curve that does not have them."""
    authority = TestCvca.create("DETESTCVCA00009", profile=CvProfile(DAY), key=CvKeyOptions("secp256r1"))
    verifier = authority.issue_verifier(profile=PROFILE)
    ours = pki.terminal.certificate
    raw = verifier.certify(ours.holder, ours.public_key, ours.authorisation, PROFILE)
    credentials = TerminalCredentials.parse([authority.raw, verifier.raw, raw], pki.terminal.key)
    with pytest.raises(NotAuthorised):
        credentials.chain_from(["DETESTCVCA00009"])


def test_links_in_a_circle_end(pki):
    """1 → 2 → 1, and no terminal below either."""
    back = pki.second.certify(
        "DETESTCVCA00001", pki.first.certificate.public_key, HolderAuthorisation.inspection_system(Role.CVCA), PROFILE
    )
    credentials = TerminalCredentials.parse([pki.second.raw, back, pki.terminal.raw], pki.terminal.key)
    with pytest.raises(NotAuthorised):
        credentials.chain_from(["DETESTCVCA00001"])


def test_a_fan_of_links_costs_no_more_than_there_are(pki):
    """Every link leads to every other name: the ways double at each step, the work does not."""
    names = [f"DETESTCVCA{number:05}" for number in range(10)]
    raws = [
        pki.second.certify(name, pki.second.certificate.public_key, HolderAuthorisation.inspection_system(Role.CVCA), PROFILE)
        for name in names
        for _ in range(2)
    ]
    crowd = [
        replace(each, authority=authority)
        for raw in raws
        for each in TerminalCredentials.parse([raw], pki.terminal.key).certificates
        for authority in names
        if each.holder != authority
    ]
    with pytest.raises(NotAuthorised):
        TerminalCredentials(tuple(crowd), pki.terminal.key).chain_from(["DETESTCVCA00000"])


class TestWork:
    """Certificates of one name and several dates multiply; the signatures that are checked do not."""

    @pytest.fixture
    def checked(self, monkeypatch) -> list[CvCertificate]:
        checked: list[CvCertificate] = []
        is_signed_by = CvCertificate.is_signed_by

        def counted(certificate: CvCertificate, key: VerificationKey) -> bool:
            checked.append(certificate)
            return is_signed_by(certificate, key)

        monkeypatch.setattr(CvCertificate, "is_signed_by", counted)
        return checked

    @staticmethod
    def again(issuer: CvHolder, holder: CvHolder, count: int) -> list[bytes]:
        """*count* certificates of one key under one name, each of another day."""
        subject = holder.certificate
        days = (CvProfile(DAY - day * ONE, DAY + ONE) for day in range(count))
        return [issuer.certify(subject.holder, subject.public_key, subject.authorisation, profile) for profile in days]

    def credentials(self, pki: Pki, count: int, key: TestCvKey) -> TerminalCredentials:
        raws = self.again(pki.third, pki.verifier, count) + self.again(pki.verifier, pki.terminal, count)
        return TerminalCredentials.parse(raws + self_signed(pki.third, count), key)

    def test_each_signature_once(self, pki, checked):
        chain = self.credentials(pki, 12, pki.terminal.key).chain_from(["DETESTCVCA00003"], at=DAY)
        assert chain.holders == ("DETESTDVDE00001", "DETESTISDE00001")
        assert 0 < len(checked) <= 24
        assert len(set(checked)) == len(checked)

    def test_none_for_another_terminals_certificates(self, pki, checked):
        stranger = pki.verifier.issue_terminal(profile=PROFILE).key
        with pytest.raises(NotAuthorised):
            self.credentials(pki, 12, stranger).chain_from(["DETESTCVCA00003"])
        assert checked == []

    def test_no_more_than_so_many(self, pki, checked):
        """Verifiers of one name, each with a key of its own, and terminals from another of that name."""
        verifiers = [pki.third.issue_verifier(profile=PROFILE) for _ in range(33)]
        stranger = pki.third.issue_verifier(profile=PROFILE)
        raws = [each.raw for each in verifiers] + self.again(stranger, pki.terminal, 33)
        credentials = TerminalCredentials.parse([*raws, *self_signed(pki.third, 1)], pki.terminal.key)
        with pytest.raises(NotAuthorised, match=f"within {SIGNATURE_LIMIT} signatures from DETESTCVCA00003"):
            credentials.chain_from(["DETESTCVCA00003"])
        assert len(checked) == SIGNATURE_LIMIT == 1024

    def test_no_more_chains_than_so_many(self, pki, monkeypatch):
        compared = []
        foreseen = CvChain.foreseen

        def counted(chain: CvChain, *arguments: Any) -> Any:
            compared.append(chain)
            return foreseen(chain, *arguments)

        monkeypatch.setattr(CvChain, "foreseen", counted)
        self.credentials(pki, 12, pki.terminal.key).chain_from(["DETESTCVCA00003"], at=DAY)
        assert len(compared) == CHAIN_LIMIT


def self_signed(authority: TestCvca, count: int) -> list[bytes]:
    """The authority's own certificate, several times."""
    public = CvPublicKey.of(authority.oid, authority.key.public_key, with_domain=True)
    rights = HolderAuthorisation.inspection_system(Role.CVCA, 3, 4)
    days = (CvProfile(DAY - day * ONE, DAY + ONE) for day in range(count))
    return [authority.certify(authority.reference, public, rights, profile) for profile in days]


@pytest.mark.parametrize("with_authority", [True, False])
def test_a_link_may_inherit_its_curve_before_the_next_changes_it(with_authority):
    first = TestCvca.create(profile=CvProfile(DAY))
    second = first.issue_link("DETESTCVCA00002", profile=CvProfile(DAY, with_domain=False))
    third = second.issue_link("DETESTCVCA00003", profile=CvProfile(DAY), key=CvKeyOptions("secp384r1"))
    verifier = third.issue_verifier(profile=PROFILE)
    issuers = (first, second, third, verifier) if with_authority else (second, third, verifier)
    chain = verifier.issue_terminal(profile=PROFILE).credentials(*issuers).chain_from(["DETESTCVCA00001"])
    assert len(chain.certificates) == 4


def test_a_signature_that_cannot_be_checked_is_none(pki):
    """An RSA authority too short for the core."""
    short = replace(
        TestCvca.create("DETESTCVCA00003", profile=CvProfile(DAY), key=CvKeyOptions("rsa-1024")).certificate,
        public_key=CvPublicKey(OIDS["id-TA-RSA-v1-5-SHA-256"], RsaPublicKey((1 << 511) + 1, 3)),
    )
    with pytest.raises(NotAuthorised):
        TerminalCredentials((short, pki.verifier.certificate, pki.terminal.certificate), pki.terminal.key).chain_from(
            ["DETESTCVCA00003"]
        )


@pytest.mark.parametrize(("links", "found"), [(LINK_LIMIT, True), (LINK_LIMIT + 1, False)])
def test_so_many_links_and_no_more(links, found):
    authority = TestCvca.create("DETESTCVCA00000", profile=CvProfile(DAY))
    holders = [authority]
    for number in range(1, links + 1):
        holders.append(holders[-1].issue_link(f"DETESTCVCA{number:05}", profile=CvProfile(DAY)))
    verifier = holders[-1].issue_verifier(profile=PROFILE)
    credentials = verifier.issue_terminal(profile=PROFILE).credentials(verifier, *holders)
    if found:
        assert len(credentials.chain_from(["DETESTCVCA00000"]).certificates) == links + 2
    else:
        with pytest.raises(NotAuthorised):
            credentials.chain_from(["DETESTCVCA00000"])


def test_too_many_certificates(pki):
    verifiers = [pki.third.issue_verifier(f"DETESTDV{number:05}", profile=PROFILE).raw for number in range(CERTIFICATE_LIMIT + 1)]
    assert len(TerminalCredentials.parse(verifiers[:-1], pki.terminal.key).certificates) == CERTIFICATE_LIMIT
    with pytest.raises(MalformedData, match=str(CERTIFICATE_LIMIT)):
        TerminalCredentials.parse(verifiers, pki.terminal.key)


def test_a_broken_file_is_not_passed_over(pki):
    with pytest.raises(MalformedData):
        TerminalCredentials.parse([pki.terminal.raw, b"\x30\x00"], pki.terminal.key)


def test_what_is_not_spoken_here_is_passed_over_and_told(pki):
    """A request, and an authority on a curve of its own."""
    objects = bytearray(pki.first.raw)
    prime = pki.first.certificate.public_key.domain.parameters[0]
    objects[objects.index(prime) + 5] ^= 1
    files = [pki.verifier.raw + bytes(objects), b"\x67\x00" + pki.terminal.raw, b"\x67\x00"]
    credentials = TerminalCredentials.parse(files, pki.terminal.key)
    assert credentials.passed_over == (
        "elliptic-curve parameters of no known curve",
        "a certificate request, not a certificate",
    )
    assert credentials.chain_from(["DETESTCVCA00003"]).holders == ("DETESTDVDE00001", "DETESTISDE00001")


class TestForeseen:
    def chain(self, authority: TestCvca, **profiles: CvProfile):
        verifier = authority.issue_verifier(profile=profiles.get("verifier", PROFILE))
        terminal = verifier.issue_terminal(profile=profiles.get("terminal", PROFILE))
        return terminal.credentials(verifier, authority).chain_from([authority.reference])

    def test_nothing(self, pki):
        assert self.chain(pki.first).foreseen(DAY, ("DG3", "DG4")) == ()

    def test_expired(self, pki):
        chain = self.chain(pki.first, verifier=CvProfile(DAY, DAY + ONE))
        assert chain.foreseen(DAY + ONE) == ()
        assert chain.foreseen(DAY + 2 * ONE) == (("DETESTDVDE00001", "cv-expired"),)

    def test_not_effective_yet(self, pki):
        chain = self.chain(pki.first, terminal=CvProfile(DAY + ONE, DAY + 2 * ONE))
        assert chain.foreseen(DAY) == (("DETESTISDE00001", "cv-not-yet-effective"),)

    def test_dates_reversed(self, pki):
        chain = self.chain(pki.first, terminal=CvProfile(DAY + ONE, DAY))
        assert chain.foreseen(DAY) == (("DETESTISDE00001", "cv-dates-reversed"),)

    def test_an_expired_link_is_accepted(self, pki):
        link = pki.first.issue_link("DETESTCVCA00004", profile=CvProfile(DAY, DAY + ONE))
        verifier = link.issue_verifier(profile=PROFILE)
        chain = verifier.issue_terminal(profile=PROFILE).credentials(verifier, link).chain_from(["DETESTCVCA00001"])
        assert chain.foreseen(DAY + 2 * ONE) == ()

    @pytest.mark.parametrize(
        ("authority", "verifier", "terminal", "lacking"),
        [
            ((3, 4), (3, 4), (4,), "DETESTISDE00001"),
            ((3, 4), (4,), (4,), "DETESTDVDE00001"),
            ((4,), (3, 4), (3, 4), "DETESTCVCA00001"),
        ],
    )
    def test_a_missing_right(self, authority, verifier, terminal, lacking):
        cvca = TestCvca.create(profile=CvProfile(DAY, data_groups=authority))
        chain = self.chain(
            cvca,
            verifier=CvProfile(DAY, DAY + ONE, data_groups=verifier),
            terminal=CvProfile(DAY, DAY + ONE, data_groups=terminal),
        )
        assert chain.foreseen(DAY, ("DG3", "DG4")) == ((lacking, "cv-right-missing"),)
        assert chain.data_groups == ("DG4",)

    def test_of_several_authorities_the_last_one_counts(self):
        poor = TestCvca.create(profile=CvProfile(DAY, data_groups=()))
        rich = poor.issue_link("DETESTCVCA00002", profile=CvProfile(DAY))
        verifier = rich.issue_verifier(profile=PROFILE)
        chain = verifier.issue_terminal(profile=PROFILE).credentials(verifier, rich, poor).chain_from(["DETESTCVCA00001"])
        assert chain.data_groups == ("DG3", "DG4")
        assert chain.foreseen(DAY, ("DG3",)) == ()

    def test_other_terminals_have_no_data_groups(self, pki):
        kind = TerminalType.AUTHENTICATION_TERMINAL
        cvca = TestCvca.create(profile=CvProfile(DAY, authorisation=HolderAuthorisation(kind, bytes.fromhex("FFFFFFFFFF"))))
        chain = self.chain(
            cvca,
            verifier=CvProfile(DAY, DAY, authorisation=HolderAuthorisation(kind, bytes.fromhex("BFFFFFFFFF"))),
            terminal=CvProfile(DAY, DAY, authorisation=HolderAuthorisation(kind, bytes.fromhex("3FFFFFFFFF"))),
        )
        assert chain.data_groups == ()


class TestChoice:
    def test_a_chain_in_force_before_an_expired_one(self, pki):
        """Two certificates of one name for one key: the one that is in force."""
        terminal = pki.terminal
        expired = pki.verifier.certify(
            terminal.reference,
            terminal.certificate.public_key,
            HolderAuthorisation.inspection_system(Role.TERMINAL, 3, 4),
            CvProfile(DAY - 2 * ONE, DAY - ONE),
        )
        for raws in ([expired, terminal.raw], [terminal.raw, expired]):
            credentials = TerminalCredentials.parse([pki.verifier.raw, *raws], terminal.key)
            assert credentials.chain_from(["DETESTCVCA00003"], at=DAY).terminal == terminal.certificate
            assert credentials.chain_from(["DETESTCVCA00003"]).terminal == terminal.certificate

    def test_an_older_authority_with_a_chain_in_force_before_a_newer_with_none(self, pki):
        stale = pki.second.issue_verifier("DETESTDVDE00002", profile=CvProfile(DAY - 9 * ONE, DAY - ONE))
        own = pki.terminal.certificate.public_key
        rights = HolderAuthorisation.inspection_system(Role.TERMINAL, 3)
        under_stale = stale.certify(pki.terminal.reference, own, rights, PROFILE)
        credentials = TerminalCredentials.parse([pki.terminal.raw, pki.verifier.raw, stale.raw, under_stale], pki.terminal.key)
        references = ["DETESTCVCA00002", "DETESTCVCA00003"]
        assert credentials.chain_from(references).trust_point == "DETESTCVCA00002"
        assert credentials.chain_from(references, at=DAY).trust_point == "DETESTCVCA00003"

    def test_a_chain_with_the_wanted_right(self, pki):
        own = pki.terminal.certificate.public_key
        rights = HolderAuthorisation.inspection_system(Role.TERMINAL)
        longer = pki.verifier.certify(pki.terminal.reference, own, rights, CvProfile(DAY, DAY + 90 * ONE))
        credentials = TerminalCredentials.parse([pki.terminal.raw, pki.verifier.raw, longer], pki.terminal.key)
        assert credentials.chain_from(["DETESTCVCA00003"], at=DAY, data_groups=("DG3",)).data_groups == ("DG3", "DG4")


class TestLoading:
    def test_a_folder_with_keys_beside_the_certificates(self, pki: Pki, tmp_path: Path) -> None:
        for holder in (pki.first, pki.verifier, pki.terminal):
            holder.save(tmp_path)
        (tmp_path / "inside").mkdir()
        found = TerminalCredentials.load([tmp_path], pki.terminal.key)
        assert {each.holder for each in found.certificates} == {each.reference for each in (pki.first, pki.verifier, pki.terminal)}

    def test_files_by_name(self, pki: Pki, tmp_path: Path) -> None:
        pki.terminal.save(tmp_path)
        name = str(tmp_path / f"{pki.terminal.reference}.cvcert")
        assert [each.raw for each in TerminalCredentials.load([name], pki.terminal.key).certificates] == [pki.terminal.raw]

    def test_a_folder_without_any(self, pki: Pki, tmp_path: Path) -> None:
        (tmp_path / "key.pem").write_bytes(pki.terminal.key.to_pem())
        with pytest.raises(MalformedData, match="no CV certificate"):
            TerminalCredentials.load([tmp_path], pki.terminal.key)

    def test_a_named_file_that_is_none(self, pki: Pki, tmp_path: Path) -> None:
        (tmp_path / "key.pem").write_bytes(pki.terminal.key.to_pem())
        with pytest.raises(MalformedData, match=r"key\.pem is no CV certificate"):
            TerminalCredentials.load([tmp_path / "key.pem"], pki.terminal.key)

    def test_a_file_that_is_too_long(self, pki: Pki, tmp_path: Path) -> None:
        (tmp_path / "long").write_bytes(pki.terminal.raw * (FILE_LIMIT // len(pki.terminal.raw) + 1))
        with pytest.raises(MalformedData, match=str(FILE_LIMIT)):
            TerminalCredentials.load([tmp_path], pki.terminal.key)
