# SPDX-License-Identifier: Apache-2.0
"""Faults inside the certificate of a document signer or of its CSCA (ICAO 9303-12 §4.1, §7.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from chipid.crypto import asn1
from chipid.crypto.signature import EcPublicKey, PublicKey
from chipid.crypto.spki import build_spki
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Departures, Period, Subject, extension, with_signature_altered
from chipid.issuing.document_pki import DocumentPki, PkiWorkshop
from chipid.issuing.pki import DOCUMENT_TYPES, DocumentSigner, KeyOptions, SignerProfile
from chipid.issuing.pki_faults.entry import (
    DS_SIGNATURE,
    EXPIRY,
    SOD_SIGNATURE,
    STATE,
    TRUST,
    VALIDITY,
    Build,
    PkiFault,
    departure,
    rejected,
    undecided,
)
from chipid.pki import extensions as ext
from chipid.pki.extensions import KeyUsage
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY

_DAY: Final = timedelta(days=1)
_YEAR: Final = 365 * _DAY
_TRUE: Final = asn1.encode(asn1.BOOLEAN, b"\xff")
_UNKNOWN: Final = "1.2.3.4"
_NULL: Final = asn1.null()
_OTHER_ALGORITHM: Final = asn1.sequence(asn1.oid("1.2.840.10045.4.3.4"))
_ED25519: Final = asn1.sequence(asn1.oid("1.3.101.112"))
_MALFORMED_ALGORITHM: Final = asn1.sequence(asn1.oid("1.2.840.10045.4.3.2"), asn1.integer(1))


SOUND: Final = SignerProfile()


def dsc(profile: SignerProfile = SOUND, *, key: KeyOptions | None = None, **departures: Any) -> Build:
    """The document signer's certificate is otherwise."""
    options: dict[str, Any] = {} if key is None else {"key": key}
    return lambda shop: shop.pki(signer=shop.signer(profile=profile, departures=Departures(**departures), **options))


def csca(*, key: KeyOptions | None = None, **departures: Any) -> Build:
    """The CSCA's certificate is otherwise."""
    options = {} if key is None else {"key": key}
    return lambda shop: shop.pki(shop.authority(departures=Departures(**departures), **options))


def _dsc_valid(start: timedelta, end: timedelta) -> Build:
    """From *start* to *end*, counted from the inspection; so long may its key sign, too."""

    def make(shop: PkiWorkshop) -> DocumentPki:
        period = Period(shop.at + start, shop.at + end)
        return dsc(SignerProfile(validity=period, usage_period=Period(period.not_before, period.not_before + _DAY)))(shop)

    return make


def _csca_valid(start: timedelta, end: timedelta, *, signer_age: timedelta = 60 * _DAY) -> Build:
    """As :func:`_dsc_valid`; the document signer was certified so long before the inspection."""

    def make(shop: PkiWorkshop) -> DocumentPki:
        authority = shop.authority(at=shop.at + start, validity=Period(shop.at + start, shop.at + end))
        return shop.pki(authority, shop.signer(authority, at=shop.at - signer_age))

    return make


def _with(oid: str, value: bytes, *, critical: bool = False) -> Mapping[str, bytes | None]:
    """The extension *oid* has this value."""
    return {oid: extension(oid, value, critical=critical)}


def _usage(*bits: KeyUsage) -> Mapping[str, bytes | None]:
    return {ext.KEY_USAGE: build.key_usage(bits)}


def _without(*oids: str) -> Mapping[str, bytes | None]:
    return dict.fromkeys(oids)


def _constraints(*fields: bytes) -> Mapping[str, bytes | None]:
    return _with(ext.BASIC_CONSTRAINTS, asn1.sequence(*fields), critical=True)


def _key_identifier(octets: bytes) -> Mapping[str, bytes | None]:
    return _with(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, octets)))


