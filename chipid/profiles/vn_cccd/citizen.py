# SPDX-License-Identifier: Apache-2.0
"""The holder of a Vietnamese card as an application sees them: each field with its value and with the place that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.dates import PartialDate
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz
from chipid.normalisation import normalised
from chipid.profiles.vn_cccd.citizen_number import CitizenNumber
from chipid.profiles.vn_cccd.comparison import NO_EXPIRY_TEXT, Comparison, compare
from chipid.profiles.vn_cccd.dates import BIRTH_YEARS, CARD_YEARS, parse_written_date
from chipid.profiles.vn_cccd.dg13 import FIELDS, Dg13, is_sensitive
from chipid.profiles.vn_cccd.expiry import NO_EXPIRY, Expiry
from chipid.profiles.vn_cccd.mrz_rules import birth_date, citizen_number, expiry_date, is_cccd
from chipid.profiles.vn_cccd.names import is_word
from chipid.profiles.vn_cccd.sex import Sex

if TYPE_CHECKING:
    from chipid.lds.biometrics.template import EncodedImage
    from chipid.lds.dg2 import Dg2

SEPARATOR = "; "
"""Between the texts of a field that says several things where one belongs."""

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_NUMBERS = {meaning.name: number for number, meaning in FIELDS.items()}


@dataclass(frozen=True, repr=False)
class CitizenField(Generic[_T_co]):
    """One thing that the card says.

    :ivar name: that of the attribute of :class:`Citizen`.
    :ivar value: of the field's own type; ``None`` where the card does not say it, or where its text is not understood.
    :ivar text: as it is written; empty where the card does not say it, and for a portrait. What is raw is in hexadecimal.
    :ivar source: the file; ``None`` where no file says it.
    :ivar number: in DG13 the field's number, in DG1 the name of the zone's element.
    :ivar sensitive: of the kinds that the law protects most, or unknown: to be masked first of all.
    """

    name: str
    value: _T_co | None = None
    text: str = ""
    source: FileId | None = None
    number: int | str | None = None
    sensitive: bool = False

    def __repr__(self) -> str:
        return f"<CitizenField {self.name}{f' from {self.source.label}' if self.source is not None else ', absent'}>"


@dataclass(frozen=True, repr=False)
class Citizen:
    """The holder of a CCCD (2021–2024) or Căn cước (from 2024), from DG13, and where that is silent from DG1.

    It says what the files say and nothing about whether they are genuine: look at the verdict (:func:`chipid.verify`) first. The
    residence is as of the issue date; the card knows of no temporary one, and of no loss or revocation.

    Values are in Unicode's form NFC, without white space around them. The attributes have the names of
    :data:`~chipid.profiles.vn_cccd.FIELDS`.

    :ivar full_name: with diacritics, the family name first; from DG1 in plain letters, and possibly cut off.
    :ivar birth_date: day and month may be unknown. Out of DG1 the century is that of the citizen number.
    :ivar expiry_date: :attr:`Expiry.NEVER <chipid.profiles.vn_cccd.Expiry.NEVER>` where the card does not expire.
    :ivar residence: nơi thường trú, as of the issue date.
    :ivar parents: in the card's order. Where there is one name only, it does not say whose.
    :ivar portrait: DG2's first face.
    :ivar unknown: what DG13 holds under numbers or in shapes that are not known, raw.
    :ivar dg13: as it was parsed; without fields where there was none.
    :ivar comparison: of DG1 with DG13.
    :ivar lacking: why DG13 or DG2 has said nothing: ``malformed``, ``unsupported``, ``no-face``, ``absent``, ``not-read`` (nobody
        knows whether the chip has it), or what :class:`chipid.evidence.FileFailure` says.
    """

    citizen_number: CitizenField[CitizenNumber]
    full_name: CitizenField[str]
    birth_date: CitizenField[PartialDate]
    sex: CitizenField[Sex]
    nationality: CitizenField[str]
    ethnicity: CitizenField[str]
    religion: CitizenField[str]
    place_of_origin: CitizenField[str]
    residence: CitizenField[str]
    identifying_marks: CitizenField[str]
    issue_date: CitizenField[date]
    expiry_date: CitizenField[date | Expiry]
    parents: tuple[CitizenField[str], ...]
    spouses: tuple[CitizenField[str], ...]
    old_number: CitizenField[str]
    chip_id: CitizenField[str]
    portrait: CitizenField[EncodedImage]
    unknown: tuple[CitizenField[bytes], ...]
    dg13: Dg13
    comparison: Comparison
    lacking: Mapping[FileId, str]

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """From what was read of a card.

        :raises UnsupportedFeature: another document, or DG1 was not read.
        :raises MalformedData: DG1 is damaged. A damaged DG13 or DG2 is told in :attr:`lacking`.
        """
        dg1 = evidence.file(FileId.DG1)
        if dg1 is None:
            raise UnsupportedFeature(
                "without DG1 it is not known whose card it is", hint="Every reading plan reads DG1: read it anew."
            )
        reasons = dict.fromkeys((FileId.DG13, FileId.DG2), "absent" if evidence.complete else "not-read")
        for file in reasons.keys() & evidence.failures.keys():
            failure = evidence.failures[file]
            reasons[file] = failure.reason or (f"status-{failure.sw:04X}" if failure.sw is not None else "not-read")
        return cls._of(dg1, evidence.files, reasons)

    @classmethod
    def of_files(cls, dg1: bytes, dg13: bytes | None = None, dg2: bytes | None = None) -> Self:
        """From the raw files.

        :param dg13: ``None`` where it was not read. *dg2* likewise.
        :raises UnsupportedFeature: another document.
        :raises MalformedData: as :meth:`of`.
        """
        files = {FileId.DG13: dg13, FileId.DG2: dg2}
        given = {file: raw for file, raw in files.items() if raw is not None}
        return cls._of(dg1, given, dict.fromkeys(files, "not-read"))

    @classmethod
    def _of(cls, dg1: bytes, files: Mapping[FileId, bytes], reasons: Mapping[FileId, str]) -> Self:
        from chipid.lds.dg2 import Dg2  # noqa: PLC0415  # a verdict needs the citizen's fields, and not all formats of faces

        mrz = Dg1.parse(dg1).mrz
        if not is_cccd(mrz):
            raise UnsupportedFeature(
                "this is no Vietnamese identity card",
                hint="Of other documents take chipid.lds.dg1.Dg1 and the other files by themselves.",
            )
        lacking: dict[FileId, str] = {}

        def parse(file: FileId, parser: Callable[[bytes], _T]) -> _T | None:
            try:
                if file in files:
                    return parser(files[file])
                lacking[file] = reasons[file]
            except MalformedData:
                lacking[file] = "malformed"
            except UnsupportedFeature:
                lacking[file] = "unsupported"
            return None

        dg13, dg2 = parse(FileId.DG13, Dg13.parse) or Dg13(()), parse(FileId.DG2, Dg2.parse)
        if dg2 is not None and dg2.portrait is None:
            lacking[FileId.DG2] = "no-face"
        return cls(
            citizen_number=_field(dg13, "citizen_number", _number, _zone_number(mrz)),
            full_name=_field(dg13, "full_name", _text, _zone_name(mrz)),
            birth_date=_field(dg13, "birth_date", _birth_date, _zone_birth_date(mrz)),
            sex=_field(dg13, "sex", Sex.from_word, _zone_sex(mrz)),
            nationality=_field(dg13, "nationality", _text, _zone("nationality", "nationality", mrz.nationality, mrz.nationality)),
            ethnicity=_field(dg13, "ethnicity", _text),
            religion=_field(dg13, "religion", _text),
            place_of_origin=_field(dg13, "place_of_origin", _text),
            residence=_field(dg13, "residence", _text),
            identifying_marks=_field(dg13, "identifying_marks", _text),
            issue_date=_field(dg13, "issue_date", _day),
            expiry_date=_field(dg13, "expiry_date", _expiry, _zone_expiry_date(mrz)),
            parents=_names(dg13, "parents"),
            spouses=_names(dg13, "spouses"),
            old_number=_field(dg13, "old_number", _text),
            chip_id=_field(dg13, "chip_id", _text),
            portrait=_portrait(dg2),
            unknown=_unknown(dg13),
            dg13=dg13,
            comparison=compare(mrz, dg13),
            lacking=lacking,
        )

    @property
    def fields(self) -> tuple[CitizenField[object], ...]:
        """Everything that the card says: by the numbers of DG13, then the portrait, then what is not known, in the file's order."""
        return (*(field for field in self._known if field.source is not None), *self.unknown)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the fields that no file says. No parents and no spouse are an answer, and not here."""
        return tuple(field.name for field in self._known if field.source is None)

    @property
    def not_understood(self) -> tuple[str, ...]:
        """Names of the fields whose text is not what belongs there. The value is DG1's where that has one, otherwise ``None``."""
        return tuple(
            field.name
            for field in self._known
            if (field.source is not None and field.value is None)
            or (field.source is FileId.DG1 and self.dg13.texts(_NUMBERS[field.name]))
        )

    @property
    def differences(self) -> tuple[str, ...]:
        """Names of the fields in which DG1 and DG13 contradict each other; none is not yet agreement: see :attr:`comparison`."""
        return self.comparison.differences

    @property
    def oddities(self) -> tuple[str, ...]:
        """What in the citizen number is worth a second look beside sex and birth date, none of which proves anything."""
        if self.citizen_number.value is None:
            return ()
        year = self.birth_date.value.year if self.birth_date.value is not None else None
        return self.citizen_number.value.oddities(sex=self.sex.value, birth_year=year)

    @property
    def _known(self) -> tuple[CitizenField[object], ...]:
        by_number: list[CitizenField[object]] = []
        for meaning in FIELDS.values():
            found = getattr(self, meaning.name)
            by_number += found if meaning.multiple else (found,)
        return (*by_number, self.portrait)

    def __repr__(self) -> str:
        return f"<Citizen with {len(self.fields)} fields>"


