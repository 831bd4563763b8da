# SPDX-License-Identifier: Apache-2.0
"""Faults of what the PKI signs: EF.SOD, and the lists of documents that are known to be defective (ICAO 9303-10 §4.6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chipid.iso7816.file_ids import FileId
from chipid.issuing.certificates import with_signature_altered
from chipid.issuing.document_pki import DocumentPki, Files, PkiWorkshop
from chipid.issuing.pki import DocumentSigner
from chipid.issuing.pki_faults.entry import (
    DEFECTS,
    INTEGRITY,
    SOD_SIGNATURE,
    STATE,
    VALIDITY,
    Build,
    PkiFault,
    departure,
    rejected,
    undecided,
)
from chipid.issuing.signed_data import LDS_SECURITY_OBJECT, SignatureOptions, build_signed_data
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SubjectKeyIdentifier
from chipid.pki.defect_list import DEFECT_LIST, Defect, DefectList, KnownDefect, StatusCode, status_parameters
from chipid.pki.deviation_list import (
    DEVIATION_LIST,
    DEVIATION_LIST_SIGNING_KEY,
    Deviation,
    DeviationDescription,
    DeviationDocuments,
    DeviationList,
)

_DEFECT_LIST_SIGNING_KEY: Final = f"{DEFECT_LIST}.1"
_CERT_REVOKED: Final = f"{DEFECT_LIST}.1.1"
_DG_MALFORMED: Final = f"{DEVIATION_LIST}.2.1"
_ZONE: Final = b"\x5f\x1f"
_NO_STATE: Final = b"QQQ"

Groups = Mapping[int, bytes]
SignAs = Callable[[DocumentSigner, Groups], bytes]


def _sod(sign: SignAs) -> Build:
    """EF.SOD is made otherwise."""

    def make(shop: PkiWorkshop) -> DocumentPki:
        signer = shop.signer()
        return shop.pki(signer=signer, sign_sod=lambda groups: sign(signer, groups))

    return make


def _options(**options: object) -> Build:
    return _sod(lambda signer, groups: signer.sign_sod(groups, options=SignatureOptions(**options)))  # type: ignore[arg-type]


def _signed_at(age: timedelta) -> Build:
    """The signer says that it signed so long before the inspection."""
    return lambda shop: _options(signing_time=shop.at - age)(shop)


def _content_altered(signer: DocumentSigner, groups: Groups) -> bytes:
    sod, digest = signer.sign_sod(groups), hashlib.sha256(groups[max(groups)]).digest()
    return sod.replace(digest, bytes(len(digest)))


def _listed(groups: Groups) -> bytes:
    return LDSSecurityObject.over(groups, "sha256").build()


def _two_signers(shop: PkiWorkshop) -> DocumentPki:
    signer, other = shop.signer(), shop.signer()

    def sign(groups: Groups) -> bytes:
        co_signers = [(other.parsed, other.key)]
        content = _listed(groups)
        signed = build_signed_data(
            LDS_SECURITY_OBJECT, content, signer.parsed, signer.key, SignatureOptions(), co_signers=co_signers
        )
        return EfSod(signed).build()

    return shop.pki(signer=signer, sign_sod=sign)


def _named_by_another_key(signer: DocumentSigner, groups: Groups) -> bytes:
    misnamed, options = replace(signer.parsed, subject_key_id=bytes(20)), SignatureOptions(by_key_identifier=True)
    return EfSod(build_signed_data(LDS_SECURITY_OBJECT, _listed(groups), misnamed, signer.key, options)).build()


def _of_no_state(shop: PkiWorkshop) -> DocumentPki:
    """The state stands behind the two characters of the document code in DG1's zone; no check digit covers it."""

    def prepare(files: Files) -> Files:
        raw = files[FileId.DG1]
        place = raw.index(_ZONE) + len(_ZONE) + 1 + 2
        return {**files, FileId.DG1: raw[:place] + _NO_STATE + raw[place + len(_NO_STATE) :]}

    return shop.pki(prepare=prepare)


def _defect(defect: KnownDefect) -> Build:
    """A defect list names the document signer."""

    def make(shop: PkiWorkshop) -> DocumentPki:
        signer = shop.signer()
        named = SubjectKeyIdentifier(signer.parsed.subject_key_id or b"")
        content = DefectList((Defect(named, (defect,)),)).build()
        listed = shop.csca.issue_list_signer(_DEFECT_LIST_SIGNING_KEY, at=shop.at - timedelta(days=30))
        return shop.pki(signer=signer, signed_lists=(listed.sign_list(DEFECT_LIST, content, shop.csca, at=shop.at),))

    return make


