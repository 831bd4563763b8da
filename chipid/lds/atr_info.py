# SPDX-License-Identifier: Apache-2.0
"""EF.ATR/INFO in the master file: what the chip's link can do, and how long its APDUs may be (ICAO 9303-10 §3.11.1).

It is no data object but a row of them, readable by anyone, unsigned: what it says is worth a try, never a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from chipid.errors import LdsError
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.tlv import Tlv, build_tlv
from chipid.lds.data_objects import row
from chipid.lds.der import INTEGER, build_integer

CARD_SERVICE_DATA = 0x43
CARD_CAPABILITIES = 0x47
EXTENDED_LENGTH_INFORMATION = 0x7F66

CAPABILITIES_SIZE = 3
_LENGTH_SIZE_MAX = 4


@dataclass(frozen=True)
class ExtendedLengthInformation:
    """The largest APDUs that the chip takes and gives (ISO 7816-4 §12.7.1).

    :ivar command: octets of a command, header and length fields included.
    :ivar response: octets of a response, status word included.
    """

    command: int
    response: int


@dataclass(frozen=True)
class AtrInfo:
    """EF.ATR/INFO.

    :ivar capabilities: data object 47. :ivar lengths: data object 7F66. :ivar service_data: the value of data object 43.
    :ivar unknown: all other data objects, raw, in the file's order.
    :ivar deviations: ``padding`` where octets 00 or FF stand around the data objects, ``object-order`` where these stand in another
        order than they are built in, ``length-without-sign-octet`` where a size has its highest bit set, as a negative INTEGER,
        ``capabilities-odd`` where 47 has not three octets.
    """

    capabilities: CardCapabilities | None = None
    lengths: ExtendedLengthInformation | None = None
    service_data: bytes | None = None
    unknown: tuple[bytes, ...] = ()
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.ATR/INFO.

        :raises TlvError: it is no row of data objects.
        :raises LdsError: 7F66 does not hold two positive INTEGERs (BSI TR-03105-3.2 LDS_L_3); 43, 47 or 7F66 stands twice, or is
            empty; more than 64 data objects.
        """
        objects, padded = row(raw)
        deviations = ["padding"] if padded else []
        known: dict[int, Tlv] = {}
        unknown: list[bytes] = []
        for tlv in objects:
            if tlv.tag not in _KNOWN:
                unknown.append(tlv.raw)
            elif tlv.tag in known or not tlv.value:
                raise LdsError("a data object that is empty, or stands twice", offset=tlv.offset, path=(tlv.tag,))
            else:
                known[tlv.tag] = tlv
        places = [_KNOWN.index(tlv.tag) if tlv.tag in _KNOWN else len(_KNOWN) for tlv in objects]
        if places != sorted(places):
            deviations.append("object-order")
        service, capabilities, lengths = (known.get(tag) for tag in _KNOWN)
        if capabilities is not None and len(capabilities.value) != CAPABILITIES_SIZE:
            deviations.append("capabilities-odd")
        return cls(
            None if capabilities is None else CardCapabilities(capabilities.value[:CAPABILITIES_SIZE]),
            None if lengths is None else _lengths(lengths, deviations),
            None if service is None else service.value,
            tuple(unknown),
            tuple(dict.fromkeys(deviations)),
        )

    def build(self) -> bytes:
        """EF.ATR/INFO: 43, 47, 7F66, and the rest as it stood."""
        parts = [] if self.service_data is None else [build_tlv(CARD_SERVICE_DATA, self.service_data)]
        if self.capabilities is not None:
            parts.append(build_tlv(CARD_CAPABILITIES, self.capabilities.octets))
        if self.lengths is not None:
            sizes = build_integer(self.lengths.command) + build_integer(self.lengths.response)
            parts.append(build_tlv(EXTENDED_LENGTH_INFORMATION, sizes))
        return b"".join((*parts, *self.unknown))


_KNOWN = (CARD_SERVICE_DATA, CARD_CAPABILITIES, EXTENDED_LENGTH_INFORMATION)


def _lengths(tlv: Tlv, deviations: list[str]) -> ExtendedLengthInformation:
    cursor = tlv.children()
    command, response = (_length(cursor.expect(INTEGER), deviations) for _ in range(2))
    cursor.finish()
    return ExtendedLengthInformation(command, response)


def _length(tlv: Tlv, deviations: list[str]) -> int:
    value = tlv.value
    if not any(value) or len(value) + (value[0] >> 7) > _LENGTH_SIZE_MAX:
        raise LdsError("the size of a buffer is a positive INTEGER", offset=tlv.offset, path=(*tlv.path, tlv.tag))
    if value[0] & 0x80:
        deviations.append("length-without-sign-octet")
    return int.from_bytes(value, "big")
