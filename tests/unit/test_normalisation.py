# SPDX-License-Identifier: Apache-2.0
"""Unicode normalisation: what Python gives, and linear where marks come in long runs (UAX #15 §13)."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.normalisation import COMBINING_GRAPHEME_JOINER, NON_STARTER_LIMIT, Form, is_normalised, normalised

FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
forms = st.sampled_from(FORMS)
marks = st.sampled_from("\u0300\u0316\u0323\u0344\u0f73\u3099\u302a")


@given(forms, st.text(max_size=NON_STARTER_LIMIT // 3))
def test_an_ordinary_text_is_normalised_as_python_does(form: Form, text: str) -> None:
    assert normalised(form, text) == unicodedata.normalize(form, text)
    assert is_normalised(form, text) == unicodedata.is_normalized(form, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["Nguyễn Thị Hồng Đỗ", "Ｆｕｌｌ　①", "각", "a" + "\u0316\u0300" * (NON_STARTER_LIMIT // 2)])
def test_so_are_long_texts_and_runs_up_to_the_limit(form: Form, text: str) -> None:
    for written in (text * 20, unicodedata.normalize("NFD", text * 20)):
        assert normalised(form, written) == unicodedata.normalize(form, written)


@given(forms, st.lists(st.one_of(marks, st.sampled_from("aẤ\u1f82\ufdfa")), max_size=200).map("".join))
def test_no_run_is_longer_and_no_letter_is_lost(form: Form, text: str) -> None:
    found = normalised(form, text)
    run = 0
    for character in unicodedata.normalize("NFKD", found):
        run = run + 1 if unicodedata.combining(character) else 0
        assert run <= NON_STARTER_LIMIT
    left = (sorted(unicodedata.normalize("NFKD", each).replace(COMBINING_GRAPHEME_JOINER, "")) for each in (found, text))
    assert next(left) == next(left)
    assert is_normalised(form, found)


@pytest.mark.parametrize("form", FORMS)
def test_a_run_of_marks_takes_linear_time(form: Form) -> None:
    text = "a" + "\u0300" * 100_000 + "\u0316" * 100_000
    began = time.process_time()
    normalised(form, text)
    assert time.process_time() - began < 2  # half a minute and more where marks are sorted across the whole run
