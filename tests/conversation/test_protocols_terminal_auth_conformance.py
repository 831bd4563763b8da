# SPDX-License-Identifier: Apache-2.0
"""The chip's answers to certificates and authentications, case by case (BSI TR-03105-3.2 units ISO7816_J to N; ICAO 9303-11 §7.1).

Each test bears the number of its case. Keys, names, dates and rights are the plan's; where it leaves the status word open, ours is
pinned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from chipid.crypto.random import system_random
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.cv_defects import CONTENT_DEFECTS, WIRE_DEFECTS, day_32, out_of_range
from chipid.issuing.cv_keys import CvKeyOptions, TestCvKey
from chipid.issuing.cv_pki import Amendment, CvHolder, CvProfile, TestCvca
from chipid.pki.cv_authorisation import HolderAuthorisation, TerminalType
from chipid.pki.cv_public_key import OIDS, CvPublicKey
from chipid.pki.cvc import EFFECTIVE_DATE, EXPIRATION_DATE, CvCertificate
from chipid.protocols.terminal_auth import ChipTrust, TerminalAuthenticationChip, document_identifier
from chipid.protocols.terminal_auth.signed_data import signed_data

EFF, EXP = date(2026, 3, 10), date(2027, 3, 10)
CVCA = "DETESTCVCA00001"
ID_IC, TERMINAL_KEY = document_identifier("C01X00T47"), bytes(range(32))
REFUSED = {SW.AUTHENTICATION_FAILED, SW.WRONG_DATA}
"""6300, or a checking error."""


def after(day: date, months: int = 0, days: int = 0) -> date:
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, day.day) + timedelta(days=days)


@dataclass(frozen=True)
class Entry:
    """One certificate of the plan."""

    octet: int
    issuer: str
    holder: str
    effective: date
    expiration: date
    key: str
    signed_with: str


def entry(octet: int, issuer: str, holder: str, effective: date, expiration: date, key: str, signed_with: str) -> Entry:
    return Entry(octet, issuer, holder, effective, expiration, key, signed_with)


MONTH, FORTNIGHT, THIRTEEN = after(EFF, 1), after(EFF, days=14), after(EFF, days=13)
LATE = after(EFF, 1, 20), after(EFF, 1, 25)

CERTIFICATES = {
    "DV_CERT_1": entry(0x83, CVCA, "DETESTDVDE001", EFF, MONTH, "DV_01", "CVCA_00"),
    "DV_CERT_1h": entry(0x83, CVCA, "DETESTDVDE001", after(EFF, days=1), EFF, "DV_01", "CVCA_00"),
    "IS_CERT_1": entry(0x03, "DETESTDVDE001", "DETESTISDE001", EFF, FORTNIGHT, "IS_01", "DV_01"),
    "DV_CERT_2": entry(0x43, CVCA, "DETESTDVDE002", EFF, MONTH, "DV_02", "CVCA_00"),
    "IS_CERT_2a": entry(0x03, "DETESTDVDE002", "DETESTISDE002", FORTNIGHT, MONTH, "IS_02", "DV_02"),
    "IS_CERT_2b": entry(0x03, "DETESTDVDE002", "DETESTISDE002", EFF, THIRTEEN, "IS_02", "DV_02"),
    "DV_CERT_3": entry(0x83, CVCA, "DETESTDVDE003", EFF, MONTH, "DV_03", "CVCA_00"),
    "IS_CERT_3a": entry(0x01, "DETESTDVDE003", "DETESTISDE003", EFF, MONTH, "IS_03", "DV_03"),
    "IS_CERT_3b": entry(0x02, "DETESTDVDE003", "DETESTISDE003", EFF, MONTH, "IS_03", "DV_03"),
    "DV_CERT_4": entry(0x81, CVCA, "DETESTDVDE004", EFF, MONTH, "DV_04", "CVCA_00"),
    "IS_CERT_4": entry(0x03, "DETESTDVDE004", "DETESTISDE004", EFF, MONTH, "IS_04", "DV_04"),
    "DV_CERT_5": entry(0x82, CVCA, "DETESTDVDE005", EFF, MONTH, "DV_05", "CVCA_00"),
    "IS_CERT_5": entry(0x03, "DETESTDVDE005", "DETESTISDE005", EFF, MONTH, "IS_05", "DV_05"),
    "DV_CERT_6": entry(0x83, CVCA, "DETESTDVDE006", EFF, MONTH, "DV_06", "CVCA_00"),
    "DV_CERT_6a": entry(0x83, CVCA, "DETESTDVDE006", after(EFF, 1, 1), after(EFF, 2), "DV_06", "CVCA_00"),
    "IS_CERT_6a": entry(0x03, "DETESTDVDE006", "DETESTISDE006", FORTNIGHT, MONTH, "IS_06", "DV_06"),
    "IS_CERT_6b": entry(0x03, "DETESTDVDE006", "DETESTISDE006", EFF, THIRTEEN, "IS_06", "DV_06"),
    "LINK_CERT_7": entry(0xC3, CVCA, "DETEST_LINKDE007", after(EXP, days=-1), after(EXP, 2), "CVCA_07", "CVCA_00"),
    "DV_CERT_7a": entry(0x83, CVCA, "DETESTDVDE007", EFF, EXP, "DV_07", "CVCA_00"),
    "DV_CERT_7b": entry(0x83, "DETEST_LINKDE007", "DETESTDVDE007", after(EXP, days=1), after(EXP, 1), "DV_07", "CVCA_07"),
    "LINK_CERT_8": entry(0xC3, "DETEST_LINKDE007", "DETEST_LINKDE008", after(EXP, 1), after(EXP, 4), "CVCA_08", "CVCA_07"),
    "LINK_CERT_9": entry(0xC3, "DETEST_LINKDE008", "DETESTCADE009", after(EXP, 3), after(EXP, 6), "CVCA_09", "CVCA_08"),
    "DV_CERT_9": entry(0x83, "DETESTCADE009", "DETESTDVDE009", after(EXP, 3), after(EXP, 4), "DV_09", "CVCA_09"),
    "LINK_CERT_10": entry(0xC3, "DETESTDVDE010", CVCA, EFF, EXP, "CVCA_00", "DV_10"),
    "DV_CERT_10a": entry(0x83, CVCA, "DETESTDVDE010", EFF, MONTH, "DV_10", "CVCA_00"),
    "DV_CERT_10b": entry(0x43, CVCA, "DETESTDVDE010", EFF, MONTH, "DV_10", "CVCA_00"),
    "DV_CERT_10c": entry(0x83, "DETESTDVDE010", "DETESTDVDE110", EFF, MONTH, "DV_10", "DV_10"),
    "DV_CERT_10d": entry(0x43, "DETESTDVDE010", "DETESTDVDE110", EFF, MONTH, "DV_10", "DV_10"),
    "IS_CERT_10": entry(0x03, CVCA, "DETESTISDE010", EFF, THIRTEEN, "IS_10", "CVCA_00"),
    "LINK_CERT_11a": entry(0xC3, "DETESTISDE011", CVCA, EFF, EXP, "CVCA_00", "IS_11"),
    "LINK_CERT_11b": entry(0xC3, "DETESTCADE009", "DETESTCADE011", after(EXP, 5), after(EXP, 8), "CVCA_11", "CVCA_09"),
    "DV_CERT_11a": entry(0x83, CVCA, "DETESTDVDE011", EFF, MONTH, "DV_11", "CVCA_00"),
    "DV_CERT_11b": entry(0x43, "DETESTISDE011", "DETESTDVDE001", EFF, MONTH, "DV_11", "IS_11"),
    "DV_CERT_11c": entry(0x83, "DETESTISDE011", "DETESTDVDE011", EFF, MONTH, "DV_11", "IS_11"),
    "IS_CERT_11a": entry(0x03, "DETESTDVDE011", "DETESTISDE011", EFF, THIRTEEN, "IS_11", "DV_11"),
    "IS_CERT_11b": entry(0x03, "DETESTISDE011", "DETESTISDE011", EFF, THIRTEEN, "IS_11", "IS_11"),
    "IS_CERT_11c": entry(0x03, "DETESTCADE011", "DETESTISDE011", after(EXP, 5), after(EXP, 6), "IS_11", "CVCA_11"),
    "DV_CERT_12": entry(0x83, CVCA, "DETESTDVDE012", *LATE, "DV_12", "CVCA_00"),
    "LINK_CERT_13": entry(0xC3, "DETESTCADE011", "DETESTCADE013", after(EXP, 7), after(EXP, 10), "MIG_13", "CVCA_11"),
    "DV_CERT_13": entry(0x83, "DETESTCADE013", "DETESTDVDE013", after(EXP, 7), after(EXP, 8), "MIG_DV_13", "MIG_13"),
    "IS_CERT_13": entry(0x03, "DETESTDVDE013", "DETESTISDE013", after(EXP, 7), after(EXP, 8), "MIG_IS_13", "MIG_DV_13"),
    "DV_CERT_14a": entry(0x83, CVCA, "DETESTDVDE014", EFF, MONTH, "DV_14a", "CVCA_00"),
    "DV_CERT_14b": entry(0x83, CVCA, "DETESTDVDE014", EFF, MONTH, "SHORT_DV_14b", "CVCA_00"),
    "IS_CERT_14a": entry(0x03, "DETESTDVDE014", "DETESTISDE014", EFF, FORTNIGHT, "IS_14a", "SHORT_DV_14b"),
    "IS_CERT_14b": entry(0x03, "DETESTDVDE014", "DETESTISDE014", EFF, FORTNIGHT, "SHORT_IS_14b", "DV_14a"),
}

EC, RSA = CvKeyOptions("brainpoolP256r1", "id-TA-ECDSA-SHA-256"), CvKeyOptions("rsa-1280", "id-TA-RSA-PSS-SHA-256")


class Plan:
    """The keys and certificates of the plan under one mechanism, made when they are asked for."""

    def __init__(self, options: CvKeyOptions) -> None:
        self.options, self.other = options, RSA if options is EC else EC
        self.cvca = TestCvca.create(CVCA, profile=CvProfile(EFF, EXP), key=options)
        self.keys: dict[str, TestCvKey] = {"CVCA_00": self.cvca.key}

    def kind(self, name: str) -> CvKeyOptions:
        if name.startswith("MIG"):
            return self.other
        if name.startswith("SHORT"):
            return CvKeyOptions("rsa-1024" if self.options is RSA else "brainpoolP224r1", self.options.mechanism)
        return self.options

    def key(self, name: str) -> TestCvKey:
        if name not in self.keys:
            self.keys[name] = TestCvKey.generate(self.kind(name).kind)
        return self.keys[name]

    def bare(self, name: str | Entry, amend: Amendment = dict) -> bytes:
        """Body and signature of a certificate, as PSO:Verify Certificate carries them."""
        found = CERTIFICATES[name] if isinstance(name, str) else name
        signer = CvHolder(found.issuer, b"", self.key(found.signed_with), self.kind(found.signed_with).oid)
        oid, is_link = self.kind(found.key).oid, found.octet & 0xC0 == 0xC0
        public = CvPublicKey.of(oid, self.key(found.key).public_key, with_domain=is_link)
        rights = HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, bytes((found.octet,)))
        profile = CvProfile(found.effective, found.expiration, amend=amend)
        raw = signer.certify(found.holder, public, rights, profile)
        return raw[4:] if raw[2] == 0x81 else raw[5:]

    def signature(self, name: str, challenge: bytes) -> bytes:
        scheme = CvPublicKey.of(self.kind(name).oid, self.key(name).public_key, with_domain=False).scheme
        return self.key(name).sign(scheme, signed_data(ID_IC, challenge, TERMINAL_KEY))


@pytest.fixture(scope="module", params=[EC, RSA], ids=["ECDSA", "RSA"])
def plan(request) -> Plan:
    return Plan(request.param)


class Card:
    """A chip with the plan's trust point, and Chip Authentication done; a reset keeps what a chip keeps."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.trust = ChipTrust([plan.cvca.certificate], EFF)
        self.reset()

    def reset(self) -> None:
        self.chip = TerminalAuthenticationChip(self.trust, ID_IC, system_random)
        self.chip.bind(TERMINAL_KEY)

    def dst(self, reference: str) -> int:
        return self.chip.set_dst(build_tlv(0x83, reference.encode()))

    def pso(self, name: str | Entry, *, amend: Amendment = dict, wire: Callable[[bytes], bytes] = bytes) -> int:
        return self.chip.verify_certificate(wire(self.plan.bare(name, amend)))

    def at(self, reference: str) -> int:
        return self.chip.set_at(build_tlv(0x83, reference.encode()))

    def show(self, *names: str) -> None:
        """Each certificate under its issuer, and each accepted."""
        for name in names:
            assert self.dst(CERTIFICATES[name].issuer) == SW.OK
            assert self.pso(name) == SW.OK, (name, self.chip.refused)

    def authenticate(self, reference: str, key: str) -> int:
        assert self.at(reference) == SW.OK
        challenge, sw = self.chip.get_challenge(8)
        assert sw == SW.OK
        return self.chip.external_authenticate(self.plan.signature(key, challenge))


