# SPDX-License-Identifier: Apache-2.0
"""What a description says of the chip: protocols, groups and passwords, read strictly; what no chip has together is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from chipid._native import Cipher, Hash
from chipid.crypto.domain import DH_PARAMETER_IDS, EC_PARAMETER_IDS
from chipid.crypto.spki import CURVE_OIDS
from chipid.errors import MalformedData
from chipid.issuing.description import Description
from chipid.protocols.chip_auth import VERSION_1, VERSION_2
from chipid.protocols.pace.selection import P_224
from chipid.protocols.pace.suite import Group, MappingKind

CIPHERS: Final[tuple[Cipher, ...]] = ("3DES", "AES-128", "AES-192", "AES-256")
HASHES: Final[tuple[Hash, ...]] = ("sha1", "sha224", "sha256", "sha384", "sha512")
PARAMETER_IDS: Final = (*DH_PARAMETER_IDS, *EC_PARAMETER_IDS)
MAPPINGS: Final = tuple(mapping.value for mapping in MappingKind)
CURVES: Final = tuple(CURVE_OIDS.values())
RSA_SIZES: Final = (1024, 1280, 1536, 1792, 2048, 3072, 4096)
KEY_ID_MAX: Final = 255
OWN_PARAMETER_IDS: Final = 32
"""The first number of domain parameters of the issuer's own (ICAO 9303-11 §9.5.1)."""

_BRAINPOOL_P_256: Final = 13
_DIGITS: Final = r"[0-9]{1,32}"


@dataclass(frozen=True)
class PaceOffer:
    """One PACEInfo.

    :ivar group_id: the standardised group.
    :ivar parameter_id: the number by which the PACEInfo names it, which is another one where the parameters are spelt out.
    """

    mapping: MappingKind
    cipher: Cipher
    group_id: int
    parameter_id: int

    @property
    def is_explicit(self) -> bool:
        """Whether a PACEDomainParameterInfo spells the parameters out."""
        return self.parameter_id >= OWN_PARAMETER_IDS


@dataclass(frozen=True)
class ChipAuthenticationOffer:
    """One ChipAuthenticationInfo and its key.

    :ivar group_id: the standardised group of the key.
    :ivar version: 1, with the key in DG14, or 2, with the key in EF.CardSecurity.
    """

    cipher: Cipher
    group_id: int
    key_id: int | None
    version: int


@dataclass(frozen=True)
class ActiveAuthenticationOffer:
    """The key of Active Authentication, and how it signs.

    :ivar kind: an RSA modulus' bits, or a curve's name.
    :ivar hash_name: ``None`` for the one that goes with the key.
    :ivar der: ECDSA signatures in DER, against the standard.
    """

    kind: int | str
    hash_name: Hash | None = None
    der: bool = False

    @property
    def is_ecdsa(self) -> bool:
        """Whether the key is on a curve."""
        return isinstance(self.kind, str)


@dataclass(frozen=True)
class ChipDescription:
    """The chip.

    :ivar terminal_authentication: the version that is announced; ``None`` for none.
    """

    pace: tuple[PaceOffer, ...]
    chip_authentication: tuple[ChipAuthenticationOffer, ...]
    active_authentication: ActiveAuthenticationOffer | None
    terminal_authentication: int | None
    bac: bool
    pin: str | None = field(repr=False)
    puk: str | None = field(repr=False)
    pin_tries: int

    @property
    def mapping_keys(self) -> dict[int | None, int]:
        """The groups of the static keys of Chip Authentication Mapping, by parameter identifier, which is the key's identifier too
        (ICAO 9303-11 §9.2.1).
        """
        return {o.parameter_id: o.group_id for o in self.pace if o.mapping is MappingKind.CHIP_AUTHENTICATION}

    def keys_of_version(self, version: int) -> dict[int | None, int]:
        """The groups of the keys of Chip Authentication in that version, by key identifier."""
        return {offer.key_id: offer.group_id for offer in self.chip_authentication if offer.version == version}


def read_chip(entries: Description) -> ChipDescription:
    """Take the chip's entries out of a description.

    :raises MalformedData: one of them is wrong, or goes with another one in no chip; the message names it.
    """
    pace, bac = _pace(entries), entries.flag("bac", True)
    if not pace and not bac:
        raise MalformedData("description: a chip takes PACE or BAC, or nobody could read it")
    chip_authentication = _chip_authentication(entries, pace)
    return ChipDescription(
        pace=pace,
        chip_authentication=chip_authentication,
        active_authentication=_active_authentication(entries.section("active_authentication")),
        terminal_authentication=_terminal_authentication(entries, pace, chip_authentication),
        bac=bac,
        pin=_password(entries, "pin", pace),
        puk=_password(entries, "puk", pace),
        pin_tries=entries.number("pin_tries", range(1, 16), 3),
    )


def _password(entries: Description, key: str, pace: Sequence[PaceOffer]) -> str | None:
    password = entries.optional_text(key, _DIGITS, "up to 32 digits")
    if password is not None and not pace:
        raise entries.error(key, "left out where there is no PACE")
    return password


# PACE --------------------------------------------------------------------------------------------------------------------


def _pace(entries: Description) -> tuple[PaceOffer, ...]:
    sections = entries.sections("pace")
    own: dict[int, int] = {}
    offers = tuple(_pace_offer(section, own) for section in sections)
    if len(set(offers)) < len(offers):
        raise entries.error("pace", "a list without repetitions")
    return offers


