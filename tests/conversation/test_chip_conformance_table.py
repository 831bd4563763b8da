# SPDX-License-Identifier: Apache-2.0
"""The chip's cases of the plans, and that each of them is some test's (BSI TR-03105-3.2 v1.5.1 and -3.3 v1.2; ICAO Doc 9303-11).

A test says in its docstring, or in the name of a parameter, which cases it is. ``pytest -k`` finds those in names.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

LISTED = {
    "ISO7816_H": "1 2 3 6 11 7 8 9 13 14 15 16",
    "ISO7816_I": "1 2 3 15 16 4 5 6 7 10 11 14",
    "ISO7816_II": "2 3 8 14 15 4 5 7 10 11 12 13",
    "ISO7816_J": "1 2 3 4 5 6 8 9 20 21 23 24 11 12 13 17 18 22 25 27 28 30 32 33 34 35 36 37 38 41 43 44 45 46 47 48 49 50 55",
    "ISO7816_K": "1a 1b 2 4 6 7 10 12 14 15 18 19",
    "ISO7816_L": "3 4 5 6 7 8 9 11 12 14 15 16",
    "ISO7816_M": "2 3 4 5 6",
    "ISO7816_N": "1",
    "EAC2_ISO7816_H": "1 3 4a 6a 4b 6b 4c 6c 4d 6d 4e 6e 4f 6f 4g 5a 5b 5c 5d 5e 33",
    "ISO7816_O": "56 57",
    "9303-11 §4": """
        4.2-1 4.2-5 4.2-6 4.2-7 4.2-8 4.2-10 4.3.1-2 4.3.1-3 4.3.1-4 4.3.1-5 4.3.1-7 4.3.1-8 4.3.2-2 4.3.2-3 4.3.2-4
        4.3.2-5 4.3.3.2-1 4.3.4.2-1 4.4.2-1 4.4.2-2 4.4.2-3 4.4.2-5 4.4.3.2-1 4.4.3.3-2 4.4.3.3-3 4.4.3.4-2
        4.4.3.5.1-1 4.4.4.1-1 4.4.4.1-2 4.4.4.1-3 4.4.4.1-4 4.4.4.2-1 4.4.4.2-2 4.4.4.2-4 4.4.4.2-5 4.4.1-1 4.4.5-1
        4.4.5-2 4.4.5.2.2-1 4.4.5.6-1
    """,
    "9303-11 §6": "6.1.1-1 6.1.2.1-1 6.1.2.2-1 6.1.2.2-2 6.1.2.2-4 6.1.2.3-1 6.2.2-1 6.2.4-2 6.2.4.1-1 6.2.4.2-2",
    "9303-11 §7": """
        7.1.3-1 7.1.3-2 7.1.3-3 7.1.3-4 7.1.3-6 7.1.4.1.3-1 7.1.4.2.3-1 7.1.4.3.2-1 7.1.4.3.2-2 7.1.4.3.3-1
        7.1.4.3.3-3 7.1.4.3.3-4 7.1.4.3.4-1 7.1.4.3.4-2 7.1.4.3.4-3 7.1.4.3.6-1 7.1.4.3.6-3 7.1.4.3.7-2 7.1.4.3.7-3
        7.1.5.1-1 7.1.5.2-1 7.1.5.4-1
    """,
    "9303-11 §9": """
        9.3.1.1-1 9.4.1-2 9.7.1.1-1 9.8.2-2 9.8.3-2 9.8.3-3 9.8.3-4 9.8.3-5 9.8.3-6 9.8.3-7 9.8.4-1 9.8.4-2 9.8.4-4
        9.8.4-5 9.8.5-1 9.8.5-2 9.8.6.3-2 9.8.7.1-1 9.8.7.3-1
    """,
}
"""By unit of the test plan or chapter; of a unit the number of the case, of a chapter the clause and the number."""

_CASE = re.compile(r"9303-11-[0-9.]+-[0-9]+|(?:EAC2_)?ISO7816_[A-Z]+_[0-9]+[a-z]?")


def case_ids() -> list[str]:
    """The cases' full names."""
    prefixes = {unit: "9303-11-" if unit.startswith("9303-11") else f"{unit}_" for unit in LISTED}
    return [prefixes[unit] + case for unit, cases in LISTED.items() for case in cases.split()]


def named_cases(source: str) -> set[str]:
    """The cases that a module's tests name: in docstrings, and in strings that tables of cases are made of."""
    tree = ast.parse(source)
    module_docstring = ast.get_docstring(tree, clean=False)
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {case for text in texts if text != module_docstring for case in _CASE.findall(text)}


@pytest.fixture(scope="module")
def named() -> set[str]:
    here = Path(__file__)
    others = [path for path in here.parent.glob("test_chip_conformance_*.py") if path != here]
    return set().union(*(named_cases(path.read_text()) for path in others))


@pytest.mark.parametrize("case", case_ids())
def test_a_listed_case_is_some_tests(case: str, named: set[str]) -> None:
    assert case in named


def test_no_test_names_a_case_that_is_not_listed(named: set[str]) -> None:
    """A misspelt one would be a case that seems to be covered."""
    assert named <= {*case_ids()}


def test_the_lists_are_lists() -> None:
    assert len(case_ids()) == len({*case_ids()}) == 219


def test_a_case_in_a_comment_or_in_a_modules_docstring_does_not_count() -> None:
    source = '"""9303-11-4.2-99"""\n# 9303-11-4.2-98\ndef test_it():\n    """9303-11-4.2-97, ISO7816_H_99."""\n'
    assert named_cases(source) == {"9303-11-4.2-97", "ISO7816_H_99"}
