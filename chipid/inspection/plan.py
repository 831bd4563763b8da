# SPDX-License-Identifier: Apache-2.0
"""What to read for which purpose. Less is read for less: personal data that nobody needs stays in the chip."""

from __future__ import annotations

from dataclasses import dataclass

from chipid.iso7816.file_ids import FileId
from chipid.pki.cv_authorisation import PROTECTED_FILES

_PROOF = (FileId.COM, FileId.SOD, FileId.DG14, FileId.DG15, FileId.DG1)
_BIOGRAPHIC = (FileId.DG13, FileId.DG11, FileId.DG12)
_OTHER = (FileId.DG5, FileId.DG6, FileId.DG7, FileId.DG8, FileId.DG9, FileId.DG10, FileId.DG16)


@dataclass(frozen=True)
class ReadingPlan:
    """The files wanted, in the order of reading, and the proofs demanded of the chip.

    EF.COM, EF.SOD, DG14, DG15 and DG1 are in every plan: without them there is nothing to verify.

    :ivar files: of these, the ones that the chip lists are read; EF.DIR, which no list names, before the chip is opened.
    :ivar bac_fallback: a chip that offers PACE and fails it is opened with BAC; the evidence says so, and so does the verdict.
    :ivar extended_length: use extended APDUs; ``None`` leaves it to what the chip says in its ATR and in EF.ATR/INFO.
    :ivar probing: extended length may also be tried where the chip has not said how long its APDUs may be: the ATR has but the
        bit, or nothing says anything and a file is long. ICAO 9303-11 §9.3.1.2 has a terminal keep to the sizes that are stated;
        ``False`` does.
    """

    files: tuple[FileId, ...]
    active_authentication: bool = True
    chip_authentication: bool = True
    bac_fallback: bool = True
    extended_length: bool | None = None
    probing: bool = True

    @classmethod
    def identity(cls) -> ReadingPlan:
        """Who it is, without a picture."""
        return cls((*_PROOF, *_BIOGRAPHIC))

    @classmethod
    def with_portrait(cls) -> ReadingPlan:
        """Who it is, with the portrait for the officer to compare: the counter's plan."""
        return cls((*_PROOF, *_BIOGRAPHIC, FileId.DG2))

    @classmethod
    def with_biometrics(cls) -> ReadingPlan:
        """With fingerprints and irises too, which a chip gives to a terminal with rights alone."""
        return cls((*_PROOF, *_BIOGRAPHIC, FileId.DG2, *PROTECTED_FILES))

    @classmethod
    def everything(cls) -> ReadingPlan:
        """Each file that the chip lists, those that need Terminal Authentication included (they will be refused without); and
        EF.DIR."""
        return cls((FileId.DIR, *_PROOF, *_BIOGRAPHIC, FileId.DG2, *_OTHER, *PROTECTED_FILES))
