# SPDX-License-Identifier: Apache-2.0
"""Read and verify chip ID cards: the Vietnamese CCCD and every ICAO 9303 document.

::

    import chipid

    trust = chipid.open_trust(["csca/"])                      # the CSCA certificates that you trust, or a trust store
    keys = chipid.AccessKeys.from_number("099012345678")      # or from_can, from_mrz, from_fields, from_qr, from_pin
    evidence = chipid.read(keys)                              # waits for a card on any reader
    verdict = chipid.verify(evidence, trust=trust)
    if verdict.accepted: ...                                  # chipid.Citizen.of(evidence): the holder of a Vietnamese card

A terminal with rights reads fingerprints too, with ``chipid.read(keys, terminal=…)``: a :class:`chipid.TerminalCredentials` with
the signer from :func:`chipid.open_signer`, or with a :class:`chipid.Signer` of one's own, which signs by one of the schemes below.
A server that hands out the challenge gives it to :func:`chipid.verify`.

:func:`chipid.change_pin` and :func:`chipid.unblock_pin` look after the PIN of a card that has one, with ``AccessKeys.from_pin`` and
``from_puk``.

The names below are the whole public API; they are imported when first used, so that ``import chipid`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chipid.api import change_pin, read, unblock_pin, verify
    from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, PublicKey, RsaPublicKey, Scheme
    from chipid.crypto.signer import Signer
    from chipid.errors import (
        AccessDenied,
        CardMisbehaved,
        CardRemoved,
        CertificateError,
        ChipIdError,
        LdsError,
        MalformedData,
        NoCard,
        NoReader,
        NotAuthorised,
        NotInstalled,
        PasswordBlocked,
        ProtocolError,
        ReaderError,
        SecureMessagingError,
        StatusError,
        TlvError,
        TransmitFailed,
        TrustStoreError,
        UnsupportedFeature,
        WrongPassword,
    )
    from chipid.evidence import Evidence, Result, TerminalAuthenticationRecord
    from chipid.inspection.plan import ReadingPlan
    from chipid.inspection.progress import Progress
    from chipid.iso7816.file_ids import FileId
    from chipid.pki.cv_credentials import TerminalCredentials
    from chipid.pki.trust_source import TrustSource
    from chipid.pki.trust_store import TrustStore
    from chipid.profiles.access_keys import AccessKeys
    from chipid.profiles.vn_cccd import Citizen, CitizenField, CitizenNumber, Expiry, PartialDate, Sex
    from chipid.signers import FileSigner, Pkcs11Signer, Pkcs11Uri, open_signer
    from chipid.trust.database import TrustDatabase
    from chipid.trust.opening import open_trust
    from chipid.verification.policy import Policy
    from chipid.verification.verdict import Check, CheckName, Decision, Outcome, Verdict

__version__ = "0.1.0"

__all__ = [  # written out: type checkers export what stands here
    "AccessDenied",
    "AccessKeys",
    "CardMisbehaved",
    "CardRemoved",
    "CertificateError",
    "Check",
    "CheckName",
    "ChipIdError",
    "Citizen",
    "CitizenField",
    "CitizenNumber",
    "Decision",
    "EcPublicKey",
    "EcdsaScheme",
    "Evidence",
    "Expiry",
    "FileId",
    "FileSigner",
    "LdsError",
    "MalformedData",
    "NoCard",
    "NoReader",
    "NotAuthorised",
    "NotInstalled",
    "Outcome",
    "PartialDate",
    "PasswordBlocked",
    "Pkcs1Scheme",
    "Pkcs11Signer",
    "Pkcs11Uri",
    "Policy",
    "Progress",
    "ProtocolError",
    "PssScheme",
    "PublicKey",
    "ReaderError",
    "ReadingPlan",
    "Result",
    "RsaPublicKey",
    "Scheme",
    "SecureMessagingError",
    "Sex",
    "Signer",
    "StatusError",
    "TerminalAuthenticationRecord",
    "TerminalCredentials",
    "TlvError",
    "TransmitFailed",
    "TrustDatabase",
    "TrustSource",
    "TrustStore",
    "TrustStoreError",
    "UnsupportedFeature",
    "Verdict",
    "WrongPassword",
    "__version__",
    "change_pin",
    "open_signer",
    "open_trust",
    "read",
    "unblock_pin",
    "verify",
]

_HOMES = {
    **dict.fromkeys(__all__, "chipid.errors"),  # unless named below
    **dict.fromkeys(("change_pin", "read", "unblock_pin", "verify"), "chipid.api"),
    **dict.fromkeys(("EcPublicKey", "PublicKey", "RsaPublicKey"), "chipid.crypto.signature"),
    **dict.fromkeys(("EcdsaScheme", "Pkcs1Scheme", "PssScheme", "Scheme"), "chipid.crypto.signature"),
    "Signer": "chipid.crypto.signer",
    **dict.fromkeys(("Evidence", "Result", "TerminalAuthenticationRecord"), "chipid.evidence"),
    "ReadingPlan": "chipid.inspection.plan",
    "Progress": "chipid.inspection.progress",
    "FileId": "chipid.iso7816.file_ids",
    "TerminalCredentials": "chipid.pki.cv_credentials",
    "TrustSource": "chipid.pki.trust_source",
    "TrustStore": "chipid.pki.trust_store",
    "AccessKeys": "chipid.profiles.access_keys",
    **dict.fromkeys(("Citizen", "CitizenField", "CitizenNumber", "Expiry", "PartialDate", "Sex"), "chipid.profiles.vn_cccd"),
    **dict.fromkeys(("FileSigner", "Pkcs11Signer", "Pkcs11Uri", "open_signer"), "chipid.signers"),
    "TrustDatabase": "chipid.trust.database",
    "open_trust": "chipid.trust.opening",
    "Policy": "chipid.verification.policy",
    **dict.fromkeys(("Check", "CheckName", "Decision", "Outcome", "Verdict"), "chipid.verification.verdict"),
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'chipid' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
