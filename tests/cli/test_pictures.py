# SPDX-License-Identifier: Apache-2.0
"""Pictures on the command line: the portrait as PNG, and the QR code of a card in a photo."""

from __future__ import annotations

import io
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from chipid.iso7816.file_ids import FileId
from chipid.issuing.printed_qr import printed_qr
from chipid.lds.biometrics.face_19794 import FaceImage
from chipid.lds.dg2 import Dg2
from chipid.pictures import draw_qr, read_qr_codes

OTHER = "099012345679||Trần Thị Ánh|01021991|Nữ|Tổ 2, Xã Mẫu, Đà Nẵng|02012022"
SHOP = "https://shop.example/menu"


def dump(cli, desk, *arguments: object, card: Path | None = None, stdin: bytes = b""):
    return cli("dump", "--card", card or desk.card, *arguments, stdin=stdin)


def in_format(name: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (300, 200), 90).save(out, name)
    return out.getvalue()


def picture_of(*texts: str) -> bytes:
    codes = [Image.open(io.BytesIO(draw_qr(text))) for text in texts]
    desk = Image.new("L", (sum(code.width for code in codes) + 100, max(code.height for code in codes) + 100), 160)
    left = 50
    for code in codes:
        desk.paste(code, (left, 50))
        left += code.width
    out = io.BytesIO()
    desk.rotate(5, expand=True, fillcolor=160).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("image_format", ["jpeg", "jpeg2000"])
@pytest.mark.parametrize("name", ["face.png", "face.PNG"])
def test_a_portrait_is_decoded_where_its_name_ends_in_png(cli, desk, chipid_issue, image_format: str, name: str) -> None:
    image = chipid_issue(portrait_format=image_format)
    path = desk.path(name)
    result = dump(cli, desk, "--number-file", desk.number, "--portrait", path, card=desk.lay(image))
    assert (result.code, result.err) == (0, "")
    portrait = Dg2.parse(image.files[FileId.DG2]).portrait
    with Image.open(path) as found, Image.open(io.BytesIO(portrait.image)) as original:
        assert (found.format, found.tobytes()) == ("PNG", original.tobytes())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "told"), [("face.jpg", True), ("face.JPEG", True), ("face.jp2", False), ("face.png", False)])
def test_a_portrait_in_jpeg_2000_under_a_name_of_jpeg_is_told(cli, desk, chipid_issue, name: str, told: bool) -> None:
    image = chipid_issue(portrait_format="jpeg2000")
    result = dump(cli, desk, "--number-file", desk.number, "--portrait", desk.path(name), card=desk.lay(image))
    assert result.code == 0
    assert ("warning: the portrait is JPEG 2000" in result.err and "Name it .jp2, or .png" in result.err) is told
    if not name.endswith("png"):
        assert desk.path(name).read_bytes() == Dg2.parse(image.files[FileId.DG2]).portrait.image


def test_a_portrait_that_cannot_be_decoded_is_said_and_can_be_had_as_it_is(cli, desk, chipid_card_image) -> None:
    face = FaceImage(image=b"\xff\xd8\xff\xe0 broken", width=3, height=4)
    card = _with_face(desk, chipid_card_image, face)
    result = dump(cli, desk, "--number-file", desk.number, "--portrait", desk.path("face.png"), card=card)
    assert result.code == 5
    assert "warning: the portrait cannot be decoded" in result.err
    assert "does not end in .png" in result.err
    assert not desk.path("face.png").exists()
    as_it_is = dump(cli, desk, "--number-file", desk.number, "--portrait", desk.path("face.jpg"), card=card)
    assert (as_it_is.code, as_it_is.err) == (0, "")
    assert desk.path("face.jpg").read_bytes() == face.image


def _with_face(desk, image, face: FaceImage) -> Path:
    return desk.lay(replace(image, files={**image.files, FileId.DG2: Dg2.of(face).build()}))


@pytest.mark.parametrize("others", [(), (SHOP,), (SHOP, "x|y"), ("again",)])
def test_a_card_is_opened_with_a_photo_of_it(cli, desk, chipid_card_image, others: tuple[str, ...]) -> None:
    text = printed_qr(chipid_card_image)
    desk.path("card.jpg").write_bytes(picture_of(text, *(text if other == "again" else other for other in others)))
    result = dump(cli, desk, "--qr-image", desk.path("card.jpg"), "--json")
    assert result.code == 0, result.err
    assert result.json["access"][-1]["source"] == "qr"


