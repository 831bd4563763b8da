# SPDX-License-Identifier: Apache-2.0
"""What one chip can do, as its own files and keys say; a file that a forger has broken takes the ability away."""

from __future__ import annotations

from dataclasses import replace

from chipid.crypto.private_key import PrivateKey, parse_private_key
from chipid.crypto.random import RandomSource
from chipid.emulator.atr import capabilities
from chipid.emulator.link import STATUS_SIZE, Link
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.lds.atr_info import CAPABILITIES_SIZE, AtrInfo, ExtendedLengthInformation
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.active_auth import ECDSA_HASHES, ActiveAuthenticationChip
from chipid.protocols.card_security import card_security_infos
from chipid.protocols.chip_auth import ChipAuthenticationChip

_BIRTH_AND_EXPIRY = 14
"""Characters of the MRZ information behind the document number and its check digit: two dates with theirs."""


def security_infos(image: CardImage, file: FileId) -> SecurityInfos | None:
    """What EF.CardAccess, EF.CardSecurity or DG14 say; ``None`` where the file is not there, or is none."""
    raw = image.files.get(file)
    if raw is None:
        return None
    try:
        if file is FileId.CARD_SECURITY:
            return card_security_infos(raw)
        return CardAccess.parse(raw).infos if file is FileId.CARD_ACCESS else Dg14.parse(raw).infos
    except (MalformedData, UnsupportedFeature):
        return None


def with_atr_info(image: CardImage, link: Link) -> CardImage:
    """The image with the EF.ATR/INFO that states *link*'s sizes, where it has none of its own (ICAO 9303-10 §3.11.1)."""
    if not link.stated or FileId.ATR_INFO in image.files:
        return image
    told = capabilities(extended_length=True, command_chaining=link.command_chaining, lengths_in_file=True)[-CAPABILITIES_SIZE:]
    lengths = ExtendedLengthInformation(link.command_size, link.extended_response + STATUS_SIZE)
    return replace(image, files={**image.files, FileId.ATR_INFO: AtrInfo(CardCapabilities(told), lengths).build()})


def static_keys(image: CardImage) -> dict[int | None, PrivateKey]:
    """The chip's static keys by their ids, for Chip Authentication Mapping."""
    return {key_id: parse_private_key(key) for key_id, key in image.chip_authentication_keys.items()}


def active_authentication(image: CardImage, random: RandomSource) -> ActiveAuthenticationChip | None:
    """Active Authentication's responder; it signs as DG14 declares, or as personalisation says."""
    if image.active_authentication_key is None:
        return None
    infos = security_infos(image, FileId.DG14)
    declared = [ECDSA_HASHES.get(info.signature_algorithm) for info in infos.active_authentication] if infos else []
    hash_name = image.active_authentication_hash or (declared[0] if declared else None)
    plain = not image.active_authentication_der
    return ActiveAuthenticationChip(image.active_authentication_key, random, hash_name=hash_name, plain=plain)


def chip_authentication(image: CardImage, file: FileId, version: int, random: RandomSource) -> ChipAuthenticationChip | None:
    """Chip Authentication's responder of *version*, whose keys *file* publishes."""
    infos, keys = security_infos(image, file), image.chip_authentication_keys
    if infos is None or not keys or (not any(info.version == version for info in infos.chip_authentication) and version != 1):
        return None
    return ChipAuthenticationChip(infos, keys, version=version, random=random)


def terminal_authentication_version(image: CardImage) -> int:
    """1, or 2 where EF.CardAccess asks for that before anything else."""
    infos = security_infos(image, FileId.CARD_ACCESS)
    return max((info.version for info in infos.terminal_authentication if info.version in (1, 2)), default=1) if infos else 1


def document_identifier(image: CardImage) -> bytes:
    """ID_IC after BAC: the document number with its check digit (ICAO 9303-11 §7.1.2)."""
    return (image.mrz_information or "")[:-_BIRTH_AND_EXPIRY].encode("ascii")
