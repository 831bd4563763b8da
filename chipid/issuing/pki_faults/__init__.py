# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with the PKI behind a document, by name, one thing at a time, and what a verifier answers to it.

Each fault builds a whole PKI that is sound but for one thing::

    pki = PKI_FAULTS["dsc-expired"].build(PkiWorkshop(at))
    files, trust = pki.sign(image.files), pki.trust()

The answer that is expected is the one to a sound card of the workshop's country at the workshop's moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from chipid.errors import UnsupportedFeature
from chipid.issuing.pki_faults.certificates import CERTIFICATE_FAULTS
from chipid.issuing.pki_faults.entry import Expected, PkiFault
from chipid.issuing.pki_faults.paths import PATH_FAULTS
from chipid.issuing.pki_faults.revocation import REVOCATION_FAULTS
from chipid.issuing.pki_faults.security_object import SECURITY_OBJECT_FAULTS

__all__ = ["PKI_FAULTS", "Expected", "PkiFault", "pki_fault"]

PKI_FAULTS: Final[Mapping[str, PkiFault]] = MappingProxyType(
    {fault.name: fault for fault in (*CERTIFICATE_FAULTS, *PATH_FAULTS, *REVOCATION_FAULTS, *SECURITY_OBJECT_FAULTS)}
)
"""Every fault by its name."""


def pki_fault(name: str) -> PkiFault:
    """The fault of that name.

    :raises UnsupportedFeature: there is none; the hint names the nearest.
    """
    fault = PKI_FAULTS.get(name)
    if fault is None:
        near = get_close_matches(name, PKI_FAULTS, cutoff=0)
        raise UnsupportedFeature(f"no fault of a PKI is called {name!r}", hint=f"The nearest are {', '.join(near)}.")
    return fault
