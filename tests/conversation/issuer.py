# SPDX-License-Identifier: Apache-2.0
"""An issuer of invented passports, which the reader trusts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import chipid
from chipid.issuing.card_image import CardImage
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.pki.crl import CertificateRevocationList

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CAN, PIN, PUK = "123456", "987654", "0987654321"
PASSPORT: dict[str, Any] = {
    "document": "passport",
    "state": "VNM",
    "nationality": "VNM",
    "number": "X01234567",
    "surname": "Trần",
    "birth": "1974-08-12",
    "expiry": "2032-04-15",
    "portrait": "none",
    "can": CAN,
}


@cache
def csca() -> TestCsca:
    return TestCsca.create(at=AT - timedelta(days=900))


@cache
def signer() -> DocumentSigner:
    return csca().issue_document_signer(at=AT - timedelta(days=800))


@cache
def trust() -> chipid.TrustStore:
    """The authority, and its revocation list of the day before, on which nobody is."""
    nobody = csca().issue_revocation_list(at=AT - timedelta(days=1))
    return chipid.TrustStore([csca().parsed], [CertificateRevocationList.parse(nobody)])


def issue_passport(description: dict[str, Any], *trust_points: bytes, chip_date: date | None = None) -> CardImage:
    """The passport with the entries of *description* beside or instead of those above; the same each time.

    :param trust_points: CVCAs' certificates.
    """
    entries = json.dumps({**PASSPORT, **description}, sort_keys=True)
    return _issued(entries, trust_points, chip_date or AT.date())


@cache
def _issued(entries: str, trust_points: tuple[bytes, ...], chip_date: date) -> CardImage:
    return personalise(json.loads(entries), signer(), trust_points=trust_points, chip_date=chip_date)
