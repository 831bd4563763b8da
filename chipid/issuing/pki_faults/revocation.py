# SPDX-License-Identifier: Apache-2.0
"""Revoked certificates, and faults of the revocation lists (ICAO 9303-12 §7.1.4, D.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from chipid.crypto import asn1
from chipid.issuing.certificates import Departures, Period, extension, key_usage, with_signature_altered
from chipid.issuing.document_pki import DocumentPki, PkiWorkshop
from chipid.issuing.pki_faults.entry import REVOCATION, Build, PkiFault, departure, rejected, tolerated, undecided
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.crl import DELTA_CRL_INDICATOR
from chipid.pki.extensions import KeyUsage
from chipid.pki.revocation import SIGNATURE_LIMIT

_OVERDUE: Final = timedelta(days=120)
_ED25519: Final = asn1.sequence(asn1.oid("1.3.101.112"))
_UNKNOWN_CRITICAL: Final = extension("1.2.3.4", asn1.null(), critical=True)
_DELTA: Final = extension(DELTA_CRL_INDICATOR, asn1.integer(1), critical=True)
_REVOKED_IS_REVOKED: Final = "Whoever is in a list of its CSCA is revoked, whichever key signed it and however old it is."


def _list(make: Callable[[PkiWorkshop, Certificate], bytes]) -> Build:
    """The one list that the operator has is made of the workshop and the document signer's certificate."""

    def build(shop: PkiWorkshop) -> DocumentPki:
        signer = shop.signer()
        return shop.pki(signer=signer, revocation_lists=(make(shop, signer.parsed),))

    return build


def _sound_but(**options: Any) -> Build:
    return _list(lambda shop, _: shop.revocation_list(**options))


def _revoked_by_next_key(shop: PkiWorkshop) -> DocumentPki:
    new, signer = shop.authority(), shop.signer()
    old_list = shop.revocation_list()
    newest = shop.revocation_list(new, signer.parsed, age=timedelta(days=1), number=2)
    return shop.pki(
        signer=signer, certificates=(shop.csca.certificate, new.certificate), revocation_lists=(old_list, newest)
    )


