# SPDX-License-Identifier: Apache-2.0
"""What an import did: what went in, what was there, what was refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeVar

from chipid.trust.objects import Kind, Role, StoredObject
from chipid.trust.provenance import Voucher

TOLD_LIMIT: Final = 500
"""Refusals for one reason, and notes of one code, that are told of a file."""

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unrecognised": "The file is nothing that a trust store keeps.",
        "unreadable": "The system does not let the file be read.",
        "too-large": "The file is larger than anything that a trust store keeps.",
        "too-many": "There are more files, objects or lists than one import takes.",
        "malformed-certificate": "It is no certificate.",
        "malformed-crl": "It is no revocation list.",
        "malformed-master-list": "It is no master list.",
        "malformed-deviation-list": "It is no deviation list.",
        "malformed-defect-list": "It is no defect list.",
        "malformed-pem": "A block of the PEM file is damaged.",
        "malformed-ldif": "The LDIF file, or a record of it, cannot be read.",
        "malformed-zip": "The ZIP file, or a member of it, cannot be read.",
        "trust-store": "A trust store is copied, not imported: on whose word its certificates are there would be lost.",
        "nested-too-deep": "ZIP files inside ZIP files: only one inside another is opened.",
        "authority-not-vouched-for": "Neither a directory nor a CSCA in the store vouches for it: pin it, or name its own file.",
        "list-not-signed": "Nobody signed the list: pin the SHA-256 of its file.",
        "list-signer-ambiguous": "The list's first signer is another than the one who can be verified.",
        "list-without-state": "A deviation list is of a state's documents, and of which state it is was not verified.",
        "list-older-than-held": "A newer list of the same state is in the store, and lists replace each other.",
        "not-in-newer-list": "A newer list of the same state does not have the certificate: the older one does not vouch for it.",
    }
)
"""Why something is refused, beside the reasons of :mod:`chipid.pki.signed_list`, which begin with ``list-`` too."""

_BRING_CSCA: Final = "Import that CSCA first, from a source that you trust, or --pin it: coming with the list proves nothing."
PIN_FILE: Final = "If the list reached you by a way that you trust, --pin its SHA-256."
"""What ends the advice on a list that the operator may take all the same: the refusal tells the SHA-256."""
_NEWER_COUNTS: Final = "Nothing has to be done: the newer list counts. If the older one shall all the same, --pin its SHA-256."
_OTHER_LIST: Final = "Ask whoever publishes the list for a sound one."

REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "trust-store": "Copy the file, or let both stores be trusted: --trust may be repeated.",
        "not-in-newer-list": _NEWER_COUNTS,
        "too-large": "Split it into several files.",
        "too-many": "Import the files in several runs.",
        "nested-too-deep": "Unpack the outer ZIP file, and import what is in it.",
        "authority-not-vouched-for": "--pin the SHA-256 of that CSCA once you have compared it with what its authority publishes.",
        "list-not-signed": PIN_FILE,
        "list-older-than-held": _NEWER_COUNTS,
        "list-without-state": _BRING_CSCA,
        "list-signer-extended-key-usage-missing": f"A defect list's signer without a purpose has to be pinned. {PIN_FILE}",
        "list-signer-no-trust-anchor": _BRING_CSCA,
        "list-signer-csca-key-unknown": _BRING_CSCA,
        "list-signer-untrusted-signer": "The CSCA of that name did not sign: compare the one that you hold with its authority's.",
        "list-signer-expired": f"Look for a newer list. {PIN_FILE}",
        "list-signer-not-yet-valid": f"Look at the clock of this machine. {PIN_FILE}",
        "list-signer-csca-expired": f"Look for a newer list. {PIN_FILE}",
        "list-signer-csca-not-yet-valid": f"Look at the clock of this machine. {PIN_FILE}",
        "list-signer-csca-anchor-missing": "Import the self-signed CSCA above the link certificates, or --pin it.",
        "list-signer-unsupported-algorithm": f"This version of chipid cannot verify it. {PIN_FILE}",
        "list-unsupported-algorithm": f"This version of chipid cannot verify it. {PIN_FILE}",
        "list-signer-revoked": "Look for a list by another signer.",
        "list-signed-outside-validity": "Look for a newer list.",
    }
)
"""What the operator can do about a refusal; of what stands neither here nor begins with ``list-`` the sentence itself says it."""


def remedy(reason: str) -> str | None:
    """What to do about a refusal for *reason*, ``None`` where nothing is to be said beside its sentence."""
    return REMEDIES.get(reason) or (_OTHER_LIST if reason.startswith("list-") else None)

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hidden": "A hidden file, or folder, is left aside.",
        "symbolic-link": "A symbolic link out of the folder is not followed.",
        "not-a-file": "It is neither a file nor a folder.",
        "own-store": "It is a file of the trust store itself.",
        "not-of-interest": "The file is left aside.",
        "pem-block": "A block of the PEM file is nothing that a trust store keeps.",
        "no-objects": "The file holds nothing that a trust store keeps.",
        "not-an-authority": "A certificate in a master list is none of an authority; it is no anchor.",
        "older-crl": "A newer revocation list of the same key is in the store.",
        "crl-unknown-critical-extension": "The revocation list must not be used: a critical extension is not understood.",
        "older-list": "A newer deviation or defect list of the same state is in the store: this one does not count.",
        "older-master-list": "A newer master list of the same state is in the store.",
        "missing-from-newer-list": "A newer master list of the same state does not have the certificate any more.",
        "list-departs": "The list departs from its profile.",
        "list-pinned": "The list is trusted because it, or who vouches for it, was pinned.",
        "pin-unmatched": "The pin did nothing: it is of nothing that went in for it, and of nothing in the store.",
    }
)
"""What is told beside."""


@dataclass(frozen=True)
class Entry:
    """An object that went in, or was there.

    :ivar name: whose it is, printable. :ivar fingerprint: SHA-256, hexadecimal. :ivar place: the file, and where in it.
    :ivar role: of a certificate. :ivar country: two capital letters.
    :ivar stored: the object itself. :ivar voucher: on whose word a file brought it; ``None`` inside a list.
    """

    kind: Kind
    fingerprint: str
    name: str
    place: str
    role: Role | None = None
    country: str | None = None
    stored: StoredObject | None = field(default=None, repr=False, compare=False)
    voucher: Voucher | None = None

    @property
    def is_new_anchor(self) -> bool:
        """Whether it is a self-signed CSCA that is trusted because the operator named its file, or pinned it."""
        if self.stored is None or self.role is not Role.CSCA or self.voucher not in (Voucher.OPERATOR, Voucher.PIN):
            return False
        return self.stored.certificate.is_self_signed


@dataclass(frozen=True)
class Refusal:
    """What did not go in.

    :ivar reason: a stable code of :data:`REASONS` or :mod:`chipid.pki.signed_list`; :ivar detail: a sentence for a person.
    :ivar kind: what it seemed to be.
    """

    place: str
    reason: str
    detail: str
    kind: Kind | None = None


@dataclass(frozen=True)
class Note:
    """What else is to be told.

    :ivar code: a stable code of :data:`NOTES`; :ivar detail: more on it, printable.
    """

    place: str
    code: str
    detail: str = ""


_Told = TypeVar("_Told", Refusal, Note)


def abridged(found: Sequence[_Told], code: Callable[[_Told], str]) -> tuple[_Told, ...]:
    """*found* with at most :data:`TOLD_LIMIT` of one *code* in a file, then one that says how many more there are."""
    keys = [(each.place.partition(": ")[0], code(each)) for each in found]
    counts, seen, told = Counter(keys), Counter[tuple[str, str]](), []
    for each, key in zip(found, keys, strict=True):
        seen[key] += 1
        if seen[key] <= TOLD_LIMIT:
            told.append(each)
        elif seen[key] == TOLD_LIMIT + 1:
            told.append(replace(each, place=key[0], detail=f"{counts[key] - TOLD_LIMIT} more in this file are not told."))
    return tuple(told)


@dataclass(frozen=True)
class ImportReport:
    """One import.

    :ivar applied: whether the store was changed; where it was not, the rest tells what would have been.
    :ivar known: what was in the store already: duplicates. :ivar withdrawn: what newer lists took away.
    """

    applied: bool
    added: tuple[Entry, ...] = ()
    known: tuple[Entry, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()
    withdrawn: tuple[Entry, ...] = ()

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many of each kind were ``added``, ``known`` and ``withdrawn``, ``refused`` by reason, and ``notes`` by code."""
        entries = {"added": self.added, "known": self.known, "withdrawn": self.withdrawn}
        by_kind = {name: Counter(str(entry.kind) for entry in found) for name, found in entries.items()}
        by_reason = {
            "refused": Counter(refusal.reason for refusal in self.refused),
            "notes": Counter(note.code for note in self.notes),
        }
        return MappingProxyType({**by_kind, **by_reason})
