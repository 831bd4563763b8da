# SPDX-License-Identifier: Apache-2.0
"""Revoked, not revoked, not known: three answers, and a reason for each way not to know (ICAO 9303-12 §4.1.5, D.1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chipid.crypto import asn1
from chipid.issuing.certificates import Departures, Period, extension, key_usage, with_signature_altered
from chipid.issuing.document_pki import PkiWorkshop
from chipid.issuing.pki import KeyOptions
from chipid.pki import extensions as ext
from chipid.pki import revocation
from chipid.pki.certificate import Certificate
from chipid.pki.chain import validate_chain
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.extensions import KeyUsage
from chipid.pki.names import Name
from chipid.pki.revocation import RevocationFinding, revocation_status
from chipid.pki.signatures import SignatureFinding
from chipid.pki.trust_store import TrustStore
from chipid.verification.reasons import explain

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OK, REVOKED = (True, "ok"), (False, "dsc-revoked")
SHOP = PkiWorkshop(AT)
SIGNER = SHOP.signer().parsed
STRANGER = SHOP.authority(common_name="Another CSCA")


def judge(certificates: Sequence[bytes | Certificate], *lists: bytes, signer: Certificate = SIGNER) -> RevocationFinding:
    """What the lists say of the path of *signer*, which must be a good one."""
    parsed = [each if isinstance(each, Certificate) else Certificate.parse(each) for each in certificates]
    source = TrustStore(parsed, map(CertificateRevocationList.parse, lists))
    chain = validate_chain(signer, source, AT)
    assert chain.trust.ok, chain.trust
    finding = revocation_status(chain.path, source, AT)
    assert all(explain(code) != code for code in (finding.answer.reason, *finding.deviations))
    return finding


def told(finding: RevocationFinding) -> tuple[bool | None, str]:
    return finding.answer.ok, finding.answer.reason


def of_csca(*lists: bytes) -> RevocationFinding:
    return judge([SHOP.csca.certificate], *lists)


# One list --------------------------------------------------------------------------------------------------------------


def without_entry(**options: Any) -> bytes:
    return SHOP.revocation_list(None, STRANGER.parsed, **options)


def with_entry(**options: Any) -> bytes:
    return SHOP.revocation_list(None, SIGNER, **options)


UNKNOWN_CRITICAL = extension("1.2.3.4", b"\x05\x00", critical=True)
DAMAGED: dict[str, Any] = {"extra_entries": (asn1.sequence(asn1.integer(SIGNER.serial)),)}
OVERDUE: dict[str, Any] = {"age": timedelta(days=120)}


@pytest.mark.parametrize(
    ("crl", "expected"),
    [
        (without_entry(), OK),
        (SHOP.revocation_list(), OK),
        (with_entry(), REVOKED),
        (without_entry(**OVERDUE), (None, "crl-stale")),
        (with_entry(**OVERDUE), REVOKED),
        (without_entry(next_update_left_out=True), OK),
        (without_entry(next_update_left_out=True, **OVERDUE), (None, "crl-stale")),
        (with_entry(age=-DAY), REVOKED),
        (with_signature_altered(with_entry()), (None, "crl-signature-invalid")),
        (SHOP.revocation_list(SHOP.authority(), SIGNER), (None, "crl-signer-unknown")),
        (with_entry().replace(asn1.oid(ext.AUTHORITY_KEY_IDENTIFIER), asn1.oid("2.5.29.99")), (None, "crl-signature-invalid")),
        (SHOP.revocation_list(STRANGER, SIGNER), (None, "no-crl")),
        (without_entry(extra_extensions=(UNKNOWN_CRITICAL,)), (None, "crl-unknown-critical-extension")),
        (with_entry(extra_extensions=(UNKNOWN_CRITICAL,)), (None, "crl-unknown-critical-extension")),
        (without_entry(entry_extensions=(UNKNOWN_CRITICAL,)), (None, "crl-unknown-critical-extension")),
        (SHOP.revocation_list(**DAMAGED), (None, "crl-malformed")),
        (SHOP.revocation_list(algorithm=asn1.sequence(asn1.oid("1.3.101.112"))), (None, "crl-unsupported-algorithm")),
    ],
)
def test_what_one_list_says(crl: bytes, expected: tuple[bool | None, str]) -> None:
    assert told(of_csca(crl)) == expected


def test_without_a_list_nothing_is_known() -> None:
    assert told(of_csca()) == (None, "no-crl")


BOTH_REVOKED = SHOP.revocation_list(None, SHOP.csca.parsed, SIGNER)


@pytest.mark.parametrize("counts", [without_entry(), with_entry(), without_entry(**OVERDUE), BOTH_REVOKED])
def test_the_list_that_counted_is_told(counts: bytes) -> None:
    damaged = with_signature_altered(with_entry(age=-DAY))
    assert [crl.raw for crl in of_csca(counts, damaged).lists] == [counts]
    assert of_csca(damaged).lists == ()


def test_a_csca_is_looked_up_in_its_own_list() -> None:
    revoked = SHOP.revocation_list(None, SHOP.csca.parsed)
    assert told(of_csca(revoked)) == (False, "csca-revoked")
    assert told(of_csca(SHOP.revocation_list(None, SHOP.csca.parsed, SIGNER))) == REVOKED


def test_an_entry_is_told_with_its_day_and_nothing_of_a_person() -> None:
    assert of_csca(with_entry()).answer.detail == "The document signer's certificate was revoked on 2026-05-22."


def test_a_list_of_the_future_revokes_and_clears_nobody() -> None:
    """Whoever judges the past by what is known today has such lists; one of 2049 would hide a revocation for good."""
    future, now = without_entry(age=-DAY), without_entry(age=DAY)
    finding = of_csca(with_entry(age=-DAY), now)
    assert (told(finding), finding.deviations) == (REVOKED, ("crl-not-yet-issued",))
    assert told(of_csca(future)) == (None, "crl-not-yet-issued")
    assert told(of_csca(future, now)) == OK
    assert told(of_csca(future, with_entry(age=DAY))) == REVOKED
    assert told(of_csca(future, without_entry(**OVERDUE))) == (None, "crl-stale")


# Of several lists ------------------------------------------------------------------------------------------------------


def test_the_newest_good_list_counts() -> None:
    old, new = with_entry(age=20 * DAY), without_entry(age=DAY)
    assert told(of_csca(old, new)) == told(of_csca(new, old)) == OK
    newer_damaged = SHOP.revocation_list(age=DAY, **DAMAGED)
    assert (told(of_csca(newer_damaged, old)), told(of_csca(newer_damaged))) == (REVOKED, (None, "crl-malformed"))
    assert told(of_csca(newer_damaged, with_signature_altered(old))) == (None, "crl-malformed")


def test_a_newer_list_that_cannot_be_used_is_told_where_the_csca_signed_it() -> None:
    """Whoever strews lists in its name must not make its cards suspicious."""
    old = without_entry(age=20 * DAY)
    signed = without_entry(age=DAY, extra_extensions=(UNKNOWN_CRITICAL,))
    older = without_entry(age=30 * DAY, extra_extensions=(UNKNOWN_CRITICAL,))
    strewn = (with_signature_altered(without_entry(age=DAY)), SHOP.revocation_list(SHOP.authority(), age=DAY))
    for lists, deviations in (((signed,), ("crl-newer-unusable",)), ((older,), ()), (strewn, ())):
        finding = of_csca(old, *lists)
        assert (told(finding), finding.deviations) == (OK, deviations)
    damaged = SHOP.revocation_list(**DAMAGED)
    assert told(of_csca(damaged, *strewn)) == (None, "crl-malformed")  # what the CSCA signed tells more


def test_of_two_lists_of_one_moment_the_higher_number_counts() -> None:
    for lists in ((with_entry(number=1), without_entry(number=2)), (without_entry(number=2), with_entry(number=1))):
        assert told(of_csca(*lists)) == OK


# Whose list ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Test CSCA", "Renamed CSCA"])
@pytest.mark.parametrize("old_key_signs", [True, False])
def test_a_list_by_any_key_of_the_csca_counts(name: str, old_key_signs: bool) -> None:
    """Roll-over and change of name: the operator has the old certificate, the link and, or not, the new one."""
    new = SHOP.authority(common_name=name)
    link = SHOP.csca.issue_link(new)
    for held in ([SHOP.csca.certificate, link], [SHOP.csca.certificate, link, new.certificate]):
        for authority in (SHOP.csca, new):
            signer = SHOP.signer(authority).parsed
            keys = SHOP.csca if old_key_signs else new
            assert told(judge(held, SHOP.revocation_list(keys), signer=signer)) == OK
            assert told(judge(held, SHOP.revocation_list(keys, signer), signer=signer)) == REVOKED


def test_what_the_list_of_any_key_names_is_revoked() -> None:
    """The newest of each counts, and the newest of all tells whether they are of this time."""
    new = SHOP.authority()
    held = [SHOP.csca.certificate, new.certificate]
    for mine, theirs in ((20 * DAY, DAY), (DAY, 20 * DAY)):
        assert told(judge(held, with_entry(age=mine), SHOP.revocation_list(new, age=theirs))) == REVOKED
        assert told(judge(held, without_entry(age=mine), SHOP.revocation_list(new, SIGNER, age=theirs))) == REVOKED
    assert told(judge(held, without_entry(**OVERDUE), SHOP.revocation_list(new))) == OK
    assert told(judge(held, without_entry(**OVERDUE), SHOP.revocation_list(new, age=121 * DAY))) == (None, "crl-stale")


def test_a_key_that_is_out_of_date_signs_no_list() -> None:
    old = SHOP.authority(validity=Period(AT - 3000 * DAY, AT - 100 * DAY))
    held = [old.certificate, SHOP.csca.certificate]
    late = SHOP.revocation_list(old, age=DAY)
    assert told(judge(held, with_entry(), late)) == REVOKED
    assert told(judge(held, SHOP.revocation_list(old, SIGNER, age=DAY), without_entry())) == OK
    assert told(judge(held, late)) == (None, "crl-signed-outside-validity")
    in_time = SHOP.revocation_list(old, SIGNER, age=100 * DAY)
    assert told(judge(held, in_time, without_entry())) == REVOKED


@pytest.mark.parametrize("age", [DAY, -8000 * DAY])
def test_a_revoked_key_says_nothing_of_itself_nor_of_others(age: timedelta) -> None:
    lasting = {"validity": Period(AT - 900 * DAY, AT + 9000 * DAY)}
    stolen = SHOP.authority(**lasting)
    held, under_stolen = [SHOP.csca.certificate, stolen.certificate], SHOP.signer(stolen).parsed
    genuine = SHOP.revocation_list(None, SIGNER, stolen.parsed)
    for lists in ([genuine], [genuine, SHOP.revocation_list(stolen, age=age)]):
        assert told(judge(held, *lists)) == REVOKED
        assert told(judge(held, *lists, signer=under_stolen)) == (False, "csca-revoked")
    honest = SHOP.signer().parsed
    assert told(judge(held, genuine, SHOP.revocation_list(stolen, honest, age=age), signer=honest)) == OK


def test_keys_that_revoke_each_other_clear_nobody_and_revoke_whom_they_name() -> None:
    one, other = SHOP.authority(), SHOP.authority()
    held = [each.certificate for each in (SHOP.csca, one, other)]
    theirs = SHOP.revocation_list(other, one.parsed)
    assert told(judge(held, SHOP.revocation_list(one, other.parsed), theirs)) == (None, "crl-signer-revoked")
    assert told(judge(held, SHOP.revocation_list(one, other.parsed, SIGNER), theirs)) == REVOKED
    # A key that another names is out, and so is what it names in turn.
    assert told(judge(held, SHOP.revocation_list(one, SHOP.csca.parsed), theirs)) == OK
    by_csca = SHOP.revocation_list(None, one.parsed, other.parsed)
    assert told(judge(held, by_csca, SHOP.revocation_list(one, other.parsed, SIGNER), theirs)) == OK


def test_a_revoked_link_is_told() -> None:
    new = SHOP.authority()
    link = SHOP.csca.issue_link(new)
    crl = SHOP.revocation_list(new, Certificate.parse(link))
    finding = judge([SHOP.csca.certificate, link], crl, signer=SHOP.signer(new).parsed)
    assert told(finding) == (False, "csca-revoked")


def test_after_a_change_of_name_the_newest_list_of_either_name_counts() -> None:
    new = SHOP.authority(common_name="Renamed CSCA")
    held = [SHOP.csca.certificate, SHOP.csca.issue_link(new)]
    before, after = SHOP.revocation_list(age=20 * DAY), SHOP.revocation_list(new, SIGNER, age=DAY)
    assert told(judge(held, before, after)) == REVOKED
    newest = SHOP.authority(common_name="CSCA of a third name")
    chained = [*held, new.issue_link(newest)]
    assert told(judge(chained, before, SHOP.revocation_list(newest, SIGNER, age=DAY))) == REVOKED
    silent = SHOP.csca.issue_link(new, departures=Departures(extensions={ext.NAME_CHANGE: None}))
    for others in ([], [new.certificate, silent]):  # nobody says that they are one CSCA
        assert told(judge([SHOP.csca.certificate, *others], before, after)) == OK


def test_a_link_that_no_anchor_vouches_for_joins_no_names() -> None:
    """Who only claims that a CSCA changed its name to his adds no list to it."""
    forger = SHOP.authority()
    claimed = forger.issue_link(STRANGER)
    crl = SHOP.revocation_list(STRANGER, SIGNER)
    assert told(judge([SHOP.csca.certificate, STRANGER.certificate, claimed], crl)) == (None, "no-crl")


def test_a_list_of_another_country_does_not_count() -> None:
    """Even of one that a trusted link makes the CSCA's former self."""
    abroad = SHOP.authority(country="DE")
    link = abroad.issue_link(SHOP.csca)
    crl = SHOP.revocation_list(abroad, SIGNER)
    assert told(judge([SHOP.csca.certificate, abroad.certificate, link], crl)) == (None, "crl-other-country")