def _revoked_for(code: int) -> Build:
    return _defect(KnownDefect(_CERT_REVOKED, status_parameters(code)))


def _deviates(shop: PkiWorkshop) -> DocumentPki:
    """The state says of its identity cards and passports that a data group is malformed."""
    content = DeviationList((Deviation(DeviationDocuments(), (DeviationDescription(_DG_MALFORMED),)),)).build()
    listed = shop.csca.issue_list_signer(DEVIATION_LIST_SIGNING_KEY, at=shop.at - timedelta(days=30))
    return shop.pki(signed_lists=(listed.sign_list(DEVIATION_LIST, content, shop.csca, at=shop.at),))


SECURITY_OBJECT_FAULTS: Final = (
    PkiFault(
        "sod-signature-altered", "The signature of EF.SOD has a wrong bit.",
        _sod(lambda signer, groups: with_signature_altered(signer.sign_sod(groups))), rejected(SOD_SIGNATURE, "signature-invalid"),
    ),
    PkiFault(
        "sod-content-altered", "A hash in EF.SOD was changed after it was signed.",
        _sod(_content_altered), rejected(SOD_SIGNATURE, "message-digest-mismatch"),
    ),
    PkiFault(
        "dg-altered", "DG1 was changed after EF.SOD was signed.",
        _sod(lambda signer, groups: signer.sign_sod({**groups, 1: groups[1] + b"\0"})), rejected(INTEGRITY, "dg-hash-mismatch"),
    ),
    PkiFault(
        "dg-not-listed", "EF.SOD does not list the card's last data group.",
        _sod(lambda signer, groups: signer.sign_sod({each: groups[each] for each in groups if each != max(groups)})),
        rejected(INTEGRITY, "dg-not-in-sod", "com-sod-mismatch"),
    ),
    PkiFault(
        "sod-hashes-sha1", "EF.SOD lists the data groups by SHA-1.",
        _sod(lambda signer, groups: signer.sign_sod(groups, hash_name="sha1")), departure(SOD_SIGNATURE, "sha1-hashes"),
    ),
    PkiFault(
        "sod-content-type", "EF.SOD calls its content otherwise than Doc 9303 does.",
        _sod(lambda signer, groups: EfSod(signer.sign("1.2.3.4", _listed(groups))).build()),
        departure(SOD_SIGNATURE, "sod-content-type"),
    ),
    PkiFault(
        "sod-two-signers", "Two document signers signed EF.SOD.",
        _two_signers, departure(SOD_SIGNATURE, "several-signers"),
    ),
    PkiFault(
        "sod-signer-misnamed", "EF.SOD names its signer by another key than that of the only certificate in it.",
        _sod(_named_by_another_key), departure(SOD_SIGNATURE, "signer-identifier"),
    ),
    PkiFault(
        "sod-without-certificate", "The document signer's certificate is neither in EF.SOD nor with the operator.",
        _options(include_certificate=False), undecided(SOD_SIGNATURE, "signer-certificate-missing"),
    ),
    PkiFault(
        "signed-outside-validity", "The document signer says that it signed before its certificate was valid.",
        _signed_at(timedelta(days=400)), departure(VALIDITY, "signed-outside-validity"),
    ),
    PkiFault(
        "signed-outside-usage-period", "The document signer says that it signed after the period of its key.",
        _signed_at(timedelta(days=-100)), departure(VALIDITY, "signed-outside-usage-period"),
    ),
    PkiFault(
        "state-in-no-list", "DG1 is of a state that is in no list.",
        _of_no_state, undecided(STATE, "issuing-state-unknown"),
    ),
    PkiFault(
        "listed-as-revoked", "A defect list names the document signer as revoked.",
        _revoked_for(StatusCode.REVOKED_BY_LIST_SIGNER), rejected(DEFECTS, "listed-dsc-revoked"),
    ),
    PkiFault(
        "listed-as-on-hold", "A defect list says that the document signer's revocation is being looked into.",
        _revoked_for(StatusCode.ON_HOLD), undecided(DEFECTS, "listed-dsc-on-hold"),
    ),
    PkiFault(
        "listed-with-unknown-status", "A defect list names the document signer with a status of the list signer's own.",
        _revoked_for(99), undecided(DEFECTS, "listed-dsc-status-unknown"),
    ),
    PkiFault(
        "listed-as-defective", "A deviation list of the state says that a data group of its documents is malformed.",
        _deviates, departure(DEFECTS, "listed-dg-malformed"),
    ),
)  # fmt: skip
