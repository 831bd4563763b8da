# SPDX-License-Identifier: Apache-2.0
"""What is not needed is not loaded: a verdict in a new process is for the most part the loading of modules."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

LAZY = ("chipid.protocols.chip_auth", "chipid.protocols.pace", "chipid.protocols.terminal_auth")
HEAVY = (
    "chipid.lds.biometrics",
    "chipid.inspection",
    "chipid.emulator",
    "chipid.readers",
    "chipid.pki.crl",
    "chipid.pki.cvc",
    "chipid.pki.defect_list",
    "chipid.pki.deviation_list",
    "chipid.protocols.pace.chip",
)


@pytest.mark.parametrize("package", LAZY)
def test_every_name_of_a_package_is_there_when_asked_for(package: str) -> None:
    module = importlib.import_module(package)
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = module.nonsense


def test_a_verdict_needs_nothing_of_reading() -> None:
    modules = "chipid.api, chipid.cli.verify, chipid.report.judgement, chipid.report.text, chipid.verification"
    script = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "chipid.verification" in loaded
    assert not [name for name in loaded if name in HEAVY or name.startswith(tuple(f"{heavy}." for heavy in HEAVY))]
