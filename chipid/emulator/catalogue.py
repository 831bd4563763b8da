# SPDX-License-Identifier: Apache-2.0
"""Every fault by its name, for command lines and tests: ``le-limit``, ``le-limit:limit=160``, ``pace-fails:sw=6300``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from chipid.emulator import attacks, faults
from chipid.emulator.faults import Fault
from chipid.errors import UnsupportedFeature
from chipid.iso7816.file_ids import FileId

FAULTS: dict[str, type[Fault]] = {
    kind.name: kind
    for module in (faults, attacks)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Fault) and kind.name
}


def fault_from_text(text: str) -> Fault:
    """The fault that *text* names, with its defaults or ``name:field=value,field=value``.

    Status words and octets are hexadecimal, other numbers decimal, truth values ``yes`` and ``no``, files labels such as ``DG2``.

    :raises UnsupportedFeature: there is no such fault, field or value; the hint lists what there is.
    """
    name, _, settings = text.partition(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise UnsupportedFeature(f"no fault is called {name!r}", hint="There are " + ", ".join(sorted(FAULTS)) + ".")
    values: dict[str, Any] = {}
    for setting in filter(None, settings.split(",")):
        field_name, _, value = setting.partition("=")
        values[field_name] = _value(kind, field_name, value)
    return kind(**values)


def _value(kind: type[Fault], field_name: str, text: str) -> object:
    types = {field.name: str(field.type) for field in fields(kind)}
    read = _READ.get("sw" if field_name == "sw" else types.get(field_name, ""))
    try:
        if field_name not in types or read is None:
            raise ValueError
        return read(text)
    except (ValueError, KeyError):
        known = ", ".join(f"{name} ({_kind_of_value(name, of)})" for name, of in types.items()) or "nothing"
        raise UnsupportedFeature(f"the fault {kind.name} cannot be set to {field_name}={text}", hint=f"It takes {known}.") from None


def _kind_of_value(field_name: str, of: str) -> str:
    if of == "FileId":
        return f"one of {', '.join(file.label for file in FileId)}"
    return "hexadecimal" if field_name == "sw" else of


def _status_word(text: str) -> int:
    if len(text) != 4:
        raise ValueError
    return int(text, 16)


def _truth(text: str) -> bool:
    return {"yes": True, "no": False}[text]


_READ: dict[str, Callable[[str], object]] = {
    "sw": _status_word,
    "int": int,
    "int | None": int,
    "bool": _truth,
    "bytes": bytes.fromhex,
    "FileId": FileId.from_label,
}
