# SPDX-License-Identifier: Apache-2.0
"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Timings on shared machines say nothing: hypothesis must not judge by them.
settings.register_profile("chipid", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("chipid")

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
