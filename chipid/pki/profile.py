# SPDX-License-Identifier: Apache-2.0
"""What Doc 9303-12 §7.1.1 asks of a certificate in its role.

None of it changes who signed: each departure is told, and a policy weighs it. What shows while a certificate is read is among the
certificate's own deviations; here is what the profile's table says of each role, and what one part says of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from chipid.crypto import asn1
from chipid.crypto.algorithms import scheme_from_algorithm_identifier
from chipid.crypto.signature import EcPublicKey
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.extensions import KeyUsage
from chipid.pki.names import COMMON_NAME, Name

Role = Literal["csca", "dsc", "list-signer"]
"""An authority with a self-signed or a link certificate; a document signer; a signer of master lists or deviation lists."""


class _Extension(NamedTuple):
    """One row of the profile's table.

    :ivar presence: for the roles in their order: mandatory, optional, excluded.
    """

    label: str
    oid: str
    presence: str
    critical: bool = False


_ROLES: Final[tuple[Role, ...]] = ("csca", "dsc", "list-signer")
_EXTENSIONS: Final = (
    _Extension("authority-key-identifier", ext.AUTHORITY_KEY_IDENTIFIER, "omm"),  # links: _of_authority
    _Extension("subject-key-identifier", ext.SUBJECT_KEY_IDENTIFIER, "moo"),
    _Extension("key-usage", ext.KEY_USAGE, "mmm", critical=True),
    _Extension("usage-period", ext.PRIVATE_KEY_USAGE_PERIOD, "mmo"),
    _Extension("certificate-policies", ext.CERTIFICATE_POLICIES, "ooo"),
    _Extension("policy-mappings", ext.POLICY_MAPPINGS, "xxx"),
    _Extension("subject-alternative-name", ext.SUBJECT_ALT_NAME, "mmm"),
    _Extension("issuer-alternative-name", ext.ISSUER_ALT_NAME, "mmm"),
    _Extension("subject-directory-attributes", ext.SUBJECT_DIRECTORY_ATTRIBUTES, "xxx"),
    _Extension("basic-constraints", ext.BASIC_CONSTRAINTS, "mxx", critical=True),
    _Extension("name-constraints", ext.NAME_CONSTRAINTS, "xxx"),
    _Extension("policy-constraints", ext.POLICY_CONSTRAINTS, "xxx"),
    _Extension("extended-key-usage", ext.EXTENDED_KEY_USAGE, "xxm", critical=True),
    _Extension("crl-distribution-points", ext.CRL_DISTRIBUTION_POINTS, "mmm"),
    _Extension("inhibit-any-policy", ext.INHIBIT_ANY_POLICY, "xxx"),
    _Extension("freshest-crl", ext.FRESHEST_CRL, "xxx"),
    _Extension("name-change", ext.NAME_CHANGE, "oxx"),
    _Extension("document-types", ext.DOCUMENT_TYPE_LIST, "xmx"),
    _Extension("netscape-certificate-type", ext.NETSCAPE_CERTIFICATE_TYPE, "xxx"),
)
_KEY_ALGORITHMS: Final = frozenset({"1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.2.840.10040.4.1"})
"""rsaEncryption, whatever the padding, id-ecPublicKey and id-dsa (ICAO 9303-12 §4.1.6, RFC 3279 §2.3)."""
_SIGNERS_USAGE: Final = frozenset({KeyUsage.DIGITAL_SIGNATURE})
_KEY_USAGE: Final = {
    "csca": frozenset({KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}),
    "dsc": _SIGNERS_USAGE,
    "list-signer": _SIGNERS_USAGE,
}


def profile_deviations(certificate: Certificate, role: Role) -> tuple[str, ...]:
    """The certificate's own deviations, and what the profile asks of its role, behind ``csca-``, ``dsc-`` or ``list-signer-``."""
    rules = _of_key(certificate) | _of_dates(certificate) | _of_names(certificate) | _of_values(certificate)
    rules |= _of_alternative_name(certificate, "subject", ext.SUBJECT_ALT_NAME, certificate.subject)
    rules |= _of_alternative_name(certificate, "issuer", ext.ISSUER_ALT_NAME, certificate.issuer)
    rules["key-usage-bits"] = certificate.key_usage not in (None, _KEY_USAGE[role])
    if role == "csca":
        rules |= _of_authority(certificate)
    found = (*certificate.deviations, *_of_extensions(certificate, role), *(code for code, applies in rules.items() if applies))
    return tuple(f"{role}-{code}" for code in dict.fromkeys(found))


def _of_extensions(certificate: Certificate, role: Role) -> Iterator[str]:
    place = _ROLES.index(role)
    for label, oid, presence, critical in _EXTENSIONS:
        extension, wanted = certificate.extensions.get(oid), presence[place]
        if extension is None:
            if wanted == "m":
                yield f"{label}-missing"
        elif wanted == "x":
            yield f"{label}-present"
        elif extension.critical is not critical:
            yield f"{label}-{'not-' * critical}critical"


def _of_key(certificate: Certificate) -> dict[str, bool]:
    """Its signature's algorithm and its key (ICAO 9303-12 §4.1.6)."""
    used, key = _hash(certificate), _ec_key(certificate)
    return {
        "signature-algorithm": used is None,
        "sha1-signature": used == "sha1",
        "key-algorithm": _key_algorithm(certificate.spki) not in _KEY_ALGORITHMS,
        "named-curve": key is not None and not key.explicit,
        "cofactor-missing": key is not None and key.explicit and _lacks_cofactor(certificate.spki),
    }


