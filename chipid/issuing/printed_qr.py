# SPDX-License-Identifier: Apache-2.0
"""The text of the QR code that is printed on a test card: of the layout that was in use when it was issued."""

from __future__ import annotations

from chipid.errors import MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.profiles.vn_cccd.dates import parse_written_date
from chipid.profiles.vn_cccd.dg13 import Dg13
from chipid.profiles.vn_cccd.expiry import LAW_OF_2023_IN_FORCE
from chipid.profiles.vn_cccd.qr import QrFormat, QrText, build_qr, is_child
from chipid.profiles.vn_cccd.sex import Sex


def printed_qr(image: CardImage) -> str:
    """What the QR code of *image* says.

    :raises MalformedData: a card without DG13, or with one that says something that no QR code holds.
    """
    raw = image.files.get(FileId.DG13)
    if raw is None:
        raise MalformedData("a QR code is on citizens' cards alone, which have a DG13")
    dg13 = Dg13.parse(raw)
    birth, issued = (parse_written_date(text or "") for text in (dg13.birth_date, dg13.issue_date))
    day = issued.complete if issued is not None else None
    # From that day on the QR code is on the card's back, with other fields.
    layout = QrFormat.CANCUOC2024 if day is not None and day >= LAW_OF_2023_IN_FORCE else QrFormat.CCCD7
    text = QrText(
        layout,
        number=dg13.citizen_number,
        old_number=dg13.old_number,
        full_name=dg13.full_name,
        birth_date=birth,
        sex=Sex.from_word(dg13.sex or ""),
        residence=dg13.residence,
        issue_date=issued,
        parents=dg13.parents if layout is QrFormat.CANCUOC2024 and is_child(birth, issued) else (),
    )
    return build_qr(text)