@pytest.fixture
def card(plan) -> Card:
    return Card(plan)


def is_refused_and_no_anchor(card: Card) -> None:
    """The certificate was refused, and nothing can be certified under its key."""
    assert card.dst("DETESTDVDE001") == SW.REFERENCE_NOT_FOUND
    assert card.pso("IS_CERT_1") == SW.CONDITIONS_NOT_SATISFIED


# Unit J: certificate verification --------------------------------------------------------------------------------


def test_j_1(card):
    card.show("DV_CERT_1", "IS_CERT_1")


def test_j_2_an_unknown_authority(card):
    assert card.dst("DETESTCVCA00002") == SW.REFERENCE_NOT_FOUND
    assert card.pso("DV_CERT_1") == SW.CONDITIONS_NOT_SATISFIED
    is_refused_and_no_anchor(card)


def test_an_unknown_authority_deselects_the_known_one(card):
    assert card.dst(CVCA) == SW.OK
    assert card.dst("DETESTCVCA00002") == SW.REFERENCE_NOT_FOUND
    assert card.pso("DV_CERT_1") == SW.CONDITIONS_NOT_SATISFIED


@pytest.mark.parametrize(
    "wire",
    [
        "signature-altered",
        "no-signature",
        "no-body",
        "signature-first",
        "body-tag",
        "signature-tag",
        "body-length",
        "signature-length",
    ],
)
def test_j_3_4_5_17_18(card, wire):
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_1", wire=WIRE_DEFECTS[wire]) in REFUSED
    is_refused_and_no_anchor(card)


