# SPDX-License-Identifier: Apache-2.0
"""Pictures and QR codes of test documents."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from citizen_values import VALUES
from PIL import Image

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.issuing.drawings import FORMATS, draw_finger, draw_iris, draw_signature, encode
from chipid.issuing.printed_qr import printed_qr
from chipid.lds.image import read_image_header
from chipid.pictures.qr_codes import CODE_LIMIT
from chipid.profiles.vn_cccd import Dg13
from chipid.profiles.vn_cccd.qr import BUILT_LIMIT, parse_qr


@pytest.mark.parametrize(("draw", "size"), [(draw_finger, (320, 400)), (draw_iris, (640, 480)), (draw_signature, (480, 160))])
def test_one_seed_always_gives_one_drawing(draw: Callable[[str], Image.Image], size: tuple[int, int]) -> None:
    one, again, other = draw("one"), draw("one"), draw("other")
    assert (one.mode, one.size) == ("L", size)
    assert one.tobytes() == again.tobytes() != other.tobytes()
    darkest, lightest = one.getextrema()
    assert lightest - darkest > 100


@pytest.mark.parametrize("image_format", FORMATS)
def test_each_format_can_be_encoded(image_format: str) -> None:
    if image_format == "wsq":
        pytest.importorskip("wsq")
    header = read_image_header(encode(draw_finger("one"), image_format))
    assert (header.format.name.lower(), header.width, header.height) == (image_format, 320, 400)


def test_without_the_library_for_wsq_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wsq", None)
    with pytest.raises(UnsupportedFeature, match="WSQ") as caught:
        encode(draw_finger("one"), "wsq")
    assert "wsq" in (caught.value.hint or "")


def test_whoever_is_fourteen_later_in_the_year_of_issue_is_a_child_still(chipid_card_image) -> None:
    parents = ("Lê Văn Giáp", "Lê Thị Hà")
    for issued, named in (("16/09/2025", parents), ("17/09/2025", ()), ("30/06/2024", ())):
        dg13 = Dg13.of(VALUES | {"birth_date": "17/09/2011", "issue_date": issued, "parents": parents})
        image = replace(chipid_card_image, files={**chipid_card_image.files, FileId.DG13: dg13.build()})
        assert parse_qr(printed_qr(image)).parents == named


def test_a_test_cards_text_fits_the_code_that_is_drawn() -> None:
    assert BUILT_LIMIT == CODE_LIMIT


def test_a_passport_has_no_qr_code(chipid_issue) -> None:
    passport = {
        "document": "passport",
        "state": "VNM",
        "nationality": "VNM",
        "number": "C01234567",
        "surname": "Mẫu",
        "birth": "1974-08-12",
        "expiry": "2032-04-15",
        "portrait": "none",
    }
    with pytest.raises(MalformedData, match="DG13"):
        printed_qr(chipid_issue(passport))
