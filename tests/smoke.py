# SPDX-License-Identifier: Apache-2.0
"""A smoke test of an installed chipid, without pytest and without the source tree: issue, emulate, read, verify.

Usage: ``python smoke.py DESCRIPTION.json``, from a folder that holds no ``chipid``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import chipid
from chipid.emulator import attacks
from chipid.emulator.icc import EmulatedCard
from chipid.iso7816.file_ids import FileId
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import TestCsca


def main(path: str) -> int:
    assert "smartcard" not in sys.modules, "a server that only verifies has no PC/SC"
    description = json.loads(Path(path).read_text(encoding="utf-8"))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    csca = TestCsca.create(at=yesterday)
    image = personalise(description, csca.issue_document_signer(at=yesterday))
    trust = chipid.TrustStore.from_bytes(csca.certificate)
    keys = chipid.AccessKeys.from_number(description["number"])

    evidence = chipid.read(keys, channel=EmulatedCard(image))
    verdict = chipid.verify(evidence, trust=trust)
    assert verdict.accepted, verdict.reasons

    forged = chipid.read(keys, channel=EmulatedCard(attacks.with_bit_flipped(image, FileId.DG1)))
    assert chipid.verify(forged, trust=trust).decision is chipid.Decision.REJECTED

    evidence.save(Path("card.evidence"))
    Path("csca.cer").write_bytes(csca.certificate)
    tool = Path(sys.executable).with_name("chipid")
    done = subprocess.run([tool, "verify", "card.evidence", "--trust", "csca.cer"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    print(f"smoke: chipid {chipid.__version__} from {Path(chipid.__file__).parent.parent.name}: issued, emulated, read, verified")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
