# SPDX-License-Identifier: Apache-2.0
"""What each reason code means, in one sentence: codes are stable, sentences may be improved.

A code with the prefix ``dsc-``, ``csca-``, ``list-signer-`` or ``crl-`` that is not listed whole means what the rest means, of the
certificate of a document signer, of an authority above it or of a list's signer, or of a revocation list.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from chipid.protocols.terminal_auth import REASONS as TERMINAL_AUTHENTICATION_REASONS
from chipid.verification.certificate_deviations import CERTIFICATE_DEVIATIONS

_EVERYWHERE: Final = {
    "ok": "The check passed.",
    "unsupported-algorithm": "The data use an algorithm, a key or a curve that chipid does not know.",
    "not-performed": "The check was not made.",
}

_SOD_SIGNATURE: Final = {
    "sod-missing": "EF.SOD is not there, or was not read.",
    "sod-malformed": "EF.SOD is empty, damaged, or holds no list of hashes.",
    "no-signer": "Nobody signed EF.SOD.",
    "signer-certificate-missing": "No certificate of EF.SOD's signer is known.",
    "signer-malformed": "The signer's part of EF.SOD is malformed.",
    "signer-key-malformed": "The signer's public key, or the name of its algorithm, is malformed or forges a known curve.",
    "content-missing": "The signature is there, and what it should cover is not.",
    "content-is-attributes": "What was signed are the attributes of another signature, not the content.",
    "duplicate-attribute": "A signed attribute is there twice.",
    "message-digest-missing": "The signed attributes hold no hash of the content.",
    "message-digest-mismatch": "The content changed after it was signed.",
    "content-type-missing": "The signed attributes do not name the content's type.",
    "content-type-mismatch": "The content is of another type than the signed one.",
    "signature-invalid": "The signature was not made by the key of the signer's certificate.",
}

_DATA_GROUP_INTEGRITY: Final = {
    "no-data-group-read": "No data group was read.",
    "dg-hash-mismatch": "A data group differs from the one that EF.SOD lists.",
    "dg-withheld": "The chip kept back a data group that EF.SOD lists and that was asked for.",
    "dg-not-in-sod": "A data group was read that EF.SOD does not list.",
    "hashes-unsigned": "The data groups match hashes that nobody is known to have signed, which proves nothing.",
}

_CERTIFICATES: Final = {
    "no-trust-anchor": "No trusted CSCA certificate is at hand that could vouch for the signer.",
    "untrusted-signer": "The CSCA that the signer's certificate names is trusted, and did not sign that certificate.",
    "csca-key-unknown": (
        "The CSCA that the signer's certificate names is trusted, and the key that it names is not among that CSCA's known ones:"
        " import the newest certificates of that authority and judge again; if it stays so, the signer is a forger's."
    ),
    "csca-key-malformed": (
        "The CSCA certificate that should vouch for the signer holds no valid key: replace it in the trust store, from its issuer."
    ),
    "algorithm-malformed": "The certificate names its signature algorithm in a malformed way, so that nobody can have signed it.",
    "csca-signature-invalid": (
        "The certificate of an authority above the signer is not signed by the key that it names: it is damaged or forged."
    ),
    "csca-anchor-missing": (
        "The path leads to a link certificate, and the CSCA's older certificate that it links to is not at hand: import it."
    ),
    "csca-link-loop": (
        "Link certificates vouch for each other in a circle, and no self-signed CSCA stands above them: import the CSCA's own."
    ),
    "path-search-limit": (
        "Too many authorities, or too many in a row, might stand above the signer; the search for a trusted CSCA was given up:"
        " remove from the trust store what does not belong there."
    ),
    "dsc-self-signed": "The document signer's certificate is signed by its own key: no CSCA vouches for it.",
    "dsc-is-authority": "The key of an authority signed, and no document signer's.",
    "csca-not-authority": "The certificate above the document signer's is no authority's by its extensions.",
    "dsc-expired": "The document signer's certificate is out of date.",
    "dsc-not-yet-valid": "The document signer's certificate is not valid yet.",
    "csca-expired": "The CSCA certificate is out of date.",
    "csca-not-yet-valid": "The CSCA certificate is not valid yet.",
    "dsc-key-usage": "The document signer's key may not sign data.",
    "csca-key-usage": "The authority's key may not sign certificates.",
    "dsc-extended-key-usage": "The signer's certificate is for another purpose than documents.",
    "dsc-unknown-critical-extension": "The document signer's certificate has a critical extension that is not understood.",
    "csca-unknown-critical-extension": "The CSCA certificate has a critical extension that is not understood.",
    "issuer-name-mismatch": "A trusted key signed under another name than its certificate bears.",
    "path-too-long": "There are more authorities in the path than the CSCA allows.",
    "country-mismatch": "A CSCA certified a signer of another state.",
}

_REVOCATION: Final = {
    "dsc-revoked": "The document signer's certificate has been revoked.",
    "csca-revoked": "The certificate of an authority above the document signer has been revoked.",
    "no-trusted-path": "Without a path to a trusted CSCA there is nobody whose revocation list could be believed.",
    "no-crl": "No revocation list of the document signer's CSCA is at hand: import its newest one.",
    "crl-stale": (
        "The newest revocation list at hand does not name the certificate, and a newer one is due: import that."
    ),
    "crl-signer-unknown": (
        "Whoever signed the revocation list is not among the trusted authorities: import the CSCA's newest certificates."
    ),
    "crl-signer-revoked": "The keys of the CSCA that signed revocation lists name each other as revoked: ask its authority.",
    "crl-signed-outside-validity": "The CSCA certificate of the key that signed the revocation list was not in date then.",
    "crl-not-yet-issued": (
        "The revocation list is dated after the moment that is judged: whom it names is revoked, and of others it says nothing."
    ),
    "crl-key-usage": "The key that signed the revocation list may not sign any, by its certificate.",
    "crl-other-country": "The only revocation list that could count is of another country than the certificate.",
    "crl-unsupported-algorithm": "The revocation list is signed in a way that chipid does not know.",
    "crl-search-limit": "Too many revocation lists or authorities would have to be tried; not all were.",
    "crl-signature-invalid": "The revocation list was not signed by the CSCA that it names.",
    "crl-malformed": "The revocation list is damaged: import it anew.",
    "crl-unknown-critical-extension": "The revocation list has a critical extension that is not understood.",
}

_KNOWN_DEFECTS: Final = {
    "no-defect-list": "No list of known defects or deviations is at hand.",
    "defect-list-malformed": "A list of known defects is damaged where this document has to be looked up.",
    "listed-dsc-revoked": "A list of known defects names the document signer as revoked.",
    "listed-dsc-on-hold": "A list of known defects says that the document signer's revocation is being looked into.",
    "listed-dsc-status-unknown": "A list of known defects names the document signer as revoked, for a reason that is not known.",
    "listed-dsc-malformed": "The document signer's certificate is listed as malformed.",
    "listed-dsc-signature": "The signature of the document signer's certificate is listed as wrong.",
    "listed-csca-malformed": "The CSCA certificate is listed as malformed.",
    "listed-certificate-or-key": "A certificate or a key of this document is listed as deviating.",
    "listed-ca-key-compromised": "The keys of Chip Authentication of such documents are listed as compromised.",
    "listed-aa-key-compromised": "The keys of Active Authentication of such documents are listed as compromised.",
    "listed-dg-malformed": "A data group of such documents is listed as malformed.",
    "listed-dg-hash": "The hash of a data group of such documents is listed as wrong.",
    "listed-sod-invalid": "EF.SOD of such documents is listed as failing its verification.",
    "listed-com-sod": "EF.COM and EF.SOD of such documents are listed as inconsistent.",
    "listed-lds": "The files of such documents are listed as deviating.",
    "listed-mrz-data": "A field of the machine readable zone of such documents is listed as wrong.",
    "listed-mrz-check-digit": "A check digit of the machine readable zone of such documents is listed as wrong.",
    "listed-mrz": "The machine readable zone of such documents is listed as deviating.",
    "listed-chip-unusable": "The chip of such documents is listed as not usable.",
    "listed-national-use": "Such documents are listed with a deviation that only their State knows.",
    "listed-eid-application": "The eID application of such documents, which is not read here, is listed as defective.",
    "listed-card-security": "EF.CardSecurity of such documents is listed as malformed.",
    "listed-chip-security": "EF.ChipSecurity of such documents, which is not read here, is listed as malformed.",
    "listed-power-down": "Such documents have to be taken off the reader between two authentications.",
    "listed-terminal-info": "Such documents lack the record of keys for privileged terminals.",
    "listed-unknown-defect": "Such documents are listed with a defect that is not known.",
}

_ISSUING_STATE: Final = {
    "dg1-missing": "DG1 was not read.",
    "dg1-malformed": "DG1 holds no machine readable zone.",
    "issuing-state-unknown": "DG1 names a state that is in no list.",
    "issuing-state-mismatch": "DG1 is of another state than whoever signed it.",
    "signer-state-missing": "The signer's certificate names no state.",
}

_SOD_AGAINST_COM: Final = {
    "com-missing": "EF.COM was not read.",
    "com-malformed": "EF.COM is damaged.",
    "com-sod-mismatch": "EF.COM and EF.SOD list different data groups.",
    "lds-version-mismatch": "EF.COM and EF.SOD name different LDS versions.",
}

_ACCESS: Final = {
    "access-unknown": "The evidence does not say how the chip was opened.",
    "access-failed": "No try to open the chip succeeded.",
    "pace-not-strongest": "PACE was run in a weaker way than the strongest that the chip offers.",
    "bac-after-pace-failed": "The chip offers PACE and failed it; it was opened with BAC, which is weaker.",
    "pace-not-tried": "The chip offers PACE, and BAC was used.",
    "card-access-malformed": "BAC was used, and EF.CardAccess, which says whether there is PACE, is damaged.",
    "reading-broken-off": "The chip broke off in the middle and did not let the terminal in again.",
}

_TERMINAL_AUTHENTICATION: Final = {
    "ta-not-asked": "The terminal has no rights to prove.",
    "ta-not-offered": "The chip asks no terminal for its rights.",
    "ta-chip-not-authenticated": "The chip did not prove itself, and takes no proof of a terminal's rights without.",
    "ta-chip-not-identified": "DG1 could not be read, whose number Terminal Authentication after BAC needs.",
    "ta-group-of-unknown-order": "The chip's key is in a field whose order is unknown, in which the terminal signs nothing.",
    "ta-with-pin": "The chip was opened with the PIN or PUK, which give fingerprints to nobody: open it with the MRZ or the CAN.",
    "ta-refused": "The terminal could not prove its rights.",
    "ta-session-lost": "The session was lost in Terminal Authentication.",
    **TERMINAL_AUTHENTICATION_REASONS,
}

_CHIP_AUTHENTICITY: Final = {
    "aa-not-offered": "The document has no DG15: no Active Authentication.",
    "aa-not-done": "The chip offers Active Authentication, and it was not done.",
    "aa-key-withheld": "EF.SOD names DG15, and it could not be read.",
    "aa-unsupported": "DG15 holds a key that chipid does not know.",
    "dg15-malformed": "DG15 holds no public key.",
    "aa-refused": "The chip refused Active Authentication, although it has a key.",
    "aa-no-answer": "The chip's answer to Active Authentication did not get through.",
    "aa-answer-short": "The answer to Active Authentication is shorter than the key's modulus.",
    "aa-challenge-differs": "Active Authentication was not made over the challenge that the server gave: the evidence may be old.",
    "aa-challenge-unanswered": "A server gave a challenge, and the chip has signed none.",
    "aa-challenge": "The challenge is not eight octets, or all zero: such an answer can be replayed.",
    "aa-length": "The answer to Active Authentication is longer than the key's modulus.",
    "aa-header": "The answer to Active Authentication does not begin as ISO 9796-2 says.",
    "aa-total-recovery": "The answer to Active Authentication does not cover our challenge.",
    "aa-trailer": "The answer to Active Authentication ends with an unknown trailer.",
    "aa-hash": "The answer to Active Authentication is over another challenge, or by another key.",
    "aa-signature": "The answer to Active Authentication was not made by the key in DG15.",
    "aa-algorithm-unknown": "DG14 names an unknown algorithm for Active Authentication.",
    "ca-not-offered": "The document has no key for Chip Authentication.",
    "ca-needs-rights": "The chip proves itself by Chip Authentication version 2, to a terminal that has proved its rights.",
    "ca-not-done": "The chip offers Chip Authentication, and it was not done.",
    "ca-key-withheld": "EF.SOD names DG14, and it could not be read.",
    "ca-unsupported": "The document offers Chip Authentication in a way that chipid does not know.",
    "dg14-malformed": "DG14 holds no security infos.",
    "ca-malformed": "The record of Chip Authentication does not fit the document's key, in DG14 or in EF.CardSecurity.",
    "ca-refused": "The chip refused Chip Authentication, although it has a key.",
    "ca-not-in-dg14": "The protocol or key of the record is not in DG14, or for version 2 not in EF.CardSecurity.",
    "ca-not-confirmed": "No exchange under the new keys was recorded.",
    "ca-unprotected": "The first answer under the new keys came without protection.",
    "ca-wrong-keys": "The chip does not hold the private key that belongs to the document's public key.",
    "ca-wrong-token": "The chip's token was not made with the key in EF.CardSecurity.",
    "ca-transcript-inconsistent": "The record of Chip Authentication contradicts itself.",
    "cam-not-run": "PACE was not run with Chip Authentication Mapping.",
    "cam-unsupported": "EF.CardSecurity offers Chip Authentication Mapping in a group that chipid does not know.",
    "cam-data-missing": "The chip sent no proof in PACE with Chip Authentication Mapping.",
    "cam-data-malformed": "The chip's proof in Chip Authentication Mapping is no number of the group.",
    "cam-not-in-card-security": "EF.CardSecurity does not offer the PACE that was run.",
    "cam-key-missing": "EF.CardSecurity holds no key for Chip Authentication Mapping.",
    "cam-key-malformed": "EF.CardSecurity holds a key that is none.",
    "cam-wrong-key": "The chip does not hold the private key that belongs to EF.CardSecurity.",
    "card-security-not-needed": "No proof of the chip needs EF.CardSecurity.",
    "card-security-missing": "EF.CardSecurity, which holds the chip's key, could not be read.",
    "card-security-malformed": "EF.CardSecurity is damaged, or holds no security infos.",
    "card-security-other-state": "EF.CardSecurity is signed by another state than the one that DG1 names.",
    "key-not-signed": "The chip proved a key that no trusted EF.SOD vouches for.",
    "key-signature-open": "The chip proved a key, and whether EF.SOD vouches for it could not be found out.",
    "copy-not-excluded": "The chip offers no proof of being the one that was issued: it may be a copy.",
}

_CONSISTENCY: Final = {
    "card-access-altered": "EF.CardAccess, which is unsigned, does not offer the PACE that the signed DG14 names.",
    "card-access-missing": "DG14 names PACE, and EF.CardAccess could not be read.",
    "dg14-absent": "There is no DG14 to compare EF.CardAccess with.",
    "dg14-names-no-pace": "DG14 repeats nothing of EF.CardAccess.",
    "no-profile": "DG13 has no known meaning on this document.",
    "dg13-not-read": "DG13 was not read.",
    "dg13-withheld": "EF.SOD lists DG13, and the chip did not deliver it.",
    "dg13-malformed": "DG13 is not laid out as on known cards.",
    "dg13-not-comparable": "DG13 holds no citizen number to compare with DG1.",
    "dg1-dg13-differ": "DG1 and DG13 are of different persons.",
    "mrz-check-digit": "A check digit of the machine readable zone is wrong.",
    "document-expired": "The document has expired.",
    "no-expiry": "The document does not expire.",
    "expiry-unreadable": "The expiry date is no date.",
}

_DEVIATIONS: Final = {
    # Access, authenticity, consistency
    "atr-info-malformed": "EF.ATR/INFO, which says how long APDUs may be, breaks its standard; it was passed over.",
    "access-took-several-tries": "Another password was tried before the one that opened the chip.",
    "issued-without-pace": "The document was issued in 2027 or later, when documents must have PACE, and has none.",
    "issued-with-bac": "The document was issued in 2028 or later, when documents may not have BAC any more, and has it.",
    "document-outlives-signer": "The document is valid for longer than its signer's certificate, which should cover it.",
    "aa-short-key": "The RSA key of Active Authentication is shorter than Doc 9303 allows.",
    "aa-sha1": "Active Authentication uses SHA-1.",
    "aa-algorithm-undeclared": "No DG14 says how the key in DG15 signs.",
    "aa-hash-too-long": "Active Authentication uses a hash that is longer than the key's order.",
    "aa-der": "The ECDSA answer of Active Authentication is in DER instead of r and s alone.",
    "ca-not-strongest": "Chip Authentication was not run with the strongest key and cipher that the document offers.",
    "ca-protocol-undeclared": "DG14 holds a key and does not say for which protocol.",
    **{
        f"dg13-{field}-not-compared": f"DG13 or DG1 is silent about the {field.replace('-', ' ')}, or says it in an unknown form."
        for field in ("birth-date", "sex", "expiry", "name")
    },
    # EF.SOD and its signature
    "sod-not-der": "EF.SOD is in BER, where DER belongs.",
    "card-security-content-type": "EF.CardSecurity names its content otherwise than BSI TR-03110 does.",
    "sod-content-type": "EF.SOD names its content otherwise than Doc 9303 does.",
    "several-signers": "More than one signed EF.SOD.",
    "signed-data-version": "The version of the signed object is not the one that Doc 9303 wants.",
    "signer-version": "The version of a signer's part does not fit the way it names its certificate.",
    "signer-identifier": "The signer's certificate was found although its name or number is written otherwise.",
    "digest-algorithms": "The list of hash algorithms does not hold the signer's, or holds others that are not allowed.",
    "signed-attributes-missing": "The signature covers the content directly, without signed attributes.",
    "signed-attributes-not-der": "The signed attributes are not stored in DER, in which they are to be signed.",
    "sha1-signature": "The signature uses SHA-1.",
    "sha1-hashes": "The data groups are hashed with SHA-1.",
    "short-key": "The key that signed is shorter than Doc 9303 allows.",
    "algorithm-parameters": "The signature algorithm has parameters that do not belong there, or lacks those that do.",
    "pkcs1-digest-info": "The RSA signature leaves out the NULL that belongs into it.",
    "ecdsa-signature-encoding": "The ECDSA signature is encoded otherwise than its algorithm says.",
    "signature-hash-differs": "The signature was made with another hash than its algorithm names.",
    "digest-algorithm-differs": "The content is hashed with another algorithm than the one that the signature was made with.",
    "signature-algorithm-without-hash": "The signature algorithm names the kind of key alone; its hash is taken from elsewhere.",
    "key-restriction": "The signer's key may not be used for such a signature, by what its own algorithm says.",
    "ecdsa-other-curve": "The signature was made on another curve than the key names.",
    "lds-version": "The list of hashes has an unknown version.",
    "lds-version-info": "The list of hashes has version strings and should not, or the other way round.",
    "lds-hash-count": "EF.SOD lists fewer than two data groups.",
    "lds-hash-parameters": "The hash algorithm of the list of hashes carries parameters.",
    "lds-unknown-object": "The list of hashes is followed by something unknown.",
    "dg-listed-but-absent": "EF.SOD lists a data group that the chip says it has not.",
    **CERTIFICATE_DEVIATIONS,  # behind dsc-, csca- or list-signer-
    # Revocation lists, behind crl-
    "version-not-2": "The revocation list is not of version 2.",
    "time-encoding": "A date of the revocation list is of another type than its year asks for.",
    "next-update-missing": "The revocation list does not say when the next one is due.",
    "next-update-too-late": "The revocation list is meant to serve for longer than the 90 days that Doc 9303 allows.",
    "next-update-before-this-update": "The revocation list is out of date from the day on which it was made.",
    "revoked-certificates-empty": "The revocation list has a list of certificates with nothing in it.",
    "extension-critical": "The revocation list marks an extension as critical that should not be.",
    "number-missing": "The revocation list has no number.",
    "number-malformed": "The number of the revocation list cannot be read.",
    "number-negative": "The number of the revocation list is negative.",
    "number-too-long": "The number of the revocation list has more than 20 octets.",
    "delta-indicator": "The revocation list is one of changes only, which Doc 9303 does not allow.",
    "issuing-distribution-point": "The revocation list says where it is distributed, which Doc 9303 does not allow.",
    "freshest-crl": "The revocation list points to a list of changes, which Doc 9303 does not allow.",
    "entry-extension": "An entry of the revocation list has an extension that Doc 9303 does not allow.",
    "entry-repeated": "The revocation list names a certificate twice.",
    "entry-not-der": "An entry of the revocation list is in BER, where DER belongs.",
    "newer-unusable": "A newer revocation list of the CSCA than the one that counted could not be used.",
}

REASONS: Final = MappingProxyType(
    _EVERYWHERE
    | _ACCESS
    | _SOD_SIGNATURE
    | _DATA_GROUP_INTEGRITY
    | _CERTIFICATES
    | _REVOCATION
    | _KNOWN_DEFECTS
    | _ISSUING_STATE
    | _SOD_AGAINST_COM
    | _TERMINAL_AUTHENTICATION
    | _CHIP_AUTHENTICITY
    | _CONSISTENCY
    | _DEVIATIONS
)
"""Code → sentence, in the order of the checks."""

REVOCATION_UNKNOWN: Final = frozenset(_REVOCATION) - {"dsc-revoked", "csca-revoked"}
"""Why it could not be found out whether a certificate has been revoked."""

WHO_SIGNED: Final = (
    frozenset(_SOD_SIGNATURE)
    | frozenset(_DATA_GROUP_INTEGRITY) - {"dg-withheld"}
    | {
        "no-trust-anchor", "untrusted-signer", "csca-key-unknown", "csca-key-malformed", "algorithm-malformed",
        "csca-signature-invalid", "csca-anchor-missing", "csca-link-loop", "path-search-limit", "dsc-self-signed",
        "dsc-is-authority", "csca-not-authority", "issuer-name-mismatch", "country-mismatch", "issuing-state-mismatch",
        "listed-sod-invalid", "unsupported-algorithm",
    }
)  # fmt: skip
"""Reasons by which it is not known who signed, or what. Whoever let one of them pass would take anybody's files for a State's."""

_ROLES: Final = {
    "dsc-": "Document signer's certificate: ",
    "csca-": "CSCA certificate: ",
    "list-signer-": "List signer's certificate: ",
    "crl-": "Revocation list: ",
}


def stem(code: str) -> str:
    """*code* without the prefix that says whose certificate, or what list, is meant; a code that is listed whole has none."""
    return code if code in REASONS else next((code.removeprefix(role) for role in _ROLES if code.startswith(role)), code)


def explain(code: str) -> str:
    """The sentence for *code*; the code itself where there is none."""
    rest = stem(code)
    return _ROLES.get(code.removesuffix(rest), "") + REASONS[rest] if rest in REASONS else code
