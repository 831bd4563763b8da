# SPDX-License-Identifier: Apache-2.0
"""The keys to a chip, in the forms in which people have them: typed, pasted, scanned.

Each constructor says what is wrong with an input before a chip sees it, since a wrong key costs time and, on some chips, attempts.
No message repeats what was given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from chipid.errors import LdsError, MalformedData
from chipid.lds.mrz import Mrz, mrz_information
from chipid.normalisation import normalised
from chipid.profiles import vn_cccd
from chipid.profiles.vn_cccd import CitizenNumber, QrText
from chipid.protocols.password import Password, PasswordKind

TEXT_LIMIT = 1_000
CAN_SIZE = 6
CITIZEN_NUMBER_SIZE = 12
OLD_NUMBER_SIZE = 9
SECRET_SIZE_LIMIT = 32
"""Digits of a PIN or a PUK: more than chips have."""
DOCUMENT_NUMBER_LIMIT = 22
"""Nine characters, and what a long number leaves in TD1's optional data (ICAO 9303-5 §4.2.2 note j)."""

# What people and word processors put between digits. A hyphen comes in many widths.
_PUNCTUATION = re.compile(r"[\s.,·'/\u00ad\u2010-\u2015\u2212_-]+")
_KEY_ELEMENTS = {"document_number": "document number", "birth_date": "birth date", "expiry_date": "expiry date"}


@dataclass(frozen=True, repr=False)
class AccessKeys:
    """Passwords to try, in order; each knows where it came from, and none shows what it is.

    :raises MalformedData: there is none.
    """

    passwords: tuple[Password, ...]

    def __post_init__(self) -> None:
        if not self.passwords:
            raise MalformedData("there is no key to try")

    @classmethod
    def from_number(cls, number: str) -> Self:
        """From the 12-digit number on a Vietnamese card: its last six digits are the CAN.

        :raises MalformedData: anything else than twelve digits, as typed by a person.
        """
        digits = _digits(number, CITIZEN_NUMBER_SIZE, "the number on the card", _NOT_A_NUMBER)
        return cls((_can(CitizenNumber(digits).can, "number"),))

    @classmethod
    def from_can(cls, can: str) -> Self:
        """From the six-digit card access number printed on the document.

        :raises MalformedData: anything else than six digits, as typed by a person.
        """
        return cls((_can(_digits(can, CAN_SIZE, "the CAN", _NOT_A_CAN), "can"),))

    @classmethod
    def from_pin(cls, pin: str, can: str | None = None) -> Self:
        """From the PIN that only the holder knows, on a chip that has one (BSI TR-03110-2 §3.5).

        A wrong PIN costs one of few tries. The chip takes the last one after the CAN alone.

        :param can: makes the last try possible; should the PIN be wrong, the CAN itself is tried next.
        :raises MalformedData: anything else than digits; *can* as in :meth:`from_can`.
        """
        passwords = (_secret(PasswordKind.PIN, pin),)
        return cls(passwords if can is None else (*passwords, *cls.from_can(can).passwords))

    @classmethod
    def from_puk(cls, puk: str) -> Self:
        """From the PUK, which unblocks the PIN, and opens some chips as well.

        :raises MalformedData: anything else than digits.
        """
        return cls((_secret(PasswordKind.PUK, puk),))

    @classmethod
    def from_mrz(cls, mrz: str) -> Self:
        """From the lines of the machine readable zone (TD1, TD2, TD3), with or without line breaks.

        Of a CCCD the CAN follows as second candidate: it is part of the number in the zone.

        :raises MalformedData: the text is no zone, or the check digit of an element that the key is made of is wrong.
        """
        zone = _parse_zone(mrz)
        wrong = [label for element, label in _KEY_ELEMENTS.items() if element in zone.check_digit_errors]
        if wrong:
            raise MalformedData(
                f"the check digit of the {' and the '.join(wrong)} is wrong",
                hint="Compare the lines with the document: 0 and O, 1 and I, 5 and S, 8 and B are easily taken for each other.",
            )
        passwords = [Password.from_mrz_information(zone.information, "mrz")]
        number = vn_cccd.citizen_number(zone) if vn_cccd.is_cccd(zone) else None
        if number is not None:
            passwords.append(_can(number.can, "mrz, number"))
        return cls(tuple(passwords))

    @classmethod
    def from_fields(cls, document_number: str, birth: str | date, expiry: str | date) -> Self:
        """From what the MRZ's key is made of.

        Twelve digits for a document number may be a citizen number, of which the key takes the last nine, or another state's long
        document number: both become candidates, in this order.

        :param birth: ``YYMMDD`` as in the zone, ISO ``YYYY-MM-DD``, or a date. *expiry* likewise; ``991231`` on a CCCD without.
        :raises MalformedData: an element that cannot stand in a zone; the message names it.
        """
        number = _document_number(document_number)
        days = (_yymmdd(birth, "birth date"), _yymmdd(expiry, "expiry date"))
        if re.fullmatch(r"[0-9]{12}", number):
            last_nine = CitizenNumber(number).document_number
            return cls((_mrz(last_nine, *days, "fields, citizen number"), _mrz(number, *days, "fields, document number")))
        return cls((_mrz(number, *days, "fields"),))

    @classmethod
    def from_qr(cls, text: str, today: date) -> Self:
        """From the text of the QR code on a Vietnamese card.

        The CAN comes first. The MRZ's keys follow where the birth date is complete: the code leaves the expiry date out, and each
        candidate of the renewal rule becomes a key of its own (:func:`chipid.profiles.vn_cccd.expiry_candidates`). Last comes the
        CAN of a second number in the code of a card of 2024: that the cancelled one stands behind is likely, and not established.

        :param today: bounds what a card's issue date may be, where the code does not tell it.
        :raises MalformedData: there is no citizen number in it; the birth date lies after the issue date, or after *today*.
        """
        qr = vn_cccd.parse_qr(_text(text, "the QR code", vn_cccd.QR_SIZE_LIMIT))
        if qr.number is None:
            raise MalformedData(
                "the QR code holds no citizen number", hint="Take the QR code on the card itself, not one from an app or a letter."
            )
        number = CitizenNumber(qr.number)
        second = [_can(CitizenNumber(qr.cancelled_number).can, "qr, second number")] if qr.cancelled_number is not None else []
        return cls((_can(number.can, "qr"), *_mrz_candidates(number, qr, today), *second))

    def __repr__(self) -> str:
        return f"<AccessKeys: {', '.join(f'{password.kind.name} from {password.source}' for password in self.passwords)}>"


