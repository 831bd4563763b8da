# SPDX-License-Identifier: Apache-2.0
"""AlgorithmIdentifiers of hashes and signatures (RFC 4055, RFC 5758, BSI TR-03111 §5.2; ICAO 9303-12 §4.1.6)."""

from __future__ import annotations

from typing import Final

from chipid.crypto import asn1
from chipid.crypto.signature import DsaScheme, EcdsaScheme, Hash, Pkcs1Scheme, PssScheme, Scheme
from chipid.errors import MalformedData, UnsupportedFeature

__all__ = [
    "DSA",
    "EC_PUBLIC_KEY",
    "HASH_OIDS",
    "OID_OF_HASH",
    "RSASSA_PSS",
    "RSA_ENCRYPTION",
    "SCHEMES",
    "build_algorithm_identifier",
    "build_hash_identifier",
    "hash_from_algorithm_identifier",
    "names_no_hash",
    "pss_from_parameters",
    "scheme_from_algorithm_identifier",
]

RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
DSA: Final = "1.2.840.10040.4.1"

HASH_OIDS: Final[dict[str, Hash]] = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
OID_OF_HASH: Final[dict[Hash, str]] = {name: oid for oid, name in HASH_OIDS.items()}

_MGF1: Final = "1.2.840.113549.1.1.8"
_ECDSA_SPECIFIED: Final = "1.2.840.10045.4.3"
SCHEMES: Final[dict[str, Scheme]] = {
    "1.2.840.113549.1.1.5": Pkcs1Scheme("sha1"),
    "1.3.14.3.2.29": Pkcs1Scheme("sha1"),
    "1.2.840.113549.1.1.14": Pkcs1Scheme("sha224"),
    "1.2.840.113549.1.1.11": Pkcs1Scheme("sha256"),
    "1.2.840.113549.1.1.12": Pkcs1Scheme("sha384"),
    "1.2.840.113549.1.1.13": Pkcs1Scheme("sha512"),
    "1.2.840.10045.4.1": EcdsaScheme("sha1"),
    "1.2.840.10045.4.3.1": EcdsaScheme("sha224"),
    "1.2.840.10045.4.3.2": EcdsaScheme("sha256"),
    "1.2.840.10045.4.3.3": EcdsaScheme("sha384"),
    "1.2.840.10045.4.3.4": EcdsaScheme("sha512"),
    "0.4.0.127.0.7.1.1.4.1.1": EcdsaScheme("sha1", plain=True),
    "0.4.0.127.0.7.1.1.4.1.2": EcdsaScheme("sha224", plain=True),
    "0.4.0.127.0.7.1.1.4.1.3": EcdsaScheme("sha256", plain=True),
    "0.4.0.127.0.7.1.1.4.1.4": EcdsaScheme("sha384", plain=True),
    "0.4.0.127.0.7.1.1.4.1.5": EcdsaScheme("sha512", plain=True),
    "1.2.840.10040.4.3": DsaScheme("sha1"),
    "2.16.840.1.101.3.4.3.1": DsaScheme("sha224"),
    "2.16.840.1.101.3.4.3.2": DsaScheme("sha256"),
    "2.16.840.1.101.3.4.3.3": DsaScheme("sha384"),
    "2.16.840.1.101.3.4.3.4": DsaScheme("sha512"),
}
"""Signature algorithms whose parameters say nothing, by object identifier."""
_HASHLESS: Final[dict[str, type[Pkcs1Scheme | EcdsaScheme | DsaScheme]]] = {
    RSA_ENCRYPTION: Pkcs1Scheme,
    EC_PUBLIC_KEY: EcdsaScheme,
    DSA: DsaScheme,
    _ECDSA_SPECIFIED: EcdsaScheme,
}
"""Kinds of keys, and ECDSA with a hash that is told elsewhere: the hash is the digestAlgorithm of the SignerInfo."""
_KEY_PARAMETERS: Final = frozenset({EC_PUBLIC_KEY, DSA})
_OID_OF_SCHEME = {scheme: oid for oid, scheme in SCHEMES.items() if oid != "1.3.14.3.2.29"}


def hash_from_algorithm_identifier(der: bytes) -> Hash:
    """The hash of a DigestAlgorithmIdentifier; its parameters may be absent or NULL (ICAO 9303-12 §9.1).

    :raises MalformedData: it is none.
    :raises UnsupportedFeature: another hash, MD5 for one.
    """
    oid, parameters = _read(der)
    if oid not in HASH_OIDS:
        raise UnsupportedFeature(f"the hash algorithm {oid}")
    if parameters is not None and parameters.tag != asn1.NULL:
        raise parameters.error("a hash algorithm takes no parameters")
    return HASH_OIDS[oid]


