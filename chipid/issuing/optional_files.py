# SPDX-License-Identifier: Apache-2.0
"""The files that an issuer may add to a test document: DG5, DG7, DG11, DG12, DG16, EF.DIR and EF.ATR/INFO.

Entries are called as the files' classes call their fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chipid.errors import LdsError, MalformedData
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.issuing.description import Description
from chipid.issuing.drawings import draw_signature, encode
from chipid.issuing.portrait import draw_portrait
from chipid.lds.atr_info import AtrInfo, ExtendedLengthInformation
from chipid.lds.details import Details
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.dir import EfDir
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.fields import Field, Kind

APDU_SIZES: Final = range(256, 0x1_0000)
"""What EF.ATR/INFO may say of the chip's buffers, in octets."""

_DATE_TIME = r"[0-9]{14}"
# Selection by file identifier, short identifier and name; data units of one octet; extended length, and its sizes here
# (ISO 7816-4 §12.1.1.9).
_CAPABILITIES = CardCapabilities(bytes.fromhex("942160"))


def optional_files(entries: Description) -> dict[FileId, bytes]:
    """The files whose entries are there, by :data:`ENTRIES`.

    :raises MalformedData: an entry is wrong; the message names it.
    """
    files = {}
    for key, (file, build) in ENTRIES.items():
        try:
            raw = build(entries, key) if key in entries else None
        except LdsError as error:
            raise MalformedData(f"description: {key} cannot be written into {file.label}: {error}") from None
        if raw is not None:
            files[file] = raw
    return files


def _details(kind: type[Details]) -> Callable[[Description, str], bytes | None]:
    def build(entries: Description, key: str) -> bytes | None:
        section = entries.section(key)
        return None if section is None else kind(**_values(section, kind.FIELDS)).build()

    return build


def _persons(entries: Description, key: str) -> bytes | None:
    sections = entries.sections(key)
    return Dg16(tuple(Person(**_values(section, Person.FIELDS)) for section in sections)).build() if sections else None


def _displayed_portrait(entries: Description, key: str) -> bytes | None:
    return Dg5((draw_portrait(key),)).build() if _is_drawn(entries, key) else None


def _signature(entries: Description, key: str) -> bytes | None:
    return Dg7((_picture(key),)).build() if _is_drawn(entries, key) else None


def _directory(entries: Description, key: str) -> bytes | None:
    return EfDir.of(LDS1_AID).build() if entries.flag(key, False) else None


def _atr_info(entries: Description, key: str) -> bytes | None:
    section = entries.section(key)
    if section is None:
        return None
    command, response = (section.number(name, APDU_SIZES, APDU_SIZES[-1]) for name in ("command_size", "response_size"))
    section.finish()
    return AtrInfo(_CAPABILITIES, ExtendedLengthInformation(command, response)).build()


ENTRIES: Final[dict[str, tuple[FileId, Callable[[Description, str], bytes | None]]]] = {
    "displayed_portrait": (FileId.DG5, _displayed_portrait),
    "signature": (FileId.DG7, _signature),
    "personal_details": (FileId.DG11, _details(Dg11)),
    "document_details": (FileId.DG12, _details(Dg12)),
    "persons_to_notify": (FileId.DG16, _persons),
    "directory": (FileId.DIR, _directory),
    "atr_info": (FileId.ATR_INFO, _atr_info),
}


# Fields ------------------------------------------------------------------------------------------------------------


def _values(entries: Description, fields: tuple[Field, ...]) -> dict[str, Any]:
    values = {field.attribute: _READERS[field.kind](entries, field.attribute) for field in fields}
    entries.finish()
    return values


def _date(entries: Description, key: str) -> str | None:
    day = entries.optional_partial_date(key)
    return None if day is None else f"{day.year:04}{day.month or 0:02}{day.day or 0:02}"


def _image(entries: Description, key: str) -> bytes | None:
    return _picture(key) if _is_drawn(entries, key) else None


def _is_drawn(entries: Description, key: str) -> bool:
    return entries.optional_choice(key, ("drawn",)) is not None


def _picture(seed: str) -> bytes:
    """Some writing: what it shows does not matter."""
    return encode(draw_signature(seed), "jpeg")


_READERS: Final[dict[Kind, Callable[[Description, str], Any]]] = {
    Kind.TEXT: Description.optional_text,
    Kind.LINES: Description.texts,
    Kind.NAMES: Description.texts,
    Kind.DATE: _date,
    Kind.DATE_TIME: lambda entries, key: entries.optional_text(key, _DATE_TIME, "14 digits YYYYMMDDhhmmss"),
    Kind.IMAGE: _image,
}
