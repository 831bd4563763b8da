# SPDX-License-Identifier: Apache-2.0
"""No policy but the one to the letter turns a real document away for what its issuer writes otherwise than the standard."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.verification import verify
from chipid.verification.policy import POLICIES, Policy
from chipid.verification.verdict import Effect

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def documents(real_data: Path) -> list[tuple[Evidence, datetime]]:
    """Each EF.SOD of a real document, and a day on which its signer was in date."""
    folder = real_data / "04_sod"
    told = [each for each in json.loads((folder / "ground_truth.json").read_text()) if each["kind"] == "real"]
    assert len(told) == 10
    return [
        (
            Evidence(read_at=datetime.now(UTC), files={FileId.SOD: (folder / each["file"]).read_bytes()}),
            datetime.fromisoformat(each["dsc"]["nb"]).replace(tzinfo=UTC) + timedelta(days=1),
        )
        for each in told
    ]


@pytest.mark.parametrize("name", POLICIES)
def test_deviations_reject_under_strict_alone(name: str, documents: list[tuple[Evidence, datetime]]) -> None:
    verdicts = [verify(evidence, None, Policy.by_name(name), at=at) for evidence, at in documents]
    effects = Counter(each.effect for verdict in verdicts for each in verdict.decisions if each.code in verdict.deviations)
    assert effects[Effect.REJECTED if name == "strict" else Effect.TOLERATED] >= len(documents)
    assert bool(effects[Effect.REJECTED]) is (name == "strict")
