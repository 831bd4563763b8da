# SPDX-License-Identifier: Apache-2.0
"""What a chip says of its protocols in EF.CardAccess, EF.CardSecurity and DG14 (ICAO 9303-11 §9.2, BSI TR-03110-3 §A.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self, TypeVar

from chipid.errors import LdsError, MalformedData
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv, parse_tlv
from chipid.lds.der import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    build_integer,
    build_oid,
    read_integer,
    read_oid,
)

ID_PK = "0.4.0.127.0.7.2.2.1"
ID_TA = "0.4.0.127.0.7.2.2.2"
ID_CA = "0.4.0.127.0.7.2.2.3"
ID_PACE = "0.4.0.127.0.7.2.2.4"
ID_AA = "2.23.136.1.1.5"

INFO_LIMIT = 64


@dataclass(frozen=True)
class PaceInfo:
    """PACE is offered (§9.2.1).

    :ivar oid: mapping and ciphers, ``0.4.0.127.0.7.2.2.4.x.y``.
    :ivar parameter_id: a standardised set, or the reference of a :class:`PaceDomainParameterInfo`.
    """

    oid: str
    version: int
    parameter_id: int | None = None

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        return _build(self.oid, build_integer(self.version), _optional_integer(self.parameter_id))


@dataclass(frozen=True)
class PaceDomainParameterInfo:
    """Domain parameters of the issuer's own for PACE (§9.2.2).

    :ivar parameters: an AlgorithmIdentifier, raw.
    """

    oid: str
    parameters: bytes = field(repr=False)
    parameter_id: int | None = None

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        return _build(self.oid, self.parameters, _optional_integer(self.parameter_id))


@dataclass(frozen=True)
class ChipAuthenticationInfo:
    """Chip Authentication is offered (§9.2.5).

    :ivar oid: key agreement and ciphers, ``0.4.0.127.0.7.2.2.3.x.y``.
    :ivar key_id: of the :class:`ChipAuthenticationPublicKeyInfo` that it goes with, where there are several.
    """

    oid: str
    version: int
    key_id: int | None = None

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        return _build(self.oid, build_integer(self.version), _optional_integer(self.key_id))


@dataclass(frozen=True)
class ChipAuthenticationDomainParameterInfo:
    """The group of a static key that EF.CardSecurity holds, for Chip Authentication version 2 (BSI TR-03110-3 §A.1.1.3).

    :ivar parameters: an AlgorithmIdentifier, raw.
    """

    oid: str
    parameters: bytes = field(repr=False)
    key_id: int | None = None

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        return _build(self.oid, self.parameters, _optional_integer(self.key_id))


@dataclass(frozen=True)
class ChipAuthenticationPublicKeyInfo:
    """A static key of the chip (§9.2.6).

    :ivar spki: a SubjectPublicKeyInfo, raw.
    """

    oid: str
    spki: bytes = field(repr=False)
    key_id: int | None = None

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        return _build(self.oid, self.spki, _optional_integer(self.key_id))


@dataclass(frozen=True)
class ActiveAuthenticationInfo:
    """How the key in DG15 signs where it is an EC key (§9.2.4).

    :ivar signature_algorithm: object identifier, dotted.
    """

    oid: str
    version: int
    signature_algorithm: str

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        return _build(self.oid, build_integer(self.version), build_oid(self.signature_algorithm))


@dataclass(frozen=True)
class EfCvca:
    """Where the names of the terminals' certification authorities are (EF.CVCA): file identifier, and its short one."""

    fid: int
    sfi: int | None = None


@dataclass(frozen=True)
class TerminalAuthenticationInfo:
    """Terminal Authentication is asked for (§9.2.8)."""

    oid: str
    version: int
    efcvca: EfCvca | None = None

    def build(self) -> bytes:
        """The SEQUENCE in DER."""
        reference = b""
        if self.efcvca is not None:
            fid = build_tlv(OCTET_STRING, self.efcvca.fid.to_bytes(2, "big"))
            sfi = b"" if self.efcvca.sfi is None else build_tlv(OCTET_STRING, self.efcvca.sfi.to_bytes(1, "big"))
            reference = build_tlv(SEQUENCE, fid, sfi)
        return _build(self.oid, build_integer(self.version), reference)


