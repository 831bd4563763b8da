# SPDX-License-Identifier: Apache-2.0
"""Modules, tokens and logins of PKCS#11 (v2.40 §5.4–5.6), as the signer uses them.

python-pkcs11 is imported when first needed; chipid works without it where no such key is asked for. One thread at a time: whoever
calls what is here holds :data:`LOCK`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from chipid._native import Secret
from chipid.crypto.mac import equal
from chipid.errors import AccessDenied, NotInstalled, PasswordBlocked, ReaderError, UnsupportedFeature, WrongPassword
from chipid.signers.pkcs11_errors import PIN_HINT, translate
from chipid.signers.pkcs11_uri import Pkcs11Uri

# A module that is told of no threads need not lock, and python-pkcs11 tells it of none (C_Initialize without arguments).
LOCK: Final = threading.RLock()

_SHOWN_TOKENS = 8
_MODULE_HINT = "Name the module of your token, an absolute path: module-path=/usr/lib/softhsm/libsofthsm2.so"


def library() -> Any:
    """python-pkcs11.

    :raises NotInstalled: it is not.
    """
    try:
        import pkcs11  # noqa: PLC0415  an optional extra
    except ImportError:
        raise NotInstalled("keys in PKCS#11 tokens: python-pkcs11 is not installed", "hsm") from None
    return pkcs11


@contextlib.contextmanager
def translated(during: str) -> Iterator[None]:
    """Errors of python-pkcs11 as chipid's."""
    try:
        yield
    except library().PKCS11Error as error:
        raise translate(type(error).__name__, during) from None


def load_module(key: Pkcs11Uri) -> Any:
    """The module that *key* names, loaded and initialised.

    :raises UnsupportedFeature: it names none.
    :raises NotInstalled: python-pkcs11 is missing, the extra ``hsm``.
    :raises ReaderError: there is no such module.
    """
    pkcs11 = library()
    if key.module_path is None:
        raise UnsupportedFeature("a PKCS#11 key without its module", hint=_MODULE_HINT)
    try:
        return pkcs11.lib(str(key.module_path))
    except pkcs11.PKCS11Error:
        raise ReaderError(f"PKCS#11: {key.module_path} cannot be loaded as a module", hint=_MODULE_HINT) from None


def only_token(module: Any, key: Pkcs11Uri) -> Any:
    """The one token that *key* means.

    :raises ReaderError: there is none, or there are several.
    """
    tokens = list(_tokens(module))
    found = [token for token in tokens if _is_meant(token, key)]
    if len(found) == 1:
        return found[0]
    present = ", ".join(_shown(token) for token in tokens[:_SHOWN_TOKENS])
    if not found:
        raise ReaderError("PKCS#11: no token matches", hint=f"Tokens that are there: {present or 'none'}")
    raise ReaderError(f"PKCS#11: {len(found)} tokens match", hint=f"Name one, by its serial: {present}")


def attribute(item: Any, name: str) -> Any:
    """An attribute of a token's object, ``None`` where it has none or keeps it back."""
    pkcs11 = library()
    try:
        return item[pkcs11.Attribute[name]]
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive):
        return None


def _tokens(module: Any) -> Iterator[Any]:
    pkcs11 = library()
    for slot in module.get_slots(token_present=True):
        with contextlib.suppress(pkcs11.PKCS11Error):  # a broken token beside the right one
            token = slot.get_token()
            if token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED:
                yield token


def _is_meant(token: Any, key: Pkcs11Uri) -> bool:
    wanted = (key.token, key.serial, key.manufacturer, key.model, key.slot_id)
    serial = token.serial.decode("utf-8", "replace")
    there = (token.label, serial, token.manufacturer_id, token.model, token.slot.slot_id)
    return all(want is None or want == has for want, has in zip(wanted, there, strict=True))


def _shown(token: Any) -> str:
    text = f"{token.label} ({token.serial.decode('utf-8', 'replace')})"
    return "".join(character if character.isprintable() else "?" for character in text)


@dataclass
class Login:
    """A session in which the token's user is logged in, and how many signers share it: PKCS#11 knows one login per process.

    :ivar pin: for keys that want it before each signature (CKA_ALWAYS_AUTHENTICATE); wiped with the object.
    """

    place: tuple[str, int, bytes]
    token: Any
    session: Any
    pin: Secret | None
    users: int = 1

    @classmethod
    def enter(cls, module_path: str, token: Any, pin: str | None) -> Login:
        """Log in, or join the login that there is, with the same PIN.

        :raises AccessDenied: there is no PIN and the token wants one; as :class:`WrongPassword` where it is wrong.
        :raises ReaderError: the module failed.
        """
        place = (module_path, int(token.slot.slot_id), bytes(token.serial))
        secret = None if pin is None else Secret(_encoded(pin))
        login = _LOGINS.get(place)
        if login is None:
            login = _LOGINS[place] = cls(place, token, _open(token, pin), secret)
            return login
        # The token is not asked again: it would say that somebody is logged in, whatever the PIN.
        if login.pin is not None and not (secret is not None and equal(login.pin, secret)):
            raise WrongPassword("PKCS#11: the PIN is another than that of the login that there is", hint=PIN_HINT)
        login.users += 1
        return login

    def leave(self) -> None:
        """Close the session with the last signer; a token that has gone needs no farewell."""
        self.users -= 1
        if self.users == 0:
            _LOGINS.pop(self.place, None)
            with contextlib.suppress(library().PKCS11Error):
                self.session.close()
            self.pin = None


_LOGINS: dict[tuple[str, int, bytes], Login] = {}


def _encoded(pin: str) -> bytes:
    try:
        return pin.encode("utf-8")
    except UnicodeEncodeError:
        raise WrongPassword("PKCS#11: the PIN has characters that are none", hint=PIN_HINT) from None


def _open(token: Any, pin: str | None) -> Any:
    pkcs11 = library()
    user_pin: Any = pin
    if pin is None and token.flags & pkcs11.TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        user_pin = pkcs11.PROTECTED_AUTH
    elif pin is None and token.flags & pkcs11.TokenFlag.LOGIN_REQUIRED:
        raise AccessDenied("PKCS#11: the token wants a PIN", hint=PIN_HINT)
    with translated("opening a session"):
        try:
            return token.open(user_pin=user_pin)
        except pkcs11.UserAlreadyLoggedIn:
            # Somebody else in this process: their login is ours, and theirs to end.
            return token.open()
        except pkcs11.PinIncorrect:
            raise _wrong_pin(token.slot) from None


def _wrong_pin(slot: Any) -> AccessDenied:
    """How many tries are left, as far as the token's flags say it."""
    pkcs11 = library()
    flags = slot.get_token().flags
    if flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
        blocked = translate("PinLocked", "opening a session")
        return blocked if isinstance(blocked, PasswordBlocked) else PasswordBlocked(str(blocked))
    last = bool(flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY)
    return WrongPassword("PKCS#11: opening a session: the PIN is wrong", attempts_left=1 if last else None, hint=PIN_HINT)
