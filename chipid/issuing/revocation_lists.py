# SPDX-License-Identifier: Apache-2.0
"""Building certificate revocation lists by the profile of ICAO 9303-12 §7.1.4."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier
from chipid.issuing.certificates import Subject, extension, key_identifier
from chipid.issuing.signing_keys import SigningKey
from chipid.pki import extensions as ext
from chipid.pki.crl import CRL_NUMBER, PERIOD_MAX

_VERSION_2: Final = 1


@dataclass(frozen=True)
class RevocationListProfile:
    """What a revocation list holds beside its issuer, its date and its entries.

    :ivar period: until the next list; :ivar next_update_left_out: it does not say when that is.
    :ivar number: the cRLNumber; ``None`` leaves the extension out.
    :ivar extra_extensions: encoded, behind the others; :ivar entry_extensions: encoded, in every entry.
    :ivar extra_entries: encoded, behind the others, whatever they are.
    :ivar algorithm: an AlgorithmIdentifier, DER, in the place of the one that goes with the key.
    """

    period: timedelta = PERIOD_MAX
    next_update_left_out: bool = False
    number: int | None = 1
    extra_extensions: tuple[bytes, ...] = ()
    entry_extensions: tuple[bytes, ...] = ()
    extra_entries: tuple[bytes, ...] = ()
    algorithm: bytes | None = None


def build_revocation_list(
    *,
    issuer: Subject,
    issuer_key: SigningKey,
    this_update: datetime,
    revoked: Iterable[int] = (),
    profile: RevocationListProfile = RevocationListProfile(),
) -> bytes:
    """A list of version 2, DER, signed by *issuer_key*.

    :param this_update: with a time zone; the entries' date too.
    :param revoked: serial numbers; the field of a list without any is absent (ICAO 9303-12 §7.1.4).
    """
    algorithm = profile.algorithm or build_algorithm_identifier(issuer_key.scheme)
    moment = asn1.time(this_update)
    shared = asn1.sequence(*profile.entry_extensions) if profile.entry_extensions else b""
    entries = [*(asn1.sequence(asn1.integer(serial), moment, shared) for serial in revoked), *profile.extra_entries]
    tbs = asn1.sequence(
        asn1.integer(_VERSION_2),
        algorithm,
        issuer.build(),
        moment,
        b"" if profile.next_update_left_out else asn1.time(this_update + profile.period),
        asn1.sequence(*entries) if entries else b"",
        asn1.encode(0xA0, asn1.sequence(*_extensions(issuer_key, profile))),
    )
    return asn1.sequence(tbs, algorithm, asn1.bit_string(issuer_key.sign(tbs)))


def _extensions(issuer_key: SigningKey, profile: RevocationListProfile) -> list[bytes]:
    key_id = asn1.sequence(asn1.encode(0x80, key_identifier(issuer_key.public)))
    number = [] if profile.number is None else [extension(CRL_NUMBER, asn1.integer(profile.number))]
    return [extension(ext.AUTHORITY_KEY_IDENTIFIER, key_id), *number, *profile.extra_extensions]
