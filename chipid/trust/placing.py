# SPDX-License-Identifier: Apache-2.0
"""Files that are there whole or not at all: filled beside their place, and put into it at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def placed(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """A new empty file beside *path*, to be filled; it takes the place of *path* when the block ends, and goes where it fails.

    Whoever looks into the folder sees *path* as it was, or complete. No symbolic link is followed, and none is written over: in a
    folder of others it may be anybody's.

    :param replace: there may be a file at *path*.
    :raises FileExistsError: there is something at *path* (at the end: whoever else made it keeps it).
    :raises OSError: the file cannot be written; or what would be replaced is none.
    """
    temporary = path.with_name(f".{path.name[:64]}.{secrets.token_hex(8)}.part")
    with _told_of(path, temporary):
        _look_at(path, replace=replace)
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o666))
        try:
            yield temporary
            _look_at(path, replace=replace)
            os.replace(temporary, path) if replace else _link(temporary, path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()


def write_placed(path: Path, octets: bytes, *, replace: bool = False) -> None:
    """Write a file, whole or not at all; otherwise as :func:`placed`."""
    with placed(path, replace=replace) as temporary:
        temporary.write_bytes(octets)


def _look_at(path: Path, *, replace: bool) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not replace:
        raise FileExistsError(errno.EEXIST, "there is a file of this name already", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "no regular file", str(path))


def _link(temporary: Path, path: Path) -> None:
    """Unlike a renaming it writes over nothing; where the file system has no hard links, there was nothing a moment ago."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        os.rename(temporary, path)


@contextlib.contextmanager
def _told_of(path: Path, temporary: Path) -> Iterator[None]:
    """An error of the file that is written comes out with the name of its place; a full disk's has none by itself."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, temporary, str(temporary)):
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from None
