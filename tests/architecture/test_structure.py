# SPDX-License-Identifier: Apache-2.0
"""The house rules that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chipid

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("chipid/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benches/**/*.py")])
NATIVE = sorted([*ROOT.glob("native/**/*.c"), *ROOT.glob("native/**/*.h")])


@pytest.mark.parametrize("path", [*SOURCES, *NATIVE], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_names_its_licence_first(path: Path) -> None:
    assert "SPDX-License-Identifier: Apache-2.0" in path.read_text().splitlines()[0]


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "misc"}
    assert not [path for path in ROOT.glob("chipid/**/*.py") if path.stem in drawers]


def test_nobody_is_told_to_install_what_is_on_no_package_index() -> None:
    told = re.compile("pip install [^.`\n]*chipid")
    sources = [*SOURCES, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    assert not [path for path in sources if told.search(path.read_text(encoding="utf-8"))]


def test_the_public_names_are_what_type_checkers_see() -> None:
    tree = ast.parse((ROOT / "chipid/__init__.py").read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in ast.walk(guarded) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(chipid.__all__) - {"__version__"}


@pytest.mark.parametrize("name", chipid.__all__)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(chipid, name) is not None


def test_the_module_lists_its_public_names_before_they_are_used() -> None:
    done = subprocess.run([sys.executable, "-c", "import chipid; print(*dir(chipid))"], check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) == set(chipid.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        chipid.nothing_of_ours  # noqa: B018


def test_a_server_that_only_verifies_imports_no_pcsc_and_starts_light() -> None:
    script = "import sys, chipid; before = set(sys.modules); chipid.verify; print(*sorted(set(sys.modules) | before))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "smartcard" not in done.stdout.split()
    script = "import sys, chipid; print(*sys.modules)"
    light = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert {"asn1crypto", "cbor2", "PIL", "rich", "chipid._native"}.isdisjoint(light.stdout.split())


def test_texts_are_normalised_in_one_place() -> None:
    """Python's own normalisation is quadratic in a run of combining marks, and texts of chips are hostile."""
    forbidden = re.compile(r"\bis_normalized\b|unicodedata.*\bnormalize\b")
    users = [path for path in ROOT.glob("chipid/**/*.py") if forbidden.search(path.read_text())]
    assert [path.name for path in users] == ["normalisation.py"]
