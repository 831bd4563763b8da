# SPDX-License-Identifier: Apache-2.0
"""A trust store's objects as files that other software reads: PEM, or DER files in a folder or a ZIP."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Final

from chipid.pki.pem import write_block
from chipid.trust.objects import Kind, StoredObject
from chipid.trust.placing import write_placed

_SUFFIXES: Final = {
    Kind.CERTIFICATE: "cer", Kind.REVOCATION_LIST: "crl", Kind.MASTER_LIST: "ml", Kind.DEVIATION_LIST: "dl",
    Kind.DEFECT_LIST: "dfl",
}  # fmt: skip
_LABELS: Final = {Kind.CERTIFICATE: "CERTIFICATE", Kind.REVOCATION_LIST: "X509 CRL"}
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The same store gives the same file."""


def file_name(stored: StoredObject) -> str:
    """The name of the file that holds *stored*: its country, or ``XX``, and its fingerprint."""
    return f"{stored.index.country or 'XX'}_{stored.fingerprint}.{_SUFFIXES[stored.kind]}"


def export_pem(objects: Iterable[StoredObject]) -> bytes:
    """*objects* in PEM (RFC 7468), one after another; a master list that nobody signed has no place in it."""
    labelled = ((_label(stored), stored) for stored in objects)
    return b"".join(write_block(label, stored.octets) for label, stored in labelled if label is not None)


def export_folder(objects: Iterable[StoredObject], folder: str | PathLike[str], *, replace: bool = False) -> None:
    """Write *objects* into *folder*, which is made where it is not there, a file each, whole or not at all.

    :param replace: write over files of the same names, and over nothing else: no symbolic link is followed.
    :raises FileExistsError: there is one, and *replace* is False: nothing is written. :raises OSError: one cannot be written.
    """
    place = Path(folder)
    files = {place / file_name(stored): stored.octets for stored in objects}
    for path in files:
        if os.path.lexists(path) and not replace:
            raise FileExistsError(errno.EEXIST, "there is a file of this name already", str(path))
    place.mkdir(exist_ok=True)
    for path, octets in files.items():
        write_placed(path, octets, replace=replace)


def export_zip(objects: Iterable[StoredObject]) -> bytes:
    """*objects* as the files of a ZIP."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for stored in objects:
            member = zipfile.ZipInfo(file_name(stored), _ZIP_TIME)
            archive.writestr(member, stored.octets, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _label(stored: StoredObject) -> str | None:
    if stored.kind in _LABELS:
        return _LABELS[stored.kind]
    return None if stored.signed_data is None else "CMS"
