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
def _read(state: str) -> Evidence:
    card = EmulatedCard(issue_passport(CHIP | {"state": state, "nationality": state}))
    return chipid.read(AccessKeys.from_can(CAN), channel=card, at=AT)


def workshop(country: str = "VN") -> PkiWorkshop:
    """Of the moment of the reading."""
    return PkiWorkshop(AT, country)


def verdict(pki: DocumentPki, policy: str = "counter", trust: TrustSource | None = None, *, state: str = "VNM") -> Verdict:
    """What is said of the card of *state*, with an EF.SOD of *pki*: the chip's proof is as it was, its key is signed again.

    :param trust: what *pki* leaves with the operator where ``None``.
    """
    evidence = replace(_read(state), files=pki.sign(_read(state).files))
    return verify(evidence, pki.trust() if trust is None else trust, Policy.by_name(policy), at=AT)
