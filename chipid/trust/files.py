# SPDX-License-Identifier: Apache-2.0
"""The files that an operator names, and those in the folders that he names; each read once, within limits."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from chipid.trust.import_report import NOTES, Note, Refusal

FILE_LIMIT: Final = 256 * 1024 * 1024
"""Octets of one file; the largest collection of the ICAO PKD has some 100 MB."""

FOLDER_DEPTH_LIMIT, FILE_COUNT_LIMIT = 16, 100_000
"""Folders inside each other, and files of one import."""

_Identities = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class File:
    """One file.

    :ivar name: as it is told: its name, behind that of the folder that the operator named.
    :ivar named: whether the operator named it, and not a folder.
    """

    name: str
    path: Path
    raw: bytes = field(repr=False)
    named: bool

    @cached_property
    def sha256(self) -> str:
        """Of its octets, hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()


def read_files(paths: list[Path], own: Iterable[Path] = ()) -> Iterator[File | Refusal | Note]:
    """The files at *paths*, folders searched with all folders inside, in the order of their names.

    Hidden files are left aside, and symbolic links that lead out of the folder: both are told.

    :param own: the open trust store's files, which are left aside, under whichever name: whoever closes one of them ends all locks
        that this process has on it (POSIX fcntl), and another could write at once.
    :raises OSError: a path that the operator named cannot be read.
    """
    count, aside = 0, frozenset(filter(None, map(_identity, own)))
    for path in paths:
        for found in _in_folder(path, aside) if path.is_dir() else iter((_read(path, path.name, aside, named=True),)):
            count += 1
            if count > FILE_COUNT_LIMIT:
                yield Refusal(printable(path.name), "too-many", f"There are more than {FILE_COUNT_LIMIT} files.")
                return
            yield found


def printable(text: str) -> str:
    """*text* with a question mark for each character that no terminal should be given."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _in_folder(root: Path, aside: _Identities) -> Iterator[File | Refusal | Note]:
    """What is in *root* and in the folders inside, links among them aside."""
    inside = root.resolve(strict=True)
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop()
        for path in _entries(folder, root):
            if isinstance(path, Refusal):
                yield path
                continue
            name = _name(path, root)
            try:
                found = _look_at(path, name, depth, inside, aside)
            except OSError as error:
                found = Refusal(name, "unreadable", _reason(error))
            if found is None:
                pending.append((path, depth + 1))
            else:
                yield found


def _look_at(path: Path, name: str, depth: int, inside: Path, aside: _Identities) -> File | Refusal | Note | None:
    """One entry of a folder, ``None`` for a folder to be gone into; raises ``OSError``."""
    if _identity(path) in aside:
        return Note(name, "own-store")
    if path.name.startswith("."):
        return Note(name, "hidden")
    if path.is_symlink() and not _leads_inside(path, inside):
        return Note(name, "symbolic-link")
    if not path.is_dir():
        return _read(path, name, aside, named=False)
    if depth < FOLDER_DEPTH_LIMIT:
        return None
    return Refusal(name, "too-many", f"There are more than {FOLDER_DEPTH_LIMIT} folders inside each other.")


def _entries(folder: Path, root: Path) -> Sequence[Path | Refusal]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        if folder == root:
            raise
        return [Refusal(_name(folder, root), "unreadable", _reason(error))]


def _leads_inside(link: Path, inside: Path) -> bool:
    """A link to a file of the folder is one more name for it (volumes of containers are made so); to a folder it adds nothing."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return target.is_relative_to(inside) and not target.is_dir()


def _read(path: Path, name: str, aside: _Identities, *, named: bool) -> File | Refusal | Note:
    name = printable(name)
    if _identity(path) in aside:
        return Note(name, "own-store")
    # Whoever opens a pipe waits for ever: what it is, is asked of the opened file, which does not wait.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Refusal(name, "unreadable", NOTES["not-a-file"]) if named else Note(name, "not-a-file")
        raw = file.read(FILE_LIMIT + 1)
    if len(raw) > FILE_LIMIT:
        return Refusal(name, "too-large", f"The file has more than {FILE_LIMIT} octets.")
    return File(name, path, raw, named)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; ``None`` for what is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _name(path: Path, root: Path) -> str:
    return printable((Path(root.name) / path.relative_to(root)).as_posix())


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
