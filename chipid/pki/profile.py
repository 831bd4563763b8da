# SPDX-License-Identifier: Apache-2.0
"""What Doc 9303-12 §7.1 asks of a certificate in its role.

None of it changes who signed: each departure is told, and a policy weighs it.
"""

from __future__ import annotations

from typing import Literal

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.names import COMMON_NAME

Role = Literal["dsc", "csca"]


def profile_deviations(certificate: Certificate, role: Role) -> tuple[str, ...]:
    """The certificate's own deviations, and what the profile asks of its role, behind ``dsc-`` or ``csca-``."""
    found = [f"{role}-{code}" for code in certificate.deviations]
    usage = certificate.extensions.get(ext.KEY_USAGE)
    constraints = certificate.basic_constraints
    rules = {
        "key-usage-missing": usage is None,
        "key-usage-not-critical": usage is not None and not usage.critical,
        "country-missing": certificate.subject.country is None,
        "country-encoding": not _is_tidy_country(certificate),
        "common-name-missing": certificate.subject.first(COMMON_NAME) is None,
        "crl-distribution-points-missing": ext.CRL_DISTRIBUTION_POINTS not in certificate.extensions,
        "named-curve": _names_curve(certificate),
        "usage-period-missing": ext.PRIVATE_KEY_USAGE_PERIOD not in certificate.extensions,
        "alternative-name-missing": not {ext.SUBJECT_ALT_NAME, ext.ISSUER_ALT_NAME} <= set(certificate.extensions),
        "alternative-name-country": not _is_tidy_alternative(certificate),
    }
    if role == "dsc":
        rules |= {
            "authority-key-identifier-missing": ext.AUTHORITY_KEY_IDENTIFIER not in certificate.extensions,
            "document-types-missing": ext.DOCUMENT_TYPE_LIST not in certificate.extensions,
            "basic-constraints-present": constraints is not None,
        }
    else:
        rules |= {
            "subject-key-identifier-missing": ext.SUBJECT_KEY_IDENTIFIER not in certificate.extensions,
            "basic-constraints-missing": constraints is None or not constraints.ca,
            "path-length": constraints is not None and constraints.ca and constraints.path_length != 0,
        }
    return (*found, *(f"{role}-{code}" for code, applies in rules.items() if applies))


def _is_tidy_country(certificate: Certificate) -> bool:
    countries = {certificate.subject.country, certificate.issuer.country} - {None}
    printable = certificate.subject.country_is_printable and certificate.issuer.country_is_printable
    upper = all(country is not None and len(country) == 2 and country.isupper() for country in countries)
    return len(countries) <= 1 and printable and upper


def _is_tidy_alternative(certificate: Certificate) -> bool:
    """The states in the alternative names are those of the names, as an MRZ writes them (ICAO 9303-12 §7.1.1.2)."""
    pairs = {ext.SUBJECT_ALT_NAME: certificate.subject, ext.ISSUER_ALT_NAME: certificate.issuer}
    states = ((certificate.alternative_state(oid), name.country or "") for oid, name in pairs.items())
    return all(state is None or (len(state) != 2 and alpha_2(state) == alpha_2(country)) for state, country in states)


def _names_curve(certificate: Certificate) -> bool:
    try:
        return getattr(certificate.public_key, "explicit", True) is False
    except (MalformedData, UnsupportedFeature):
        return False