@dataclass(frozen=True)
class UnknownSecurityInfo:
    """An element of another protocol, or one of ours in a form that we do not know.

    :ivar raw: the whole SEQUENCE.
    :ivar malformed: the object identifier is of a protocol that we know, and the rest is not laid out as the standard says.
    """

    oid: str
    raw: bytes = field(repr=False)
    malformed: bool = False

    def build(self) -> bytes:
        """The SEQUENCE as it stands."""
        return self.raw


SecurityInfo = (
    PaceInfo
    | PaceDomainParameterInfo
    | ChipAuthenticationInfo
    | ChipAuthenticationDomainParameterInfo
    | ChipAuthenticationPublicKeyInfo
    | ActiveAuthenticationInfo
    | TerminalAuthenticationInfo
    | UnknownSecurityInfo
)
_Info = TypeVar("_Info")


@dataclass(frozen=True)
class SecurityInfos:
    """The set of security infos, in the chip's order and with the chip's octets.

    Made by :meth:`of` or :meth:`parse`; two are equal when their octets are.

    :ivar infos: every element, parsed.
    :ivar raw_infos: every element, raw, in the same order.
    """

    infos: tuple[SecurityInfo, ...] = field(compare=False)
    raw_infos: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, infos: Iterable[SecurityInfo]) -> Self:
        """From elements, in their order, each encoded in DER.

        :raises LdsError: more than 64, or an object identifier that is none.
        """
        elements = tuple(infos)
        if len(elements) > INFO_LIMIT:
            raise LdsError(f"more than {INFO_LIMIT} security infos")
        return cls(elements, tuple(element.build() for element in elements))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse a DER or BER ``SET OF SecurityInfo``.

        An element that cannot be read as its object identifier says goes to :attr:`unknown`, marked ``malformed``: one odd element
        must not cost the others.

        :raises TlvError: it is no such set.
        :raises LdsError: more than 64 elements.
        """
        return cls.read(parse_tlv(raw, SET))

    @classmethod
    def read(cls, infos: Tlv) -> Self:
        """As :meth:`parse`, from a SET inside a file."""
        elements: list[SecurityInfo] = []
        raw_infos: list[bytes] = []
        for element in infos.children():
            if len(elements) == INFO_LIMIT:
                raise LdsError(f"more than {INFO_LIMIT} security infos", offset=element.offset, path=element.path)
            elements.append(_read_info(element))
            raw_infos.append(element.raw)
        return cls(tuple(elements), tuple(raw_infos))

    def build(self) -> bytes:
        """The SET in the given order (it is not sorted as DER would have it), each element as it stands."""
        return build_tlv(SET, *self.raw_infos)

    @cached_property
    def pace(self) -> tuple[PaceInfo, ...]:
        """The elements of this kind, in order; the same for the properties below."""
        return self._only(PaceInfo)

    @cached_property
    def pace_domain_parameters(self) -> tuple[PaceDomainParameterInfo, ...]:
        """Domain parameters for PACE."""
        return self._only(PaceDomainParameterInfo)

    @cached_property
    def chip_authentication(self) -> tuple[ChipAuthenticationInfo, ...]:
        """Offers of Chip Authentication."""
        return self._only(ChipAuthenticationInfo)

    @cached_property
    def chip_authentication_domain_parameters(self) -> tuple[ChipAuthenticationDomainParameterInfo, ...]:
        """Groups of the static keys that EF.CardSecurity holds."""
        return self._only(ChipAuthenticationDomainParameterInfo)

    @cached_property
    def chip_authentication_public_keys(self) -> tuple[ChipAuthenticationPublicKeyInfo, ...]:
        """The chip's static keys."""
        return self._only(ChipAuthenticationPublicKeyInfo)

    @cached_property
    def active_authentication(self) -> tuple[ActiveAuthenticationInfo, ...]:
        """Signature algorithms for Active Authentication."""
        return self._only(ActiveAuthenticationInfo)

    @cached_property
    def terminal_authentication(self) -> tuple[TerminalAuthenticationInfo, ...]:
        """Offers of Terminal Authentication."""
        return self._only(TerminalAuthenticationInfo)

    @cached_property
    def unknown(self) -> tuple[UnknownSecurityInfo, ...]:
        """Everything else."""
        return self._only(UnknownSecurityInfo)

    def _only(self, kind: type[_Info]) -> tuple[_Info, ...]:
        return tuple(info for info in self.infos if isinstance(info, kind))