def _pace_offer(section: Description, own: dict[int, int]) -> PaceOffer:
    """:param own: the numbers given so far to groups that are spelt out."""
    mapping = MappingKind(section.choice("mapping", MAPPINGS, MappingKind.GENERIC.value))
    cipher = _cipher(section)
    group_id = section.number("parameter_id", PARAMETER_IDS, _BRAINPOOL_P_256)
    explicit = section.flag("explicit", False)
    section.finish()
    if mapping is MappingKind.CHIP_AUTHENTICATION and cipher == "3DES":
        raise section.error("cipher", "AES, for 3DES has no Chip Authentication Mapping")
    if mapping is MappingKind.CHIP_AUTHENTICATION and group_of(group_id) is Group.DH:
        raise section.error("parameter_id", "a curve's, for Chip Authentication Mapping is on curves alone")
    if mapping is MappingKind.INTEGRATED and EC_PARAMETER_IDS.get(group_id) == P_224:
        raise section.error("parameter_id", f"another one, for {P_224} has no integrated mapping")
    parameter_id = own.setdefault(group_id, OWN_PARAMETER_IDS + len(own)) if explicit else group_id
    return PaceOffer(mapping, cipher, group_id, parameter_id)


def group_of(group_id: int) -> Group:
    """What the standardised group of that number computes in."""
    return Group.DH if group_id in DH_PARAMETER_IDS else Group.ECDH


def _cipher(section: Description) -> Cipher:
    return section.choice("cipher", CIPHERS, "AES-128")


# Chip Authentication -------------------------------------------------------------------------------------------------------


def _chip_authentication(entries: Description, pace: Sequence[PaceOffer]) -> tuple[ChipAuthenticationOffer, ...]:
    offers = tuple(_chip_authentication_offer(section) for section in entries.sections("chip_authentication"))
    problem = next(_key_problems(offers, pace), None)
    if problem is not None:
        raise entries.error("chip_authentication", problem)
    return offers


def _chip_authentication_offer(section: Description) -> ChipAuthenticationOffer:
    offer = ChipAuthenticationOffer(
        cipher=_cipher(section),
        group_id=section.number("parameter_id", PARAMETER_IDS, _BRAINPOOL_P_256),
        key_id=section.optional_number("key_id", range(KEY_ID_MAX + 1)),
        version=section.number("version", (VERSION_1, VERSION_2), VERSION_1),
    )
    section.finish()
    return offer


def _key_problems(offers: Sequence[ChipAuthenticationOffer], pace: Sequence[PaceOffer]) -> Iterator[str]:
    """Which key is meant must be plain from its identifier (ICAO 9303-11 §9.2.6)."""
    mapping_ids = {offer.parameter_id for offer in pace if offer.mapping is MappingKind.CHIP_AUTHENTICATION}
    keys = {(offer.key_id, offer.group_id, offer.version) for offer in offers}
    ids = {offer.key_id for offer in offers}
    if len(set(offers)) < len(offers):
        yield "a list without repetitions"
    if None in ids and (len(keys) > 1 or (mapping_ids and (None, VERSION_2) in {(o.key_id, o.version) for o in offers})):
        yield "with a key_id everywhere, for the chip has several keys"
    if len(ids) < len(keys):
        yield "with one parameter_id and one version for each key_id"
    if not pace and VERSION_2 in {offer.version for offer in offers}:
        yield "of version 1 where there is no PACE, which opens EF.CardSecurity"
    if ids & mapping_ids:
        yield "with a key_id that is not the parameter_id of PACE with mapping CAM, whose key it would be"


# Active and Terminal Authentication ------------------------------------------------------------------------------------------


def _active_authentication(section: Description | None) -> ActiveAuthenticationOffer | None:
    if section is None:
        return None
    curve = section.optional_choice("curve", CURVES)
    offer = ActiveAuthenticationOffer(
        kind=curve or section.number("bits", RSA_SIZES, 2048),
        hash_name=section.optional_choice("hash", HASHES),
        der=section.flag("der", False) if curve is not None else False,
    )
    section.finish()
    return offer


def _terminal_authentication(
    entries: Description, pace: Sequence[PaceOffer], offers: Sequence[ChipAuthenticationOffer]
) -> int | None:
    """Left out, it is announced where there is Chip Authentication, as on the CCCD."""
    is_asked_for = "terminal_authentication" in entries
    section = entries.section("terminal_authentication")
    if section is None:
        return None
    versions = {offer.version for offer in offers}
    version = section.number("version", (1, 2), 2 if versions == {VERSION_2} else 1)
    section.finish()
    if not is_asked_for:
        return version if versions else None
    mapped = any(offer.mapping is MappingKind.CHIP_AUTHENTICATION for offer in pace)
    # Version 1 comes after the chip's own proof (ICAO 9303-11 §7.1); version 2 signs the key that the proof will use.
    if version == 1 and VERSION_1 not in versions and not mapped:
        raise entries.error("terminal_authentication", "left out without Chip Authentication version 1 and PACE with mapping CAM")
    if version == 2 and VERSION_2 not in versions:
        raise section.error("version", "1 without Chip Authentication version 2")
    return version