# Out of DG13 -------------------------------------------------------------------------------------------------------


def _field(dg13: Dg13, name: str, read: Callable[[str], _T | None], zone: CitizenField[_T] | None = None) -> CitizenField[_T]:
    """What DG13 says; where it does not, or says it in a way that is not understood, what the zone says."""
    number = _NUMBERS[name]
    texts, text = dg13.texts(number), dg13.text(number)
    value = read(_normal(text)) if text is not None else None
    written: CitizenField[_T] = CitizenField(name, sensitive=is_sensitive(number))
    if texts:
        single = texts if text is None else (text,)
        written = replace(written, value=value, text=SEPARATOR.join(single), source=FileId.DG13, number=number)
    return zone if zone is not None and value is None and (zone.value is not None or not texts) else written


def _names(dg13: Dg13, name: str) -> tuple[CitizenField[str], ...]:
    number = _NUMBERS[name]
    about = (FileId.DG13, number, is_sensitive(number))
    return tuple(CitizenField(name, _text(_normal(text)), text, *about) for text in dg13.texts(number))


def _unknown(dg13: Dg13) -> tuple[CitizenField[bytes], ...]:
    return tuple(
        CitizenField("unknown", field.raw, field.raw.hex().upper(), FileId.DG13, field.number, field.sensitive)
        for field in dg13.unknown
    )