CONTENT = {
    **{name: defect for name, defect in CONTENT_DEFECTS.items() if not name.startswith("key-without")},
    "effective-day-32": day_32(EFFECTIVE_DATE, EFF),
    "expiration-day-32": day_32(EXPIRATION_DATE, EFF),
}


@pytest.mark.parametrize("defect", CONTENT)
def test_j_6_to_10_19_20_23_24(card, defect):
    """DV_CERT_1a to 1g, 1i, 1j."""
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_1", amend=CONTENT[defect]) in REFUSED
    is_refused_and_no_anchor(card)


def test_j_21_dates_reversed(card):
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_1h") == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-dates-reversed"
    is_refused_and_no_anchor(card)


def test_j_11_a_foreign_terminal_does_not_set_the_date(card):
    card.show("DV_CERT_2", "IS_CERT_2a")
    card.reset()
    card.show("DV_CERT_2", "IS_CERT_2b")


def test_j_22_a_temporary_key_is_gone_after_a_reset(card):
    card.show("DV_CERT_1")
    card.reset()
    is_refused_and_no_anchor(card)


LATE_DEFECTS = {
    "wrong authority": lambda card: (card.dst("DETESTCVCA00002"), card.pso("DV_CERT_12"))[1],
    "no key selected": lambda card: card.pso("DV_CERT_12"),
    **{
        name: lambda card, defect=defect: (card.dst(CVCA), card.pso("DV_CERT_12", wire=defect))[1]
        for name, defect in WIRE_DEFECTS.items()
    },
}


