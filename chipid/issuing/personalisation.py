# SPDX-License-Identifier: Apache-2.0
"""From the description of a synthetic citizen to a card image: files, keys, signatures.

Two kinds of document: ``cccd``, the Vietnamese card of CCCD 2021 and Căn cước 2024, and ``passport``, a TD3 of any state.
``docs/personalisation.md`` lists every entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypedDict

from chipid.crypto.random import RandomSource, system_random
from chipid.errors import LdsError, MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage
from chipid.issuing.chip_keys import ChipKeys, make_chip_keys
from chipid.issuing.description import Description
from chipid.issuing.pki import DocumentSigner
from chipid.issuing.portrait import FORMATS, draw_portrait
from chipid.lds.card_access import CardAccess
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.lds.mrz_names import mrz_identifier, truncate_identifiers
from chipid.lds.security_infos import (
    ID_CA,
    ID_PACE,
    ID_TA,
    ChipAuthenticationInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
)
from chipid.profiles.vn_cccd.citizen_number import CitizenNumber
from chipid.profiles.vn_cccd.comparison import NO_EXPIRY_TEXT
from chipid.profiles.vn_cccd.dates import PartialDate
from chipid.profiles.vn_cccd.dg13 import Dg13
from chipid.profiles.vn_cccd.expiry import NO_EXPIRY
from chipid.profiles.vn_cccd.mrz_rules import DOCUMENT_CODE, STATE, optional_data

CIPHERS = ("3DES", "AES-128", "AES-192", "AES-256")
PARAMETER_IDS = (8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
CCCD_ORDER = (1, 2, 3, 13, 15, 14)
"""The order in which EF.COM of a CCCD names its data groups."""

_PORTRAIT_LIMIT = 128 * 1024
_SEXES = {"M": "Nam", "F": "Nữ"}
_NAME = r"[^\x00-\x1f\s][^\x00-\x1f]{0,149}"
_FILE_NAME = r"[^\x00]{1,255}"


@dataclass(frozen=True)
class _Chip:
    """What the chip speaks."""

    pace: PaceInfo | None
    bac: bool
    cipher: str | None
    keys: ChipKeys


class _Identifiers(TypedDict):
    primary_identifier: str
    secondary_identifier: str


def personalise(
    description: Mapping[str, object],
    signer: DocumentSigner,
    *,
    random: RandomSource = system_random,
    portraits: Path | None = None,
) -> CardImage:
    """Make the card that *description* describes.

    :param description: as JSON has it.
    :param signer: signs EF.SOD.
    :param random: for EC keys and invented fingerprints; RSA keys come from the system.
    :param portraits: the folder that a portrait's file name is relative to; where ``None``, no file is read.
    :raises MalformedData: an entry is missing, unknown or wrong; the message names it.
    """
    entries = Description(description)
    document = entries.choice("document", ("cccd", "passport"), "cccd")
    portrait = _portrait(entries, portraits)
    fingerprints = entries.flag("fingerprints", document == "cccd")
    chip = _chip(entries, random)
    try:
        zone, dg13, can = (_cccd if document == "cccd" else _passport)(entries)
    except LdsError as error:
        raise MalformedData(f"description: {error}") from None
    entries.finish()
    groups = {1: Dg1(zone).build()}
    if portrait is not None:
        groups[2] = portrait
    if fingerprints:
        groups[3] = _fingerprints(random)
    if dg13 is not None:
        groups[13] = dg13.build()
    groups |= _key_groups(chip)
    order = tuple(number for number in CCCD_ORDER if number in groups) if document == "cccd" else tuple(sorted(groups))
    files = {FileId.from_data_group(number): raw for number, raw in groups.items()}
    files |= {FileId.COM: EfCom.of_data_groups(order).build(), FileId.SOD: signer.sign_sod(groups)}
    if chip.pace is not None:
        files[FileId.CARD_ACCESS] = CardAccess(_card_access(chip)).build()
    return CardImage(
        files=files,
        mrz_information=zone.information,
        can=can if chip.pace is not None else None,
        active_authentication_key=chip.keys.active_authentication,
        chip_authentication_keys=chip.keys.chip_authentication,
        access_protected=frozenset({FileId.DG3}) if fingerprints else frozenset(),
        bac=chip.bac,
    )


# The citizen -------------------------------------------------------------------------------------------------------


def _cccd(entries: Description) -> tuple[Mrz, Dg13, str]:
    number = CitizenNumber(entries.text("number", r"[0-9]{12}", "12 digits"))
    name, birth, issued = entries.text("name", _NAME, "a name"), entries.partial_date("birth"), entries.date("issued")
    sex, expiry = entries.choice("sex", tuple(_SEXES), "M"), entries.optional_date("expiry")
    if expiry is not None and _yymmdd(expiry) == NO_EXPIRY:
        raise entries.error("expiry", "another day, for in the machine readable zone this one means none; null says that")
    family, _, given = name.partition(" ")
    zone = Mrz(
        MrzFormat.TD1,
        **_identifiers(family, given, MrzFormat.TD1),
        document_code=DOCUMENT_CODE,
        issuing_state=STATE,
        document_number=number.document_number,
        birth_date=_partial_yymmdd(birth),
        sex=sex,
        expiry_date=_yymmdd(expiry) if expiry is not None else NO_EXPIRY,
        nationality=STATE,
        optional_data=optional_data(number),
    )
    values: dict[str, str | tuple[str, ...] | None] = {
        "citizen_number": number.digits,
        "full_name": name,
        "birth_date": _partial_written(birth),
        "sex": _SEXES[sex],
        "nationality": "Việt Nam",
        "issue_date": _written(issued),
        "expiry_date": _written(expiry) if expiry is not None else NO_EXPIRY_TEXT,
        "parents": entries.texts("parents"),
        "spouses": entries.texts("spouses"),
        "old_number": entries.optional_text("old_number", r"[0-9]{9}", "9 digits"),
        "chip_id": entries.optional_text("chip_id", r"[0-9A-F]{16}", "16 hexadecimal digits"),
    }
    for key in ("ethnicity", "religion", "place_of_origin", "residence", "identifying_marks"):
        values[key] = entries.optional_text(key)
    can = entries.optional_text("can", r"[0-9]{6}", "6 digits") or number.can
    return zone, Dg13.of(values), can


def _passport(entries: Description) -> tuple[Mrz, None, str | None]:
    surname, given_names = entries.text("surname", _NAME, "a name"), entries.optional_text("given_names", _NAME, "names") or ""
    zone = Mrz(
        MrzFormat.TD3,
        **_identifiers(surname, given_names, MrzFormat.TD3),
        document_code="P",
        issuing_state=entries.text("state", r"[A-Z]{1,3}", "a state's code of up to three letters"),
        document_number=entries.text("number", r"[A-Z0-9]{1,9}", "up to nine letters and digits"),
        birth_date=_yymmdd(entries.date("birth")),
        sex=entries.choice("sex", ("M", "F", "X", "<"), "<"),
        expiry_date=_yymmdd(entries.date("expiry")),
        nationality=entries.text("nationality", r"[A-Z]{1,3}", "a state's code of up to three letters"),
        optional_data=entries.optional_text("personal_number", r"[A-Z0-9]{1,14}", "up to 14 letters and digits") or "",
    )
    return zone, None, entries.optional_text("can", r"[0-9]{6}", "6 digits")


def _identifiers(surname: str, given_names: str, mrz_format: MrzFormat) -> _Identifiers:
    primary, secondary = truncate_identifiers(mrz_identifier(surname), mrz_identifier(given_names), mrz_format.name_width)
    return {"primary_identifier": primary, "secondary_identifier": secondary}


def _yymmdd(day: date) -> str:
    return day.strftime("%y%m%d")


def _written(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _partial_yymmdd(day: PartialDate) -> str:
    """Unknown parts as fillers (ICAO 9303-3 §4.8)."""
    year = "<<" if day.year is None else f"{day.year % 100:02}"
    return year + "".join("<<" if part is None else f"{part:02}" for part in (day.month, day.day))


def _partial_written(day: PartialDate) -> str:
    known = [f"{part:02}" for part in (day.day, day.month) if part is not None]
    return "/".join((*known, str(day.year)))


def _portrait(entries: Description, folder: Path | None) -> bytes | None:
    """DG2 with a portrait that is ``drawn``, or from a JPEG or JPEG 2000 file of that name; ``none`` is none."""
    image_format = entries.choice("portrait_format", FORMATS, "jpeg")
    seed = entries.optional_text("portrait_seed") or "chipid"
    wish = entries.optional_text("portrait", _FILE_NAME, "drawn, none or a file name") or "drawn"
    if wish == "none":
        return None
    image = draw_portrait(seed, image_format) if wish == "drawn" else _portrait_file(entries, folder, wish)
    try:
        return Dg2.from_image(image).build()
    except LdsError:
        raise entries.error("portrait", "a JPEG or JPEG 2000 file") from None


def _portrait_file(entries: Description, folder: Path | None, wish: str) -> bytes:
    if folder is None:
        raise entries.error("portrait", "drawn or none")
    try:
        with (folder / wish).open("rb") as file:
            image = file.read(_PORTRAIT_LIMIT + 1)
    except OSError as error:
        raise MalformedData(f"description: portrait cannot be read: {error.strerror}") from None
    if len(image) > _PORTRAIT_LIMIT:
        raise entries.error("portrait", f"a file of at most {_PORTRAIT_LIMIT} octets")
    return image


def _fingerprints(random: RandomSource) -> bytes:
    """DG3 is behind Terminal Authentication: a file of the right size without any finger in it."""
    return build_tlv(0x63, build_tlv(0x7F61, build_tlv(0x02, b"\x00"), build_tlv(0x53, random(9000))))


# The chip ----------------------------------------------------------------------------------------------------------


def _chip(entries: Description, random: RandomSource) -> _Chip:
    pace = entries.section("pace")
    info = None
    if pace is not None:
        cipher = CIPHERS.index(pace.choice("cipher", CIPHERS, "AES-128")) + 1
        info = PaceInfo(f"{ID_PACE}.2.{cipher}", 2, pace.number("parameter_id", PARAMETER_IDS, 13))
        pace.finish()
    bac = entries.flag("bac", True)
    if info is None and not bac:
        raise MalformedData("description: a chip takes PACE or BAC, or nobody could read it")
    active, chip = entries.section("active_authentication"), entries.section("chip_authentication")
    keys = make_chip_keys(
        rsa_bits=active.number("bits", (1024, 1280, 1536, 1792, 2048, 3072, 4096), 2048) if active is not None else None,
        parameter_id=chip.number("parameter_id", PARAMETER_IDS, 13) if chip is not None else None,
        random=random,
    )
    cipher_name = chip.choice("cipher", CIPHERS, "AES-128") if chip is not None else None
    for section in (active, chip):
        if section is not None:
            section.finish()
    return _Chip(info, bac, cipher_name, keys)


def _chip_authentication_info(chip: _Chip) -> ChipAuthenticationInfo | None:
    return ChipAuthenticationInfo(f"{ID_CA}.2.{CIPHERS.index(chip.cipher) + 1}", 1) if chip.cipher is not None else None


def _card_access(chip: _Chip) -> SecurityInfos:
    """As on the CCCD: Terminal Authentication, Chip Authentication, PACE."""
    return SecurityInfos.of(_protocols(chip))


def _protocols(chip: _Chip) -> list[SecurityInfo]:
    infos: list[SecurityInfo | None] = [_chip_authentication_info(chip), chip.pace]
    if chip.cipher is not None:  # Terminal Authentication needs Chip Authentication before it (BSI TR-03110-1 §3.1.1)
        infos.insert(0, TerminalAuthenticationInfo(ID_TA, 1))
    return [info for info in infos if info is not None]


def _key_groups(chip: _Chip) -> dict[int, bytes]:
    """DG14 signs what EF.CardAccess offers (ICAO 9303-11 §9.2.11), with PACE alone too."""
    groups = {}
    infos = _protocols(chip)
    if chip.keys.chip_authentication_info is not None:
        infos.append(chip.keys.chip_authentication_info)
    if infos:
        groups[14] = Dg14(SecurityInfos.of(infos)).build()
    if chip.keys.active_authentication_spki is not None:
        groups[15] = Dg15(chip.keys.active_authentication_spki).build()
    return groups
