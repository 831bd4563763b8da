# SPDX-License-Identifier: Apache-2.0
"""Which key in which token: ``pkcs11:`` URIs (RFC 7512).

A URI loads a module, code that then runs in this process: it comes from whoever configures the terminal, and from no one else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from chipid.errors import MalformedData, UnsupportedFeature

SCHEME: Final = "pkcs11:"
LENGTH_MAX: Final = 4096
"""Characters of a URI."""
_TEXT_MAX, _ID_MAX, _PATH_MAX = 255, 255, 1024
_SLOT_ID_MAX = (1 << 64) - 1

# RFC 7512 §2.3: pk11-path-res-avail and pk11-query-res-avail beside the unreserved characters of RFC 3986.
_PATH_VALUE = re.compile(r"(?:[A-Za-z0-9._~:\[\]@!$'()*+,=&-]|%[0-9A-Fa-f]{2})+")
_QUERY_VALUE = re.compile(r"(?:[A-Za-z0-9._~:\[\]@!$'()*+,=/?|-]|%[0-9A-Fa-f]{2})+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_PATH_ATTRIBUTES = ("token", "serial", "manufacturer", "model", "slot-id", "object", "id", "type")
# Attributes of the RFC that would be silently without effect here.
_NOT_READ = ("module-name",)
_PIN_HINT = "Put the PIN into a file of mode 0600 and name it: pin-source=file:/path"
_MODULE_HINT = "Name the module's file instead: module-path=/path/to/module.so"


@dataclass(frozen=True)
class Pkcs11Uri:
    """What a key has to be to be the one; ``None`` is anything.

    :ivar token: the token's label.
    :ivar serial: its serial number.
    :ivar object: the key's label (CKA_LABEL).
    :ivar id: the key's identifier (CKA_ID).
    :ivar module_path: the PKCS#11 module, an absolute path.
    :ivar pin_source: a file that holds the PIN, an absolute path.
    :raises MalformedData: a value that is empty, too long or holds control characters; a path that is not absolute.
    """

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    slot_id: int | None = None
    object: str | None = None
    id: bytes | None = None
    module_path: Path | None = None
    pin_source: Path | None = None

    def __post_init__(self) -> None:
        for name in ("token", "serial", "manufacturer", "model", "object"):
            _check_text(name, getattr(self, name))
        for name in ("module_path", "pin_source"):
            _check_path(name.replace("_", "-"), getattr(self, name))
        if self.id is not None and not 0 < len(self.id) <= _ID_MAX:
            raise MalformedData(f"pkcs11 URI: id has 1 to {_ID_MAX} octets")
        if self.slot_id is not None and not 0 <= self.slot_id <= _SLOT_ID_MAX:
            raise MalformedData("pkcs11 URI: slot-id is no slot's number")

    @classmethod
    def parse(cls, text: str) -> Pkcs11Uri:
        """Read a URI.

        Attributes of the query that RFC 7512 does not define are passed over, as it wants (§2.3); those of the path narrow down
        which key is meant, so that an unknown one ends it.

        :raises MalformedData: it is none; an attribute twice.
        :raises UnsupportedFeature: an attribute that chipid does not look at; a PIN in the URI itself; no private key.
        """
        if len(text) > LENGTH_MAX:
            raise MalformedData(f"a pkcs11 URI of more than {LENGTH_MAX} characters")
        if not is_pkcs11_uri(text):
            raise MalformedData(f"a pkcs11 URI begins with {SCHEME}")
        path, has_query, query = text.strip()[len(SCHEME) :].partition("?")
        values = _attributes(path, ";", _PATH_VALUE) if path else {}
        _check_path_attributes(values)
        queried = _attributes(query, "&", _QUERY_VALUE) if has_query else {}
        _check_query_attributes(queried)
        return cls(
            **{name: _text(name, values.get(name)) for name in ("token", "serial", "manufacturer", "model", "object")},
            slot_id=_slot_id(values.get("slot-id")),
            id=values.get("id"),
            module_path=_path("module-path", queried.get("module-path")),
            pin_source=_pin_source(queried.get("pin-source")),
        )

    def __str__(self) -> str:
        named = {
            "token": self.token,
            "serial": self.serial,
            "manufacturer": self.manufacturer,
            "model": self.model,
            "slot-id": self.slot_id,
            "object": self.object,
            "id": self.id,
        }
        queried = {
            "module-path": self.module_path,
            "pin-source": None if self.pin_source is None else f"file:{self.pin_source}",
        }
        query = "&".join(f"{name}={_quoted(value, '/:')}" for name, value in queried.items() if value is not None)
        path = ";".join(f"{name}={_quoted(value)}" for name, value in named.items() if value is not None)
        return f"{SCHEME}{path}{'?' if query else ''}{query}"


def is_pkcs11_uri(text: str) -> bool:
    """Whether *text* is meant as one: a scheme may have capitals (RFC 3986 §3.1), and what was copied has spaces around it.

    Were it taken for a file's name, a PIN inside would stand in messages.
    """
    return text.strip()[: len(SCHEME)].lower() == SCHEME


# Reading ---------------------------------------------------------------------------------------------------------


def _attributes(text: str, separator: str, grammar: re.Pattern[str]) -> dict[str, bytes]:
    """Name to octets, in a part that is not empty; messages name no value, which may be a PIN."""
    values: dict[str, bytes] = {}
    for part in text.split(separator):
        name, _, value = part.partition("=")
        if not _NAME.fullmatch(name):
            raise MalformedData("pkcs11 URI: an attribute is name=value")
        if name in values:
            raise MalformedData(f"pkcs11 URI: {name} twice")
        if not grammar.fullmatch(value):
            raise MalformedData(f"pkcs11 URI: {name} is empty, or has a character that must be percent-encoded")
        values[name] = unquote_to_bytes(value)
    return values


def _check_path_attributes(values: dict[str, bytes]) -> None:
    for name in values:
        if name not in _PATH_ATTRIBUTES:
            raise UnsupportedFeature(f"pkcs11 URI: the attribute {name}", hint=f"chipid looks at {', '.join(_PATH_ATTRIBUTES)}.")
    if values.get("type", b"private") != b"private":
        raise UnsupportedFeature("pkcs11 URI: an object that is no private key", hint="Name the private key: type=private")


def _check_query_attributes(values: dict[str, bytes]) -> None:
    if "pin-value" in values:
        raise UnsupportedFeature("pkcs11 URI: a PIN in the URI, where others can read it", hint=_PIN_HINT)
    for name in _NOT_READ:
        if name in values:
            raise UnsupportedFeature(f"pkcs11 URI: the attribute {name}", hint=_MODULE_HINT)


def _text(name: str, value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedData(f"pkcs11 URI: {name} is not in UTF-8") from None


def _slot_id(value: bytes | None) -> int | None:
    if value is None:
        return None
    if not _NUMBER.fullmatch(text := value.decode("latin-1")):
        raise MalformedData("pkcs11 URI: slot-id is no slot's number")
    return int(text)


def _path(name: str, value: bytes | None) -> Path | None:
    text = _text(name, value)
    if text is None:
        return None
    _check_path_text(name, text)
    return Path(text)


def _pin_source(value: bytes | None) -> Path | None:
    """A ``file:`` URI without host, or a path (§2.4); a command is never run."""
    text = _text("pin-source", value)
    if text is None:
        return None
    if not text.startswith(("file:", "/")):
        raise UnsupportedFeature("pkcs11 URI: a pin-source that is no file", hint=_PIN_HINT)
    for prefix in ("file://localhost/", "file:///", "file:/"):
        if text.startswith(prefix):
            text = "/" + text.removeprefix(prefix)
            break
    return _path("pin-source", text.encode("utf-8"))


def _check_text(name: str, value: str | None) -> None:
    if value is not None and (not 0 < len(value) <= _TEXT_MAX or _CONTROL.search(value)):
        raise MalformedData(f"pkcs11 URI: {name} has 1 to {_TEXT_MAX} characters, none of control")


def _check_path(name: str, value: Path | None) -> None:
    if value is not None:
        _check_path_text(name, str(value))


def _check_path_text(name: str, text: str) -> None:
    # A double slash in front is a host in a file URI, and something else than one slash to POSIX.
    if not text.startswith("/") or text.startswith("//") or len(text) > _PATH_MAX or _CONTROL.search(text):
        raise MalformedData(f"pkcs11 URI: {name} is an absolute path")


def _quoted(value: str | bytes | int | Path, safe: str = "") -> str:
    octets = value if isinstance(value, bytes) else str(value).encode("utf-8")
    return quote_from_bytes(octets, safe=safe)
