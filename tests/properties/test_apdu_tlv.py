# SPDX-License-Identifier: Apache-2.0
"""Parsers and builders undo each other, and no octets make a parser raise anything but its own error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import MalformedData, TlvError
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv, encode_length, is_constructed, parse_tlv

octet = st.integers(0, 255)
sizes = st.one_of(st.integers(0, 300), st.sampled_from([127, 128, 255, 256, 65535]))
payloads = st.one_of(st.binary(max_size=300), sizes.map(bytes))
commands = st.builds(
    CommandAPDU,
    octet,
    octet,
    octet,
    octet,
    payloads,
    st.one_of(st.none(), st.integers(1, 65536), st.sampled_from([1, 255, 256, 257, 65535, 65536])),
    st.booleans(),
)


@given(commands)
def test_a_command_comes_back_as_it_was(command):
    raw = command.to_bytes()
    parsed = CommandAPDU.from_bytes(raw)
    assert parsed.to_bytes() == raw
    assert (parsed.cla, parsed.ins, parsed.p1, parsed.p2) == (command.cla, command.ins, command.p1, command.p2)
    assert (parsed.data, parsed.le) == (command.data, command.le)


@given(st.binary(max_size=40))
def test_octets_are_one_command_or_none(raw):
    try:
        command = CommandAPDU.from_bytes(raw)
    except MalformedData:
        return
    assert command.to_bytes() == raw


@given(st.binary(max_size=40))
def test_octets_are_one_response_or_none(raw):
    try:
        response = ResponseAPDU.from_bytes(raw)
    except MalformedData:
        assert len(raw) < 2
        return
    assert response.to_bytes() == raw


@st.composite
def tags(draw, constructed: bool | None = None):
    """A tag of one to four octets, in its shortest form."""
    size = draw(st.integers(1, 4))
    wanted = draw(st.booleans()) if constructed is None else constructed
    first = draw(st.sampled_from([0x00, 0x40, 0x80, 0xC0])) | (0x20 if wanted else 0)
    if size == 1:
        return first | draw(st.integers(1, 30))
    middle = [0x80 | draw(st.integers(1 if index == 0 else 0, 127)) for index in range(size - 2)]
    last = draw(st.integers(31 if size == 2 else 0, 127))
    return int.from_bytes(bytes((first | 0x1F, *middle, last)), "big")


trees = st.recursive(
    st.tuples(tags(constructed=False), payloads),
    lambda children: st.tuples(tags(constructed=True), st.lists(children, max_size=4)),
    max_leaves=12,
)


def built(tree) -> bytes:
    tag, content = tree
    return build_tlv(tag, content) if isinstance(content, bytes) else build_tlv(tag, *(built(child) for child in content))


def read(tlv: Tlv, tree):
    """The tree that *tlv* is, read by the shape of *tree*."""
    if isinstance(tree[1], bytes):
        return tlv.tag, tlv.value
    children = list(tlv.children())
    assert len(children) == len(tree[1])
    return tlv.tag, [read(child, branch) for child, branch in zip(children, tree[1], strict=True)]


@given(trees)
def test_a_tree_comes_back_as_it_was(tree):
    raw = built(tree)
    tlv = parse_tlv(raw)
    assert tlv.raw == raw
    assert read(tlv, tree) == tree
    assert is_constructed(tlv.tag) is not isinstance(tree[1], bytes)


@given(trees, st.data())
def test_a_tree_that_is_cut_is_none(tree, data):
    raw = built(tree)
    cut = data.draw(st.integers(0, len(raw) - 1))
    try:
        parse_tlv(raw[:cut])
    except TlvError as error:
        assert error.offset is not None  # noqa: PT017
        return
    raise AssertionError("a cut data object was read")


def walk(cursor: TlvCursor, source: bytes, depth: int) -> None:
    for tlv in cursor:
        assert 0 <= tlv.offset < tlv.value_start <= tlv.value_end <= tlv.end <= len(source)
        assert len(tlv.path) == depth
        if is_constructed(tlv.tag):
            walk(tlv.children(), source, depth + 1)


@given(
    st.one_of(
        st.binary(max_size=200), trees.map(built).flatmap(lambda raw: st.tuples(st.just(raw), st.integers(0, 8 * len(raw) - 1)))
    )
)
def test_hostile_octets_never_lead_outside(octets):
    """Anything at all, and good trees with one bit flipped."""
    if isinstance(octets, tuple):
        raw, position = octets
        octets = bytes(value ^ (1 << position % 8 if index == position // 8 else 0) for index, value in enumerate(raw))
    try:
        walk(TlvCursor(octets), octets, 0)
    except TlvError as error:
        assert error.offset is None or 0 <= error.offset <= len(octets)  # noqa: PT017


@given(st.integers(0, 0xFFFFFFFF))
def test_lengths_are_minimal(length):
    raw = encode_length(length)
    if length < 0x80:
        assert raw == bytes((length,))
    else:
        assert int.from_bytes(raw[1:], "big") == length
        assert raw[0] == 0x80 | len(raw[1:])
        assert raw[1] != 0
