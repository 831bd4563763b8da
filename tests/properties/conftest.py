# SPDX-License-Identifier: Apache-2.0
"""The modules beside the tests can be imported, and what a run of mutations came to is told at its end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each kind of file."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "mutations" and report.when == "call":
                terminalreporter.write_line(str(value))
