# SPDX-License-Identifier: Apache-2.0
"""The terminal's key in a hardware security module (PKCS#11 v2.40): tested against SoftHSM 2."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import Any, Final, Self

from chipid._native import EcDomain, NativeError
from chipid.crypto import asn1
from chipid.crypto.algorithms import OID_OF_HASH
from chipid.crypto.signature import (
    EcdsaScheme,
    EcPublicKey,
    Hash,
    Pkcs1Scheme,
    PssScheme,
    PublicKey,
    RsaPublicKey,
    Scheme,
    verify,
)
from chipid.crypto.spki import parse_ec_parameters
from chipid.errors import MalformedData, ReaderError, UnsupportedFeature
from chipid.records import read_file
from chipid.signers.ecdsa import in_form
from chipid.signers.pkcs11_session import LOCK, Login, attribute, library, load_module, only_token, translated
from chipid.signers.pkcs11_uri import Pkcs11Uri

PIN_FILE_LIMIT: Final = 1024

_DIGESTS: Final[dict[Hash, str]] = {"sha1": "SHA_1", "sha224": "SHA224", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
"""PKCS#11's names of the hash functions, as mechanisms; elsewhere SHA-1 is without the underscore."""
_PUBLIC_HINT = "Store the public key that belongs to the private one beside it, with the same id."


@dataclass(frozen=True)
class _Operation:
    """One signature, in the two ways in which a token may offer it.

    :ivar on_digest: the mechanism that takes *prepared*, our own digest or what the scheme makes of it.
    :ivar on_message: the mechanism that hashes by itself, for tokens without the other.
    """

    on_digest: str
    prepared: bytes
    on_message: str
    parameter: tuple[Any, ...] | None = None


class Pkcs11Signer:
    """A private key in a token, a :class:`chipid.crypto.signer.Signer`; made by :meth:`open`.

    Signers of one token share its login, since PKCS#11 knows one for the whole process; it ends with the last of them.
    """

    def __init__(self, login: Login, key: Any, public_key: PublicKey) -> None:
        self._login: Login | None = login
        self._key = key
        self._public_key = public_key

    @classmethod
    def open(cls, key: Pkcs11Uri, pin: str | None = None) -> Self:
        """Log in to the token that *key* names and find the one private key that it means.

        :param pin: the user's; from ``key.pin_source`` where ``None``. A token with a PIN pad asks by itself.
        :raises ReaderError: the module cannot be loaded; no token or key, or several, match; the module failed.
        :raises UnsupportedFeature: python-pkcs11 is not installed; the key is neither RSA nor on a curve that the core knows.
        :raises AccessDenied: the token wants a PIN and there is none; as :class:`WrongPassword` where it is wrong.
        :raises MalformedData: the token's public key is none; the PIN's file holds none.
        :raises OSError: the PIN's file cannot be read.
        """
        if pin is None and key.pin_source is not None:
            pin = _pin_in_file(key)
        with LOCK:
            # 1. The module, and the token
            module = load_module(key)
            with translated("looking for the token"):
                token = only_token(module, key)
            # 2. A session
            login = Login.enter(str(key.module_path), token, pin)
            try:
                # 3. The key, and its public half
                with translated("looking for the key"):
                    private = _only_key(login.session, key)
                    return cls(login, private, _public_half(login.session, private))
            except BaseException:
                login.leave()
                raise

    @property
    def public_key(self) -> PublicKey:
        """The public half, as the token has it."""
        return self._public_key

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        """The signature over *message*: RSA as long as the modulus, ECDSA as r ‖ s where ``scheme.plain``, otherwise in DER.

        Nothing is handed out that the public key does not verify.

        :raises UnsupportedFeature: scheme and key do not belong together, or the token does not offer it.
        :raises ReaderError: the signer is closed; the module failed; the signature is not of the public key beside the private one.
        :raises AccessDenied: the session has ended, or a user refused.
        """
        with LOCK:
            if self._login is None:
                raise ReaderError("PKCS#11: signing with a key that has been closed", hint="Open the key again.")
            operation = _operation(self._public_key, scheme, message)
            with translated("signing"):
                signature = _perform(self._login, self._key, operation, message)
        bare = replace(scheme, plain=True) if isinstance(scheme, EcdsaScheme) else scheme
        if not verify(self._public_key, bare, message, signature):
            raise ReaderError("PKCS#11: the token's signature is not of the public key that it shows", hint=_PUBLIC_HINT)
        return in_form(signature, plain=scheme.plain) if isinstance(scheme, EcdsaScheme) else signature

    def close(self) -> None:
        """Leave the token; the last signer of it logs out."""
        with LOCK:
            login, self._login, self._key = self._login, None, None
            if login is not None:
                login.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._public_key})"


