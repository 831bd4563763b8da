# SPDX-License-Identifier: Apache-2.0
"""What should have been read and was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid.cli.messages import warning

if TYPE_CHECKING:
    from chipid.report.schema import DocumentReport, File


def tell_unread(report: DocumentReport) -> bool:
    """Say on stderr which files the chip lists, were wanted, and are not there; whether there are none such.

    Fingerprints and irises that the chip refuses are none: they need a right, and :func:`chipid.cli.terminal_rights.tell_rights`
    tells who asked for it.
    """
    unread = [file for file in report.files if _is_unread(file)]
    for file in unread:
        why = ", ".join(part for part in (file.sw, file.reason) if part)
        warning(f"{file.name} could not be read: {file.state}{f' ({why})' if why else ''}")
    return not unread


def _is_unread(file: File) -> bool:
    from chipid.iso7816.file_ids import FileId  # noqa: PLC0415
    from chipid.pki.cv_authorisation import PROTECTED_FILES  # noqa: PLC0415

    kind = FileId.from_label(file.name)
    if kind.in_mf or file.state in ("read", "not-asked"):
        return False
    return not (file.state == "refused" and kind in PROTECTED_FILES)
