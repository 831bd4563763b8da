# SPDX-License-Identifier: Apache-2.0
"""The TLV cursor against a recursive reader of its own."""

from __future__ import annotations

import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid import _native
from chipid._native import NativeError

TAGS = st.sampled_from(
    [b"\x04", b"\x30", b"\x5f\x1f", b"\x5f\x0e", b"\x7f\x4e", b"\x7f\x81\x01", b"\x5f\x81\x81\x01", b"\x00"]
)
LENGTH_SIZES = st.sampled_from([0, 1, 2, 3, 4])


def _length(size: int, length: int) -> bytes:
    if size == 0 and length < 0x80:
        return bytes((length,))
    size = max(size, (length.bit_length() + 7) // 8)
    return bytes((0x80 | size,)) + length.to_bytes(size, "big")


def _element(tag: bytes, size: int, value: bytes) -> bytes:
    return tag + _length(size, len(value)) + value


def _indefinite(contents: list[bytes]) -> bytes:
    return b"\x30\x80" + b"".join(contents) + b"\x00\x00"


ELEMENTS = st.recursive(
    st.builds(_element, TAGS, LENGTH_SIZES, st.binary(max_size=20)),
    lambda inner: (
        st.lists(inner, max_size=4).map(_indefinite)
        | st.builds(
            lambda parts, size: _element(b"\x30", size, b"".join(parts)), st.lists(inner, max_size=4), LENGTH_SIZES
        )
    ),
    max_leaves=12,
)


@given(ELEMENTS, st.binary(max_size=6), st.binary(max_size=6))
def test_well_formed(element: bytes, before: bytes, after: bytes) -> None:
    data = before + element + after
    window = (data, len(before), len(data))
    assert oracle.answer(_native.tlv_read, *window) == oracle.answer(oracle.tlv_read, *window)


@given(ELEMENTS, st.data())
def test_damaged(element: bytes, data: st.DataObject) -> None:
    damaged = bytearray(element)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    window = (bytes(damaged), 0, cut)
    assert oracle.answer(_native.tlv_read, *window) == oracle.answer(oracle.tlv_read, *window)


@given(st.binary(max_size=40), st.integers(-3, 45), st.integers(-3, 45))
def test_any_octets_in_any_window(data: bytes, offset: int, end: int) -> None:
    assert oracle.answer(_native.tlv_read, data, offset, end) == oracle.answer(oracle.tlv_read, data, offset, end)


@given(st.binary(max_size=60))
def test_the_answer_lies_inside(data: bytes) -> None:
    refusal = None
    try:
        tag, start, stop, after = _native.tlv_read(data, 0, len(data))
    except NativeError as error:
        refusal = error
    if refusal is None:
        assert 0 < tag < 1 << 32
        assert 2 <= start <= stop <= after <= len(data)
    else:
        assert refusal.code in {"tlv-truncated", "tlv-tag", "tlv-length", "tlv-depth"}
        assert 0 <= refusal.offset <= len(data)


@pytest.mark.parametrize("levels", [1, 32])
def test_indefinite_nesting_to_its_bound(levels: int) -> None:
    data = b"\x30\x80" * levels + bytes(2 * levels)
    assert _native.tlv_read(data, 0, len(data)) == (0x30, 2, len(data) - 2, len(data))


def test_indefinite_nesting_beyond_its_bound() -> None:
    for levels in (33, 50_000):
        data = b"\x30\x80" * levels + bytes(2 * levels)
        with pytest.raises(NativeError, match="tlv-depth at offset 64") as caught:
            _native.tlv_read(data, 0, len(data))
        assert (caught.value.code, caught.value.offset) == ("tlv-depth", 64)


@pytest.mark.parametrize(
    ("digits", "code", "offset"),
    [
        ("308004030000", "tlv-truncated", 2),
        ("3080048000000000", "tlv-length", 2),
        ("30800201050001", "tlv-tag", 5),
        ("5f80010100", "tlv-tag", 0),
        ("0485000000000100", "tlv-length", 0),
    ],
)
def test_the_offset_names_the_element_at_fault(digits: str, code: str, offset: int) -> None:
    data = bytes.fromhex("FF" + digits)
    with pytest.raises(NativeError) as caught:
        _native.tlv_read(data, 1, len(data))
    assert (caught.value.code, caught.value.offset) == (code, offset + 1)
