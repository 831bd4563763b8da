# SPDX-License-Identifier: Apache-2.0
"""From the description of a synthetic citizen to a card image: files, keys, signatures.

Two kinds of document: ``cccd``, the Vietnamese card of CCCD 2021 and Căn cước 2024, and ``passport``, a TD3 of any state.
``docs/personalisation.md`` lists every entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from chipid.crypto.random import RandomSource, system_random
from chipid.errors import MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.issuing.biometrics import protected_groups, read_portrait
from chipid.issuing.card_image import TRUST_POINTS_LIMIT, CardImage
from chipid.issuing.chip_description import ChipDescription, read_chip
from chipid.issuing.chip_files import active_authentication_hash, card_access, card_security, data_groups
from chipid.issuing.chip_keys import ChipKeys, make_chip_keys
from chipid.issuing.description import Description
from chipid.issuing.identity import DOCUMENTS, read_identity
from chipid.issuing.optional_files import optional_files
from chipid.issuing.pki import DocumentSigner
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.pki.cv_chain import TrustedKey
from chipid.pki.cvc import CvCertificate

CCCD_ORDER = (1, 2, 3, 4, 13, 15, 14)
"""The order in which EF.COM of a CCCD names its data groups."""


def personalise(
    description: Mapping[str, object],
    signer: DocumentSigner,
    *,
    random: RandomSource = system_random,
    portraits: Path | None = None,
    trust_points: Sequence[bytes] = (),
    chip_date: date | None = None,
    signed: date | None = None,
) -> CardImage:
    """Make the card that *description* describes.

    :param description: as JSON has it.
    :param signer: signs EF.SOD, and EF.CardSecurity.
    :param random: for EC and Diffie-Hellman keys and invented fingerprints; RSA keys come from the system.
    :param portraits: the folder that a portrait's file name is relative to; where ``None``, no file is read.
    :param trust_points: CV certificates of the authorities that the chip trusts for Terminal Authentication, at most two, the most
        recent first.
    :param chip_date: the day that the chip starts from, for the end of terminals' certificates.
    :param signed: the day of signing: who is born later is refused. No such day where ``None``.
    :raises MalformedData: an entry is missing, unknown or wrong; the message names it. A trust point that is none.
    :raises UnsupportedFeature: a trust point with a key that chipid cannot use.
    """
    entries = Description(description)
    document = entries.choice("document", DOCUMENTS, "cccd")
    portrait = read_portrait(entries, portraits)
    secret = protected_groups(entries, document == "cccd", random)
    chip = read_chip(entries)
    identity, optional = read_identity(entries, document, signed), optional_files(entries)
    entries.finish()
    trusted = _trust_points(chip, trust_points)
    keys = _keys(chip, random)
    groups = {1: Dg1(identity.zone).build(), **secret, **data_groups(chip, keys)}
    groups |= {file.data_group: raw for file, raw in optional.items() if file.data_group is not None}
    if portrait is not None:
        groups[2] = portrait
    if identity.dg13 is not None:
        groups[13] = identity.dg13.build()
    return CardImage(
        files=_files(document, groups, chip, keys, signer) | optional,
        mrz_information=identity.zone.information,
        can=identity.can if chip.pace else None,
        pin=chip.pin,
        puk=chip.puk,
        pin_tries=chip.pin_tries,
        active_authentication_key=keys.active_authentication,
        active_authentication_hash=active_authentication_hash(chip, keys),
        active_authentication_der=chip.active_authentication is not None and chip.active_authentication.der,
        chip_authentication_keys=keys.chip_authentication,
        access_protected=frozenset(map(FileId.from_data_group, secret)),
        trust_points=trusted,
        chip_date=chip_date,
        bac=chip.bac,
    )


def _keys(chip: ChipDescription, random: RandomSource) -> ChipKeys:
    groups: dict[int | None, int] = {offer.key_id: offer.group_id for offer in chip.chip_authentication}
    groups.update(chip.mapping_keys)
    active = chip.active_authentication
    return make_chip_keys(active=active.kind if active is not None else None, groups=groups, random=random)


def _files(
    document: str, groups: Mapping[int, bytes], chip: ChipDescription, keys: ChipKeys, signer: DocumentSigner
) -> dict[FileId, bytes]:
    known = CCCD_ORDER if document == "cccd" else ()
    order = [*(number for number in known if number in groups), *sorted(groups.keys() - set(known))]
    files = {FileId.from_data_group(number): groups[number] for number in sorted(groups)}
    files |= {FileId.COM: EfCom.of_data_groups(tuple(order)).build(), FileId.SOD: signer.sign_sod(groups)}
    unsigned, signed = card_access(chip), card_security(chip, keys)
    if unsigned is not None:
        files[FileId.CARD_ACCESS] = unsigned
    if signed is not None:
        files[FileId.CARD_SECURITY] = signer.sign_card_security(signed)
    return files


def _trust_points(chip: ChipDescription, certificates: Sequence[bytes]) -> tuple[bytes, ...]:
    if certificates and chip.terminal_authentication is None:
        raise MalformedData("description: without terminal_authentication, no authority for it can be trusted")
    if len(certificates) > TRUST_POINTS_LIMIT:
        raise MalformedData(f"a chip trusts at most {TRUST_POINTS_LIMIT} authorities for Terminal Authentication")
    for raw in certificates:
        TrustedKey.trust_point(CvCertificate.parse(raw))
    return tuple(certificates)
