# SPDX-License-Identifier: Apache-2.0
"""Headers of fixed-width fields: a table names each field and says how its octets are read and built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chipid.errors import LdsError
from chipid.lds.octets import OctetReader


class Codec(Protocol):
    """How a field stands in octets."""

    def read(self, octets: OctetReader) -> Any:
        """The field's value."""

    def build(self, value: Any, name: str) -> bytes:
        """The field's octets.

        :raises LdsError: the field has no room for *value*.
        """


@dataclass(frozen=True)
class Number:
    """An unsigned number of *size* octets."""

    size: int

    def read(self, octets: OctetReader) -> int:
        """See :meth:`Codec.read`."""
        return octets.number(self.size)

    def build(self, value: int, name: str) -> bytes:
        """See :meth:`Codec.build`."""
        if not 0 <= value < 1 << 8 * self.size:
            raise LdsError(f"{name} has {self.size} octets")
        return value.to_bytes(self.size, "big")


@dataclass(frozen=True)
class Octets:
    """*size* octets that are no number."""

    size: int

    def read(self, octets: OctetReader) -> bytes:
        """See :meth:`Codec.read`."""
        return octets.take(self.size)

    def build(self, value: bytes, name: str) -> bytes:
        """See :meth:`Codec.build`."""
        if len(value) != self.size:
            raise LdsError(f"{name} has {self.size} octets")
        return value


@dataclass(frozen=True)
class Row:
    """Numbers one behind the other, the first in the most significant bits; together they fill whole octets.

    :ivar kind: makes a tuple of them.
    :ivar bits: how many each has.
    """

    kind: Callable[..., Any]
    bits: tuple[int, ...]

    def read(self, octets: OctetReader) -> Any:
        """See :meth:`Codec.read`."""
        parts, number = [], octets.number(sum(self.bits) // 8)
        for bits in reversed(self.bits):
            parts.append(number & (1 << bits) - 1)
            number >>= bits
        return self.kind(*reversed(parts))

    def build(self, value: tuple[int, ...], name: str) -> bytes:
        """See :meth:`Codec.build`."""
        if len(value) != len(self.bits):
            raise LdsError(f"{name} has {len(self.bits)} parts")
        number = 0
        for part, bits in zip(value, self.bits, strict=True):
            if not 0 <= part < 1 << bits:
                raise LdsError(f"a part of {name} has {bits} bits")
            number = number << bits | part
        return number.to_bytes(sum(self.bits) // 8, "big")


@dataclass(frozen=True)
class Rows:
    """An octet that counts rows, and the rows."""

    row: Row

    def read(self, octets: OctetReader) -> tuple[Any, ...]:
        """See :meth:`Codec.read`."""
        return tuple(self.row.read(octets) for _ in range(octets.number(1)))

    def build(self, value: tuple[Any, ...], name: str) -> bytes:
        """See :meth:`Codec.build`."""
        return Number(1).build(len(value), f"the number of {name}") + b"".join(self.row.build(row, name) for row in value)


Layout = tuple[tuple[str, Codec], ...]
"""The fields of a header in their order."""

LENGTH = "length"
COUNT = "count"
IMAGE_LENGTH = "image_length"


def numbers(**sizes: int) -> Layout:
    """A layout of nothing but numbers: name and size in octets."""
    return tuple((name, Number(size)) for name, size in sizes.items())


def read_fields(octets: OctetReader, layout: Layout) -> dict[str, Any]:
    """The fields of *layout*, by name.

    :raises LdsError: the data end before.
    """
    return {name: codec.read(octets) for name, codec in layout}


def build_fields(values: Mapping[str, Any], layout: Layout) -> bytes:
    """The octets of *layout*.

    :raises LdsError: a field has no room for its value.
    """
    return b"".join(codec.build(values[name], name) for name, codec in layout)
