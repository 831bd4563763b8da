# SPDX-License-Identifier: Apache-2.0
"""One card, read once, whose files are signed anew by whatever PKI a test has made."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from issuer import AT, CAN, issue_passport

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Evidence
from chipid.issuing.document_pki import DocumentPki, PkiWorkshop
from chipid.pki.trust_source import TrustSource
from chipid.profiles.access_keys import AccessKeys
from chipid.verification import Policy, Verdict, verify

CHIP = {"active_authentication": {"curve": "secp256r1"}}


@cache
def _read() -> Evidence:
    card = EmulatedCard(issue_passport(CHIP))
    return chipid.read(AccessKeys.from_can(CAN), channel=card, at=AT)


def workshop() -> PkiWorkshop:
    """Of the state and the moment of the card."""
    return PkiWorkshop(AT)


def evidence(pki: DocumentPki) -> Evidence:
    """The card with an EF.SOD of *pki*; the chip's proof is as it was, its key is signed again."""
    return replace(_read(), files=pki.sign(_read().files))


def verdict(pki: DocumentPki, policy: str = "counter", trust: TrustSource | None = None) -> Verdict:
    """What is said of the card; by what *pki* leaves with the operator where *trust* is ``None``."""
    return verify(evidence(pki), pki.trust() if trust is None else trust, Policy.by_name(policy), at=AT)
