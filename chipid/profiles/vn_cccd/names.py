# SPDX-License-Identifier: Apache-2.0
"""Vietnamese names and words on their way to plain letters, for comparison alone (the zone itself: ``chipid.lds.mrz_names``)."""

from __future__ import annotations

from chipid.normalisation import normalised

# These letters carry a stroke that no decomposition takes off. Eth is what some keyboards give for it.
_STROKED = str.maketrans("đĐðÐ", "dDdD")


def transliterate_name(name: str) -> str:
    """The letters A–Z of *name*: decomposed, marks stripped, ``đ`` as ``d``, in capitals, without spaces or anything else."""
    decomposed = normalised("NFD", name.translate(_STROKED)).upper()
    return "".join(character for character in decomposed if "A" <= character <= "Z")