_NOT_A_NUMBER = {
    CAN_SIZE: "six digits are a CAN",
    OLD_NUMBER_SIZE: "nine digits are an old identity card number, or the document number of the machine readable zone",
}
_NOT_A_CAN = {
    CITIZEN_NUMBER_SIZE: "twelve digits are a citizen number, of which the CAN is the last six",
    OLD_NUMBER_SIZE: "nine digits are a document number",
}


# From text ---------------------------------------------------------------------------------------------------------


def _text(text: object, what: str, limit: int = TEXT_LIMIT) -> str:
    if not isinstance(text, str):
        raise MalformedData(f"{what} must be given as text: leading zeros count")
    if len(text) > limit:
        raise MalformedData(f"{what} is far too long")
    return text


def _plain(text: str) -> str:
    """Full-width and other forms of a character become the plain one, invisible characters go."""
    return "".join(c for c in normalised("NFKC", text) if unicodedata.category(c) != "Cf")


def _digits(text: object, size: int, what: str, mistaken: dict[int, str]) -> str:
    """*size* digits as a person types them."""
    typed = _PUNCTUATION.sub("", _plain(_text(text, what)))
    if not re.fullmatch(r"[0-9]*", typed):
        raise MalformedData(f"{what} has digits alone")
    if len(typed) != size:
        confusion = f": {mistaken[len(typed)]}" if len(typed) in mistaken else ""
        raise MalformedData(f"{what} has {size} digits, and {len(typed)} were given{confusion}")
    return typed


def _parse_zone(text: object) -> Mrz:
    try:
        zone = Mrz.parse(_plain(_text(text, "the machine readable zone")).upper())
    except LdsError as error:
        hint = "Give the lines as they are printed: 3 of 30, 2 of 36 or 2 of 44 characters."
        raise MalformedData(str(error), hint=hint) from None
    if zone.format.is_visa:
        raise MalformedData("that is the zone of a visa, which has no chip", hint="Give the zone of the card or of the passport.")
    return zone


def _document_number(text: object) -> str:
    number = _PUNCTUATION.sub("", _plain(_text(text, "the document number"))).upper().rstrip("<")
    if not re.fullmatch(r"[A-Z0-9<]+", number):
        raise MalformedData("the document number has letters A-Z and digits, at least one")
    if len(number) > DOCUMENT_NUMBER_LIMIT:
        raise MalformedData(f"the document number has at most {DOCUMENT_NUMBER_LIMIT} characters")
    return number


def _yymmdd(day: object, what: str) -> str:
    if isinstance(day, date):
        return day.strftime("%y%m%d")
    typed = _plain(_text(day, f"the {what}")).strip()
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", typed):
        try:
            return date.fromisoformat(typed).strftime("%y%m%d")
        except ValueError:
            raise MalformedData(f"the {what} is no day of the calendar") from None
    typed, given = _PUNCTUATION.sub("", typed), len(typed)
    if not re.fullmatch(r"[0-9<]{6}", typed):
        raise MalformedData(f"the {what} is given as YYMMDD or YYYY-MM-DD, and {given} characters in another form were")
    if vn_cccd.parse_zone_date(typed) is None:
        raise MalformedData(f"the {what} is no date: YYMMDD, the year first")
    return typed


# To passwords ------------------------------------------------------------------------------------------------------


def _secret(kind: PasswordKind, typed: str) -> Password:
    what = f"the {kind.name}"
    digits = _PUNCTUATION.sub("", _plain(_text(typed, what)))
    if not re.fullmatch(r"[0-9]+", digits):
        raise MalformedData(f"{what} has digits alone, and at least one")
    if len(digits) > SECRET_SIZE_LIMIT:
        raise MalformedData(f"{what} has at most {SECRET_SIZE_LIMIT} digits")
    return Password.from_text(kind, digits)


def _can(digits: str, source: str) -> Password:
    return Password.from_text(PasswordKind.CAN, digits, source)


def _mrz(document_number: str, birth: str, expiry: str, source: str) -> Password:
    return Password.from_mrz_information(mrz_information(document_number, birth, expiry), source)


def _mrz_candidates(number: CitizenNumber, qr: QrText, today: date) -> Iterable[Password]:
    birth = qr.birth_date.complete if qr.birth_date is not None else None
    issued = qr.issue_date.complete if qr.issue_date is not None else None
    if birth is None:
        return []
    if birth > (issued or today):
        raise MalformedData("the QR code's birth date lies after its issue date, or in the future")
    days = vn_cccd.expiry_candidates(birth, issued, today)
    expiries = [vn_cccd.NO_EXPIRY if day is None else day.strftime("%y%m%d") for day in days]
    return [
        _mrz(number.document_number, birth.strftime("%y%m%d"), expiry, f"qr expiry candidate {place} of {len(expiries)}")
        for place, expiry in enumerate(expiries, 1)
    ]
