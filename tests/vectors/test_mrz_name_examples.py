# SPDX-License-Identifier: Apache-2.0
"""The names of Doc 9303 parts 4 to 7 on their way from the visual zone to the machine readable one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chipid.lds.mrz_names import abbreviates, mrz_identifier, name_field, truncate_identifiers

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/mrz_names.json").read_text(encoding="utf-8"))
EXAMPLES: list[dict[str, str]] = VECTORS["examples"]

Identifiers = tuple[str, str]


def full(example: dict[str, str]) -> Identifiers:
    primary, _, secondary = example["visual_zone"].partition(",")
    return mrz_identifier(primary), mrz_identifier(secondary)


def printed(example: dict[str, str]) -> Identifiers:
    primary, _, secondary = example["name_field"].rstrip("<").partition("<<")
    return primary.replace("<", " "), secondary.replace("<", " ")


def fits(example: dict[str, str]) -> bool:
    return len("<<".join(part for part in full(example) if part)) <= len(example["name_field"])


def title(example: dict[str, str]) -> str:
    return f"{example['format']}-{example['name_field'].rstrip('<')}"


def test_there_are_names_that_fit_and_names_that_do_not() -> None:
    assert len(EXAMPLES) == 40
    assert 0 < sum(map(fits, EXAMPLES)) < 40


@pytest.mark.parametrize("example", [example for example in EXAMPLES if fits(example)], ids=title)
def test_a_name_that_fits(example: dict[str, str]) -> None:
    width = len(example["name_field"])
    assert truncate_identifiers(*full(example), width) == full(example)
    assert name_field(*full(example)).ljust(width, "<") == example["name_field"]


@pytest.mark.parametrize("example", [example for example in EXAMPLES if not fits(example)], ids=title)
def test_a_name_that_does_not_fit(example: dict[str, str]) -> None:
    """Issuers choose how to truncate: our choice fills the field and is an abbreviation, as theirs is."""
    width = len(example["name_field"])
    ours = truncate_identifiers(*full(example), width)
    assert len(name_field(*ours)) == width
    assert abbreviates(ours, full(example), width)
    assert abbreviates(printed(example), full(example), width)


@pytest.mark.parametrize("width", [39, 30])
def test_where_the_document_shows_one_way_only_it_is_ours(width: int) -> None:
    names = [example for example in EXAMPLES if not fits(example) and len(example["name_field"]) == width]
    single = [example for example in names if sum(other["visual_zone"] == example["visual_zone"] for other in names) == 1]
    assert single or width == 39
    for example in single:
        assert name_field(*truncate_identifiers(*full(example), width)).ljust(width, "<") == example["name_field"]


@pytest.mark.parametrize("example", EXAMPLES, ids=title)
def test_another_name_is_no_abbreviation(example: dict[str, str]) -> None:
    primary, secondary = printed(example)
    width = len(example["name_field"])
    assert not abbreviates(("X" + primary[1:], secondary), full(example), width)
    assert not abbreviates((primary, f"{secondary} Z".strip()), full(example), width)


@pytest.mark.parametrize("example", VECTORS["transliterations"], ids=lambda example: example["identifier"])
def test_transliteration(example: dict[str, str]) -> None:
    assert mrz_identifier(example["name"]) == example["identifier"]