def test_a_key_that_only_a_stranger_certifies_signs_no_list() -> None:
    """It bears the CSCA's name, and is no anchor: another state, or a CSCA of another name, certified it."""
    impostor, abroad, nobody = SHOP.authority(), SHOP.authority(country="DE"), SHOP.authority(common_name="Nobody's CSCA")
    crl = SHOP.revocation_list(impostor, SIGNER)
    silent = Departures(extensions={ext.NAME_CHANGE: None})
    for others in (
        [STRANGER.issue_link(impostor)],
        [STRANGER.issue_link(impostor), nobody.issue_link(STRANGER)],
        [STRANGER.issue_link(impostor, departures=silent), STRANGER.certificate],
        [abroad.issue_link(impostor), abroad.certificate],
    ):
        assert told(judge([SHOP.csca.certificate, *others], crl)) == (None, "crl-signer-unknown")


def test_an_authority_below_a_csca_signs_its_own_lists() -> None:
    """As a territory's, where the CSCA allows it: each has its list, and both are asked."""
    unlimited = extension(ext.BASIC_CONSTRAINTS, asn1.sequence(asn1.encode(asn1.BOOLEAN, b"\xff")), critical=True)
    above = SHOP.authority(departures=Departures(extensions={ext.BASIC_CONSTRAINTS: unlimited}))
    below = SHOP.authority(common_name="Territory")
    held = [above.certificate, above.issue_link(below, departures=Departures(extensions={ext.NAME_CHANGE: None}))]
    signer = SHOP.signer(below).parsed
    of_both = (SHOP.revocation_list(above), SHOP.revocation_list(below))
    assert told(judge(held, *of_both, signer=signer)) == OK
    assert told(judge(held, SHOP.revocation_list(above), SHOP.revocation_list(below, signer), signer=signer)) == REVOKED
    for alone in of_both:
        assert told(judge(held, alone, signer=signer)) == (None, "no-crl")