def scheme_from_algorithm_identifier(der: bytes, digest_hint: Hash | None = None) -> Scheme:
    """The signature scheme of an AlgorithmIdentifier.

    :param der: the whole SEQUENCE.
    :param digest_hint: the hash to go with an identifier that names none, as ``rsaEncryption`` in a SignerInfo (AU, ES, NZ, US).
    :raises MalformedData: it is none; or it needs a hint and there is none.
    :raises UnsupportedFeature: another algorithm.
    """
    oid, parameters = _read(der)
    if oid == RSASSA_PSS:
        return pss_from_parameters(parameters)
    if oid == _ECDSA_SPECIFIED and parameters is not None:
        return EcdsaScheme(hash_from_algorithm_identifier(parameters.raw))
    if oid not in SCHEMES and oid not in _HASHLESS:
        raise UnsupportedFeature(f"the signature algorithm {oid}")
    if parameters is not None and parameters.tag != asn1.NULL and oid not in _KEY_PARAMETERS:
        raise parameters.error("a signature algorithm without parameters has some")
    if oid in SCHEMES:
        return SCHEMES[oid]
    if digest_hint is None:
        raise MalformedData(f"the signature algorithm {oid} names no hash")
    return _HASHLESS[oid](digest_hint)


def names_no_hash(der: bytes) -> bool:
    """Whether an AlgorithmIdentifier names a signature and leaves its hash to the digestAlgorithm of the SignerInfo.

    :raises MalformedData: it is none.
    """
    oid, parameters = _read(der)
    return oid in _HASHLESS and not (oid == _ECDSA_SPECIFIED and parameters is not None)


def pss_from_parameters(parameters: asn1.Element | None) -> PssScheme:
    """RSASSA-PSS-params (RFC 4055 §3.1): what is absent has a default, SHA-1 and 20 octets of salt.

    :raises MalformedData: they are none.
    :raises UnsupportedFeature: another hash, mask generation function or trailer.
    """
    hash_name: Hash = "sha1"
    mgf_hash: Hash = "sha1"
    salt_length, trailer = 20, 1
    if parameters is not None:
        fields = parameters.children()
        if (field := fields.optional(0xA0)) is not None:
            hash_name = hash_from_algorithm_identifier(field.only_child(asn1.SEQUENCE).raw)
        if (field := fields.optional(0xA1)) is not None:
            mgf_hash = _mgf_hash(field.only_child(asn1.SEQUENCE).raw)
        if (field := fields.optional(0xA2)) is not None:
            salt_length = field.only_child(asn1.INTEGER).integer()
        if (field := fields.optional(0xA3)) is not None:
            trailer = field.only_child(asn1.INTEGER).integer()
        fields.finish()
        if not 0 <= salt_length <= 1024:
            raise parameters.error("not a salt length")
    if trailer != 1:
        raise UnsupportedFeature("RSASSA-PSS with another trailer field than 0xBC")
    return PssScheme(hash_name, mgf_hash, salt_length)


def build_hash_identifier(name: Hash) -> bytes:
    """A DigestAlgorithmIdentifier without parameters (ICAO 9303-10 §4.6.2.3)."""
    return asn1.sequence(asn1.oid(OID_OF_HASH[name]))


def build_algorithm_identifier(scheme: Scheme) -> bytes:
    """The AlgorithmIdentifier of *scheme*: PKCS#1 with NULL, PSS with all its parameters, ECDSA with none."""
    if isinstance(scheme, PssScheme):
        return _build_pss(scheme)
    oid = asn1.oid(_OID_OF_SCHEME[scheme])
    return asn1.sequence(oid, asn1.null()) if isinstance(scheme, Pkcs1Scheme) else asn1.sequence(oid)


def _read(der: bytes) -> tuple[str, asn1.Element | None]:
    identifier = asn1.parse(der, asn1.SEQUENCE).children()
    oid = identifier.expect(asn1.OBJECT_IDENTIFIER).oid()
    parameters = None if identifier.at_end else identifier.read()
    identifier.finish()
    return oid, parameters


def _mgf_hash(der: bytes) -> Hash:
    oid, parameters = _read(der)
    if oid != _MGF1 or parameters is None:
        raise UnsupportedFeature(f"the mask generation function {oid}")
    return hash_from_algorithm_identifier(parameters.raw)


def _build_pss(scheme: PssScheme) -> bytes:
    hashes = [asn1.sequence(asn1.oid(OID_OF_HASH[name]), asn1.null()) for name in (scheme.hash, scheme.mgf_hash)]
    return asn1.sequence(
        asn1.oid(RSASSA_PSS),
        asn1.sequence(
            asn1.encode(0xA0, hashes[0]),
            asn1.encode(0xA1, asn1.sequence(asn1.oid(_MGF1), hashes[1])),
            asn1.encode(0xA2, asn1.integer(scheme.salt_length)),
        ),
    )
