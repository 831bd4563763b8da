# SPDX-License-Identifier: Apache-2.0
"""What the tests of ``chipid trust`` put into a store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from chipid.crypto import asn1
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.pki.cms import SIGNED_DATA
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY

NOW = datetime.now(UTC)
BEFORE = NOW - timedelta(days=100)
KEY = KeyOptions("secp256r1")
OURS = TestCsca.create("UT", at=BEFORE, key=KEY)
FOREIGN = TestCsca.create("XO", at=BEFORE, key=KeyOptions("secp256r1", explicit_parameters=False), common_name="Foreign CSCA")
DSC = OURS.issue_document_signer(at=BEFORE)
CRL = OURS.issue_revocation_list((7,), at=NOW - timedelta(days=1))


def master_list(signed_by: TestCsca = OURS, *listed: TestCsca) -> bytes:
    content = CscaMasterList.of(csca.certificate for csca in (listed or (signed_by, FOREIGN))).content
    signer = signed_by.issue_list_signer(MASTER_LIST_SIGNING_KEY, at=BEFORE)
    return signer.sign_list(CSCA_MASTER_LIST, content, signed_by, at=NOW - timedelta(days=1))


def certificates_only(*certificates: bytes, crls: bool, content: bool) -> bytes:
    """A ``.p7b``, or what resembles one (RFC 5652 §5.1)."""
    encapsulated = asn1.sequence(asn1.oid("1.2.840.113549.1.7.1"), asn1.encode(0xA0, asn1.octet_string(b"x")) if content else b"")
    listed = asn1.encode(0xA0, *certificates) + (asn1.encode(0xA1, CRL) if crls else b"")
    signed = asn1.sequence(asn1.integer(1), asn1.encode(asn1.SET), encapsulated, listed, asn1.encode(asn1.SET))
    return asn1.sequence(asn1.oid(SIGNED_DATA), asn1.encode(0xA0, signed))


def fingerprint(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def held(cli) -> int:
    return len(cli("trust", "list", "--json").report.objects)
