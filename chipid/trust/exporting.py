# SPDX-License-Identifier: Apache-2.0
"""A trust store's objects as files that other software reads: PEM, or DER files in a folder or a ZIP."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Collection, Iterator
from os import PathLike
from pathlib import Path
from typing import Final

from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, StoredObject

_SUFFIXES: Final = {
    Kind.CERTIFICATE: "cer", Kind.REVOCATION_LIST: "crl", Kind.MASTER_LIST: "ml", Kind.DEVIATION_LIST: "dl",
    Kind.DEFECT_LIST: "dfl",
}  # fmt: skip
_LABELS: Final = {Kind.CERTIFICATE: "CERTIFICATE", Kind.REVOCATION_LIST: "X509 CRL"}
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The same store gives the same file."""


def chosen(database: TrustDatabase, kinds: Collection[Kind] = (), countries: Collection[str] = ()) -> Iterator[StoredObject]:
    """The objects of *kinds* and *countries* (two capital letters); all of them where a choice is empty."""
    for stored in database.objects():
        if (not kinds or stored.kind in kinds) and (not countries or stored.index.country in countries):
            yield stored


def file_name(stored: StoredObject) -> str:
    """The name of the file that holds *stored*: its country, or ``XX``, and its fingerprint."""
    return f"{stored.index.country or 'XX'}_{stored.fingerprint}.{_SUFFIXES[stored.kind]}"


def export_pem(database: TrustDatabase, kinds: Collection[Kind] = (), countries: Collection[str] = ()) -> bytes:
    """The chosen objects in PEM (RFC 7468), one after another; a master list that nobody signed has no place in it."""
    return b"".join(_pem(stored) for stored in chosen(database, kinds, countries) if _label(stored) is not None)


def export_folder(
    database: TrustDatabase, folder: str | PathLike[str], kinds: Collection[Kind] = (), countries: Collection[str] = ()
) -> int:
    """Write the chosen objects into *folder*, which is made, and tell how many.

    :raises FileExistsError: there is a file in the way: none is written over. :raises OSError: one cannot be written.
    """
    place = Path(folder)
    place.mkdir(exist_ok=True)
    count = 0
    for stored in chosen(database, kinds, countries):
        count += 1
        with (place / file_name(stored)).open("xb") as file:
            file.write(stored.octets)
    return count


def export_zip(database: TrustDatabase, kinds: Collection[Kind] = (), countries: Collection[str] = ()) -> bytes:
    """The chosen objects as the files of a ZIP."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for stored in chosen(database, kinds, countries):
            member = zipfile.ZipInfo(file_name(stored), _ZIP_TIME)
            archive.writestr(member, stored.octets, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _label(stored: StoredObject) -> str | None:
    if stored.kind in _LABELS:
        return _LABELS[stored.kind]
    return None if stored.signed_data is None else "CMS"


def _pem(stored: StoredObject) -> bytes:
    label = _label(stored)
    text = base64.b64encode(stored.octets).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode("ascii")
