# SPDX-License-Identifier: Apache-2.0
"""Does the state in DG1 go with the state that signed? (ICAO 9303-11 §5.1.1, BSI TR-03135-1 §5.6.4.5)

Without this check any trusted state could issue documents in the name of any other.
"""

from __future__ import annotations

from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.chain import ChainFinding
from chipid.pki.countries import alpha_2
from chipid.verification.security_object import SecurityObject
from chipid.verification.verdict import Check, CheckName, Outcome

_NAME = CheckName.ISSUING_STATE


def issuing_state(evidence: Evidence, sod: SecurityObject) -> Check:
    """DG1's issuing state is the document signer's or its CSCA's."""
    # 1. DG1 can be read.
    raw = evidence.file(FileId.DG1)
    if raw is None:
        return Check(_NAME, Outcome.UNDETERMINED, "dg1-missing", "DG1 was not read.")
    try:
        mrz = Dg1.parse(raw).mrz
    except MalformedData:
        return Check(_NAME, Outcome.FAILED, "dg1-malformed", "DG1 holds no machine readable zone.")
    # 2. Somebody signed EF.SOD.
    signer = sod.signer.certificate if sod.signer is not None else None
    if signer is None:
        return Check(_NAME, Outcome.UNDETERMINED, "signer-certificate-missing", "Nobody is known to have signed EF.SOD.")
    return _compare(mrz, signer, sod)


def states_of(signer: Certificate, chain: ChainFinding | None) -> set[str]:
    """The states that a signer's certificate and its CSCA's name, as alpha-2 codes; empty where they name none."""
    anchor = chain.anchor if chain is not None else None
    countries = [certificate.subject.country for certificate in (signer, anchor) if certificate is not None]
    return {state for state in (alpha_2(country or "") for country in countries) if state is not None}


def _compare(mrz: Mrz, signer: Certificate, sod: SecurityObject) -> Check:
    # 3. Both name a state.
    state = alpha_2(mrz.issuing_state)
    if state is None:
        return Check(_NAME, Outcome.UNDETERMINED, "issuing-state-unknown", "DG1 names a state that is in no list.")
    states = states_of(signer, sod.chain)
    if not states:
        return Check(_NAME, Outcome.UNDETERMINED, "signer-state-missing", "The signer's certificate names no state.")
    # 4. They are one. A territory's document may be signed in its state's name: the path has been checked for that.
    if state not in states:
        listed = ", ".join(sorted(states))
        return Check(_NAME, Outcome.FAILED, "issuing-state-mismatch", f"DG1 is of {state}, its signer of {listed}.")
    detail = f"DG1 and its signer are of {state}."
    return Check(_NAME, Outcome.SUCCESSFUL, "ok", detail, tuple(_deviations(mrz, signer)))


def _deviations(mrz: Mrz, signer: Certificate) -> list[str]:
    """What the certificate says about the documents that it signs, beside its country."""
    found = []
    alternative = signer.alternative_state(ext.SUBJECT_ALT_NAME)
    if alternative is not None and alpha_2(alternative) != alpha_2(mrz.issuing_state):
        found.append("alternative-name-state")
    code = mrz.document_code.replace("<", "")
    if signer.document_types and not {code, code[:1]} & signer.document_types:
        found.append("document-type-not-listed")
    return found
