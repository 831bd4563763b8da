# SPDX-License-Identifier: Apache-2.0
"""What every test may ask for."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Timings on shared machines say nothing: hypothesis must not judge by them.
settings.register_profile("chipid", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("chipid")

# A job in the background may have been told to ignore Ctrl-C, and the commands that the tests start and interrupt would inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published real-world data; the test is skipped, with the reason, where there is none."""
    place = os.environ.get("CHIPID_REAL_DATA")
    if not place:
        pytest.skip("CHIPID_REAL_DATA is not set: published real-world data are not part of the project")
    path = Path(place)
    if not path.is_dir():
        pytest.fail(f"CHIPID_REAL_DATA names no folder: {path}")
    return path


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return ROOT / "fixtures"


# Combinations ----------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "combinations(family): one of the valid combinations of a protocol, counted in the summary")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The family travels with the report, so that the count is right where workers run the tests."""
    for item in items:
        marker = item.get_closest_marker("combinations")
        if marker is not None:
            item.user_properties.append(("combinations", marker.args[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many combinations of each protocol were run, and passed."""
    families: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        if report.when == "call":
            families.update(value for name, value in report.user_properties if name == "combinations")
    if families:
        counts = ", ".join(f"{family} {count}" for family, count in sorted(families.items()))
        terminalreporter.write_line(f"combinations passed: {counts}, in all {families.total()}")