@pytest.mark.parametrize("case", LATE_DEFECTS)
def test_j_25_to_31_35(card, case):
    """DV_CERT_12a to 12g: what is refused does not advance the date."""
    assert LATE_DEFECTS[case](card) in {*REFUSED, SW.CONDITIONS_NOT_SATISFIED}
    date_is_as_before(card)


def date_is_as_before(card: Card) -> None:
    assert card.trust.state.today == EFF
    card.reset()
    card.show("DV_CERT_1")


def test_j_32_33_34_numbers_out_of_range(card, plan):
    """DV_CERT_12o, 12p, 12q."""
    for defect in out_of_range(plan.cvca.key.public_key).values():
        assert card.dst(CVCA) == SW.OK
        assert card.pso("DV_CERT_12", wire=defect) == SW.AUTHENTICATION_FAILED
        assert card.chip.refused == "cv-signature"
        date_is_as_before(card)


KEY_DEFECTS = {
    EC: ("unknown-mechanism", "key-without-mechanism", "key-without-point", "key-with-unknown-object"),
    RSA: ("unknown-mechanism", "key-without-mechanism", "key-without-modulus", "key-without-exponent", "key-with-unknown-object"),
}


def test_j_36_to_41(card, plan):
    """DV_CERT_12h to 12m."""
    for defect in KEY_DEFECTS[plan.options]:
        assert card.dst(CVCA) == SW.OK
        assert card.pso("DV_CERT_12", amend=CONTENT_DEFECTS[defect]) == SW.WRONG_DATA
        assert card.chip.refused == "cv-malformed"
        date_is_as_before(card)


