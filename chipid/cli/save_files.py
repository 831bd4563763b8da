# SPDX-License-Identifier: Apache-2.0
"""``chipid dump --save-files``: every file of the chip as it was read, and the pictures in it as they stand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.evidence import Evidence
    from chipid.iso7816.file_ids import FileId

OPTION = "--save-files"

_SUFFIXES = {"JPEG": "jpg", "JPEG2000": "jp2", "JPEG_LS": "jls", "PNG": "png", "WSQ": "wsq"}


def files_folder(name: str, *, force: bool, option: str = OPTION) -> Path:
    """The folder of *name*, which may be new: looked at before a card is.

    :param option: by which the folder is given.
    :raises Misuse: it is none, it cannot be made or written to, or it is not empty and *force* does not say that files in it may be
        overwritten: a file of another card that stayed among them would be taken for one of this.
    """
    folder = Path(name)
    if folder.exists() and not folder.is_dir():
        raise Misuse(f"{option}: {name} is no folder")
    if not folder.exists() and not folder.parent.is_dir():
        raise Misuse(f"{option}: the folder {folder.parent} does not exist")
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK | os.X_OK):
        raise Misuse(f"{option}: {name} cannot be written to")
    if folder.exists() and not force and next(folder.iterdir(), None) is not None:
        hint = "Give a new folder; --force overwrites files of the same name."
        raise Misuse(f"{option}: there are files in {name} already", hint)
    return folder


def save_files(evidence: Evidence, folder: Path) -> None:
    """Write all that was read: ``EF.COM.bin``, ``DG2.bin``, ``DG2-1.jp2`` and so on, mode 0600 in a folder of mode 0700.

    :raises OSError: it cannot be written.
    """
    from chipid.records import write_private  # noqa: PLC0415

    folder.mkdir(mode=0o700, exist_ok=True)
    for file, raw in evidence.files.items():
        label = file.label.replace("/", "_")  # EF.ATR/INFO
        write_private(folder / f"{label}.bin", raw)
        for number, (suffix, image) in enumerate(_pictures(file, raw), 1):
            write_private(folder / f"{label}-{number}.{suffix}", image)


def _pictures(file: FileId, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Each picture in a file with the suffix of its name; none in a file that cannot be understood, which the report tells."""
    from chipid.errors import MalformedData, UnsupportedFeature  # noqa: PLC0415
    from chipid.lds.files import parse_file  # noqa: PLC0415
    from chipid.lds.image import image_format  # noqa: PLC0415
    from chipid.report.images import pictures_in  # noqa: PLC0415

    try:
        parsed = parse_file(file, raw)
    except (MalformedData, UnsupportedFeature):
        return
    for _, _, image in pictures_in(parsed):
        found = image_format(image)  # of its octets: what a record says of them may be another
        yield (_SUFFIXES[found.name] if found is not None else "raw"), image
