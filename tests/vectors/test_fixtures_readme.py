# SPDX-License-Identifier: Apache-2.0
"""``fixtures/README.md`` says of each file of published values where it comes from, and which tests reproduce it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = dict(re.findall(r"^\| `(\w+\.json)` \|(.+)\|$", (ROOT / "fixtures/README.md").read_text(encoding="utf-8"), re.MULTILINE))
FILES = sorted(file.name for file in (ROOT / "fixtures/vectors").iterdir())


def test_every_file_has_its_row() -> None:
    assert sorted(ROWS) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_names_its_source(name: str) -> None:
    values = json.loads((ROOT / "fixtures/vectors" / name).read_text(encoding="utf-8"))
    assert re.search(r"ICAO|BSI|gmrtd|AusweisApp", values["source"])


@pytest.mark.parametrize("name", FILES)
def test_the_tests_in_its_row_use_it(name: str) -> None:
    tests = re.findall(r"`(?:tests/(\w+)/)?(test_\w+\.py)`", ROWS[name].rpartition("|")[2])
    assert tests
    for folder, module in tests:
        assert Path(name).stem in (ROOT / "tests" / (folder or "vectors") / module).read_text(encoding="utf-8")