def _pin_in_file(key: Pkcs11Uri) -> str:
    """The PIN's file without the end of its line."""
    assert key.pin_source is not None  # noqa: S101  the caller has looked
    octets = read_file(key.pin_source, PIN_FILE_LIMIT).removesuffix(b"\n").removesuffix(b"\r")
    try:
        pin = octets.decode("utf-8")
    except UnicodeDecodeError:
        pin = ""
    if not pin or "\n" in pin or "\0" in pin:
        raise MalformedData("the file that pin-source names holds no PIN: one line in UTF-8")
    return pin


# Finding the key -------------------------------------------------------------------------------------------------


def _only_key(session: Any, key: Pkcs11Uri) -> Any:
    pkcs11 = library()
    template: dict[Any, Any] = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
    if key.object is not None:
        template[pkcs11.Attribute.LABEL] = key.object
    if key.id is not None:
        template[pkcs11.Attribute.ID] = key.id
    found = _first_two(session, template)
    if not found:
        raise ReaderError("PKCS#11: no private key of the token matches", hint="Compare object and id with what the token lists.")
    if len(found) > 1:
        raise ReaderError("PKCS#11: several private keys match", hint="Name one, by object (its label), id or both.")
    if not hasattr(found[0], "sign"):  # python-pkcs11 gives keys what their attributes allow
        raise UnsupportedFeature("PKCS#11: the key may not sign (CKA_SIGN)", hint="Use a key that was made for signing.")
    return found[0]


def _first_two(session: Any, template: dict[Any, Any]) -> list[Any]:
    """Two are one too many already; the search is ended either way."""
    objects = session.get_objects(template)
    try:
        return list(islice(objects, 2))
    finally:
        objects.close()


def _public_half(session: Any, private: Any) -> PublicKey:
    pkcs11 = library()
    kind = attribute(private, "KEY_TYPE")
    if kind == pkcs11.KeyType.RSA:
        source = private if attribute(private, "PUBLIC_EXPONENT") else _public_object(session, private)
        return _rsa_key(attribute(source, "MODULUS"), attribute(source, "PUBLIC_EXPONENT"))
    if kind == pkcs11.KeyType.EC:
        source = private if attribute(private, "EC_POINT") else _public_object(session, private)
        return _ec_key(attribute(source, "EC_PARAMS"), attribute(source, "EC_POINT"))
    raise UnsupportedFeature("a key in a token that is neither RSA nor elliptic-curve")


def _public_object(session: Any, private: Any) -> Any:
    """The public key with the private one's id, or with its label where it has no id."""
    pkcs11 = library()
    template: dict[Any, Any] = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY,
        pkcs11.Attribute.KEY_TYPE: attribute(private, "KEY_TYPE"),
    }
    identifier, label = attribute(private, "ID"), attribute(private, "LABEL")
    if identifier:
        template[pkcs11.Attribute.ID] = identifier
    elif label:
        template[pkcs11.Attribute.LABEL] = label
    found = _first_two(session, template)
    if len(found) != 1:
        many = "several public keys belong" if found else "no public key belongs"
        raise ReaderError(f"PKCS#11: {many} to the private key", hint=_PUBLIC_HINT)
    return found[0]


