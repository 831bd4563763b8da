# SPDX-License-Identifier: Apache-2.0
"""Who signed the files of a chip, by the certificates that the files bring themselves."""

from __future__ import annotations

from collections.abc import Iterator

from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.card_security import CardSecurity
from chipid.lds.sod import EfSod
from chipid.pki.cms import SignedData
from chipid.pki.signed_data import verify_signers
from chipid.report.printable import printable
from chipid.report.schema import Signer


def signers_part(evidence: Evidence) -> tuple[Signer, ...]:
    """The signers that EF.SOD and EF.CardSecurity name; none of a file that cannot be understood, or brings no certificate."""
    return tuple(signer for file in (FileId.SOD, FileId.CARD_SECURITY) for signer in _signers(evidence, file))


def _signers(evidence: Evidence, file: FileId) -> Iterator[Signer]:
    raw = evidence.file(file)
    if raw is None:
        return
    try:
        findings = verify_signers(SignedData.parse((EfSod if file is FileId.SOD else CardSecurity).parse(raw).cms))
    except MalformedData:
        return
    for finding in findings:
        if finding.certificate is not None:
            subject, issuer = finding.certificate.subject, finding.certificate.issuer
            yield Signer(file=file.label, subject=printable(str(subject)), issuer=printable(str(issuer)))