def test_j_43_an_authority_certifies_no_terminal(card):
    assert card.dst(CVCA) == SW.OK
    assert card.pso("IS_CERT_10") == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-role"


@pytest.mark.parametrize("verifier", ["DV_CERT_10a", "DV_CERT_10b"])
@pytest.mark.parametrize("certificate", ["LINK_CERT_10", "DV_CERT_10c", "DV_CERT_10d"])
def test_j_44_to_49_a_verifier_certifies_terminals_alone(card, verifier, certificate):
    card.show(verifier)
    before = card.trust.state
    assert card.dst("DETESTDVDE010") == SW.OK
    assert card.pso(certificate) == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-role"
    assert card.trust.state is before


@pytest.mark.parametrize("certificate", ["LINK_CERT_11a", "DV_CERT_11b", "DV_CERT_11c", "IS_CERT_11b"])
def test_j_50_to_53_a_terminal_certifies_nothing(card, certificate):
    card.show("DV_CERT_11a", "IS_CERT_11a")
    assert card.dst("DETESTISDE011") == SW.OK
    assert card.pso(certificate) == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-role"


def test_j_54_a_key_as_long_as_the_issuers(card):
    card.show("DV_CERT_14a")


def test_j_55_a_shorter_key(card, plan):
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_14b") == SW.AUTHENTICATION_FAILED
    # On a curve the shorter point is none of the inherited curve's.
    assert card.chip.refused == ("cv-key-too-short" if plan.options is RSA else "cv-key")
    assert card.dst("DETESTDVDE014") == SW.REFERENCE_NOT_FOUND


def test_j_56_a_shorter_key_of_a_terminal(card, plan):
    card.show("DV_CERT_14a")
    assert card.dst("DETESTDVDE014") == SW.OK
    assert card.pso("IS_CERT_14b") == SW.AUTHENTICATION_FAILED
    assert card.at("DETESTISDE014") == SW.REFERENCE_NOT_FOUND


KNOWN = build_tlv(0x83, CVCA.encode())


@pytest.mark.parametrize("data", [b"", b"\x83\0", b"\x83\x0f", b"\x84" + KNOWN[1:], KNOWN * 2, KNOWN + b"\0", KNOWN[:-1]])
def test_set_dst_of_other_data(card, data):
    assert card.chip.set_dst(KNOWN) == SW.OK
    assert card.chip.set_dst(data) in {SW.WRONG_DATA, SW.REFERENCE_NOT_FOUND}
    assert card.pso("DV_CERT_1") == SW.CONDITIONS_NOT_SATISFIED


def test_a_refused_certificate_is_imported_not_even_in_part(card):
    """J_3, and then the right one: nothing of the first attempt stands in its way."""
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_1", wire=WIRE_DEFECTS["signature-altered"]) in REFUSED
    assert card.pso("DV_CERT_1") == SW.OK
    assert card.chip.refused is None


# Unit K: authentication ------------------------------------------------------------------------------------------


