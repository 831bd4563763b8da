# SPDX-License-Identifier: Apache-2.0
"""The terminal's key for Terminal Authentication: a file, or a hardware security module over PKCS#11.

Both are a :class:`chipid.crypto.signer.Signer`, and a context manager that forgets the key or leaves the token at its end.
"""

from __future__ import annotations

import os
from os import PathLike

from chipid.signers.file import FileSigner
from chipid.signers.pkcs11 import Pkcs11Signer
from chipid.signers.pkcs11_uri import Pkcs11Uri, is_pkcs11_uri

__all__ = ["FileSigner", "Pkcs11Signer", "Pkcs11Uri", "open_signer"]


def open_signer(key: str | PathLike[str], secret: str | None = None) -> FileSigner | Pkcs11Signer:
    """The signer that *key* names: a ``pkcs11:`` URI (RFC 7512), otherwise a file.

    :param secret: the token's PIN or the file's password, where it needs one.
    :raises ChipIdError: as :meth:`Pkcs11Uri.parse`, :meth:`Pkcs11Signer.open` or :meth:`FileSigner.load`.
    :raises OSError: a file cannot be read.
    """
    named = os.fspath(key)
    if is_pkcs11_uri(named):
        return Pkcs11Signer.open(Pkcs11Uri.parse(named), secret)
    return FileSigner.load(named, secret)
