# SPDX-License-Identifier: Apache-2.0
"""What each deviation of a certificate from Doc 9303-12 §7.1.1 means, in one sentence.

In a verdict the codes stand behind the prefix of whose certificate it is: see :mod:`chipid.verification.reasons`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_EXCLUDED: Final = {
    "policy-mappings": "policy mappings",
    "subject-directory-attributes": "attributes of its subject",
    "name-constraints": "constraints on names",
    "policy-constraints": "constraints on policies",
    "extended-key-usage": "purposes of its key",
    "inhibit-any-policy": "a ban on any policy",
    "freshest-crl": "an address of delta revocation lists",
    "name-change": "a change of its name",
    "document-types": "a list of documents that it is for",
    "netscape-certificate-type": "a certificate type of Netscape's",
}
_NOT_CRITICAL: Final = {
    "authority-key-identifier": "the identifier of its issuer's key",
    "subject-key-identifier": "the identifier of its key",
    "usage-period": "the period in which its key may sign",
    "certificate-policies": "its policies",
    "subject-alternative-name": "the alternative name of its subject",
    "issuer-alternative-name": "the alternative name of its issuer",
    "crl-distribution-points": "the address of its issuer's revocation list",
    "name-change": "the change of its name",
    "document-types": "the list of documents that it is for",
}
_OWN: Final = {
    "serial-not-positive": "The serial number is zero or negative.",
    "serial-too-long": "The serial number has more than 20 octets.",
    "serial-encoding": "The serial number is written with more octets than it needs.",
    "version-not-3": "The certificate is not of version 3.",
    "not-der": "The certificate is in BER, where DER belongs.",
    "tbs-extra-data": "There is unknown data inside the certificate.",
    "unique-identifier-present": "The certificate has a unique identifier of its issuer or subject, which Doc 9303 excludes.",
    "inner-algorithm-differs": "The certificate names two different signature algorithms.",
    "signature-algorithm": "The certificate is signed with an algorithm that is none of Doc 9303's.",
    "validity-encoding": "A date is of another type than its year asks for.",
    "validity-reversed": "The certificate ends before it begins.",
    "key-algorithm": "The kind of the key is named otherwise than Doc 9303 has it, as a key for RSASSA-PSS alone is.",
    "named-curve": "The key names its curve instead of spelling out its parameters.",
    "cofactor-missing": "The parameters of the key's curve lack the cofactor.",
    "default-value-encoded": "An extension spells out a default value, which DER leaves out, or says nothing else.",
}
_KEY: Final = {
    "key-usage-missing": "The certificate does not say what its key is for.",
    "key-usage-malformed": "What the certificate's key is for cannot be read.",
    "key-usage-not-critical": "What the certificate's key is for is not marked as critical.",
    "key-usage-bits": "The certificate's key is for other uses than Doc 9303 gives it.",
    "extended-key-usage-missing": "The certificate of a list's signer names no purpose of its key.",
    "extended-key-usage-malformed": "The purposes of the certificate's key cannot be read.",
    "extended-key-usage-not-critical": "The purposes of the certificate's key are not marked as critical.",
    "subject-key-identifier-missing": "The certificate has no identifier of its key.",
    "subject-key-identifier-malformed": "The identifier of the certificate's key cannot be read.",
    "authority-key-identifier-missing": "The certificate has no identifier of its issuer's key.",
    "authority-key-identifier-malformed": "The identifier of the issuer's key cannot be read.",
    "authority-key-identifier-without-key": "The certificate tells of its issuer's key, and not its identifier.",
    "authority-key-identifier-differs": "The identifier of the issuer's key is another than that key's own.",
    "usage-period-missing": "The certificate does not say how long its key may sign.",
    "usage-period-malformed": "How long the certificate's key may sign cannot be read.",
    "usage-period-empty": "The period in which the certificate's key may sign has neither beginning nor end.",
    "usage-period-encoding": "The period in which the certificate's key may sign is not written in whole seconds of UTC.",
    "usage-period-reversed": "The period in which the certificate's key may sign ends before it begins.",
    "usage-period-outside-validity": "The certificate's key may sign while the certificate is not valid.",
    "usage-period-as-long-as-validity": "The certificate ends with its key's use: what it signs last cannot be verified later.",
}
_AUTHORITY: Final = {
    "basic-constraints-missing": "The certificate does not speak about being an authority's.",
    "basic-constraints-present": "The certificate of a signer speaks about being an authority.",
    "basic-constraints-malformed": "Whether the certificate is an authority's cannot be read.",
    "basic-constraints-encoding": "Whether the certificate is an authority's is said in an irregular form.",
    "basic-constraints-not-critical": "Whether the certificate is an authority's is not marked as critical.",
    "not-an-authority": "The certificate of an authority says that it is none's.",
    "path-length": "What the certificate says about being an authority's does not limit the length of paths to zero.",
}
_NAMES: Final = {
    "country-missing": "The certificate names no country.",
    "country-encoding": "The subject's country is named otherwise than in two capital letters as PrintableString.",
    "country-differs": "The certificate names one country for its subject and another for its issuer.",
    "common-name-missing": "The certificate's subject has no common name.",
    "name-encoding": "The certificate's subject is written in characters, or a type of them, that Doc 9303 does not allow.",
    "issuer-country-missing": "The certificate names no country of its issuer.",
    "issuer-country-encoding": "The issuer's country is named otherwise than in two capital letters as PrintableString.",
    "issuer-common-name-missing": "The certificate's issuer has no common name.",
    "issuer-name-encoding": "The certificate's issuer is written in characters, or a type of them, that Doc 9303 does not allow.",
    "alternative-names-differ": "A CSCA gives itself one alternative name as subject and another as issuer.",
    "name-change-missing": "A CSCA's certificate by its older key bears another name, and does not say that the name changed.",
    "name-change-malformed": "That the CSCA's name changed is not said by NULL.",
}
_ALTERNATIVE_NAME: Final = {
    "missing": "The certificate has no alternative name of its {}.",
    "malformed": "The alternative name of the {} cannot be read.",
    "country": "The alternative name of the {} is of another state than the name, or does not write it as an MRZ does.",
    "without-state": "The alternative name of the {} names no state.",
    "without-contact": "The alternative name of the {} has no address, host or URI.",
}
_PURPOSE: Final = {
    "crl-distribution-points-missing": "The certificate does not say where its issuer's revocation list is.",
    "crl-distribution-points-malformed": "Where the issuer's revocation list is cannot be read.",
    "crl-distribution-points-form": "The issuer's revocation list is not given by addresses of http, https or ldap alone.",
    "document-types-missing": "The certificate does not list the documents that it is for.",
    "document-types-malformed": "The list of documents that the certificate is for cannot be read.",
    "document-types-encoding": "The documents that the certificate is for are listed in an irregular form.",
}
_BETWEEN: Final = {
    "issuer-name-order": "The issuer's name has its parts in another order than the issuer's own certificate.",
    "issued-outside-validity": "The certificate was issued while its issuer's was not valid.",
    "issued-outside-usage-period": "The certificate was issued outside the period in which its issuer's key may sign.",
    "outlives-issuer": "The certificate is valid for longer than its issuer's.",
    "signed-outside-validity": "The signer says that it signed while its certificate was not valid.",
    "signed-outside-usage-period": "The signer says that it signed outside the period in which its key may sign.",
    "alternative-name-state": "The alternative name of the signer's certificate is of another state than DG1.",
    "document-type-not-listed": "The signer's certificate is not for documents of this type.",
}

CERTIFICATE_DEVIATIONS: Final = MappingProxyType(
    _OWN
    | _KEY
    | _AUTHORITY
    | _NAMES
    | {
        f"{whose}-alternative-name-{what}": sentence.format(whose)
        for whose in ("subject", "issuer")
        for what, sentence in _ALTERNATIVE_NAME.items()
    }
    | _PURPOSE
    | {f"{label}-present": f"The certificate has {what}, which Doc 9303 excludes here." for label, what in _EXCLUDED.items()}
    | {f"{label}-critical": f"The certificate marks {what} as critical." for label, what in _NOT_CRITICAL.items()}
    | _BETWEEN
)
"""Code → sentence."""