def _rsa_key(modulus: bytes | None, exponent: bytes | None) -> RsaPublicKey:
    n, e = int.from_bytes(modulus or b"", "big"), int.from_bytes(exponent or b"", "big")
    if not 0 < e < n:
        raise MalformedData("PKCS#11: the token's RSA key has no modulus and exponent")
    return RsaPublicKey(n, e)


def _ec_key(parameters: bytes | None, point: bytes | None) -> EcPublicKey:
    domain, explicit = parse_ec_parameters(parameters or b"")
    return EcPublicKey(domain, _point(domain, point or b""), explicit)


def _point(domain: EcDomain, value: bytes) -> bytes:
    """CKA_EC_POINT: an OCTET STRING around the point (PKCS#11 v2.40, mechanisms §2.3.3), in older modules the point alone."""
    candidates = [value]
    with contextlib.suppress(MalformedData):
        candidates.append(asn1.parse(value, asn1.OCTET_STRING).octets())
    for candidate in candidates:
        try:
            return domain.check_point(candidate)
        except NativeError:
            continue
    raise MalformedData(f"PKCS#11: the token's public point is not on {domain.name}")


# Signing ---------------------------------------------------------------------------------------------------------


def _operation(key: PublicKey, scheme: Scheme, message: bytes) -> _Operation:
    digest = hashlib.new(scheme.hash, message, usedforsecurity=False).digest()
    name = _DIGESTS[scheme.hash].replace("_", "")
    match key, scheme:
        case RsaPublicKey(), Pkcs1Scheme():
            return _Operation("RSA_PKCS", _digest_info(scheme.hash, digest), f"{name}_RSA_PKCS")
        case RsaPublicKey(), PssScheme():
            return _Operation("RSA_PKCS_PSS", digest, f"{name}_RSA_PKCS_PSS", _pss_parameter(scheme))
        case EcPublicKey(), EcdsaScheme():
            # Cut here: some tokens refuse a digest that is longer than the order instead of cutting it. Orders are whole octets
            # but for secp521r1's, which is longer than any digest.
            return _Operation("ECDSA", digest[: len(key.domain.order)], f"ECDSA_{name}")
    raise UnsupportedFeature(f"{type(scheme).__name__} does not go with the key in the token")


def _digest_info(name: Hash, digest: bytes) -> bytes:
    """DigestInfo of RFC 8017 §9.2, with the NULL."""
    return asn1.sequence(asn1.sequence(asn1.oid(OID_OF_HASH[name]), asn1.null()), asn1.octet_string(digest))


def _pss_parameter(scheme: PssScheme) -> tuple[Any, Any, int]:
    pkcs11 = library()
    if not 0 <= scheme.salt_length <= 1024:
        raise UnsupportedFeature("RSASSA-PSS with a length of salt that is none")
    mask = pkcs11.MGF[_DIGESTS[scheme.mgf_hash].replace("_", "")]
    return pkcs11.Mechanism[_DIGESTS[scheme.hash]], mask, scheme.salt_length


def _perform(login: Login, key: Any, operation: _Operation, message: bytes) -> bytes:
    mechanisms = library().Mechanism
    offered = set(login.token.slot.get_mechanisms())
    pin = bytes(login.pin).decode() if login.pin is not None and attribute(key, "ALWAYS_AUTHENTICATE") else None
    for name, data in ((operation.on_digest, operation.prepared), (operation.on_message, message)):
        if mechanisms[name] in offered:
            return bytes(key.sign(data, mechanism=mechanisms[name], mechanism_param=operation.parameter, pin=pin))
    raise UnsupportedFeature(
        f"PKCS#11: the token offers neither CKM_{operation.on_digest} nor CKM_{operation.on_message}",
        hint="Use another scheme, or a token that offers it.",
    )
