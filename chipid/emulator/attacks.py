# SPDX-License-Identifier: Apache-2.0
"""Forgeries: what a criminal does to a card image, and cards that lie. Each must be rejected, and tests present each.

A function takes an image and gives the forged one; the genuine image stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from chipid.emulator.exchange import Exchange
from chipid.emulator.faults import Fault
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import encode_length, parse_tlv
from chipid.issuing.card_image import CardImage
from chipid.lds.card_access import CardAccess
from chipid.lds.security_infos import PaceDomainParameterInfo, PaceInfo, SecurityInfos

__all__ = [
    "cloned",
    "cloned_with_own_keys",
    "with_announced_length",
    "with_bit_flipped",
    "with_dg15_swapped",
    "with_file",
    "with_file_of",
    "with_foreign_active_authentication_key",
    "with_foreign_chip_authentication_key",
    "with_indefinite_length",
    "with_pace_hidden",
    "with_sod_signed_anew",
    "without_file",
]

SodMaker = Callable[[dict[int, bytes]], bytes]
"""Data groups by number in, EF.SOD out: ``signer.sign_sod`` of :mod:`chipid.issuing.pki`."""


# Files -----------------------------------------------------------------------------------------------------------


def with_file(image: CardImage, file: FileId, content: bytes) -> CardImage:
    """*file* holds *content* instead."""
    return replace(image, files={**image.files, file: content})


def without_file(image: CardImage, file: FileId) -> CardImage:
    """*file* is not there: without EF.SOD nothing is signed, without DG14 or DG15 nothing proves the chip."""
    return replace(image, files={other: content for other, content in image.files.items() if other is not file})


def with_bit_flipped(image: CardImage, file: FileId, *, octet: int = -1, bit: int = 0) -> CardImage:
    """One bit of *file* is wrong.

    :param octet: which, counted from the end where negative; ``bit``: 0 is the least significant.
    :raises IndexError: the file has no such octet.
    """
    content = bytearray(image.files[file])
    content[octet] ^= 1 << bit
    return with_file(image, file, bytes(content))


def with_file_of(image: CardImage, donor: CardImage, *files: FileId) -> CardImage:
    """*files* come from another genuine card: its DG13, its portrait, its EF.SOD."""
    return replace(image, files={**image.files, **{file: donor.files[file] for file in files}})


def with_announced_length(image: CardImage, file: FileId, length: int) -> CardImage:
    """*file* announces *length* octets of value, whatever it holds (quirk 13)."""
    tlv = parse_tlv(image.files[file])
    head = tlv.raw[: _tag_size(tlv.raw)]
    return with_file(image, file, head + encode_length(length) + tlv.value)


def with_indefinite_length(image: CardImage, file: FileId) -> CardImage:
    """*file* has the indefinite BER length and an end-of-contents marker (quirk 13: US)."""
    tlv = parse_tlv(image.files[file])
    return with_file(image, file, tlv.raw[: _tag_size(tlv.raw)] + b"\x80" + tlv.value + b"\x00\x00")


# Signatures ------------------------------------------------------------------------------------------------------


def with_sod_signed_anew(image: CardImage, sign_sod: SodMaker) -> CardImage:
    """A self-made authority signs whatever the files now say: hashes and signature are right, the chain is not."""
    groups = {file.data_group: content for file, content in image.files.items()}
    return with_file(image, FileId.SOD, sign_sod({number: raw for number, raw in groups.items() if number is not None}))


# Chip genuineness ------------------------------------------------------------------------------------------------


def cloned(image: CardImage) -> CardImage:
    """All files copied, no private key: a chip's keys cannot be read out."""
    return replace(image, active_authentication_key=None, chip_authentication_keys={})


def cloned_with_own_keys(image: CardImage) -> CardImage:
    """All files copied, and the chip answers with keys of the forger's of the same kinds."""
    return with_foreign_chip_authentication_key(with_foreign_active_authentication_key(image))


def with_foreign_active_authentication_key(image: CardImage) -> CardImage:
    """Active Authentication answers, with a key that does not belong to DG15."""
    key = image.active_authentication_key
    return replace(image, active_authentication_key=None if key is None else _another_key(key))


def with_foreign_chip_authentication_key(image: CardImage) -> CardImage:
    """Chip Authentication answers, with keys that do not belong to DG14."""
    keys: Mapping[int | None, bytes] = image.chip_authentication_keys
    return replace(image, chip_authentication_keys={key_id: _another_key(key) for key_id, key in keys.items()})


def with_dg15_swapped(image: CardImage, donor: CardImage) -> CardImage:
    """DG15 and its private key come from the forger's own card: the answer verifies, DG15's hash does not."""
    swapped = with_file_of(image, donor, FileId.DG15)
    return replace(swapped, active_authentication_key=donor.active_authentication_key)


def with_pace_hidden(image: CardImage) -> CardImage:
    """EF.CardAccess, which nobody signs, offers no PACE: the terminal is to fall back to BAC. DG14 still tells."""
    infos = CardAccess.parse(image.files[FileId.CARD_ACCESS]).infos
    left = [info for info in infos.infos if not isinstance(info, PaceInfo | PaceDomainParameterInfo)]
    return with_file(image, FileId.CARD_ACCESS, CardAccess(SecurityInfos.of(left)).build())


@dataclass(frozen=True)
class ReplayedActiveAuthentication(Fault):
    """Answers every challenge with one signature that a genuine chip once made, perhaps for a challenge of zeros."""

    name = "replayed-active-authentication"
    signature: bytes = field(default=b"", repr=False)

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Play it back."""
        replayed = exchange.command.ins == INS.INTERNAL_AUTHENTICATE
        return ResponseAPDU(self.signature, SW.OK) if replayed else None


def _tag_size(raw: bytes) -> int:
    return 1 if raw[0] & 0x1F != 0x1F else 2


def _another_key(pkcs8: bytes) -> bytes:
    key = load_der_private_key(pkcs8, password=None)
    other: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if isinstance(key, ec.EllipticCurvePrivateKey):
        other = ec.generate_private_key(key.curve)
    elif isinstance(key, rsa.RSAPrivateKey):
        other = rsa.generate_private_key(key.public_key().public_numbers().e, key.key_size)
    else:
        raise TypeError("a chip's keys are RSA or EC")
    return other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
