# SPDX-License-Identifier: Apache-2.0
"""Names that a package gives out and that are imported when somebody asks for them (PEP 562).

Whoever verifies pays for no chip's responder, and whoever reads for no verdict: building their classes takes longer than a verdict.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def on_demand(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of *package*.

    :param modules: the names that each of its modules gives out, separated by spaces, by the module's name within the package.
    """
    homes = {name: module for module, names in modules.items() for name in names.split()}

    def look_up(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return look_up
