# SPDX-License-Identifier: Apache-2.0
"""The machine readable zones that Doc 9303 prints, and their check digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipid.lds.mrz import Mrz, MrzFormat, check_digit

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/mrz_specimens.json").read_text())
SPECIMENS = VECTORS["specimens"]
WIDTHS = {mrz_format.title: mrz_format.width for mrz_format in MrzFormat}
WHOLE = [specimen for specimen in SPECIMENS if None not in specimen["lines"]]


def name_of(specimen: dict[str, Any]) -> str:
    return f"{specimen['format']}-{specimen['clause'].rsplit('9303-', 1)[-1]}"


def text_of(specimen: dict[str, Any]) -> str:
    """The lines; one that the document does not print is filled."""
    return "\n".join(line or "<" * WIDTHS[specimen["format"]] for line in specimen["lines"])


def test_there_are_specimens_of_each_kind() -> None:
    assert {specimen["format"] for specimen in WHOLE} == {"TD1", "TD2", "TD3", "MRV-A", "MRV-B"}
    assert len(SPECIMENS) == 11


@pytest.mark.parametrize("example", VECTORS["check_digits"], ids=lambda example: example["over"])
def test_check_digit(example: dict[str, str]) -> None:
    assert check_digit(example["over"]) == example["digit"]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=name_of)
def test_check_digits_of_a_specimen(specimen: dict[str, Any]) -> None:
    for digit in specimen["check_digits"].values():
        assert check_digit(digit["over"]) == digit["computed"]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=name_of)
def test_wrong_check_digits_are_those_that_are_printed_wrong(specimen: dict[str, Any]) -> None:
    wrong = {name for name, digit in specimen["check_digits"].items() if digit["printed"] != digit["computed"]}
    mrz = Mrz.parse(text_of(specimen))
    assert mrz.format.title == specimen["format"]
    assert set(mrz.check_digit_errors) == wrong


@pytest.mark.parametrize("specimen", WHOLE, ids=name_of)
def test_a_specimen_is_its_elements_and_is_built_from_them(specimen: dict[str, Any]) -> None:
    parsed = Mrz.parse(text_of(specimen))
    built = Mrz(format=parsed.format, **specimen["elements"])
    assert {name: getattr(parsed, name) for name in specimen["elements"]} == specimen["elements"]
    assert parsed.deviations == ()
    if parsed.check_digit_errors:
        assert built.lines != parsed.lines
        assert not built.check_digit_errors
    else:
        assert built == parsed
        assert built.build() == "".join(specimen["lines"])


@pytest.mark.parametrize("example", VECTORS["mrz_information"], ids=lambda example: example["document"])
def test_mrz_information(example: dict[str, Any]) -> None:
    """Two of the four are note-j numbers, which go on in the optional data; two are printed with a wrong composite digit."""
    mrz = Mrz.parse("\n".join(example["lines"]))
    assert mrz.information == example["mrz_information"]
    assert mrz.check_digit_errors == (("composite",) if "erratum" in example else ())
    assert (len(mrz.document_number) > 9) == ("long" in example["document"])
    rebuilt = Mrz(**{name: value for name, value in vars(mrz).items() if name != "lines"})
    assert rebuilt.lines[:-1] == mrz.lines[:-1] or "erratum" in example
    assert rebuilt.information == mrz.information
