# SPDX-License-Identifier: Apache-2.0
"""States by two letters and by three."""

from __future__ import annotations

import pytest

from chipid.pki.countries import alpha_2, alpha_3, may_issue_for


@pytest.mark.parametrize(
    ("code", "two"),
    [("VNM", "VN"), ("D<<", "DE"), ("D", "DE"), ("DEU", "DE"), ("vn", "VN"), ("LTU", "LT"), ("GBD", "GB"), ("RKS", "KS"),
     ("UNO", "UN"), ("EUE", "EU"), ("ZZ", "UN"), (" VN ", "VN"), ("USA", "US"), ("ROU", "RO")],
)  # fmt: skip
def test_every_way_to_write_a_state(code: str, two: str) -> None:
    assert alpha_2(code) == two


@pytest.mark.parametrize("code", ["", "<<<", "XXX", "XYZ", "V", "VNMM", "12", "ñá", "V1"])
def test_what_is_in_no_list_is_not_guessed(code: str) -> None:
    assert alpha_2(code) is None


def test_two_letters_become_those_of_iso_3166() -> None:
    assert [alpha_3(code) for code in ("VN", "de", "GB", "EU", "QQ")] == ["VNM", "DEU", "GBR", "EUE", None]


def test_a_state_issues_for_itself_and_its_territories() -> None:
    assert may_issue_for("VN", "VN")
    assert may_issue_for("GB", "BM")
    assert not may_issue_for("BM", "GB")
    assert not may_issue_for("VN", "DE")