def test_a_key_that_may_not_sign_lists_does_not() -> None:
    usage = Departures(extensions={ext.KEY_USAGE: key_usage([KeyUsage.KEY_CERT_SIGN])})
    without_right = SHOP.authority(departures=usage)
    signer = SHOP.signer(without_right).parsed
    crl = SHOP.revocation_list(without_right, signer)
    assert told(judge([without_right.certificate], crl, signer=signer)) == (None, "crl-key-usage")
    silent = SHOP.authority(departures=Departures(extensions={ext.KEY_USAGE: None}))
    signer = SHOP.signer(silent).parsed
    assert told(judge([silent.certificate], SHOP.revocation_list(silent, signer), signer=signer)) == REVOKED


# Deviations and bounds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "deviation"),
    [
        ({"period": timedelta(days=91)}, "crl-next-update-too-late"),
        ({"number": None}, "crl-number-missing"),
        ({"next_update_left_out": True}, "crl-next-update-missing"),
        ({"extra_extensions": (extension("2.5.29.46", asn1.sequence()),)}, "crl-freshest-crl"),
    ],
)
def test_what_is_odd_in_a_list_is_told(profile: dict[str, Any], deviation: str) -> None:
    finding = of_csca(SHOP.revocation_list(**profile))
    assert (told(finding), finding.deviations) == (OK, (deviation,))