def _read_info(element: Tlv) -> SecurityInfo:
    if element.tag != SEQUENCE:
        raise element.error("a security info is expected")
    cursor = element.children()
    oid = read_oid(cursor.expect(OBJECT_IDENTIFIER))
    reader = _reader_of(oid)
    if reader is None:
        return UnknownSecurityInfo(oid, element.raw)
    try:
        info = reader(oid, cursor)
        cursor.finish()
    except MalformedData:
        return UnknownSecurityInfo(oid, element.raw, malformed=True)
    return info


def _reader_of(oid: str) -> Callable[[str, TlvCursor], SecurityInfo] | None:
    """What reads the element with *oid*: a protocol, and how many arcs stand behind its identifier."""
    for protocol, arcs, reader in _READERS:
        if (oid == protocol or oid.startswith(protocol + ".")) and oid.count(".") - protocol.count(".") == arcs:
            return reader
    return None


def _read_pace(oid: str, cursor: TlvCursor) -> PaceInfo:
    return PaceInfo(oid, read_integer(cursor.expect(INTEGER)), _read_optional_integer(cursor))


def _read_pace_domain_parameters(oid: str, cursor: TlvCursor) -> PaceDomainParameterInfo:
    return PaceDomainParameterInfo(oid, cursor.expect(SEQUENCE).raw, _read_optional_integer(cursor))


def _read_chip_authentication(oid: str, cursor: TlvCursor) -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(oid, read_integer(cursor.expect(INTEGER)), _read_optional_integer(cursor))


def _read_chip_authentication_domain_parameters(oid: str, cursor: TlvCursor) -> ChipAuthenticationDomainParameterInfo:
    return ChipAuthenticationDomainParameterInfo(oid, cursor.expect(SEQUENCE).raw, _read_optional_integer(cursor))


def _read_public_key(oid: str, cursor: TlvCursor) -> ChipAuthenticationPublicKeyInfo:
    return ChipAuthenticationPublicKeyInfo(oid, cursor.expect(SEQUENCE).raw, _read_optional_integer(cursor))


def _read_active_authentication(oid: str, cursor: TlvCursor) -> ActiveAuthenticationInfo:
    version = read_integer(cursor.expect(INTEGER))
    return ActiveAuthenticationInfo(oid, version, read_oid(cursor.expect(OBJECT_IDENTIFIER)))


def _read_terminal_authentication(oid: str, cursor: TlvCursor) -> TerminalAuthenticationInfo:
    version = read_integer(cursor.expect(INTEGER))
    reference = cursor.optional(SEQUENCE)
    return TerminalAuthenticationInfo(oid, version, None if reference is None else _read_ef_cvca(reference.children()))


def _read_ef_cvca(cursor: TlvCursor) -> EfCvca:
    fid, sfi = cursor.expect(OCTET_STRING), cursor.optional(OCTET_STRING)
    cursor.finish()
    if len(fid.value) != 2 or (sfi is not None and len(sfi.value) != 1):
        raise fid.error("not a file reference")
    return EfCvca(int.from_bytes(fid.value, "big"), None if sfi is None else sfi.value[0])


_READERS: tuple[tuple[str, int, Callable[[str, TlvCursor], SecurityInfo]], ...] = (
    (ID_PACE, 2, _read_pace),
    (ID_PACE, 1, _read_pace_domain_parameters),
    (ID_CA, 2, _read_chip_authentication),
    (ID_CA, 1, _read_chip_authentication_domain_parameters),
    (ID_PK, 1, _read_public_key),
    (ID_AA, 0, _read_active_authentication),
    (ID_TA, 0, _read_terminal_authentication),
)


def _read_optional_integer(cursor: TlvCursor) -> int | None:
    found = cursor.optional(INTEGER)
    return None if found is None else read_integer(found)


def _optional_integer(value: int | None) -> bytes:
    return b"" if value is None else build_integer(value)


def _build(oid: str, *parts: bytes) -> bytes:
    return build_tlv(SEQUENCE, build_oid(oid), *parts)
