# SPDX-License-Identifier: Apache-2.0
"""What a test PKI is asked to put into certificates and revocation lists is there when they are read, under a good signature."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.errors import MalformedData
from chipid.issuing.certificates import Departures, Period, extension
from chipid.issuing.document_pki import KEY
from chipid.issuing.pki import SignerProfile, TestCsca
from chipid.issuing.revocation_lists import RevocationListProfile
from chipid.pki import extensions as ext
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.revocation import revocation_status
from chipid.pki.trust_store import TrustStore

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCA = TestCsca.create(at=AT, key=KEY)
SIGNER = CSCA.issue_document_signer(at=AT, key=KEY).parsed
REVOKED = CSCA.issue_revocation_list([7, SIGNER.serial, 1 << 100], at=AT)

SERIALS = st.integers(-(1 << 180), 1 << 180)
MOMENTS = st.datetimes(datetime(1951, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
OIDS = st.lists(st.integers(0, 1 << 30), min_size=1, max_size=6).map(lambda arcs: ".".join(map(str, (1, 3, *arcs))))


REVOKED_SERIALS = st.sets(st.integers(0, 1 << 180), max_size=20)
NUMBERS = st.none() | st.integers(0, 1 << 152)


@given(REVOKED_SERIALS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)), NUMBERS)
def test_revocation_lists(serials: set[int], at: datetime, period: timedelta, number: int | None) -> None:
    period = timedelta(seconds=int(period.total_seconds()))
    profile = RevocationListProfile(period, number=number)
    crl = CertificateRevocationList.parse(CSCA.issue_revocation_list(serials, at=at, profile=profile))
    assert crl.verified_by(CSCA.parsed).valid
    assert (crl.this_update, crl.next_update, crl.number) == (at, at + period, number)
    for serial in serials:
        entry = crl.find(asn1.Reader(asn1.integer(serial)).read().value)
        assert entry is not None
        assert entry.revoked_at == at
    assert len(crl.entries) == len(serials)


EXTENSIONS = st.dictionaries(OIDS, st.binary(max_size=20), max_size=4)


@given(SERIALS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=4000)), EXTENSIONS, st.booleans())
def test_certificates(serial: int, start: datetime, length: timedelta, added: dict[str, bytes], critical: bool) -> None:
    end = start + timedelta(seconds=int(length.total_seconds()))
    extensions = {oid: extension(oid, value, critical=critical) for oid, value in added.items()}
    departures = Departures(serial=serial, extensions={**extensions, ext.CRL_DISTRIBUTION_POINTS: None})
    profile = SignerProfile(validity=Period(start, end))
    signer = CSCA.issue_document_signer(at=start, key=KEY, profile=profile, departures=departures).parsed
    assert signer.verified_by(CSCA.parsed).valid
    assert (signer.serial, signer.not_before, signer.not_after) == (serial, start, end)
    assert {oid: signer.extensions[oid].value for oid in added} == added
    assert set(signer.unknown_critical) == (set(added) if critical else set())
    assert ext.CRL_DISTRIBUTION_POINTS not in signer.extensions


@given(st.integers(0, len(REVOKED) - 1), st.integers(1, 255))
def test_no_altered_revocation_list_clears_a_revoked_signer(place: int, change: int) -> None:
    altered = REVOKED[:place] + bytes((REVOKED[place] ^ change,)) + REVOKED[place + 1 :]
    try:
        crl = CertificateRevocationList.parse(altered)
    except MalformedData:
        return
    answer = revocation_status((SIGNER, CSCA.parsed), TrustStore([CSCA.parsed], [crl]), AT).answer
    assert answer.ok is not True
