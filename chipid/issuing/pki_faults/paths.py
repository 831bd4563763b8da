# SPDX-License-Identifier: Apache-2.0
"""Faults of the way from a document signer to an anchor: what the operator has, key changes, forgers (ICAO 9303-12 §6.1)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

from chipid.crypto import asn1
from chipid.issuing.certificates import Departures, extension, with_signature_altered
from chipid.issuing.document_pki import DocumentPki, PkiWorkshop
from chipid.issuing.pki_faults.entry import DS_SIGNATURE, TRUST, Build, PkiFault, rejected, undecided
from chipid.pki import extensions as ext

_KEY_CHANGES: Final = 9
_MISSING_ANCHOR: Final = "All that is known is that an anchor is missing, wherever in the path."


def _no_trust(shop: PkiWorkshop) -> DocumentPki:
    return shop.pki(certificates=(), revocation_lists=())


def _anchor_missing(shop: PkiWorkshop) -> DocumentPki:
    return shop.pki(certificates=(shop.authority(common_name="Another CSCA").certificate,))


def _link_missing(shop: PkiWorkshop) -> DocumentPki:
    """The operator has the CSCA's old certificate; its new key signed the document signer's."""
    return shop.pki(signer=shop.signer(shop.authority()))


def _name_forged(shop: PkiWorkshop) -> DocumentPki:
    unnamed = Departures(extensions={ext.AUTHORITY_KEY_IDENTIFIER: None})
    return shop.pki(signer=shop.signer(shop.authority(), departures=unnamed))


def _key_identifier_forged(shop: PkiWorkshop) -> DocumentPki:
    named = extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, shop.csca.parsed.subject_key_id or b"")))
    departures = Departures(extensions={ext.AUTHORITY_KEY_IDENTIFIER: named})
    return shop.pki(signer=shop.signer(shop.authority(common_name="Another CSCA"), departures=departures))


def _self_signature_altered(shop: PkiWorkshop) -> DocumentPki:
    return shop.pki(replace(shop.csca, certificate=with_signature_altered(shop.csca.certificate)))


def _anchor_behind_link_missing(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority()
    return shop.pki(new, certificates=(shop.csca.issue_link(new),))


def _link_signature_altered(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority()
    return shop.pki(new, certificates=(shop.csca.certificate, with_signature_altered(shop.csca.issue_link(new))))


def _link_loop(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority()
    return shop.pki(new, certificates=(shop.csca.issue_link(new), new.issue_link(shop.csca)))


def _key_changes(number: int) -> Build:
    """So many links between the operator's anchor and the key that signed."""

    def make(shop: PkiWorkshop) -> DocumentPki:
        authorities = [shop.csca, *(shop.authority() for _ in range(number))]
        links = [old.issue_link(new) for old, new in pairwise(authorities)]
        return shop.pki(authorities[-1], certificates=(shop.csca.certificate, *links))

    return make


def _renamed_without_a_word(shop: PkiWorkshop) -> DocumentPki:
    below = shop.authority(common_name="Another CSCA")
    link = shop.csca.issue_link(below, departures=Departures(extensions={ext.NAME_CHANGE: None}))
    return shop.pki(below, certificates=(shop.csca.certificate, link))


PATH_FAULTS: Final = (
    PkiFault(
        "no-trust", "The operator trusts nobody.",
        _no_trust, undecided(DS_SIGNATURE, "no-trust-anchor"),
    ),
    PkiFault(
        "anchor-missing", "The operator trusts another CSCA of the state.",
        _anchor_missing, undecided(DS_SIGNATURE, "no-trust-anchor"), _MISSING_ANCHOR,
    ),
    PkiFault(
        "link-missing", "The CSCA has a new key, and the operator has neither its certificate nor a link to it.",
        _link_missing, rejected(DS_SIGNATURE, "csca-key-unknown"),
    ),
    PkiFault(
        "csca-name-forged", "A forger's CSCA of the trusted one's name certified the document signer, and names no key.",
        _name_forged, rejected(DS_SIGNATURE, "untrusted-signer", "dsc-authority-key-identifier-missing"),
    ),
    PkiFault(
        "csca-key-identifier-forged", "A forger's CSCA certified the document signer, and names the trusted one's key.",
        _key_identifier_forged, rejected(DS_SIGNATURE, "untrusted-signer"), "One wrong signature is like another.",
    ),
    PkiFault(
        "csca-signature-altered", "The CSCA's signature of its own certificate has a wrong bit.",
        _self_signature_altered, undecided(TRUST, "csca-signature-invalid"),
    ),
    PkiFault(
        "link-without-anchor", "The operator has the link to the CSCA's new key, and not the old certificate.",
        _anchor_behind_link_missing, undecided(TRUST, "csca-anchor-missing"),
    ),
    PkiFault(
        "link-signature-altered", "The signature of the link certificate to the CSCA's new key has a wrong bit.",
        _link_signature_altered, undecided(TRUST, "csca-signature-invalid"), "A link's signature is one of an authority's, too.",
    ),
    PkiFault(
        "link-loop", "Two link certificates vouch for each other, and no CSCA's own certificate is there.",
        _link_loop, undecided(TRUST, "csca-link-loop"),
    ),
    PkiFault(
        "too-many-links", "Nine key changes lie between the operator's CSCA certificate and the document signer's.",
        _key_changes(_KEY_CHANGES), undecided(TRUST, "path-search-limit"),
    ),
    PkiFault(
        "path-too-long", "The CSCA certified an authority of another name, and not as its own with a new name.",
        _renamed_without_a_word, rejected(TRUST, "path-too-long", "csca-name-change-missing"),
    ),
)  # fmt: skip