def test_an_entry_that_says_too_much_is_told_where_it_is_read() -> None:
    reason = extension("2.5.29.21", asn1.encode(0x0A, b"\x01"))
    finding = of_csca(with_entry(entry_extensions=(reason,)))
    assert (told(finding), finding.deviations) == (REVOKED, ("crl-entry-extension",))


def test_a_wrong_key_identifier_and_a_weak_signature_are_told() -> None:
    identifier = extension(ext.SUBJECT_KEY_IDENTIFIER, asn1.octet_string(b"another identifier"))
    odd = SHOP.authority(
        key=KeyOptions("secp256r1", hash_name="sha1"), departures=Departures(extensions={ext.SUBJECT_KEY_IDENTIFIER: identifier})
    )
    finding = judge([odd.certificate], SHOP.revocation_list(odd), signer=SHOP.signer(odd).parsed)
    assert (told(finding), set(finding.deviations)) == (OK, {"crl-authority-key-identifier-differs", "crl-sha1-signature"})


@pytest.mark.parametrize("count", [1, 7, 8, 100])
@pytest.mark.parametrize("others", [0, 16])
@pytest.mark.parametrize("names_the_key", [True, False])
def test_lists_that_nobody_signed_stand_in_no_lists_way(count: int, others: int, names_the_key: bool) -> None:
    """Newer, of the future, holding the serial number, as many as there may be."""
    namesakes = [SHOP.authority().certificate for _ in range(others)]
    forger = SHOP.authority()
    strewn = [SHOP.revocation_list(forger, age=(3 - number) * DAY, number=number) for number in range(count)]
    if names_the_key:
        strewn = [with_signature_altered(with_entry(age=(3 - number) * DAY, number=number)) for number in range(count)]
    held = [SHOP.csca.certificate, *namesakes]
    for genuine, expected in ((with_entry(), REVOKED), (without_entry(), OK)):
        finding = judge(held, genuine, *strewn)
        assert (told(finding), finding.deviations) == (expected, ())


