# SPDX-License-Identifier: Apache-2.0
"""EF.CardSecurity: read as it stands, and signed by a document signer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import LdsError, MalformedData, TlvError
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.issuing.signed_data import SignatureOptions
from chipid.lds.card_security import ID_SECURITY_OBJECT, SIZE_LIMIT, CardSecurity
from chipid.lds.security_infos import ID_CA, ID_PACE, ChipAuthenticationInfo, PaceInfo, SecurityInfos
from chipid.pki.chain import validate_chain
from chipid.pki.cms import SignedData
from chipid.pki.signed_data import verify_signers
from chipid.pki.trust_store import TrustStore

AT = datetime(2026, 6, 1, tzinfo=UTC)
INFOS = SecurityInfos.of([PaceInfo(f"{ID_PACE}.6.2", 2, 13), ChipAuthenticationInfo(f"{ID_CA}.2.2", 2, 13)])


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT)


@pytest.fixture(scope="module")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT)


def test_what_is_signed_is_verified_up_to_the_csca(csca: TestCsca, signer: DocumentSigner) -> None:
    signed = SignedData.parse(CardSecurity.parse(signer.sign_card_security(INFOS)).cms)
    (finding,) = verify_signers(signed)
    assert (finding.ok, finding.deviations) == (True, ())
    assert finding.certificate is not None
    chain = validate_chain(finding.certificate, TrustStore([csca.parsed]), AT)
    assert (chain.signature.ok, chain.trust.ok, chain.validity.ok) == (True, True, True)


def test_the_content_is_a_set_in_the_order_of_der(signer: DocumentSigner) -> None:
    signed = SignedData.parse(signer.sign_card_security(INFOS))
    assert signed.content_type == ID_SECURITY_OBJECT == "0.4.0.127.0.7.3.2.1"
    assert signed.content is not None
    found = SecurityInfos.parse(signed.content)
    assert list(found.raw_infos) == sorted(INFOS.raw_infos) != list(INFOS.raw_infos)
    assert (found.pace, found.chip_authentication) == (INFOS.pace, INFOS.chip_authentication)


def test_the_issuer_chooses_how_it_is_signed(signer: DocumentSigner) -> None:
    signed = SignedData.parse(signer.sign_card_security(INFOS, SignatureOptions(include_certificate=False)))
    assert signed.certificates == ()
    assert [finding.ok for finding in verify_signers(signed, lambda _sid: [signer.parsed])] == [True]


@pytest.mark.parametrize("raw", [b"", b"\x77\x00", b"\x31\x00", b"\x30", b"\x30\x01", b"\x30\x00\x00", b"\x30\x00\x30\x00"])
def test_anything_else_than_one_sequence_is_refused(raw: bytes) -> None:
    with pytest.raises(TlvError):
        CardSecurity.parse(raw)


def test_a_file_up_to_the_limit() -> None:
    raw = build_tlv(0x30, bytes(SIZE_LIMIT - 4))
    assert len(raw) == SIZE_LIMIT
    assert CardSecurity.parse(raw).build() == raw
    with pytest.raises(LdsError, match="32768 octets"):
        CardSecurity.parse(build_tlv(0x30, bytes(SIZE_LIMIT - 3)))


@given(st.binary(max_size=300).map(lambda value: build_tlv(0x30, build_tlv(0x04, value))))
def test_round_trip(raw: bytes) -> None:
    assert CardSecurity.parse(raw) == CardSecurity(raw)
    assert CardSecurity(raw).build() == raw


@given(st.binary(max_size=100))
def test_octets_of_any_kind_parse_or_are_malformed(raw: bytes) -> None:
    try:
        found = CardSecurity.parse(raw)
    except MalformedData:
        return
    assert found.build() == raw


def test_a_repr_shows_no_content() -> None:
    assert repr(CardSecurity(b"0\x03abc")) == "CardSecurity()"
