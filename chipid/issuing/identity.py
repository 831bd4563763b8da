# SPDX-License-Identifier: Apache-2.0
"""Who holds a test card: the machine readable zone, the number on the card, and what a CCCD says in DG13."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypedDict

from chipid.errors import LdsError, MalformedData
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.description import Description
from chipid.lds.der import SEQUENCE, UTF8_STRING, build_integer
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.lds.mrz_names import mrz_identifier, truncate_identifiers
from chipid.profiles.vn_cccd.citizen_number import CitizenNumber
from chipid.profiles.vn_cccd.comparison import NO_EXPIRY_TEXT
from chipid.profiles.vn_cccd.dates import PartialDate
from chipid.profiles.vn_cccd.dg13 import FIELDS, Dg13, Dg13Field
from chipid.profiles.vn_cccd.expiry import NO_EXPIRY
from chipid.profiles.vn_cccd.mrz_rules import DOCUMENT_CODE, STATE, optional_data

DOCUMENTS: Final = ("cccd", "passport")
NAME: Final = r"[^\x00-\x1f\s][^\x00-\x1f]{0,149}"
A_NAME: Final = "a name of 1 to 150 characters, without a space before it"
EXTRA_FIELDS: Final = range(max(FIELDS) + 1, 256)
"""Numbers of DG13 that nobody has seen yet."""

_SEXES = {"M": "Nam", "F": "Nữ"}


@dataclass(frozen=True, repr=False)
class Identity:
    """The holder, as the files and the passwords of the chip have it.

    :ivar zone: for DG1, BAC and PACE-MRZ. :ivar can: ``None`` for a document that shows none.
    :ivar dg13: of a CCCD, otherwise ``None``.
    """

    zone: Mrz
    can: str | None
    dg13: Dg13 | None = None


def read_identity(entries: Description, document: str, signed: date | None = None) -> Identity:
    """Take the holder out of a description.

    :param document: one of :data:`DOCUMENTS`. :param signed: a day that the holder was born by, unless ``None``.
    :raises MalformedData: an entry is missing or wrong; the message names it.
    """
    try:
        return _citizen(entries, signed) if document == "cccd" else _traveller(entries, signed)
    except LdsError as error:
        raise MalformedData(f"description: {error}") from None


def _citizen(entries: Description, signed: date | None) -> Identity:
    number = CitizenNumber(entries.text("number", r"[0-9]{12}", "12 digits"))
    name, birth, issued = entries.text("name", NAME, A_NAME), entries.partial_date("birth"), entries.date("issued")
    sex, expiry = entries.choice("sex", tuple(_SEXES), "M"), entries.optional_date("expiry")
    _require_order(entries, birth, {"the day of signing": signed, "issued": issued, "expiry": expiry})
    if expiry is not None and expiry < issued:
        raise entries.error("expiry", "no earlier than issued")
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
        "chip_id": entries.optional_text("chip_id", r"[0-9A-F]{16}", "16 hexadecimal digits in capitals"),
    }
    for key in ("ethnicity", "religion", "place_of_origin", "residence", "identifying_marks"):
        values[key] = entries.optional_text(key)
    known = Dg13.of(values)
    dg13 = replace(known, fields=(*known.fields, *_extra_fields(entries)))
    return Identity(zone, entries.optional_text("can", r"[0-9]{6}", "6 digits") or number.can, dg13)


def _require_order(entries: Description, birth: PartialDate, later: dict[str, date | None]) -> None:
    """Nobody is born after what follows: a slip in a year is easily made."""
    earliest = date(birth.year or 1, birth.month or 1, birth.day or 1)
    for name, day in later.items():
        if day is not None and earliest > day:
            raise entries.error("birth", f"no later than {name}")


def _extra_fields(entries: Description) -> tuple[Dg13Field, ...]:
    """Fields that the law of 2023 lets a chip hold, under numbers that are not known: of a shape like all others."""
    return tuple(
        Dg13Field(number, build_tlv(SEQUENCE, build_integer(number), build_tlv(UTF8_STRING, text.encode())), understood=False)
        for number, text in entries.numbered_texts("extra_fields", EXTRA_FIELDS).items()
    )


def _traveller(entries: Description, signed: date | None) -> Identity:
    birth, expiry = entries.date("birth"), entries.date("expiry")
    _require_order(entries, PartialDate(birth.year, birth.month, birth.day), {"the day of signing": signed, "expiry": expiry})
    surname, given_names = entries.text("surname", NAME, A_NAME), entries.optional_text("given_names", NAME, A_NAME) or ""
    zone = Mrz(
        MrzFormat.TD3,
        **_identifiers(surname, given_names, MrzFormat.TD3),
        document_code="P",
        issuing_state=entries.text("state", r"[A-Z]{1,3}", "a state's code of up to three letters"),
        document_number=entries.text("number", r"[A-Z0-9]{1,9}", "up to nine letters and digits"),
        birth_date=_yymmdd(birth),
        sex=entries.choice("sex", ("M", "F", "X", "<"), "<"),
        expiry_date=_yymmdd(expiry),
        nationality=entries.text("nationality", r"[A-Z]{1,3}", "a state's code of up to three letters"),
        optional_data=entries.optional_text("personal_number", r"[A-Z0-9]{1,14}", "up to 14 letters and digits") or "",
    )
    return Identity(zone, entries.optional_text("can", r"[0-9]{6}", "6 digits"))


class _Identifiers(TypedDict):
    primary_identifier: str
    secondary_identifier: str


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
