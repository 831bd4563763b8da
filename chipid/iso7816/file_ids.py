# SPDX-License-Identifier: Apache-2.0
"""The files of an eMRTD: identifiers, short identifiers and tags (ICAO 9303-10 §3.11, Table 38; EF.CVCA: 9303-11 Appendix K)."""

from __future__ import annotations

from enum import Enum

MF = 0x3F00
LDS1_AID = bytes.fromhex("A0000002471001")


class FileId(Enum):
    """An elementary file, by its name in the standard.

    :ivar fid: two-octet file identifier.
    :ivar sfi: short file identifier, 1–30.
    :ivar tag: outermost tag; ``None`` where the content is bare ASN.1.
    :ivar in_mf: the file lies in the master file, otherwise in the eMRTD application.
    """

    CARD_ACCESS = ("EF.CardAccess", 0x011C, 0x1C, None, True)
    CARD_SECURITY = ("EF.CardSecurity", 0x011D, 0x1D, None, True)
    DIR = ("EF.DIR", 0x2F00, 0x1E, None, True)
    ATR_INFO = ("EF.ATR/INFO", 0x2F01, 0x01, None, True)
    COM = ("EF.COM", 0x011E, 0x1E, 0x60, False)
    SOD = ("EF.SOD", 0x011D, 0x1D, 0x77, False)
    CVCA = ("EF.CVCA", 0x011C, 0x1C, None, False)
    DG1 = ("DG1", 0x0101, 0x01, 0x61, False)
    DG2 = ("DG2", 0x0102, 0x02, 0x75, False)
    DG3 = ("DG3", 0x0103, 0x03, 0x63, False)
    DG4 = ("DG4", 0x0104, 0x04, 0x76, False)
    DG5 = ("DG5", 0x0105, 0x05, 0x65, False)
    DG6 = ("DG6", 0x0106, 0x06, 0x66, False)
    DG7 = ("DG7", 0x0107, 0x07, 0x67, False)
    DG8 = ("DG8", 0x0108, 0x08, 0x68, False)
    DG9 = ("DG9", 0x0109, 0x09, 0x69, False)
    DG10 = ("DG10", 0x010A, 0x0A, 0x6A, False)
    DG11 = ("DG11", 0x010B, 0x0B, 0x6B, False)
    DG12 = ("DG12", 0x010C, 0x0C, 0x6C, False)
    DG13 = ("DG13", 0x010D, 0x0D, 0x6D, False)
    DG14 = ("DG14", 0x010E, 0x0E, 0x6E, False)
    DG15 = ("DG15", 0x010F, 0x0F, 0x6F, False)
    DG16 = ("DG16", 0x0110, 0x10, 0x70, False)

    def __init__(self, label: str, fid: int, sfi: int, tag: int | None, in_mf: bool) -> None:
        self.label = label
        self.fid = fid
        self.sfi = sfi
        self.tag = tag
        self.in_mf = in_mf

    @property
    def data_group(self) -> int | None:
        """1–16 for a data group, otherwise ``None``."""
        return self.sfi if self.label.startswith("DG") else None

    @classmethod
    def from_label(cls, label: str) -> FileId:
        """``FileId.from_label("DG1")``; raises ``KeyError`` for a name that is none."""
        return _BY_LABEL[label]

    @classmethod
    def from_data_group(cls, number: int) -> FileId:
        """The file of data group *number*; raises ``KeyError`` outside 1–16."""
        return _BY_LABEL[f"DG{number}"]

    @classmethod
    def from_tag(cls, tag: int) -> FileId:
        """The file with this outermost tag; raises ``KeyError`` for an unknown one."""
        return _BY_TAG[tag]

    def __repr__(self) -> str:
        return f"<{self.label}>"


_BY_LABEL = {file.label: file for file in FileId}
_BY_TAG = {file.tag: file for file in FileId if file.tag is not None}
