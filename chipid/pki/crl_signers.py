# SPDX-License-Identifier: Apache-2.0
"""Whose key signed a revocation list, and whether that makes it one of the CSCA that it names (ICAO 9303-12 §7.1.4, D.1.2.3).

Anybody can write a CSCA's name and a key identifier into a list, and any date: only signatures tell lists apart, and what nobody's
known key signed must not stand in the way of what one did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import KeyUsage
from chipid.pki.path_rules import is_good_above, is_key_change
from chipid.pki.path_search import find_paths
from chipid.pki.trust_source import TrustSource

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList

UNUSABLE: Final = frozenset({"crl-malformed", "crl-unknown-critical-extension"})
"""Why a list does not count that the CSCA itself signed."""

_GUESS_LIMIT: Final = 256
"""Signatures that are verified for all lists of a name that do not say, or say wrongly, by which key they are."""

_FEW: Final = 8
"""So few lists need not be verified to be put in order: all of them are tried, first those that name a known key."""


class SignatureBudget:
    """How many signatures may still be verified."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self) -> bool:
        """Take one; ``False`` where there is none."""
        self._left -= 1
        return self._left >= 0


@dataclass(frozen=True)
class ListFinding:
    """What one list is worth.

    :ivar problem: why it does not count, a reason code; an empty text where it does.
    :ivar signer: the authority whose key made the signature, ``None`` where no known one did.
    :ivar deviations: of the signature, and of how its key was named, behind ``crl-``.
    """

    problem: str
    signer: Certificate | None = None
    deviations: tuple[str, ...] = ()


def keys_of(authorities: Iterable[Certificate]) -> tuple[tuple[Certificate, ...], ...]:
    """*authorities*, those of one key together: a CSCA's own certificate and the links to it."""
    found: dict[bytes, list[Certificate]] = {}
    for each in authorities:
        found.setdefault(each.spki, []).append(each)
    return tuple(map(tuple, found.values()))


def named_keys(
    crl: CertificateRevocationList, keys: Iterable[tuple[Certificate, ...]]
) -> tuple[tuple[Certificate, ...], ...]:
    """Those of *keys* that the list's authorityKeyIdentifier names."""
    key_id = crl.authority_key_id
    return tuple(key for key in keys if key_id is not None and any(_is_identified(each, key_id) for each in key))


def judge_list(
    crl: CertificateRevocationList, source: TrustSource, budget: SignatureBudget, path: tuple[Certificate, ...] = ()
) -> ListFinding:
    """Whether a key of the CSCA that *crl* names signed it, and may have: it belongs to a trusted certificate of that time.

    A list that names a known key was signed by that one or by nobody; one that names none is tried with all.

    :param path: certificates that are known to be good: they need no anchor.
    """
    keys = keys_of(source.authorities_named(crl.issuer))
    named = named_keys(crl, keys)
    problem = "crl-signature-invalid" if named or crl.authority_key_id is None else "crl-signer-unknown"
    for key in named or keys:
        if not budget.take():
            return ListFinding("crl-search-limit")
        try:
            finding = crl.verified_by(key[0])
        except UnsupportedFeature:
            problem = "crl-unsupported-algorithm"
            continue
        except MalformedData:
            continue
        if finding.valid:
            refusals = [(_refusal(crl, each, source, path), each) for each in key]
            problem, signer = next((each for each in refusals if not each[0]), refusals[0])
            return ListFinding(problem, signer, (*_deviations(crl, signer), *(f"crl-{code}" for code in finding.deviations)))
    return ListFinding(problem)


def signer_among(
    crl: CertificateRevocationList, authorities: Collection[Certificate], guesses: SignatureBudget
) -> Certificate | None:
    """The one of *authorities* whose key made the signature of *crl*, whether or not it may have; ``None`` where none did.

    :param guesses: where the list names none of them.
    """
    keys = keys_of(authorities)
    named = named_keys(crl, keys)
    for key in named or keys:
        if not named and not guesses.take():
            return None
        try:
            if crl.verified_by(key[0]).valid:
                return key[0]
        except (MalformedData, UnsupportedFeature):
            continue
    return None


def guess_budget() -> SignatureBudget:
    """For :func:`signer_among`, of all lists of a name."""
    return SignatureBudget(_GUESS_LIMIT)


def in_turns(
    lists: Iterable[CertificateRevocationList], authorities: Collection[Certificate]
) -> tuple[CertificateRevocationList, ...]:
    """*lists* of one name in the order of :meth:`TrustSource.revocation_lists`."""
    newest_first = sorted(lists, key=lambda crl: (crl.this_update, crl.number or 0), reverse=True)
    if len(newest_first) <= _FEW:
        keys = keys_of(authorities)
        return tuple(sorted(newest_first, key=lambda crl: not named_keys(crl, keys)))
    guesses, turns = guess_budget(), Counter[bytes]()
    placed: list[tuple[bool, int, CertificateRevocationList]] = []
    for crl in newest_first:
        signer = signer_among(crl, authorities, guesses)
        key = b"" if signer is None else signer.spki
        placed.append((signer is None, turns[key], crl))
        turns[key] += 1
    return tuple(crl for _, _, crl in sorted(placed, key=lambda each: each[:2]))


def _is_identified(certificate: Certificate, key_id: bytes) -> bool:
    try:
        return key_id in certificate.key_identifiers
    except MalformedData:
        return certificate.subject_key_id == key_id


def _refusal(
    crl: CertificateRevocationList, signer: Certificate, source: TrustSource, path: tuple[Certificate, ...]
) -> str:
    """Why *signer*, whose key signed *crl*, may not have, or why the list cannot be used; otherwise an empty text."""
    if signer.key_usage is not None and KeyUsage.CRL_SIGN not in signer.key_usage:
        return "crl-key-usage"
    if not (signer in path or signer.is_self_signed or _reaches_anchor(signer, source)):
        return "crl-signer-unknown"
    if not signer.is_valid_at(crl.this_update):
        return "crl-signed-outside-validity"
    try:
        return "crl-unknown-critical-extension" if crl.unknown_critical else ""
    except MalformedData:
        return "crl-malformed"


def _reaches_anchor(signer: Certificate, source: TrustSource) -> bool:
    """Whether it is a CSCA's certificate by its older key; what is below a CSCA signs lists of its own only."""
    paths = find_paths(signer, source).paths if is_key_change(signer) else ()
    return any(path.reaches_anchor and is_good_above(path.certificates) for path in paths)


def _deviations(crl: CertificateRevocationList, signer: Certificate) -> Iterator[str]:
    yield from (f"crl-{code}" for code in crl.deviations)
    if None not in (crl.authority_key_id, signer.subject_key_id) and crl.authority_key_id != signer.subject_key_id:
        yield "crl-authority-key-identifier-differs"