def test_lists_and_keys_without_number_are_not_all_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    namesakes = [SHOP.authority().certificate for _ in range(20)]
    unnamed = without_entry(age=DAY).replace(asn1.oid(ext.AUTHORITY_KEY_IDENTIFIER), asn1.oid("2.5.29.99"))
    bad = [with_signature_altered(unnamed)[:-1] + bytes((number,)) for number in range(8)]
    verified = count_verifications(monkeypatch)
    assert told(judge([SHOP.csca.certificate, *namesakes], *bad)) == (None, "crl-signature-invalid")
    assert len(verified) == revocation.SIGNATURE_LIMIT
    verified.clear()
    many = [with_signature_altered(unnamed)[:-1] + bytes((number,)) for number in range(100)]
    assert told(judge([SHOP.csca.certificate, *namesakes], *many)) == (None, "crl-signature-invalid")
    assert len(verified) == revocation.SIGNATURE_LIMIT + 256


def test_a_source_is_asked_for_no_more_lists_than_it_needs() -> None:
    lists = [CertificateRevocationList.parse(without_entry(age=days * DAY)) for days in range(1, 100)]
    fetched: list[CertificateRevocationList] = []

    class Lazy(TrustStore):
        def revocation_lists(self, issuer: Name) -> Iterator[CertificateRevocationList]:  # type: ignore[override]
            for crl in lists:
                fetched.append(crl)
                yield crl

    for held, count in (([SHOP.csca.parsed], 1), ([SHOP.csca.parsed, SHOP.authority().parsed], revocation.LIST_LIMIT)):
        fetched.clear()
        path = (SIGNER, SHOP.csca.parsed)
        assert told(revocation_status(path, Lazy(held), AT)) == OK
        assert len(fetched) == count


def count_verifications(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    verify, verified = CertificateRevocationList.verified_by, []

    def counted(self: CertificateRevocationList, certificate: Certificate) -> SignatureFinding:
        verified.append(self.raw)
        return verify(self, certificate)

    monkeypatch.setattr(CertificateRevocationList, "verified_by", counted)
    return verified


def test_a_list_is_verified_once_for_a_whole_path(monkeypatch: pytest.MonkeyPatch) -> None:
    new = SHOP.authority()
    verified = count_verifications(monkeypatch)
    judge([SHOP.csca.certificate, SHOP.csca.issue_link(new)], SHOP.revocation_list(new), signer=SHOP.signer(new).parsed)
    assert len(verified) == 1
