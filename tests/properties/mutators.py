# SPDX-License-Identifier: Apache-2.0
"""What a hostile chip does to a file: data objects changed, lengths that lie, octets and counts at their extremes.

Half of the mutations work on the tree of data objects and mend the lengths around what they changed, so that they reach what lies
deep inside; the others work on the octets as they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from chipid.iso7816.tlv import encode_length

SIZE_LIMIT = 64 * 1024
TREE_SIZE_LIMIT = 4 * 1024
DEPTH_LIMIT = 12
_HUGE = tuple(map(bytes.fromhex, ("84FFFFFFFF", "847FFFFFFF", "850100000000", "88FFFFFFFFFFFFFFFF", "FF", "83FFFFFF")))
_OCTETS = (b"\x00", b"\x01", b"\x7f", b"\x80", b"\x81", b"\xff", b"<", b"|")


@dataclass
class Node:
    """A data object: its value, or the objects in it; *length* where it lies."""

    tag: bytes
    value: bytes | list[Node]
    length: bytes | None = None

    def build(self) -> bytes:
        value = self.value if isinstance(self.value, bytes) else b"".join(child.build() for child in self.value)
        return self.tag + (encode_length(len(value)) if self.length is None else self.length) + value


def read_nodes(data: bytes, depth: int = 0) -> list[Node] | None:
    """The data objects that *data* consists of; ``None`` where it is anything else."""
    nodes, place = [], 0
    while place < len(data):
        start, place = place, place + 1
        if data[start] & 0x1F == 0x1F:
            while place < len(data) and data[place] & 0x80:
                place += 1
            place += 1
        tag, first = data[start:place], data[place : place + 1]
        if not first or first[0] == 0x80:
            return None
        size = first[0] & 0x7F if first[0] > 0x80 else 0
        length = int.from_bytes(data[place + 1 : place + 1 + size], "big") if size else first[0]
        place += 1 + size
        if place + length > len(data):
            return None
        value = data[place : place + length]
        children = read_nodes(value, depth + 1) if data[start] & 0x20 and value and depth < DEPTH_LIMIT else None
        nodes.append(Node(tag, value if children is None else children))
        place += length
    return nodes


def mutate(random: Random, seeds: list[bytes]) -> bytes:
    """One of *seeds* after one to four accidents."""
    data = random.choice(seeds)
    for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3, 4))):
        nodes = read_nodes(data) if len(data) <= TREE_SIZE_LIMIT and random.random() < 0.6 else None
        if nodes:
            random.choice(TREE_MUTATORS)(random, nodes, seeds)
            data = b"".join(node.build() for node in nodes)
        else:
            data = random.choice(OCTET_MUTATORS)(random, data)
    return data[:SIZE_LIMIT]


# Octets --------------------------------------------------------------------------------------------------------------


def truncate(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def extend(random: Random, data: bytes) -> bytes:
    return data + random.choice((b"\x00", b"\xff", b"\x00\x00", random.randbytes(random.randrange(1, 40)), data))


def change(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    octet = random.choice((random.randbytes(1), data[:1], data[-1:], *_OCTETS))
    return data[:place] + octet + data[place + 1 :]


def flip(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + bytes(octet ^ 1 << random.randrange(8) for octet in data[place : place + 1]) + data[place + 1 :]


def insert(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.randbytes(random.randrange(1, 9)) + data[place:]


def cut_out(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + data[place + random.randrange(1, 9) :]


def repeat(random: Random, data: bytes) -> bytes:
    place, size = random.randrange(len(data) + 1), random.choice((1, 2, 8, 64, 1024))
    times = 50 if random.random() < 0.05 else 2
    return data[:place] + data[place : place + size] * times + data[place + size :]


def extreme(random: Random, data: bytes) -> bytes:
    """A number of one to six octets, a count or a length perhaps, becomes the least, the greatest or one off."""
    place, size = random.randrange(len(data) + 1), random.choice((1, 2, 2, 3, 4, 4, 6))
    number = int.from_bytes(data[place : place + size], "big")
    greatest = (1 << 8 * size) - 1
    near = (number + 1) & greatest, max(0, number - 1), len(data) & greatest
    value = random.choice((0, 1, greatest, greatest >> 1, greatest - 1, *near))
    return data[:place] + value.to_bytes(size, "big") + data[place + size :]


OCTET_MUTATORS: tuple[Callable[[Random, bytes], bytes], ...] = (
    truncate, extend, change, change, flip, flip, insert, cut_out, repeat, extreme, extreme,
)  # fmt: skip


# Data objects --------------------------------------------------------------------------------------------------------


def pick(random: Random, nodes: list[Node]) -> tuple[list[Node], int]:
    """Some data object, as its place among its siblings; the deeper it lies the rarer."""
    siblings = nodes
    while True:
        index = random.randrange(len(siblings))
        inner = siblings[index].value
        if isinstance(inner, bytes) or not inner or random.random() < 0.25:
            return siblings, index
        siblings = inner


def change_value(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    node = siblings[index]
    octets = node.value if isinstance(node.value, bytes) else b"".join(child.build() for child in node.value)
    node.value = random.choice(OCTET_MUTATORS)(random, octets)


def change_tag(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    other, place = pick(random, nodes)
    tag = siblings[index].tag
    invented = random.randbytes(1), b"\x5f" + random.randbytes(1), b"\x00"
    siblings[index].tag = random.choice((flip(random, tag), other[place].tag, *invented))


def lie(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    node = siblings[index]
    size = len(node.build()) - len(node.tag) - 1
    wrong = (max(0, size - 1), size + 1, size + random.randrange(2, 300), random.randrange(size + 1))
    padded = (b"\x81%c" % (size & 0xFF), b"\x82" + (size & 0xFFFF).to_bytes(2, "big"), b"\x84" + size.to_bytes(4, "big"))
    node.length = random.choice((*map(encode_length, wrong), *padded, random.choice(_HUGE), b"\x80"))


def make_indefinite(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    node = siblings[index]
    end = Node(b"\x00", b"")
    node.length, node.value = b"\x80", node.value + end.build() if isinstance(node.value, bytes) else [*node.value, end]


def duplicate(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    siblings[index:index] = [siblings[index]] * (300 if random.random() < 0.02 else random.randrange(1, 4))


def remove(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    del siblings[index]


def swap(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    other = random.randrange(len(siblings))
    siblings[index], siblings[other] = siblings[other], siblings[index]


def splice(random: Random, nodes: list[Node], seeds: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    donors = read_nodes(random.choice(seeds))
    if donors:
        source, place = pick(random, donors)
        siblings[index : index + random.randrange(2)] = [source[place]]


def nest(random: Random, nodes: list[Node], _: list[bytes]) -> None:
    siblings, index = pick(random, nodes)
    raw, tag = siblings[index].build(), siblings[index].tag
    for _level in range(200 if random.random() < 0.05 else random.randrange(1, 4)):
        raw = tag + encode_length(len(raw)) + raw
    siblings[index] = Node(raw[: len(tag)], raw[len(tag) + len(encode_length(len(raw))) :])


TREE_MUTATORS: tuple[Callable[[Random, list[Node], list[bytes]], None], ...] = (
    change_value, change_value, change_value, change_tag, lie, make_indefinite, duplicate, remove, swap, splice, nest,
)  # fmt: skip
