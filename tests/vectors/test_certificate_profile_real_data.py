# SPDX-License-Identifier: Apache-2.0
"""What ICAO itself found in 318 document signers of its PKD and in their CSCAs, and what we find in them."""

from __future__ import annotations

import json
import tarfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from chipid.pki.certificate import Certificate
from chipid.pki.master_list import SignedMasterList
from chipid.pki.profile import profile_deviations

pytestmark = pytest.mark.real_data

# ICAO's code, object.field.number, without the object, and ours without the role. A number means the same of each field:
# 11 encoding of a name, 14 missing, 15 present, 19 not critical, 20 bits, 22 default value, 25 path length, 34 common name,
# 42 algorithm, 69 state.
COUNTERPARTS: Final = {
    "BAC.15": {"basic-constraints-present"},
    "BAC.25": {"path-length"},
    "BKU.19": {"key-usage-not-critical"},
    "BKU.20": {"key-usage-bits"},
    "CDP.14": {"crl-distribution-points-missing"},
    "DTL.14": {"document-types-missing"},
    "EXT.22": {"default-value-encoded"},
    "IAN.14": {"issuer-alternative-name-missing"},
    "IAN.69": {"issuer-alternative-name-country"},
    "ISS.34": {"issuer-common-name-missing"},
    "SAN.14": {"subject-alternative-name-missing"},
    "SAN.69": {"subject-alternative-name-country"},
    "SIG.42": {"sha1-signature", "signature-algorithm"},
    "SUB.11": {"name-encoding", "country-encoding"},
    "SUB.34": {"common-name-missing"},
}
# ICAO found another type of string in the CSCA's subject. The certificate of that key which the lists hold is written in
# PrintableStrings alone, and in none but their characters: ICAO looked at one that is not among the data.
NOT_OURS: Final = {("LU", "CSCA.SUB.11"): 1}
# These were checked by fewer rules: that CDP, SAN, IAN, DTL are missing, and SHA-1, are not among ICAO's findings, and true all
# the same. Two CSCAs bear two letters for the state in both alternative names, and ICAO tells it of the subject's alone.
NOT_ICAOS: Final = {"DE", "JP", "LU", "MD"}
TOLD_ONCE: Final = {("UA", "CSCA.IAN.69"): 3, ("LU", "CSCA.IAN.69"): 7}


@cache
def authorities(pki: Path) -> dict[object, list[Certificate]]:
    found = defaultdict(list)
    for path in (pki / "master_lists").iterdir():
        if path.suffix in (".ml", ".bin"):
            for certificate in SignedMasterList.parse(path.read_bytes()).master_list.certificates:
                if certificate.is_self_signed:
                    found[certificate.subject.normalised].append(certificate)
    return found


def findings(pki: Path) -> list[tuple[str, Certificate, set[str]]]:
    """State, certificate, and ICAO's codes for it without their level."""
    with tarfile.open(pki / "icao_nonconformant" / "certs.tar.gz") as files:
        contents = [files.extractfile(member) for member in files.getmembers()]
        certificates = [Certificate.parse(each.read()) for each in contents if each is not None]
    by_fingerprint = {certificate.fingerprint: certificate for certificate in certificates}
    rows = json.loads((pki / "icao_nonconformant" / "icao_conformance.json").read_text())
    return [
        (row["c"], by_fingerprint[row["sha256"]], {code.partition(":")[2] for code in row["conformance_code"]}) for row in rows
    ]


def told(pki: Path, signer: Certificate) -> set[str]:
    """Our codes for *signer* and for the CSCA that signed it, in ICAO's way of writing."""
    csca = next(each for each in authorities(pki)[signer.issuer.normalised] if signer.verified_by(each).valid)
    ours = {*profile_deviations(signer, "dsc"), *profile_deviations(csca, "csca")}
    return {
        f"{role.upper()}.{code}"
        for role in ("dsc", "csca")
        for code, deviations in COUNTERPARTS.items()
        if not ours.isdisjoint(f"{role}-{deviation}" for deviation in deviations)
    }


def test_what_icao_finds_is_found_and_nothing_else(real_data: Path) -> None:
    pki = real_data / "07_pki"
    agreed, missed, added = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for state, signer, icaos in findings(pki):
        ours = told(pki, signer)
        agreed.update(ours & icaos)
        missed.update((state, code) for code in icaos - ours)
        added.update((state, code) for code in ours - icaos if (state, code) in TOLD_ONCE or state not in NOT_ICAOS)
    assert dict(missed) == NOT_OURS
    assert dict(added) == TOLD_ONCE
    assert {code.partition(".")[2] for code in agreed} == set(COUNTERPARTS)
    assert agreed.total() == 1312
