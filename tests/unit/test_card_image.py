# SPDX-License-Identifier: Apache-2.0
"""Card images: whole, private, strictly read."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import FILE_LIMIT, KEY_LIMIT, SIZE_LIMIT, TRUST_POINT_LIMIT, CardImage

IMAGE = CardImage(
    files={FileId.DG1: b"\x61\x00", FileId.COM: b"\x60\x00", FileId.CARD_ACCESS: b"\x31\x00"},
    mrz_information="099012345999091733909171",
    can="012345",
    pin="654321",
    puk="9876543210",
    pin_tries=5,
    active_authentication_key=b"an RSA key",
    active_authentication_hash="sha384",
    active_authentication_der=True,
    chip_authentication_keys={None: b"an EC key", 2: b"another"},
    access_protected=frozenset({FileId.DG3, FileId.DG4}),
    trust_points=(b"a newer authority", b"an older one"),
    chip_date=date(2026, 11, 24),
    bac=False,
    atr=bytes.fromhex("3B8880018073C021C057597540"),
)
SMALLEST = CardImage(files={})


def content(image: CardImage = IMAGE) -> dict[str, Any]:
    loaded: dict[str, Any] = cbor2.loads(image.to_cbor())
    return loaded


def parse(entries: object) -> CardImage:
    return CardImage.from_cbor(cbor2.dumps(entries, canonical=True))


@pytest.mark.parametrize("image", [IMAGE, SMALLEST], ids=["full", "smallest"])
def test_what_was_written_is_read(image: CardImage) -> None:
    assert CardImage.from_cbor(image.to_cbor()) == image


def test_a_saved_image_is_private_and_loads(tmp_path: Path) -> None:
    IMAGE.save(tmp_path / "card.image")
    assert stat.S_IMODE((tmp_path / "card.image").stat().st_mode) == 0o600
    assert CardImage.load(tmp_path / "card.image") == IMAGE


def test_a_file_too_large_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    with pytest.raises(MalformedData):
        CardImage.load(tmp_path / "huge")


def test_repr_shows_no_content() -> None:
    shown = repr(IMAGE)
    for secret in ("012345", "654321", "987654", "authority", "099", "key", "another", "a\\x00"):
        assert secret not in shown


def test_another_version_is_unsupported() -> None:
    with pytest.raises(UnsupportedFeature):
        parse({**content(), "version": 2})


@pytest.mark.parametrize("missing", sorted(content()))
def test_no_entry_may_be_missing(missing: str) -> None:
    entries = content()
    del entries[missing]
    with pytest.raises(MalformedData, match=missing):
        parse(entries)


WRONG = {
    "another format": {"format": "chipid-evidence"},
    "unknown entry": {"novelty": 1},
    "files no map": {"files": []},
    "unknown file": {"files": {"DG17": b""}},
    "file by number": {"files": {1: b""}},
    "file in text": {"files": {"DG1": "a"}},
    "file too large": {"files": {"DG1": bytes(FILE_LIMIT + 1)}},
    "MRZ no text": {"mrz-information": b"099012345"},
    "MRZ of other letters": {"mrz-information": "09901234ế"},
    "MRZ too long": {"mrz-information": "0" * 65},
    "CAN of letters": {"can": "01234a"},
    "CAN of other digits": {"can": "٠١٢٣٤٥"},
    "CAN empty": {"can": ""},
    "PIN of letters": {"pin": "12345a"},
    "PIN no text": {"pin": 123456},
    "PIN too long": {"pin": "1" * 33},
    "PUK empty": {"puk": ""},
    "PUK of other digits": {"puk": "٠١٢٣٤٥"},
    "no try": {"pin-tries": 0},
    "too many tries": {"pin-tries": 16},
    "tries no number": {"pin-tries": True},
    "hash unknown": {"active-authentication-hash": "md5"},
    "hash no text": {"active-authentication-hash": b"sha256"},
    "DER no boolean": {"active-authentication-der": 1},
    "trust points no array": {"trust-points": b"CVCA"},
    "three trust points": {"trust-points": [b"1", b"2", b"3"]},
    "trust point in text": {"trust-points": ["CVCA"]},
    "trust point too large": {"trust-points": [bytes(TRUST_POINT_LIMIT + 1)]},
    "chip date no text": {"chip-date": 20261124},
    "chip date no day": {"chip-date": "2026-02-30"},
    "chip date in another form": {"chip-date": "20261124"},
    "chip date in weeks": {"chip-date": "2026-W48-2"},
    "AA key too long": {"active-authentication-key": bytes(KEY_LIMIT + 1)},
    "CA keys no array": {"chip-authentication-keys": {}},
    "CA key no pair": {"chip-authentication-keys": [[1]]},
    "CA key no octets": {"chip-authentication-keys": [[1, "key"]]},
    "CA key too long": {"chip-authentication-keys": [[1, bytes(KEY_LIMIT + 1)]]},
    "CA key of a boolean": {"chip-authentication-keys": [[True, b"key"]]},
    "CA key below none": {"chip-authentication-keys": [[-2, b"key"]]},
    "CA key twice": {"chip-authentication-keys": [[1, b"key"], [1, b"key"]]},
    "CA keys out of order": {"chip-authentication-keys": [[2, b"key"], [1, b"key"]]},
    "protected no text": {"access-protected": [3]},
    "protected unknown": {"access-protected": ["DG17"]},
    "protected twice": {"access-protected": ["DG3", "DG3"]},
    "protected out of order": {"access-protected": ["DG4", "DG3"]},
    "BAC no boolean": {"bac": 1},
    "ATR too long": {"atr": bytes(34)},
}


def test_files_and_keys_up_to_their_limits() -> None:
    image = replace(
        IMAGE,
        files={FileId.DG2: bytes(FILE_LIMIT)},
        chip_authentication_keys={1: bytes(KEY_LIMIT)},
        trust_points=(bytes(TRUST_POINT_LIMIT),),
    )
    assert CardImage.from_cbor(image.to_cbor()) == image


@pytest.mark.parametrize("tries", [1, 15])
def test_tries_up_to_their_limits(tries: int) -> None:
    image = replace(IMAGE, pin_tries=tries)
    assert CardImage.from_cbor(image.to_cbor()) == image


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_entry_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedData):
        parse({**content(), **change})


@pytest.mark.parametrize(
    ("entry", "value"),
    [("active-authentication-hash", "md5"), ("chip-date", "2026-02-30"), ("pin-tries", 16), ("trust-points", [b""] * 3)],
)
def test_the_message_names_the_entry(entry: str, value: object) -> None:
    with pytest.raises(MalformedData, match=f"{entry} must be"):
        parse({**content(), entry: value})


@given(st.binary(max_size=120))
def test_octets_of_any_kind_are_no_card_image(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        CardImage.from_cbor(raw)


images = st.builds(
    CardImage,
    files=st.dictionaries(st.sampled_from(FileId), st.binary(max_size=20)),
    mrz_information=st.none() | st.text("ABC019<", min_size=1, max_size=24),
    can=st.none() | st.text("0123456789", min_size=6, max_size=6),
    pin=st.none() | st.text("0123456789", min_size=1, max_size=32),
    puk=st.none() | st.text("0123456789", min_size=1, max_size=32),
    pin_tries=st.integers(1, 15),
    active_authentication_key=st.none() | st.binary(max_size=20),
    active_authentication_hash=st.sampled_from([None, "sha1", "sha224", "sha256", "sha384", "sha512"]),
    active_authentication_der=st.booleans(),
    chip_authentication_keys=st.dictionaries(st.none() | st.integers(0, (1 << 63) - 1), st.binary(max_size=20), max_size=3),
    access_protected=st.frozensets(st.sampled_from(FileId), max_size=3),
    trust_points=st.lists(st.binary(max_size=20), max_size=2).map(tuple),
    chip_date=st.none() | st.dates(),
    bac=st.booleans(),
    atr=st.binary(max_size=33),
)


@given(images)
def test_round_trip(image: CardImage) -> None:
    assert CardImage.from_cbor(image.to_cbor()) == image
    assert replace(image, files=dict(reversed(list(image.files.items())))).to_cbor() == image.to_cbor()


@given(images, st.data())
def test_a_damaged_image_is_another_one_or_malformed(image: CardImage, data: st.DataObject) -> None:
    raw = bytearray(image.to_cbor())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = CardImage.from_cbor(bytes(raw))
    except (MalformedData, UnsupportedFeature):
        return
    assert found.to_cbor() == bytes(raw)
