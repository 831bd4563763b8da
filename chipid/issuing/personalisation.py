# SPDX-License-Identifier: Apache-2.0
"""From the description of a synthetic citizen to a card image: files, keys, signatures.

Two kinds of document: ``cccd``, the Vietnamese card of CCCD 2021 and Căn cước 2024, and ``passport``, a TD3 of any state.
``docs/personalisation.md`` lists every entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

from chipid.crypto.random import RandomSource, system_random
from chipid.errors import LdsError, MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import TRUST_POINTS_LIMIT, CardImage
from chipid.issuing.chip_description import ChipDescription, read_chip
from chipid.issuing.chip_files import active_authentication_hash, card_access, card_security, data_groups
from chipid.issuing.chip_keys import ChipKeys, make_chip_keys
from chipid.issuing.description import Description
from chipid.issuing.pki import DocumentSigner
from chipid.issuing.portrait import FORMATS, draw_portrait
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.lds.mrz_names import mrz_identifier, truncate_identifiers
from chipid.pki.cv_chain import TrustedKey
from chipid.pki.cvc import CvCertificate
from chipid.profiles.vn_cccd.citizen_number import CitizenNumber
from chipid.profiles.vn_cccd.comparison import NO_EXPIRY_TEXT
from chipid.profiles.vn_cccd.dates import PartialDate
from chipid.profiles.vn_cccd.dg13 import Dg13
from chipid.profiles.vn_cccd.expiry import NO_EXPIRY
from chipid.profiles.vn_cccd.mrz_rules import DOCUMENT_CODE, STATE, optional_data

CCCD_ORDER = (1, 2, 3, 4, 13, 15, 14)
"""The order in which EF.COM of a CCCD names its data groups."""

_PORTRAIT_LIMIT = 128 * 1024
_BIOMETRICS = {3: (0x63, 9000), 4: (0x76, 6000)}
"""Tags, and octets where templates would be."""
_SEXES = {"M": "Nam", "F": "Nữ"}
_NAME = r"[^\x00-\x1f\s][^\x00-\x1f]{0,149}"
_FILE_NAME = r"[^\x00]{1,255}"


class _Identifiers(TypedDict):
    primary_identifier: str
    secondary_identifier: str


def personalise(
    description: Mapping[str, object],
    signer: DocumentSigner,
    *,
    random: RandomSource = system_random,
    portraits: Path | None = None,
    trust_points: Sequence[bytes] = (),
    chip_date: date | None = None,
) -> CardImage:
    """Make the card that *description* describes.

    :param description: as JSON has it.
    :param signer: signs EF.SOD, and EF.CardSecurity.
    :param random: for EC and Diffie-Hellman keys and invented fingerprints; RSA keys come from the system.
    :param portraits: the folder that a portrait's file name is relative to; where ``None``, no file is read.
    :param trust_points: CV certificates of the authorities that the chip trusts for Terminal Authentication, at most two, the most
        recent first.
    :param chip_date: the day that the chip starts from, for the end of terminals' certificates.
    :raises MalformedData: an entry is missing, unknown or wrong; the message names it. A trust point that is none.
    :raises UnsupportedFeature: a trust point with a key that chipid cannot use.
    """
    entries = Description(description)
    document = entries.choice("document", ("cccd", "passport"), "cccd")
    portrait = _portrait(entries, portraits)
    secret = _protected(entries, document == "cccd", random)
    chip = read_chip(entries)
    try:
        zone, dg13, can = (_cccd if document == "cccd" else _passport)(entries)
    except LdsError as error:
        raise MalformedData(f"description: {error}") from None
    entries.finish()
    trusted = _trust_points(chip, trust_points)
    keys = _keys(chip, random)
    groups = {1: Dg1(zone).build(), **secret, **data_groups(chip, keys)}
    if portrait is not None:
        groups[2] = portrait
    if dg13 is not None:
        groups[13] = dg13.build()
    return CardImage(
        files=_files(document, groups, chip, keys, signer),
        mrz_information=zone.information,
        can=can if chip.pace else None,
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
    order = [number for number in CCCD_ORDER if number in groups] if document == "cccd" else sorted(groups)
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


def _protected(entries: Description, fingerprints: bool, random: RandomSource) -> dict[int, bytes]:
    """DG3 and DG4, behind Terminal Authentication: files of the right size without any finger or iris in them (ICAO 9303-10
    §4.7.3.2.2, §4.7.4.2.2).

    :param fingerprints: whether there are some where the entry is left out.
    """
    wanted = {3: entries.flag("fingerprints", fingerprints), 4: entries.flag("iris", False)}
    return {number: _no_biometrics(number, random) for number, exists in wanted.items() if exists}


def _no_biometrics(number: int, random: RandomSource) -> bytes:
    tag, size = _BIOMETRICS[number]
    return build_tlv(tag, build_tlv(0x7F61, build_tlv(0x02, b"\x00"), build_tlv(0x53, random(size))))