def _link_revoked(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority()
    link = shop.csca.issue_link(new)
    revoked = shop.revocation_list(new, Certificate.parse(link))
    return shop.pki(new, certificates=(shop.csca.certificate, link), revocation_lists=(revoked,))


def _self_revoked(shop: PkiWorkshop) -> DocumentPki:
    return shop.pki(revocation_lists=(shop.revocation_list(None, shop.csca.parsed),))


def _newest_unusable(shop: PkiWorkshop) -> DocumentPki:
    newest = shop.revocation_list(age=timedelta(days=1), number=2, extra_extensions=(_UNKNOWN_CRITICAL,))
    return shop.pki(revocation_lists=(shop.revocation_list(), newest))


def _of_an_expired_key(shop: PkiWorkshop) -> DocumentPki:
    old = shop.authority(validity=Period(shop.at - timedelta(days=3000), shop.at - timedelta(days=30)))
    return shop.pki(certificates=(shop.csca.certificate, old.certificate), revocation_lists=(shop.revocation_list(old),))


def _of_keys_that_revoke_each_other(shop: PkiWorkshop) -> DocumentPki:
    one, other = shop.authority(), shop.authority()
    lists = (shop.revocation_list(one, other.parsed), shop.revocation_list(other, one.parsed))
    certificates = (shop.csca.certificate, one.certificate, other.certificate)
    return shop.pki(certificates=certificates, revocation_lists=lists)


def _of_a_former_state(shop: PkiWorkshop) -> DocumentPki:
    """A link tells that the CSCA was another state's before: its former self issued the only list."""
    former = shop.authority(country=shop.other_country)
    link = former.issue_link(shop.csca)
    return shop.pki(
        certificates=(shop.csca.certificate, former.certificate, link), revocation_lists=(shop.revocation_list(former),)
    )


def _of_many_keys(shop: PkiWorkshop) -> DocumentPki:
    others = (shop.authority().certificate for _ in range(SIGNATURE_LIMIT))
    return shop.pki(
        certificates=(shop.csca.certificate, *others), revocation_lists=(shop.revocation_list(shop.authority()),)
    )


def _without_right_to_lists(shop: PkiWorkshop) -> DocumentPki:
    usage = {ext.KEY_USAGE: key_usage((KeyUsage.KEY_CERT_SIGN,))}
    return shop.pki(shop.authority(departures=Departures(extensions=usage)))


def _truncated_entry(shop: PkiWorkshop, signer: Certificate) -> bytes:
    return shop.revocation_list(extra_entries=(asn1.sequence(asn1.integer(signer.serial)),))


REVOCATION_FAULTS: Final = (
    PkiFault(
        "dsc-revoked", "The CSCA has revoked the document signer.",
        _list(lambda shop, signer: shop.revocation_list(None, signer)), rejected(REVOCATION, "dsc-revoked"),
    ),
    PkiFault(
        "dsc-revoked-by-next-key", "The CSCA has revoked the document signer in a list that its next key signed.",
        _revoked_by_next_key, rejected(REVOCATION, "dsc-revoked"), _REVOKED_IS_REVOKED,
    ),
    PkiFault(
        "dsc-revoked-long-ago", "The CSCA has revoked the document signer in a list that is out of date.",
        _list(lambda shop, signer: shop.revocation_list(None, signer, age=_OVERDUE)),
        rejected(REVOCATION, "dsc-revoked"), _REVOKED_IS_REVOKED,
    ),
    PkiFault(
        "link-revoked", "The CSCA has revoked the link certificate to its new key.",
        _link_revoked, rejected(REVOCATION, "csca-revoked"),
    ),
    PkiFault(
        "csca-revoked", "The CSCA has revoked its own certificate.",
        _self_revoked, rejected(REVOCATION, "csca-revoked"), "Each authority in the path may be revoked.",
    ),
    PkiFault(
        "crl-missing", "The operator has no revocation list.",
        lambda shop: shop.pki(revocation_lists=()), tolerated(REVOCATION, "no-crl"),
    ),
    PkiFault(
        "crl-of-another-authority", "The operator has the revocation list of another CSCA.",
        _list(lambda shop, _: shop.revocation_list(shop.authority(common_name="Another CSCA"))),
        tolerated(REVOCATION, "no-crl"), "Another authority's list says nothing.",
    ),
    PkiFault(
        "crl-stale", "The revocation list was due to be replaced a month ago.",
        _sound_but(age=_OVERDUE), tolerated(REVOCATION, "crl-stale"),
    ),
    PkiFault(
        "crl-without-next-update", "The revocation list does not say when the next one is due, and is older than 90 days.",
        _sound_but(age=_OVERDUE, next_update_left_out=True), tolerated(REVOCATION, "crl-stale", "crl-next-update-missing"),
    ),
    PkiFault(
        "crl-signature-altered", "The signature of the revocation list has a wrong bit.",
        _list(lambda shop, _: with_signature_altered(shop.revocation_list())), undecided(REVOCATION, "crl-signature-invalid"),
    ),
    PkiFault(
        "crl-newest-unusable", "The newest revocation list has a critical extension that nobody knows; an older one is sound.",
        _newest_unusable, departure(REVOCATION, "crl-newer-unusable"),
    ),
    PkiFault(
        "crl-not-yet-issued", "The revocation list is of the day after the inspection.",
        _sound_but(age=-timedelta(days=1)), tolerated(REVOCATION, "crl-not-yet-issued"),
    ),
    PkiFault(
        "crl-signed-outside-validity", "The key that signed the revocation list was out of date by then.",
        _of_an_expired_key, undecided(REVOCATION, "crl-signed-outside-validity"),
    ),
    PkiFault(
        "crl-signer-revoked", "Two keys of the CSCA revoke each other in the only revocation lists.",
        _of_keys_that_revoke_each_other, undecided(REVOCATION, "crl-signer-revoked"),
    ),
    PkiFault(
        "crl-number-missing", "The revocation list has no number.",
        _sound_but(number=None), departure(REVOCATION, "crl-number-missing"),
    ),
    PkiFault(
        "crl-of-another-state", "The CSCA was another state's before, and issued the only revocation list then.",
        _of_a_former_state, undecided(REVOCATION, "crl-other-country"),
    ),
    PkiFault(
        "crl-of-many-keys", "The CSCA has more keys than are tried, and none of those tried signed the revocation list.",
        _of_many_keys, undecided(REVOCATION, "crl-search-limit"),
    ),
    PkiFault(
        "crl-signer-unknown", "A key that the operator does not know signed the revocation list under the CSCA's name.",
        _list(lambda shop, _: shop.revocation_list(shop.authority())), undecided(REVOCATION, "crl-signer-unknown"),
    ),
    PkiFault(
        "crl-key-usage", "The CSCA's key may not sign revocation lists.",
        _without_right_to_lists, undecided(REVOCATION, "crl-key-usage", "csca-key-usage-bits"),
    ),
    PkiFault(
        "crl-unsupported-algorithm", "The revocation list names Ed25519 as the algorithm of its signature.",
        _sound_but(algorithm=_ED25519), undecided(REVOCATION, "crl-unsupported-algorithm"),
    ),
    PkiFault(
        "crl-unknown-critical", "The revocation list has a critical extension that nobody knows.",
        _sound_but(extra_extensions=(_UNKNOWN_CRITICAL,)), undecided(REVOCATION, "crl-unknown-critical-extension"),
    ),
    PkiFault(
        "crl-delta", "The revocation list tells only what has changed since another one.",
        _sound_but(extra_extensions=(_DELTA,)), undecided(REVOCATION, "crl-unknown-critical-extension"),
        "The extension that makes a list a delta is critical, and is one that Doc 9303 forbids.",
    ),
    PkiFault(
        "crl-malformed", "The entry of the document signer in the revocation list is damaged.",
        _list(_truncated_entry), undecided(REVOCATION, "crl-malformed"),
    ),
)  # fmt: skip