@pytest.fixture
def known(card) -> Card:
    """A card that has accepted the terminal's certificate."""
    card.show("DV_CERT_1", "IS_CERT_1")
    return card


def test_k_1(known):
    assert known.authenticate("DETESTISDE001", "IS_01") == SW.OK
    assert known.chip.data_groups == ("DG3", "DG4")


@pytest.mark.parametrize("reference", ["DETESTISDE002", "DETESTDVDE001", CVCA, "", "\0"])
def test_k_2_5_6_another_reference(known, reference):
    """An altered name, the verifier's key, the authority's key."""
    assert known.at(reference) == SW.REFERENCE_NOT_FOUND
    challenge, _ = known.chip.get_challenge(8)
    assert known.chip.external_authenticate(known.plan.signature("IS_01", challenge)) == SW.CONDITIONS_NOT_SATISFIED
    assert known.chip.data_groups == ()


def test_another_reference_deselects_the_terminal(known):
    assert known.at("DETESTISDE001") == SW.OK
    assert known.at("DETESTISDE002") == SW.REFERENCE_NOT_FOUND
    challenge, _ = known.chip.get_challenge(8)
    assert known.chip.external_authenticate(known.plan.signature("IS_01", challenge)) == SW.CONDITIONS_NOT_SATISFIED


def test_k_9_a_challenge_serves_once(known):
    assert known.at("DETESTISDE001") == SW.OK
    challenge, _ = known.chip.get_challenge(8)
    signature = known.plan.signature("IS_01", challenge)
    altered = bytes((*signature[:-1], signature[-1] ^ 1))
    assert known.chip.external_authenticate(altered) == SW.AUTHENTICATION_FAILED
    assert known.chip.external_authenticate(signature) == SW.CONDITIONS_NOT_SATISFIED
    assert known.chip.data_groups == ()


def test_k_10_the_last_challenge_alone(known):
    assert known.at("DETESTISDE001") == SW.OK
    first, second = (known.chip.get_challenge(8)[0] for _ in range(2))
    assert first != second
    assert known.chip.external_authenticate(known.plan.signature("IS_01", first)) == SW.AUTHENTICATION_FAILED


@pytest.mark.parametrize("le", [None, 1, 7, 9, 256])
def test_k_12_13_a_challenge_of_another_length(known, le):
    assert known.at("DETESTISDE001") == SW.OK
    before, _ = known.chip.get_challenge(8)
    assert known.chip.get_challenge(le) == (b"", SW.WRONG_LENGTH)
    assert known.chip.external_authenticate(known.plan.signature("IS_01", before)) == SW.CONDITIONS_NOT_SATISFIED


def test_k_14_without_a_challenge(known):
    assert known.at("DETESTISDE001") == SW.OK
    assert known.chip.external_authenticate(known.plan.signature("IS_01", b"")) == SW.CONDITIONS_NOT_SATISFIED
    assert known.chip.data_groups == ()


def test_a_challenge_from_before_set_at_is_void(known):
    challenge, _ = known.chip.get_challenge(8)
    assert known.at("DETESTISDE001") == SW.OK
    assert known.chip.external_authenticate(known.plan.signature("IS_01", challenge)) == SW.CONDITIONS_NOT_SATISFIED


def test_k_15_without_set_at(known):
    challenge, _ = known.chip.get_challenge(8)
    assert known.chip.external_authenticate(known.plan.signature("IS_01", challenge)) == SW.CONDITIONS_NOT_SATISFIED
    assert known.chip.data_groups == ()


def test_k_18_rights_vanish_with_the_field(known):
    assert known.authenticate("DETESTISDE001", "IS_01") == SW.OK
    known.reset()
    assert known.chip.data_groups == ()
    assert known.at("DETESTISDE001") == SW.REFERENCE_NOT_FOUND


def test_the_verifiers_key_does_not_authenticate(known):
    assert known.authenticate("DETESTISDE001", "DV_01") == SW.AUTHENTICATION_FAILED
    assert known.chip.data_groups == ()


def test_of_two_terminals_the_last_one(known):
    known.show("DV_CERT_3", "IS_CERT_3a")
    assert known.at("DETESTISDE001") == SW.REFERENCE_NOT_FOUND
    assert known.authenticate("DETESTISDE003", "IS_03") == SW.OK
    assert known.chip.data_groups == ("DG3",)