def _key_algorithm(spki: bytes) -> str | None:
    try:
        return asn1.Reader(spki).sequence().sequence().read().oid()
    except MalformedData:
        return None


def _hash(certificate: Certificate) -> str | None:
    try:
        return scheme_from_algorithm_identifier(certificate.tbs_algorithm).hash
    except (MalformedData, UnsupportedFeature):
        return None


def _ec_key(certificate: Certificate) -> EcPublicKey | None:
    try:
        key = certificate.public_key
    except (MalformedData, UnsupportedFeature):
        return None
    return key if isinstance(key, EcPublicKey) else None


def _lacks_cofactor(spki: bytes) -> bool:
    """Whether explicit parameters, which are known to be some, end with the order."""
    algorithm = asn1.Reader(spki).sequence().sequence()
    algorithm.read()
    parameters = algorithm.sequence()
    for _ in ("version", "fieldID", "curve", "base", "order"):
        parameters.read()
    return parameters.peek() != asn1.INTEGER


def _of_dates(certificate: Certificate) -> dict[str, bool]:
    """What a key signs outlives the time in which it signs (ICAO 9303-12 §4.1.1), which is a part of the certificate's."""
    period = certificate.usage_period
    first, last = (None, None) if period is None else (period.not_before, period.not_after)
    ends = [end for end in (first, last) if end is not None]
    return {
        "validity-reversed": certificate.not_before > certificate.not_after,
        "usage-period-empty": period is not None and not ends,
        "usage-period-encoding": period is not None and not period.encoding_ok,
        "usage-period-reversed": first is not None and last is not None and first > last,
        "usage-period-outside-validity": not all(certificate.is_valid_at(end) for end in ends),
        "usage-period-as-long-as-validity": last is not None and certificate.not_after <= last,
    }


def _of_names(certificate: Certificate) -> dict[str, bool]:
    """The names of subject and issuer (ICAO 9303-12 §7.1.1.1)."""
    rules = {"country-differs": len({_country(name) for name in (certificate.subject, certificate.issuer)} - {None}) > 1}
    for prefix, name in (("", certificate.subject), ("issuer-", certificate.issuer)):
        rules |= {
            f"{prefix}country-missing": name.country is None,
            f"{prefix}country-encoding": not name.country_is_tidy(),
            f"{prefix}common-name-missing": name.first(COMMON_NAME) is None,
            f"{prefix}name-encoding": not name.has_encoding_of_profile(),
        }
    return rules


def _country(name: Name) -> str | None:
    return None if name.country is None else alpha_2(name.country) or name.country


def _of_alternative_name(certificate: Certificate, whose: str, oid: str, name: Name) -> dict[str, bool]:
    """The state in the alternative name is that of the name, as an MRZ writes it (ICAO 9303-12 §7.1.1.2)."""
    found = certificate.extension_value(oid, ext.alternative_name)
    state = None if found is None else found.state
    is_its_own = state is None or (len(state) != 2 and state.isupper() and alpha_2(state) == alpha_2(name.country or ""))
    return {
        f"{whose}-alternative-name-malformed": found is None and oid in certificate.extensions,
        f"{whose}-alternative-name-country": not is_its_own,
        f"{whose}-alternative-name-without-state": found is not None and state is None,
        f"{whose}-alternative-name-without-contact": found is not None and not found.has_contact,
    }


def _of_values(certificate: Certificate) -> dict[str, bool]:
    """What else stands in the extensions."""
    present = certificate.extensions.keys()
    points = certificate.extension_value(ext.CRL_DISTRIBUTION_POINTS, ext.crl_distribution_points)
    renamed = certificate.extension_value(ext.NAME_CHANGE, ext.name_change)
    types = certificate.extension_value(ext.DOCUMENT_TYPE_LIST, ext.document_types_are_tidy)
    no_key_id = ext.AUTHORITY_KEY_IDENTIFIER in present and certificate.authority_key_id is None
    constraints = certificate.basic_constraints
    return {
        "path-length": constraints is not None and constraints.path_length != 0,
        "authority-key-identifier-without-key": no_key_id and "authority-key-identifier-malformed" not in certificate.deviations,
        "crl-distribution-points-malformed": points is None and ext.CRL_DISTRIBUTION_POINTS in present,
        "crl-distribution-points-form": points is False,
        "name-change-malformed": renamed is None and ext.NAME_CHANGE in present,
        "document-types-encoding": types is False,
    }


def _of_authority(certificate: Certificate) -> dict[str, bool]:
    """What a CSCA alone must say. Whether its certificate is a link shows in the signature, asked only where it matters."""
    constraints, own, above = certificate.basic_constraints, certificate.subject_key_id, certificate.authority_key_id
    alternatives = [certificate.extensions.get(oid) for oid in (ext.SUBJECT_ALT_NAME, ext.ISSUER_ALT_NAME)]
    values = {extension.value for extension in alternatives if extension is not None}
    no_key_id = ext.AUTHORITY_KEY_IDENTIFIER not in certificate.extensions
    return {
        "not-an-authority": constraints is not None and not constraints.ca,
        "name-change-missing": not certificate.is_self_issued and ext.NAME_CHANGE not in certificate.extensions,
        "authority-key-identifier-missing": no_key_id and not certificate.is_self_signed,
        "authority-key-identifier-differs": None not in (own, above) and own != above and certificate.is_self_signed,
        "alternative-names-differ": len(values) > 1 and certificate.is_self_signed,
    }
