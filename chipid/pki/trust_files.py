# SPDX-License-Identifier: Apache-2.0
"""Certificates and revocation lists in files that the operator names, and in folders of them.

All that is read is read whole before anything is judged by it; what only a trust store takes is told, and not passed over: somebody
laid it there to be heeded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.crl import CertificateRevocationList, seems_revocation_list
from chipid.pki.pem import is_pem, read_pem_blocks
from chipid.records import read_file, title_of

SUFFIXES: Final = frozenset({".cer", ".cert", ".crl", ".crt", ".der", ".pem"})
"""What is read in a folder (case does not matter); a file that is named itself may be called anything."""

SIZE_LIMIT: Final = 16 * 1024 * 1024

_STORE_SUFFIXES: Final = {
    ".ml": "a master list", ".ldif": "an LDIF file", ".zip": "a ZIP file", ".p7b": "a bundle of certificates",
    ".p7c": "a bundle of certificates",
}  # fmt: skip
_SQLITE: Final = b"SQLite format 3\0"
_STORE: Final = "a trust store"
_HEAD: Final = 512
"""Octets at the beginning of a signed list in which its kind is named."""
_HINT: Final = "Give CSCA certificates and revocation lists in DER or PEM; chipid trust import takes the rest."
_IMPORT: Final = "chipid trust import takes it into a trust store: name that store beside the rest."
_NAME: Final = "Name the store itself, beside the folder."

Trusted = Certificate | CertificateRevocationList


def _revocation_list(der: bytes) -> CertificateRevocationList:
    """The list, its entries read: that one is malformed is told now, and not to a traveller."""
    crl = CertificateRevocationList.parse(der)
    _ = crl.entries
    return crl


_READERS: Final[Mapping[str, Callable[[bytes], Trusted]]] = {
    "CERTIFICATE": Certificate.parse, "X509 CERTIFICATE": Certificate.parse, "X509 CRL": _revocation_list,
}  # fmt: skip
_SIGNED: Final = frozenset({"CMS", "PKCS7"})


def read_trusted(raw: bytes) -> tuple[Trusted, ...]:
    """The certificate or the revocation list in *raw*, DER, or any number of both in PEM (RFC 7468 §5, §6).

    :raises CertificateError: there is none, or one of them is malformed, an entry of a list included.
    """
    if not is_pem(raw):
        return (_revocation_list(raw) if seems_revocation_list(raw) else Certificate.parse(raw),)
    found: list[Trusted] = []
    for label, octets in read_pem_blocks(raw):
        if label in _SIGNED:
            raise CertificateError("PEM with a signed list or a bundle of certificates", hint=_IMPORT)
        if label in _READERS:
            if octets is None:
                raise CertificateError("PEM with a damaged block")
            found.append(_READERS[label](octets))
    if not found:
        raise CertificateError("PEM without a certificate or revocation list")
    return tuple(found)


def read_trusted_files(path: Path) -> Iterator[Trusted]:
    """What is in the file at *path*, or in the files of the folder (not of the folders inside).

    :raises CertificateError: a file that holds nothing of the kind, something malformed, or what only a trust store takes; a folder
        without any file to read; the message names it. :raises OSError: it cannot be read.
    """
    if not path.is_dir():
        yield from _read_file(path)
        return
    files = sorted(file for file in path.iterdir() if file.is_file())
    readable = [file for file in files if file.suffix.lower() in SUFFIXES]
    for file in sorted(set(files).difference(readable)):
        if kind := _store_kind(file, _head(file)):
            raise _left_to_a_store(file, kind)
    if not readable:
        kinds = ", ".join(sorted(SUFFIXES))
        raise CertificateError(f"{path}: no certificate files in this folder ({kinds})")
    for file in readable:
        yield from _read_file(file)


def _read_file(path: Path) -> tuple[Trusted, ...]:
    try:
        raw = read_file(path, SIZE_LIMIT)
    except MalformedData:
        if kind := _store_kind(path, b""):
            raise _left_to_a_store(path, kind) from None
        raise CertificateError(f"{path}: larger than {SIZE_LIMIT >> 20} MiB, no certificates") from None
    try:
        return read_trusted(raw)
    except MalformedData as error:
        if kind := _store_kind(path, raw):
            raise _left_to_a_store(path, kind) from None
        title = title_of(raw)
        what = f"no certificate or revocation list that can be read: {error}"
        if title is not None:
            what = f"this is {title}, and no certificate"
        raise CertificateError(f"{path}: {what}", hint=error.hint or _HINT) from None


def _head(path: Path) -> bytes:
    """The first octets of a file in a folder, which may be anybody's: one that may not be read is none of ours."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(_HEAD)
    return b""


def _store_kind(path: Path, raw: bytes) -> str | None:
    """What the file is that only a trust store takes, by its first octets or its name; ``None`` for anything else."""
    from chipid.pki.defect_list import DEFECT_LIST  # noqa: PLC0415  # most folders hold nothing but certificates
    from chipid.pki.deviation_list import DEVIATION_LIST  # noqa: PLC0415
    from chipid.pki.master_list import CSCA_MASTER_LIST  # noqa: PLC0415

    head = raw[:_HEAD]
    if head.startswith(_SQLITE):
        return _STORE
    lists = {CSCA_MASTER_LIST: "a master list", DEVIATION_LIST: "a deviation list", DEFECT_LIST: "a defect list"}
    signed = (title for content_type, title in lists.items() if asn1.oid(content_type) in head)
    return next(signed, _STORE_SUFFIXES.get(path.suffix.lower()))


def _left_to_a_store(path: Path, kind: str) -> CertificateError:
    message = f"{path}: this is {kind}, and neither a certificate nor a revocation list"
    return CertificateError(message, hint=_NAME if kind == _STORE else _IMPORT)
