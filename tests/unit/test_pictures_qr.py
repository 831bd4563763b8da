# SPDX-License-Identifier: Apache-2.0
"""QR codes drawn, and read again as a telephone or a scanner sees them."""

from __future__ import annotations

import io
import sys

import pytest
from PIL import Image, ImageFilter

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pictures import Limits, draw_qr, read_qr_codes

TEXT = "099012345678|012345678|Nguyễn Văn Án|09091990|Nam|Số 1 Đường Thử, Phường Mẫu, Hà Nội|01012021"
OTHER = "099012345679||Trần Thị Ánh|01021991|Nữ|Tổ 2, Xã Mẫu, Đà Nẵng|02012022"


def photo(*codes: Image.Image, image_format: str = "JPEG", angle: float = 0, mode: str = "RGB") -> bytes:
    """A grey desk with codes on it, side by side."""
    width, height = sum(code.width for code in codes) + 100, max((code.height for code in codes), default=0) + 100
    desk, left = Image.new("RGB", (width, height), (150, 145, 140)), 50
    for code in codes:
        desk.paste(code, (left, 50))
        left += code.width
    desk = desk.rotate(angle, expand=True, fillcolor=(150, 145, 140)).convert(mode)
    out = io.BytesIO()
    desk.save(out, image_format)
    return out.getvalue()


def code(text: str = TEXT) -> Image.Image:
    return Image.open(io.BytesIO(draw_qr(text)))


@pytest.mark.parametrize("text", ["x", "7" * 300, "x" * 2329, TEXT, OTHER, "ế" * 776, "Đ|ữ|中文|🇻🇳"])
def test_what_is_drawn_is_read(text: str) -> None:
    assert read_qr_codes(draw_qr(text)) == (text,)


@pytest.mark.parametrize(
    "picture",
    [
        photo(code()),
        photo(code(), angle=90),
        photo(code(), angle=17),
        photo(code(), angle=180, image_format="PNG", mode="L"),
        photo(code(), image_format="JPEG2000"),
        photo(code().convert("RGB").filter(ImageFilter.GaussianBlur(2))),
        photo(code().resize((200, 200))),
        photo(Image.eval(code(), lambda value: 40 + value // 3)),
    ],
    ids=["upright", "turned", "askew", "upside-down", "jpeg2000", "blurred", "small", "dim"],
)
def test_a_photo_of_a_card(picture: bytes) -> None:
    assert read_qr_codes(picture) == (TEXT,)


def test_several_codes_in_one_picture() -> None:
    assert sorted(read_qr_codes(photo(code(TEXT), code(OTHER)))) == [TEXT, OTHER]


def test_no_code_is_no_error() -> None:
    assert read_qr_codes(photo(Image.new("RGB", (200, 200)))) == ()


def test_another_symbol_is_no_qr_code() -> None:
    import zxingcpp

    symbol = zxingcpp.create_barcode(TEXT, zxingcpp.BarcodeFormat.DataMatrix).to_image(scale=8, add_quiet_zones=True)
    assert read_qr_codes(photo(Image.fromarray(symbol))) == ()


def test_a_text_that_is_not_utf_8_is_read_as_the_code_says() -> None:
    import zxingcpp

    symbol = zxingcpp.create_barcode("Café é", zxingcpp.BarcodeFormat.QRCode, options="eci=ISO-8859-1")
    assert read_qr_codes(photo(Image.fromarray(symbol.to_image(scale=8, add_quiet_zones=True)))) == ("Café é",)


@pytest.mark.parametrize("text", ["", "x" * 2330, "ế" * 777, "x\ud800"])
def test_a_text_that_no_code_holds(text: str) -> None:
    with pytest.raises(MalformedData, match="from 1 to 2329 octets"):
        draw_qr(text)


def test_limits_of_a_photo() -> None:
    with pytest.raises(UnsupportedFeature, match="more than 100 pixels"):
        read_qr_codes(draw_qr("x"), limits=Limits(pixels=100))


def test_drawing_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(UnsupportedFeature, match="draws QR codes is missing") as error:
        draw_qr("x")
    assert "'.[qr]'" in str(error.value.hint)