def _normal(text: str) -> str:
    return normalised("NFC", text).strip()


def _text(text: str) -> str | None:
    return text or None


def _number(text: str) -> CitizenNumber | None:
    try:
        return CitizenNumber(text)
    except MalformedData:
        return None


def _birth_date(text: str) -> PartialDate | None:
    written = parse_written_date(text)
    return written if written is not None and written.year in BIRTH_YEARS else None


def _day(text: str) -> date | None:
    """Of the card."""
    written = parse_written_date(text)
    return written.complete if written is not None and written.year in CARD_YEARS else None


def _expiry(text: str) -> date | Expiry | None:
    if is_word(text, NO_EXPIRY_TEXT):
        return Expiry.NEVER
    day = _day(text)
    # That day in full is somebody's misreading of what the zone means by it.
    return None if day is not None and day.strftime("%y%m%d") == NO_EXPIRY else day


# Out of DG1 and DG2 ------------------------------------------------------------------------------------------------


def _zone(name: str, element: str, text: str, value: _T | None) -> CitizenField[_T] | None:
    """A field from an element of the zone, ``None`` where that is empty."""
    return CitizenField(name, value, text, FileId.DG1, element) if text.strip("<") else None


def _zone_number(mrz: Mrz) -> CitizenField[CitizenNumber] | None:
    return _zone("citizen_number", "optional_data", mrz.optional_data, citizen_number(mrz))


def _zone_name(mrz: Mrz) -> CitizenField[str] | None:
    name = f"{mrz.primary_identifier} {mrz.secondary_identifier}".strip()
    return _zone("full_name", "name", name, name)


def _zone_birth_date(mrz: Mrz) -> CitizenField[PartialDate] | None:
    """Understood where the citizen number tells its century."""
    found = birth_date(mrz)
    known = found is not None and found.year in BIRTH_YEARS and found.earliest is not None
    return _zone("birth_date", "birth_date", mrz.birth_date, found if known else None)


def _zone_sex(mrz: Mrz) -> CitizenField[Sex] | None:
    return _zone("sex", "sex", mrz.sex, Sex.from_zone(mrz.sex))


def _zone_expiry_date(mrz: Mrz) -> CitizenField[date | Expiry] | None:
    value: date | Expiry | None = Expiry.NEVER
    if mrz.expiry_date != NO_EXPIRY:
        zone = expiry_date(mrz)
        value = zone.complete if zone is not None else None
    return _zone("expiry_date", "expiry_date", mrz.expiry_date, value)


def _portrait(dg2: Dg2 | None) -> CitizenField[EncodedImage]:
    if dg2 is None or dg2.portrait is None:
        return CitizenField("portrait", sensitive=True)
    return CitizenField("portrait", dg2.portrait, source=FileId.DG2, sensitive=True)
