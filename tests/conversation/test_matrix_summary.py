# SPDX-License-Identifier: Apache-2.0
"""The summary counts the combinations that passed, where workers run them as well, and says nothing where there were none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = Path(__file__).with_name("test_matrix_bac.py")


@pytest.mark.parametrize(
    ("selected", "workers", "line"), [("test_combination", "1", "combinations passed: BAC 1, in all 1"), ("nothing", "0", None)]
)
def test_the_summary(selected: str, workers: str, line: str | None) -> None:
    command = [sys.executable, "-m", "pytest", str(MODULE), "-q", "-n", workers, "-k", selected, "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    lines = [each for each in done.stdout.splitlines() if each.startswith("combinations")]
    assert lines == ([line] if line else [])