def test_a_photo_from_standard_input(cli, desk, chipid_card_image) -> None:
    assert dump(cli, desk, "--qr-image", "-", stdin=draw_qr(printed_qr(chipid_card_image))).code == 0


@pytest.mark.parametrize(
    ("image", "message", "hint"),
    [
        (picture_of(OTHER, OTHER.replace("099012345679", "099012345670")), "the QR codes of 2 cards", "Show the one card"),
        (picture_of(SHOP), "no QR code in the picture is that of a card", "or type the number on the card"),
        (picture_of("|" * 2000), "no QR code in the picture is that of a card", "nearer"),
        (b"\xff\xd8\xff broken", "--qr-image:", "JPEG or PNG"),
        (b"\xff\xa0\xff a fingerprint", "none of JPEG, JPEG 2000, PNG", "JPEG or PNG"),
        (b"an essay", "none of JPEG, JPEG 2000, PNG", "JPEG or PNG"),
        (b"", "nothing in the file", "JPEG or PNG"),
        *((in_format(name), "none of JPEG, JPEG 2000, PNG", "JPEG or PNG") for name in ("BMP", "GIF", "TIFF", "WEBP")),
    ],
    ids=["two cards", "a shop", "separators", "damaged", "WSQ", "text", "empty", "BMP", "GIF", "TIFF", "WebP"],
)
def test_a_picture_that_opens_nothing_is_a_usage_error_that_tells_nothing_of_it(
    cli, desk, image: bytes, message: str, hint: str
) -> None:
    desk.path("photo").write_bytes(image)
    result = dump(cli, desk, "--qr-image", desk.path("photo"))
    assert result.code == 2
    assert message in result.err
    assert hint in result.err.splitlines()[-1]
    assert "WSQ" not in result.err
    assert "0990" not in result.err
    assert "shop" not in result.err


def test_a_picture_without_code_is_told_what_to_do(cli, desk, tmp_path: Path) -> None:
    Image.new("L", (300, 200), 90).save(tmp_path / "desk.png")
    result = dump(cli, desk, "--qr-image", tmp_path / "desk.png")
    assert result.code == 2
    assert "there is no QR code in the picture" in result.err
    assert "sharp, well lit" in result.err


def test_standard_input_holds_one_key_alone(cli, desk) -> None:
    result = dump(cli, desk, "--qr-image", "-", "--can-file", "-")
    assert (result.code, "one key alone" in result.err) == (2, True)


def test_a_key_in_a_picture_is_for_reading(cli, desk, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(draw_qr(OTHER))
    dump(cli, desk, "--number-file", desk.number, "--out", tmp_path / "card.evidence")
    result = cli("verify", tmp_path / "card.evidence", "--qr-image", tmp_path / "photo.png", "--trust", desk.trust)
    assert result.code == 2


def test_a_card_is_issued_with_its_qr_code(cli, tmp_path: Path, chipid_citizen) -> None:
    description, out, code = tmp_path / "citizen.json", tmp_path / "card.image", tmp_path / "qr.png"
    description.write_text(json.dumps({**chipid_citizen, "portrait": "none"}))
    result = cli("issue", description, "--out", out, "--trust-out", tmp_path / "csca.pem", "--qr-out", code)
    assert (result.code, result.err) == (0, "")
    assert stat.S_IMODE(code.stat().st_mode) == 0o600
    assert read_qr_codes(code.read_bytes())[0].split("|")[0] == chipid_citizen["number"]
    assert cli("dump", "--card", out, "--qr-image", code).code == 0


def test_no_qr_code_for_a_passport(cli, fixtures: Path, tmp_path: Path) -> None:
    passport = next(path for path in sorted((fixtures / "cards").glob("*.json")) if '"passport"' in path.read_text())
    arguments = ("issue", passport, "--out", tmp_path / "card", "--trust-out", tmp_path / "csca.pem")
    result = cli(*arguments, "--qr-out", tmp_path / "qr.png")
    assert result.code == 2
    assert "error: --qr-out: " in result.err
    assert "citizens' cards alone" in result.err
    assert [path for path in tmp_path.iterdir() if path.name in {"card", "csca.pem", "qr.png"}] == []