# Unit L: rights --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verifier", "terminal", "key", "granted"),
    [
        ("DV_CERT_3", "IS_CERT_3a", "IS_03", ("DG3",)),
        ("DV_CERT_3", "IS_CERT_3b", "IS_03", ("DG4",)),
        ("DV_CERT_4", "IS_CERT_4", "IS_04", ("DG3",)),
        ("DV_CERT_5", "IS_CERT_5", "IS_05", ("DG4",)),
    ],
)
def test_l_1_to_8_rights_are_anded(card, verifier, terminal, key, granted):
    card.show(verifier, terminal)
    assert card.chip.data_groups == ()  # L_9, L_10
    assert card.authenticate(CERTIFICATES[terminal].holder, key) == SW.OK
    assert card.chip.data_groups == granted


def test_l_11_12_a_failure_grants_nothing(known):
    assert known.at("DETESTISDE001") == SW.OK
    challenge, _ = known.chip.get_challenge(8)
    signature = known.plan.signature("IS_01", challenge)
    assert known.chip.external_authenticate(bytes((*signature[:-1], (signature[-1] + 1) % 256))) == SW.AUTHENTICATION_FAILED
    assert known.chip.data_groups == ()


# Units M and N: date and trust points ----------------------------------------------------------------------------


def test_m_1_a_domestic_terminal_sets_the_date(card):
    card.show("DV_CERT_6", "IS_CERT_6a")
    card.reset()
    card.show("DV_CERT_6")
    assert card.dst("DETESTDVDE006") == SW.OK
    assert card.pso("IS_CERT_6b") == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-expired"


def test_m_2_a_verifier_sets_the_date(card):
    card.show("DV_CERT_6a")
    card.reset()
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_6") == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-expired"


def test_m_3_to_6_and_n_1(card):
    """One sample's life: links, dates, and another mechanism in the end."""
    # M_3
    card.show("LINK_CERT_7")
    card.reset()
    assert card.trust.ef_cvca == build_tlv(0x42, b"DETEST_LINKDE007") + build_tlv(0x42, CVCA.encode()) + b"\0"
    card.show("DV_CERT_7a")
    card.reset()
    card.show("DV_CERT_7b")
    card.reset()
    assert card.dst(CVCA) == SW.OK
    assert card.pso("DV_CERT_7a") == SW.AUTHENTICATION_FAILED
    # M_4
    card.show("LINK_CERT_8", "LINK_CERT_9", "DV_CERT_9")
    assert card.trust.references == ("DETESTCADE009", "DETEST_LINKDE008")
    assert card.dst("DETEST_LINKDE007") == SW.REFERENCE_NOT_FOUND
    # M_5
    card.show("LINK_CERT_11b")
    assert card.dst("DETESTCADE011") == SW.OK
    assert card.pso("IS_CERT_11c") == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-role"
    # M_6
    assert card.trust.references == ("DETESTCADE011", "DETESTCADE009")
    assert len(card.trust.ef_cvca) == 36
    # N_1
    card.show("LINK_CERT_13", "DV_CERT_13", "IS_CERT_13")
    assert card.authenticate("DETESTISDE013", "MIG_IS_13") == SW.OK


def test_an_expired_trust_point_is_of_use_for_links_alone(card):
    """9303-11 §7.1.4.3.4."""
    card.trust = ChipTrust([card.plan.cvca.certificate], after(EXP, days=1))
    card.reset()
    assert card.dst(CVCA) == SW.OK
    later = Entry(0x83, CVCA, "DETESTDVDE007", EFF, after(EXP, 2), "DV_07", "CVCA_00")
    assert card.pso(later) == SW.AUTHENTICATION_FAILED
    assert card.chip.refused == "cv-trust-point-expired"
    assert card.pso("LINK_CERT_7") == SW.OK


def test_the_plans_certificates_are_what_they_say(plan):
    for name, found in CERTIFICATES.items():
        certificate = CvCertificate.parse_bare(plan.bare(name))
        assert (certificate.authority, certificate.holder) == (found.issuer, found.holder)
        assert certificate.public_key.oid in OIDS.values()
