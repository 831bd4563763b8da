# SPDX-License-Identifier: Apache-2.0
"""What the holder of a card verifiable certificate is, and what it may read (ICAO 9303-12 §7.2.2.4, BSI TR-03110-3 §C.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from chipid.crypto import asn1
from chipid.errors import CertificateError, UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import Tlv, build_tlv

HOLDER_AUTHORISATION: Final = 0x7F4C
DISCRETIONARY_DATA: Final = 0x53
ID_ROLES: Final = "0.4.0.127.0.7.3.1.2"

_ROLE_BITS, _RIGHT_BITS = 0xC0, 0x3F
_RIGHT_TO_READ: Final = {3: 0x01, 4: 0x02}

PROTECTED_DATA_GROUPS: Final = tuple(_RIGHT_TO_READ)
"""The data groups that an inspection system needs a right for (ICAO 9303-12 §7.2.2.6)."""
PROTECTED_FILES: Final = tuple(FileId.from_data_group(number) for number in PROTECTED_DATA_GROUPS)


class TerminalType(Enum):
    """The kind of terminal that a certificate is for, by its object identifier."""

    INSPECTION_SYSTEM = f"{ID_ROLES}.1"
    AUTHENTICATION_TERMINAL = f"{ID_ROLES}.2"
    SIGNATURE_TERMINAL = f"{ID_ROLES}.3"

    @property
    def size(self) -> int:
        """Octets of the relative authorisation."""
        return 5 if self is TerminalType.AUTHENTICATION_TERMINAL else 1


class Role(IntEnum):
    """The two most significant bits of the relative authorisation."""

    CVCA = 0xC0
    DOMESTIC_DV = 0x80
    FOREIGN_DV = 0x40
    TERMINAL = 0x00

    @property
    def is_verifier(self) -> bool:
        """Whether it is a document verifier, domestic or foreign."""
        return self in (Role.DOMESTIC_DV, Role.FOREIGN_DV)


@dataclass(frozen=True)
class HolderAuthorisation:
    """The Certificate Holder Authorization Template (CHAT): role and rights.

    :ivar octets: the relative authorisation, as long as :attr:`TerminalType.size` says.
    """

    terminal_type: TerminalType
    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != self.terminal_type.size:
            raise CertificateError("a relative authorisation of a wrong length")

    @classmethod
    def inspection_system(cls, role: Role, *data_groups: int) -> HolderAuthorisation:
        """An inspection system's with the right to read *data_groups*, of 3 and 4."""
        rights = sum(bit for number, bit in _RIGHT_TO_READ.items() if number in data_groups)
        return cls(TerminalType.INSPECTION_SYSTEM, bytes((role | rights,)))

    @classmethod
    def parse(cls, template: Tlv) -> HolderAuthorisation:
        """The content of a data object 7F4C.

        :raises MalformedData: it is none.
        :raises UnsupportedFeature: a type of terminal that is not known here.
        """
        objects = template.children()
        identifier = objects.expect(asn1.OBJECT_IDENTIFIER)
        octets = objects.expect(DISCRETIONARY_DATA).value
        objects.finish()
        oid = asn1.parse(identifier.raw, asn1.OBJECT_IDENTIFIER, CertificateError).oid()
        try:
            terminal_type = TerminalType(oid)
        except ValueError:
            raise UnsupportedFeature(f"a holder authorisation of type {oid}") from None
        return cls(terminal_type, octets)

    def build(self) -> bytes:
        """The data object 7F4C."""
        return build_tlv(HOLDER_AUTHORISATION, asn1.oid(self.terminal_type.value), build_tlv(DISCRETIONARY_DATA, self.octets))

    @property
    def role(self) -> Role:
        """What the holder is."""
        return Role(self.octets[0] & _ROLE_BITS)

    @property
    def rights(self) -> bytes:
        """The relative authorisation without the role, bits reserved for future use among it."""
        return bytes((self.octets[0] & _RIGHT_BITS,)) + self.octets[1:]

    @property
    def data_groups(self) -> tuple[str, ...]:
        """The data groups that an inspection system may read, e.g. ``("DG3", "DG4")``; reserved bits mean nothing (ICAO 9303-11
        §7.1.4.3.6). Empty for other types of terminal, whose bits speak of other applications."""
        if self.terminal_type is not TerminalType.INSPECTION_SYSTEM:
            return ()
        return tuple(FileId.from_data_group(number).label for number, bit in _RIGHT_TO_READ.items() if self.octets[0] & bit)

    def confined_to(self, issuer: HolderAuthorisation) -> HolderAuthorisation:
        """The same role with no more rights than *issuer*'s: the bitwise *and* along the chain (ICAO 9303-11 §7.1.4.3.6).

        :raises CertificateError: *issuer* is of another type.
        """
        if issuer.terminal_type is not self.terminal_type:
            raise CertificateError("holder authorisations of different types")
        rights = [own & other for own, other in zip(self.rights, issuer.rights, strict=True)]
        return HolderAuthorisation(self.terminal_type, bytes((self.role | rights[0], *rights[1:])))