def _forged_generator(key: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo of *key*, whose point is made the generator too: 1 is a private key for it (CVE-2020-0601)."""
    if not isinstance(key, EcPublicKey):
        raise TypeError("only a key on a curve has a generator")
    _, _, _, generator, _, _ = key.domain.parameters
    return build_spki(key).replace(generator, key.point)


def _unsupported_key(_: PublicKey) -> bytes:
    """An Ed25519 key, which Doc 9303 does not know."""
    return asn1.sequence(_ED25519, asn1.bit_string(bytes(range(32))))


def _of_another_issuer(shop: PkiWorkshop) -> DocumentPki:
    return dsc(issuer=Subject(shop.country, "Another CSCA", "another organization"))(shop)


def _alternative_name_of_another_state(shop: PkiWorkshop) -> DocumentPki:
    name = Subject(shop.other_country, "", "").build_alternative()
    return dsc(extensions=_with(ext.SUBJECT_ALT_NAME, name))(shop)


def _dsc_signature_altered(shop: PkiWorkshop) -> DocumentPki:
    sound = shop.signer()
    return shop.pki(signer=DocumentSigner(with_signature_altered(sound.certificate), sound.key))


def _dsc_self_signed(shop: PkiWorkshop) -> DocumentPki:
    """A forger without a CSCA signs his own certificate under the name of a document signer."""
    forger = shop.authority(common_name="Test Document Signer", departures=Departures(extensions=_DSC_ONLY))
    return shop.pki(signer=DocumentSigner(forger.certificate, forger.key))


_DSC_ONLY: Final = {
    **_usage(KeyUsage.DIGITAL_SIGNATURE),
    **_without(ext.BASIC_CONSTRAINTS),
    ext.DOCUMENT_TYPE_LIST: build.document_type_list(DOCUMENT_TYPES),
}

_ISSUED_TOO_EARLY: Final = ("dsc-issued-outside-validity", "dsc-issued-outside-usage-period")

_DATES: Final = (
    PkiFault(
        "dsc-expired", "The document signer's certificate ended a month ago.",
        _dsc_valid(-_YEAR, -30 * _DAY), rejected(VALIDITY, "dsc-expired", "document-outlives-signer"),
    ),
    PkiFault(
        "dsc-not-yet-valid", "The document signer's certificate begins in a month.",
        _dsc_valid(30 * _DAY, 20 * _YEAR), rejected(VALIDITY, "dsc-not-yet-valid"),
    ),
    PkiFault(
        "dsc-ends-too-soon", "The document signer's certificate ends in a month, and the document later.",
        _dsc_valid(-_YEAR, 30 * _DAY), departure(EXPIRY, "document-outlives-signer"),
    ),
    PkiFault(
        "csca-expired", "The CSCA's certificate ended a month ago.",
        _csca_valid(-8 * _YEAR, -30 * _DAY, signer_age=4 * _YEAR), rejected(VALIDITY, "csca-expired", "dsc-outlives-issuer"),
    ),
    PkiFault(
        "csca-not-yet-valid", "The CSCA's certificate begins in a month.",
        _csca_valid(30 * _DAY, 40 * _YEAR), rejected(VALIDITY, "csca-not-yet-valid", *_ISSUED_TOO_EARLY),
    ),
    PkiFault(
        "dsc-before-csca", "The document signer's certificate is older than its CSCA's.",
        _csca_valid(-30 * _DAY, 40 * _YEAR), departure(DS_SIGNATURE, *_ISSUED_TOO_EARLY),
    ),
)  # fmt: skip

_IDENTITY: Final = (
    PkiFault(
        "dsc-serial-zero", "The document signer's serial number is zero.",
        dsc(serial=0), departure(DS_SIGNATURE, "dsc-serial-not-positive"),
    ),
    PkiFault(
        "dsc-serial-negative", "The document signer's serial number is negative.",
        dsc(serial=-7), departure(DS_SIGNATURE, "dsc-serial-not-positive"), "A number is positive or not; zero is not.",
    ),
    PkiFault(
        "dsc-serial-too-long", "The document signer's serial number has 21 octets.",
        dsc(serial=1 << 160), departure(DS_SIGNATURE, "dsc-serial-too-long"),
    ),
    PkiFault(
        "csca-serial-zero", "The CSCA's serial number is zero.",
        csca(serial=0), departure(DS_SIGNATURE, "csca-serial-not-positive"),
    ),
    PkiFault(
        "dsc-version-2", "The document signer's certificate is of version 2.",
        dsc(version=1), departure(DS_SIGNATURE, "dsc-version-not-3"),
    ),
    PkiFault(
        "dsc-extra-data", "There is unknown data behind the extensions of the document signer's certificate.",
        dsc(extra_fields=asn1.octet_string(b"")), departure(DS_SIGNATURE, "dsc-tbs-extra-data"),
    ),
    PkiFault(
        "csca-extra-data", "There is unknown data behind the extensions of the CSCA's certificate.",
        csca(extra_fields=asn1.octet_string(b"")), departure(DS_SIGNATURE, "csca-tbs-extra-data"),
    ),
)  # fmt: skip

_SHORT: Final = "A short key is one of either kind."

_KEYS: Final = (
    PkiFault(
        "dsc-weak-rsa", "The document signer has an RSA key of 1024 bits.",
        dsc(key=KeyOptions("rsa-1024")), departure(SOD_SIGNATURE, "short-key"),
    ),
    PkiFault(
        "dsc-weak-curve", "The document signer's key lies on a curve of 192 bits.",
        dsc(key=KeyOptions("secp192r1")), departure(SOD_SIGNATURE, "short-key"), _SHORT,
    ),
    PkiFault(
        "csca-weak-rsa", "The CSCA has an RSA key of 1024 bits.",
        csca(key=KeyOptions("rsa-1024")), departure(DS_SIGNATURE, "dsc-short-key", "crl-short-key"),
    ),
    PkiFault(
        "csca-weak-curve", "The CSCA's key lies on a curve of 192 bits.",
        csca(key=KeyOptions("secp192r1")), departure(DS_SIGNATURE, "dsc-short-key", "crl-short-key"), _SHORT,
    ),
    PkiFault(
        "dsc-sha1", "The document signer signs with SHA-1.",
        dsc(key=KeyOptions("secp256r1", hash_name="sha1")), departure(SOD_SIGNATURE, "sha1-signature"),
    ),
    PkiFault(
        "csca-sha1", "The CSCA signs with SHA-1.",
        csca(key=KeyOptions("secp256r1", hash_name="sha1")),
        departure(DS_SIGNATURE, "dsc-sha1-signature", "csca-sha1-signature", "crl-sha1-signature"),
    ),
    PkiFault(
        "dsc-named-curve", "The document signer's key names its curve.",
        dsc(key=KeyOptions("secp256r1", explicit_parameters=False)), departure(DS_SIGNATURE, "dsc-named-curve"),
    ),
    PkiFault(
        "csca-named-curve", "The CSCA's key names its curve.",
        csca(key=KeyOptions("secp256r1", explicit_parameters=False)), departure(DS_SIGNATURE, "csca-named-curve"),
    ),
    PkiFault(
        "dsc-forged-curve", "The document signer's key spells out a known curve with a generator of its own.",
        dsc(spki=_forged_generator), rejected(SOD_SIGNATURE, "signer-key-malformed"),
    ),
    PkiFault(
        "csca-forged-curve", "The CSCA's key spells out a known curve with a generator of its own.",
        csca(spki=_forged_generator), rejected(DS_SIGNATURE, "csca-key-malformed"),
    ),
    PkiFault(
        "dsc-unsupported-key", "The document signer's certificate holds an Ed25519 key.",
        dsc(spki=_unsupported_key), undecided(SOD_SIGNATURE, "unsupported-algorithm", "dsc-key-algorithm"),
    ),
    PkiFault(
        "csca-unsupported-key", "The CSCA's certificate holds an Ed25519 key.",
        csca(spki=_unsupported_key), undecided(DS_SIGNATURE, "unsupported-algorithm"),
    ),
)  # fmt: skip

_SIGNATURES: Final = (
    PkiFault(
        "dsc-signature-altered", "The signature of the document signer's certificate has a wrong bit.",
        _dsc_signature_altered, rejected(DS_SIGNATURE, "untrusted-signer"),
    ),
    PkiFault(
        "dsc-self-signed", "The document signer signed its own certificate.",
        _dsc_self_signed, undecided(DS_SIGNATURE, "dsc-self-signed"),
    ),
    PkiFault(
        "dsc-algorithms-differ", "The document signer's certificate names another signature algorithm outside than inside.",
        dsc(algorithm=_OTHER_ALGORITHM), departure(DS_SIGNATURE, "dsc-inner-algorithm-differs"),
    ),
    PkiFault(
        "csca-algorithms-differ", "The CSCA's certificate names another signature algorithm outside than inside.",
        csca(algorithm=_OTHER_ALGORITHM), departure(DS_SIGNATURE, "csca-inner-algorithm-differs"),
    ),
    PkiFault(
        "dsc-algorithm-unsupported", "The document signer's certificate names Ed25519 as the algorithm of its signature.",
        dsc(tbs_algorithm=_ED25519), undecided(DS_SIGNATURE, "unsupported-algorithm", "dsc-signature-algorithm"),
    ),
    PkiFault(
        "dsc-algorithm-malformed", "The algorithm that the document signer's certificate is signed by has a number for parameters.",
        dsc(tbs_algorithm=_MALFORMED_ALGORITHM), rejected(DS_SIGNATURE, "dsc-algorithm-malformed", "dsc-signature-algorithm"),
    ),
)  # fmt: skip

_PURPOSES: Final = (
    PkiFault(
        "dsc-key-usage", "The document signer's key is for certificates.",
        dsc(extensions=_usage(KeyUsage.KEY_CERT_SIGN)), rejected(TRUST, "dsc-key-usage", "dsc-key-usage-bits"),
    ),
    PkiFault(
        "dsc-key-usage-more", "The document signer's key is for data and for certificates.",
        dsc(extensions=_usage(KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_CERT_SIGN)), departure(DS_SIGNATURE, "dsc-key-usage-bits"),
    ),
    PkiFault(
        "dsc-key-usage-missing", "The document signer's certificate does not say what its key is for.",
        dsc(extensions=_without(ext.KEY_USAGE)), departure(DS_SIGNATURE, "dsc-key-usage-missing"),
    ),
    PkiFault(
        "dsc-key-usage-malformed", "What the document signer's key is for cannot be read.",
        dsc(extensions=_with(ext.KEY_USAGE, _NULL, critical=True)),
        rejected(TRUST, "dsc-key-usage-malformed", "dsc-key-usage-malformed"),
    ),
    PkiFault(
        "csca-key-usage", "The CSCA's key is for revocation lists alone.",
        csca(extensions=_usage(KeyUsage.CRL_SIGN)), rejected(TRUST, "csca-key-usage", "csca-key-usage-bits"),
    ),
    PkiFault(
        "dsc-list-signer", "A signer of master lists signed the document.",
        dsc(SignerProfile.for_lists(MASTER_LIST_SIGNING_KEY)),
        rejected(TRUST, "dsc-extended-key-usage", "dsc-extended-key-usage-present", "dsc-document-types-missing"),
    ),
    PkiFault(
        "dsc-is-authority", "The document signer's certificate is an authority's.",
        dsc(extensions=_constraints(_TRUE)),
        rejected(TRUST, "dsc-is-authority", "dsc-basic-constraints-present", "dsc-path-length"),
    ),
    PkiFault(
        "dsc-basic-constraints", "The document signer's certificate says that it is no authority's, where nothing is to be said.",
        dsc(extensions=_constraints()),
        departure(DS_SIGNATURE, "dsc-basic-constraints-present", "dsc-default-value-encoded", "dsc-path-length"),
    ),
    PkiFault(
        "csca-is-none", "The CSCA's certificate says that it is no authority's.",
        csca(extensions=_constraints()),
        rejected(TRUST, "csca-not-authority", "csca-not-an-authority", "csca-path-length", "csca-default-value-encoded"),
    ),
    PkiFault(
        "csca-basic-constraints-missing", "The CSCA's certificate does not say whether it is an authority's.",
        csca(extensions=_without(ext.BASIC_CONSTRAINTS)), departure(DS_SIGNATURE, "csca-basic-constraints-missing"),
    ),
    PkiFault(
        "csca-path-length", "The CSCA's certificate does not limit the length of paths.",
        csca(extensions=_constraints(_TRUE)), departure(DS_SIGNATURE, "csca-path-length"),
    ),
    PkiFault(
        "dsc-unknown-critical", "The document signer's certificate has a critical extension that nobody knows.",
        dsc(extensions=_with(_UNKNOWN, _NULL, critical=True)), rejected(TRUST, "dsc-unknown-critical-extension"),
    ),
    PkiFault(
        "csca-unknown-critical", "The CSCA's certificate has a critical extension that nobody knows.",
        csca(extensions=_with(_UNKNOWN, _NULL, critical=True)), rejected(TRUST, "csca-unknown-critical-extension"),
    ),
)  # fmt: skip

_REFERENCES: Final = (
    PkiFault(
        "dsc-issuer-name", "The document signer's certificate names another issuer than the CSCA that signed it.",
        _of_another_issuer, rejected(TRUST, "issuer-name-mismatch"),
    ),
    PkiFault(
        "dsc-key-identifier-differs", "The document signer's certificate names another key of the CSCA than the one that signed.",
        dsc(extensions=_key_identifier(bytes(20))), departure(DS_SIGNATURE, "dsc-authority-key-identifier-differs"),
    ),
    PkiFault(
        "dsc-key-identifier-missing", "The document signer's certificate does not name the key of the CSCA that signed.",
        dsc(extensions=_without(ext.AUTHORITY_KEY_IDENTIFIER)), departure(DS_SIGNATURE, "dsc-authority-key-identifier-missing"),
    ),
    PkiFault(
        "csca-key-identifier-missing", "The CSCA's certificate does not name its key.",
        csca(extensions=_without(ext.SUBJECT_KEY_IDENTIFIER)), departure(DS_SIGNATURE, "csca-subject-key-identifier-missing"),
    ),
    PkiFault(
        "dsc-usage-period-missing", "The document signer's certificate does not say how long its key may sign.",
        dsc(extensions=_without(ext.PRIVATE_KEY_USAGE_PERIOD)), departure(DS_SIGNATURE, "dsc-usage-period-missing"),
    ),
    PkiFault(
        "dsc-distribution-points-missing", "The document signer's certificate does not say where the revocation list is.",
        dsc(extensions=_without(ext.CRL_DISTRIBUTION_POINTS)), departure(DS_SIGNATURE, "dsc-crl-distribution-points-missing"),
    ),
    PkiFault(
        "dsc-name-change", "The document signer's certificate says that a CSCA's name has changed.",
        dsc(extensions={ext.NAME_CHANGE: build.name_change()}), departure(DS_SIGNATURE, "dsc-name-change-present"),
    ),
)  # fmt: skip

_ROLES: Final = ("dsc", "csca")
_NAMES: Final = ("subject", "issuer")
_NOWHERE: Final = (
    "dsc-issuer-alternative-name-country",
    *(f"csca-{name}-alternative-name-country" for name in _NAMES),
)
_STATELESS: Final = (
    *(f"{role}-{whose}country-missing" for role in _ROLES for whose in ("", "issuer-")),
    *(f"{role}-{name}-alternative-name-without-state" for role in _ROLES for name in _NAMES),
)

_STATES: Final = (
    PkiFault(
        "dsc-of-another-state", "The CSCA certified a document signer of another state.",
        lambda shop: shop.pki(signer=shop.signer(country=shop.other_country)),
        rejected(TRUST, "country-mismatch", "dsc-country-differs"),
    ),
    PkiFault(
        "csca-of-another-state", "The CSCA of another state certified the document signer.",
        lambda shop: shop.pki(foreign := shop.authority(country=shop.other_country), shop.signer(foreign, country=shop.country)),
        rejected(TRUST, "country-mismatch", "dsc-country-differs"), "Whichever of both is foreign.",
    ),
    PkiFault(
        "csca-of-no-state", "The CSCA's country is in no list.",
        lambda shop: shop.pki(nowhere := shop.authority(country="QQ"), shop.signer(nowhere, country=shop.country)),
        rejected(TRUST, "country-mismatch", "dsc-country-differs", *_NOWHERE),
    ),
    PkiFault(
        "pki-of-another-state", "The whole PKI is another state's than the document.",
        lambda shop: shop.pki(shop.authority(country=shop.other_country)), rejected(STATE, "issuing-state-mismatch"),
    ),
    PkiFault(
        "pki-without-state", "Neither the document signer nor its CSCA names a country.",
        lambda shop: shop.pki(shop.authority(country="")), undecided(STATE, "signer-state-missing", *_STATELESS),
    ),
    PkiFault(
        "country-in-small-letters", "The PKI writes its country in small letters.",
        lambda shop: shop.pki(shop.authority(country=shop.country.lower())),
        departure(DS_SIGNATURE, *(f"{role}-{whose}country-encoding" for role in _ROLES for whose in ("", "issuer-"))),
    ),
    PkiFault(
        "alternative-name-of-another-state", "The document signer's alternative name is of another state than its name.",
        _alternative_name_of_another_state,
        departure(STATE, "alternative-name-state", "dsc-subject-alternative-name-country"),
    ),
    PkiFault(
        "alternative-name-missing", "The document signer has no alternative name.",
        dsc(extensions=_without(ext.SUBJECT_ALT_NAME)), departure(DS_SIGNATURE, "dsc-subject-alternative-name-missing"),
    ),
    PkiFault(
        "document-type-not-listed", "The document signer's certificate is for visas.",
        dsc(SignerProfile(document_types=("V",))), departure(STATE, "document-type-not-listed"),
    ),
    PkiFault(
        "document-types-missing", "The document signer's certificate does not list the documents that it is for.",
        dsc(SignerProfile(document_types=None)), departure(DS_SIGNATURE, "dsc-document-types-missing"),
    ),
)  # fmt: skip

CERTIFICATE_FAULTS: Final = (*_DATES, *_IDENTITY, *_KEYS, *_SIGNATURES, *_PURPOSES, *_REFERENCES, *_STATES)
