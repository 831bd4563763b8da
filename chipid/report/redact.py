# SPDX-License-Identifier: Apache-2.0
"""Who may see what: the one place that decides whether a value is shown.

Personal data (number, names, dates, machine readable zone, portrait) are hidden by default: a report then says that they are
there, and not even how long they are: that of their file is all. Sensitive personal data (ethnicity, religion, biometrics) are
marked as such wherever they are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chipid.report.schema import PersonalField

HIDDEN = "[hidden]"

# Each begins where a word does, so that a long word is gone through once.
_SECRET_LOOKING = re.compile(r"(?i:pin-value=[^\s&]*)|(?<!\S)\S*(?:<<|\|)\S*|(?<![0-9A-Z])[0-9A-Z]*[0-9]{6,}[0-9A-Z<]*")


@dataclass(frozen=True)
class Redaction:
    """What the reader of a report may see."""

    show_personal: bool = False

    def field(
        self,
        source: str,
        name: str,
        value: str | None,
        *,
        label: str,
        number: int | None = None,
        sensitive: bool = False,
        text: str | None = None,
    ) -> PersonalField:
        """A field of the report; *value* ``None`` where the chip leaves it empty, which is no secret.

        :param source: the file, e.g. ``DG13``.
        :param name: stable, for programs; *label* for people.
        :param text: what *value* says, where that is in hexadecimal.
        """
        hidden = value is not None and not self.show_personal
        return PersonalField(
            source=source,
            name=name,
            label=label,
            number=number,
            value=None if hidden else value,
            redacted=hidden,
            sensitive=sensitive,
            text=None if hidden else text,
        )

    def octets(self, value: bytes, limit: int = 32) -> str | None:
        """Octets of personal data in hexadecimal, cut at *limit*; ``None`` where they are hidden."""
        if not self.show_personal:
            return None
        return value[:limit].hex().upper() + ("…" if len(value) > limit else "")


def without_secrets(text: str, own: str = "") -> str:
    """A message about a command line, with whatever looks like a card number, an MRZ or a QR text taken out.

    :param own: how *text* ends where nobody typed that: fingerprints and limits look like numbers too.
    """
    typed = text.removesuffix(own)
    return _SECRET_LOOKING.sub(HIDDEN, typed) + text[len(typed) :]
