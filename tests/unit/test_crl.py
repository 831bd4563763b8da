# SPDX-License-Identifier: Apache-2.0
"""Certificate revocation lists: what they are made of, whom they revoke, and when they may not be used."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier
from chipid.crypto.signature import EcdsaScheme
from chipid.errors import CertificateError, MalformedData
from chipid.issuing.certificates import extension
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.pki import crl as crls
from chipid.pki import extensions as ext
from chipid.pki.crl import CertificateRevocationList, read_revocation_lists

AT = datetime(2026, 6, 1, tzinfo=UTC)
DUE = AT + timedelta(days=90)
ALGORITHM = build_algorithm_identifier(EcdsaScheme("sha256"))
OTHER_ALGORITHM = build_algorithm_identifier(EcdsaScheme("sha384"))
KEY_ID = extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, b"\x01" * 20)))
NUMBER = extension(crls.CRL_NUMBER, asn1.integer(7))
UNKNOWN = "1.2.3.4"
SERIAL = bytes.fromhex("7f0102")


def entry(serial: int, *extensions: bytes, revoked_at: bytes = asn1.time(AT)) -> bytes:
    return asn1.sequence(asn1.integer(serial), revoked_at, asn1.sequence(*extensions) if extensions else b"")


@dataclass(frozen=True)
class Forge:
    """A list of any shape, which nobody signed."""

    version: bytes = asn1.integer(1)
    tbs_algorithm: bytes = ALGORITHM
    issuer: bytes = asn1.sequence()
    this_update: bytes = asn1.time(AT)
    next_update: bytes = asn1.time(DUE)
    revoked: bytes = asn1.sequence(entry(0x7F0102), entry(0x90))
    extensions: bytes = asn1.encode(0xA0, asn1.sequence(KEY_ID, NUMBER))
    extra: bytes = b""
    algorithm: bytes = ALGORITHM

    def build(self) -> bytes:
        times = self.this_update + self.next_update
        tbs = asn1.sequence(
            self.version, self.tbs_algorithm, self.issuer, times, self.revoked, self.extensions, self.extra
        )
        return asn1.sequence(tbs, self.algorithm, asn1.bit_string(b"\0" * 64))

    def parse(self) -> CertificateRevocationList:
        return CertificateRevocationList.parse(self.build())


def listed(*extensions: bytes) -> bytes:
    return asn1.encode(0xA0, asn1.sequence(KEY_ID, NUMBER, *extensions))


def revoking(*extensions: bytes) -> bytes:
    return asn1.sequence(entry(0x7F0102, *extensions))


# Fields ----------------------------------------------------------------------------------------------------------------


def test_a_list_by_the_profile_has_no_deviations() -> None:
    crl = Forge().parse()
    assert (crl.version, crl.this_update, crl.next_update, crl.number, crl.authority_key_id) == (2, AT, DUE, 7, b"\x01" * 20)
    assert (crl.deviations, crl.entry_deviations, crl.unknown_critical) == ((), (), ())
    assert crl.raw.find(crl.tbs) > 0
    assert crl == Forge().parse()
    assert hash(crl) == hash(Forge().parse())
    assert crl != Forge(next_update=b"").parse()


def test_entries_are_found_by_the_number_however_it_is_written() -> None:
    crl = Forge().parse()
    assert set(crl.entries) == {SERIAL, b"\0\x90"}
    for octets in (b"\0\x90", b"\0\0\x90"):
        found = crl.find(octets)
        assert found is not None
        assert (found.serial_octets, found.revoked_at, dict(found.extensions)) == (b"\0\x90", AT, {})
    # part of another serial number, another one, a negative one, none
    assert [Forge().parse().find(octets) for octets in (b"\x7f\x01", b"\0\x91", b"\x90", b"")] == [None] * 4


@pytest.mark.parametrize(
    ("listed", "asked", "found"),
    [
        (b"\0\xfb", b"\xfb", False),  # 251, -5
        (b"\xfb", b"\0\xfb", False),
        (b"\xff\xfb", b"\xfb", True),
        (b"\xfb", b"\xff\xff\xfb", True),
        (b"\0\0\x05", b"\x05", True),
        (b"\x80", b"\xff\x80", True),
        (b"\0\0", b"\0", True),
        (b"\xff", b"\xff\xff", True),
    ],
)
def test_serial_numbers_are_compared_as_numbers(listed: bytes, asked: bytes, found: bool) -> None:
    crl = Forge(revoked=asn1.sequence(asn1.sequence(asn1.encode(asn1.INTEGER, listed), asn1.time(AT)))).parse()
    assert (crl.find(asked) is not None) is found
    assert Forge(revoked=b"").parse().find(SERIAL) is None


def test_a_serial_number_of_zero_can_be_revoked() -> None:
    crl = Forge(revoked=asn1.sequence(entry(0))).parse()
    assert crl.find(b"\0") is not None


def test_entries_are_not_parsed_where_the_serial_number_does_not_occur() -> None:
    broken = Forge(revoked=asn1.sequence(entry(0x7F0102), asn1.null())).parse()
    assert broken.find(b"\x55") is None
    assert broken.unknown_critical == ()
    for ask in (lambda: broken.find(SERIAL), lambda: broken.entries, lambda: broken.entry_deviations):
        with pytest.raises(CertificateError, match="another type than SEQUENCE"):
            ask()


VERSION_1 = Forge(version=b"", extensions=b"")
INDEFINITE_ENTRIES = b"\x30\x80" + entry(0x7F0102) + b"\0\0"


@pytest.mark.parametrize(
    ("forge", "deviations"),
    [
        (VERSION_1, {"version-not-2", "authority-key-identifier-missing", "number-missing"}),
        (Forge(version=asn1.integer(2)), {"version-not-2"}),
        (Forge(algorithm=OTHER_ALGORITHM), {"inner-algorithm-differs"}),
        (Forge(this_update=asn1.encode(asn1.GENERALIZED_TIME, b"20260601000000Z")), {"time-encoding"}),
        (Forge(next_update=asn1.encode(asn1.UTC_TIME, b"2607010000Z")), {"time-encoding"}),
        (Forge(next_update=b""), {"next-update-missing"}),
        (Forge(next_update=asn1.time(AT + timedelta(days=91))), {"next-update-too-late"}),
        (Forge(next_update=asn1.time(AT - timedelta(days=1))), {"next-update-before-this-update"}),
        (Forge(revoked=asn1.sequence()), {"revoked-certificates-empty"}),
        (Forge(revoked=INDEFINITE_ENTRIES), {"not-der"}),
        (Forge(version=b"\x02\x81\x01\x01"), {"not-der"}),
        (Forge(extensions=listed(extension(ext.ISSUER_ALT_NAME, asn1.sequence(), critical=True))), {"extension-critical"}),
        (
            Forge(extensions=listed(asn1.sequence(asn1.oid(UNKNOWN), b"\x01\x01\x00", asn1.octet_string(b"")))),
            {"default-value-encoded"},
        ),
        (Forge(extensions=asn1.encode(0xA0, asn1.sequence(NUMBER))), {"authority-key-identifier-missing"}),
        (Forge(extensions=asn1.encode(0xA0, asn1.sequence(KEY_ID))), {"number-missing"}),
        (
            Forge(extensions=asn1.encode(0xA0, asn1.sequence(KEY_ID, extension(crls.CRL_NUMBER, asn1.null())))),
            {"number-malformed"},
        ),
        (
            Forge(extensions=asn1.encode(0xA0, asn1.sequence(NUMBER, extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.null())))),
            {"authority-key-identifier-malformed"},
        ),
        *(
            (Forge(extensions=asn1.encode(0xA0, asn1.sequence(KEY_ID, extension(crls.CRL_NUMBER, asn1.integer(number))))), codes)
            for number, codes in {
                -1: {"number-negative"},
                (1 << 159) - 1: set[str](),
                1 << 159: {"number-too-long"},
            }.items()
        ),
        (Forge(extensions=listed(extension(crls.DELTA_CRL_INDICATOR, asn1.integer(6)))), {"delta-indicator"}),
        (Forge(extensions=listed(extension(crls.FRESHEST_CRL, asn1.sequence()))), {"freshest-crl"}),
        (
            Forge(extensions=listed(extension(crls.ISSUING_DISTRIBUTION_POINT, asn1.sequence()))),
            {"issuing-distribution-point"},
        ),
    ],
)
def test_departures_from_the_profile_are_named(forge: Forge, deviations: set[str]) -> None:
    assert set(forge.parse().deviations) == deviations


@pytest.mark.parametrize(
    ("revoked", "deviations"),
    [
        *((revoking(extension(oid, b"")), ("entry-extension",)) for oid in ("2.5.29.21", "2.5.29.23", "2.5.29.24", "2.5.29.29")),
        (asn1.sequence(entry(5), entry(5)), ("entry-repeated",)),
        (asn1.sequence(b"\x30\x81" + entry(5)[1:]), ("entry-not-der",)),
        (asn1.sequence(entry(5, revoked_at=asn1.encode(asn1.GENERALIZED_TIME, b"20260601000000Z"))), ("time-encoding",)),
        (asn1.sequence(entry(5), entry(6, extension(UNKNOWN, b""))), ()),
    ],
)
def test_departures_of_entries_are_named(revoked: bytes, deviations: tuple[str, ...]) -> None:
    assert Forge(revoked=revoked).parse().entry_deviations == deviations


# When a list may not be used -------------------------------------------------------------------------------------------

DELTA, POINT, ISSUER = crls.DELTA_CRL_INDICATOR, crls.ISSUING_DISTRIBUTION_POINT, crls.CERTIFICATE_ISSUER
URL = asn1.encode(0xA0, asn1.encode(0xA0, asn1.encode(0x86, b"http://pki.example/crl")))


@pytest.mark.parametrize(
    ("forge", "unusable"),
    [
        (Forge(extensions=listed(extension(UNKNOWN, b"", critical=True))), (UNKNOWN,)),
        (Forge(extensions=listed(extension(UNKNOWN, b""))), ()),
        (Forge(extensions=listed(extension(DELTA, asn1.integer(6), critical=True))), (DELTA,)),
        (Forge(extensions=listed(extension(DELTA, asn1.integer(6)))), (DELTA,)),
        (Forge(extensions=listed(extension(POINT, asn1.sequence(URL), critical=True))), ()),
        *(
            (Forge(extensions=listed(extension(POINT, asn1.sequence(URL, asn1.encode(tag, b"\xff"))))), (POINT,))
            for tag in (0x81, 0x82, 0x83, 0x84, 0x85)  # certain certificates, certain reasons, other issuers' certificates
        ),
        (Forge(extensions=listed(extension(POINT, asn1.sequence(asn1.encode(0x83, b"\0"))))), (POINT,)),  # for no reason at all
        (Forge(extensions=listed(extension(POINT, asn1.sequence(asn1.encode(0x84, b"\0"))))), ()),
        (Forge(extensions=listed(extension(POINT, asn1.null()))), (POINT,)),
        (Forge(revoked=revoking(extension(UNKNOWN, b"", critical=True))), (UNKNOWN,)),
        (Forge(revoked=revoking(asn1.sequence(asn1.oid(UNKNOWN), b"\x01\x81\x01\x01", asn1.octet_string(b"")))), (UNKNOWN,)),
        (Forge(revoked=revoking(asn1.sequence(asn1.oid(UNKNOWN), b"\x01\x84\0\0\0\x01\x80", b"\x24\0"))), (UNKNOWN,)),
        (Forge(revoked=revoking(extension(crls.REASON_CODE, b"\x0a\x01\x01", critical=True))), ()),
        (Forge(revoked=revoking(extension(ISSUER, asn1.sequence()))), (ISSUER,)),
        (Forge(revoked=revoking(extension(ISSUER, asn1.sequence(), critical=True))), (ISSUER,)),
    ],
)
def test_what_forbids_using_a_list_is_told(forge: Forge, unusable: tuple[str, ...]) -> None:
    assert forge.parse().unknown_critical == unusable


@pytest.mark.parametrize(
    ("next_update", "moment", "current"),
    [
        (asn1.time(DUE), DUE, True),
        (asn1.time(DUE), DUE + timedelta(seconds=1), False),
        (b"", AT + timedelta(days=90), True),
        (b"", AT + timedelta(days=90, seconds=1), False),
    ],
)
def test_a_list_is_current_until_the_next_one_is_due(next_update: bytes, moment: datetime, current: bool) -> None:
    assert Forge(next_update=next_update).parse().is_current_at(moment) is current


def test_the_end_of_time_is_no_error() -> None:
    crl = Forge(this_update=asn1.encode(asn1.GENERALIZED_TIME, b"99991231235959Z"), next_update=b"").parse()
    assert crl.is_current_at(AT)


# Signatures ------------------------------------------------------------------------------------------------------------


def test_the_key_that_signed_verifies_and_no_other_does() -> None:
    csca, other = (TestCsca.create(at=AT, key=KeyOptions("secp256r1")) for _ in range(2))
    raw = csca.issue_revocation_list([0x7F0102], at=AT)
    crl = CertificateRevocationList.parse(raw)
    assert crl.verified_by(csca.parsed).valid
    assert not crl.verified_by(other.parsed).valid
    at = raw.index(SERIAL)
    altered = CertificateRevocationList.parse(raw[:at] + b"\x7e" + raw[at + 1 :])
    assert not altered.verified_by(csca.parsed).valid
    # the algorithm is the one that the signature covers
    other_outside = asn1.sequence(crl.tbs, OTHER_ALGORITHM, asn1.bit_string(crl.signature))
    assert CertificateRevocationList.parse(other_outside).verified_by(csca.parsed).valid


# Hostile and odd octets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forge",
    [
        Forge(extra=asn1.sequence(entry(1))),
        Forge(this_update=b"", next_update=b""),
        Forge(extensions=listed(KEY_ID)),
        Forge(extensions=asn1.encode(0xA0, asn1.sequence(*(extension(f"1.2.3.{i}", b"") for i in range(65))))),
        Forge(issuer=asn1.sequence(asn1.null())),
        Forge(version=asn1.octet_string(b"")),
    ],
)
def test_malformed_lists_are_refused(forge: Forge) -> None:
    with pytest.raises(CertificateError):
        forge.parse()


@pytest.mark.parametrize(
    "broken",
    [
        asn1.sequence(b"\x02\0", asn1.time(AT)),
        asn1.sequence(asn1.integer(1)),
        asn1.sequence(asn1.integer(1), asn1.time(AT), asn1.null()),
        asn1.sequence(asn1.integer(1), asn1.time(AT), asn1.sequence(), asn1.null()),
        asn1.sequence(asn1.integer(1), asn1.encode(asn1.UTC_TIME, b"261301000000Z")),
        asn1.sequence(asn1.integer(1), asn1.time(AT), asn1.sequence(*[extension(UNKNOWN, b"")] * 2)),
    ],
)
def test_malformed_entries_are_refused_when_they_are_read(broken: bytes) -> None:
    crl = Forge(revoked=asn1.sequence(broken)).parse()
    with pytest.raises(CertificateError):
        crl.entries  # noqa: B018


def test_the_octets_around_the_signed_part_are_looked_at() -> None:
    crl = Forge().parse()
    with pytest.raises(CertificateError, match="too many"):
        CertificateRevocationList.parse(asn1.sequence(crl.tbs, ALGORITHM, asn1.bit_string(crl.signature), asn1.null()))
    fields = asn1.parse(crl.tbs, asn1.SEQUENCE).value
    indefinite = b"\x30\x80" + fields + b"\0\0"
    assert CertificateRevocationList.parse(
        asn1.sequence(indefinite, ALGORITHM, asn1.bit_string(crl.signature))
    ).deviations == ("not-der",)


def test_a_list_that_is_too_long_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = Forge().build()
    monkeypatch.setattr(crls, "SIZE_LIMIT", len(raw))
    assert CertificateRevocationList.parse(raw)
    with pytest.raises(CertificateError, match="more than"):
        CertificateRevocationList.parse(raw + b"\0")


def test_a_long_list_takes_time_in_proportion() -> None:
    def spent(count: int) -> float:
        revoked = asn1.encode(asn1.SEQUENCE, *(asn1.sequence(asn1.integer(i), asn1.time(AT)) for i in range(count)))
        raw = Forge(revoked=revoked).build()
        begin = time.process_time()
        assert len(CertificateRevocationList.parse(raw).entries) == count
        return time.process_time() - begin

    assert spent(40_000) < 60 * max(spent(4_000), 0.001)


@given(st.lists(st.tuples(st.integers(1, 1 << 64), st.datetimes(datetime(1951, 1, 1), datetime(2060, 1, 1)))))
def test_entries_come_back_as_they_were_written(entries: list[tuple[int, datetime]]) -> None:
    moments = {serial: moment.replace(tzinfo=UTC, microsecond=0) for serial, moment in reversed(entries)}
    revoked = asn1.sequence(*(entry(serial, revoked_at=asn1.time(moment.replace(tzinfo=UTC))) for serial, moment in entries))
    found = Forge(revoked=revoked).parse().entries
    assert {int.from_bytes(octets, "big"): each.revoked_at for octets, each in found.items()} == moments


@given(st.data())
def test_hostile_octets_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(Forge(revoked=revoking(extension(UNKNOWN, b"\1", critical=True))).build())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read_all_of(bytes(raw))


def read_all_of(raw: bytes) -> bool:
    try:
        crl = CertificateRevocationList.parse(raw)
        repr(crl), crl.is_current_at(AT), crl.find(SERIAL), crl.unknown_critical, crl.entry_deviations
    except MalformedData:
        return False
    return True


# PEM -------------------------------------------------------------------------------------------------------------------


def pem(label: str, *objects: bytes) -> bytes:
    bodies = (base64.encodebytes(raw).decode() for raw in objects)
    return "".join(f"-----BEGIN {label}-----\n{body}-----END {label}-----\n" for body in bodies).encode()


def test_lists_are_read_from_der_and_pem() -> None:
    first, second = Forge().build(), VERSION_1.build()
    assert [crl.raw for crl in read_revocation_lists(first)] == [first]
    text = b"issued today\n" + pem("X509 CRL", first, second) + pem("CERTIFICATE", b"not looked at")
    assert [crl.raw for crl in read_revocation_lists(text)] == [first, second]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (pem("CERTIFICATE", b"x"), "without X509 CRL"),
        (pem("X509 CRL", Forge().build()).replace(b"-----END X509 CRL-----", b""), "damaged"),
        *((b"-----BEGIN X509 CRL-----\n%s\n-----END X509 CRL-----\n" % body, "damaged") for body in (b"MII", b"MA==MA==")),
        (pem("X509 CRL", b"\x30\x00"), "missing"),
    ],
)
def test_damaged_pem_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        read_revocation_lists(text)
