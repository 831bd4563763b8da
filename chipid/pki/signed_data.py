# SPDX-License-Identifier: Apache-2.0
"""Verifying SignedData (RFC 5652 §5.4–5.6, ICAO 9303-10 §4.6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from chipid.crypto import asn1
from chipid.crypto.algorithms import hash_from_algorithm_identifier
from chipid.crypto.signature import Hash
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate
from chipid.pki.cms import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    SignedData,
    SignerIdentifier,
    SignerInfo,
    SubjectKeyIdentifier,
)
from chipid.pki.signatures import SignatureFinding, verify_signature

CANDIDATE_LIMIT: Final = 8
"""Certificates that are tried for one signer who names them all alike."""


@dataclass(frozen=True)
class SignerFinding:
    """What one SignerInfo proves.

    :ivar ok: whether its signature is good and covers the content; ``None`` where that cannot be decided.
    :ivar reason: a stable code, ``ok`` for a plain success; :ivar detail: a sentence for a person.
    :ivar certificate: the one that holds the signer's key, ``None`` where there is none.
    :ivar signed_at: the signingTime attribute, when the signer says that it signed.
    :ivar content_ok: whether the signed digest is the content's; :ivar signature_ok: whether the key made the signature.
    :ivar further: the codes of what else would have been enough to fail.
    """

    ok: bool | None
    reason: str
    detail: str
    certificate: Certificate | None = None
    signed_at: datetime | None = None
    content_ok: bool | None = None
    signature_ok: bool | None = None
    deviations: tuple[str, ...] = ()
    further: tuple[str, ...] = ()


class _Stop(Exception):
    """A step that cannot go on."""

    def __init__(self, ok: bool | None, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.finding = (ok, reason, detail)


def _nobody(_sid: SignerIdentifier) -> Iterable[Certificate]:
    return ()


def verify_signers(
    signed: SignedData, known: Callable[[SignerIdentifier], Iterable[Certificate]] = _nobody
) -> tuple[SignerFinding, ...]:
    """A finding for each SignerInfo, in their order; none at all where nobody signed.

    :param known: certificates from elsewhere that an identifier may mean; asked where the object carries none that it does.
    """
    return tuple(_Verification(signed, signer, known).run() for signer in signed.signers)


class _Verification:
    """One run over one SignerInfo."""

    def __init__(
        self, signed: SignedData, signer: SignerInfo, known: Callable[[SignerIdentifier], Iterable[Certificate]]
    ) -> None:
        self._signed = signed
        self._signer = signer
        self._known = known
        self._certificate: Certificate | None = None
        self._content_ok: bool | None = None
        self._signature_ok: bool | None = None
        self._deviations: list[str] = []
        self._further: tuple[str, ...] = ()

    def run(self) -> SignerFinding:
        ok: bool | None
        try:
            ok, reason, detail = self._steps()
        except _Stop as stop:
            ok, reason, detail = stop.finding
        except UnsupportedFeature as error:
            ok, reason, detail = None, "unsupported-algorithm", f"The signature cannot be checked: {error}."
        return SignerFinding(
            ok,
            reason,
            detail,
            self._certificate,
            self._signing_time(),
            self._content_ok,
            self._signature_ok,
            tuple(dict.fromkeys(self._deviations)),
            self._further,
        )

    def _steps(self) -> tuple[bool, str, str]:
        # 1. The versions and the list of hashes fit the rest; they are not signed and decide nothing.
        self._note_unsigned_oddities()
        # 2. The signer's certificate is the one that the SignerInfo names (RFC 5652 §5.3 sid).
        candidates = self._find_certificates()
        self._certificate = candidates[0]
        # 3. The hash is one that we know.
        digest_name = self._digest_name()
        # 4. The content is there, and with signed attributes its hash and its type are the ones that were signed (§5.4, §11).
        content = self._signed.content
        if content is None:
            raise _Stop(False, "content-missing", "The signed content is not there.")
        failures = self._check_attributes(content, digest_name)
        # 5. The key made the signature over the attributes, or over the content where there are none (§5.4).
        self._signature_ok = self._check_signature(candidates, content, digest_name)
        if not self._signature_ok:
            failures.append(("signature-invalid", "The signature was not made by the key of the signer's certificate."))
        if not failures:
            return True, "ok", "The signature is good."
        # The content that changed tells more than the signature; whoever lets that pass hears of the signature all the same.
        (reason, detail), *others = failures
        self._further = tuple(other for other, _ in others)
        return False, reason, detail

    def _note(self, code: str, applies: bool) -> None:
        if applies:
            self._deviations.append(code)

    def _note_unsigned_oddities(self) -> None:
        signer = self._signer
        by_key = isinstance(signer.sid, SubjectKeyIdentifier)
        self._note("signed-data-version", self._signed.version != 3)
        self._note("signer-version", signer.version != (3 if by_key else 1))
        try:
            listed = {hash_from_algorithm_identifier(der) for der in self._signed.digest_algorithms}
            fits = hash_from_algorithm_identifier(signer.digest_algorithm) in listed
        except (MalformedData, UnsupportedFeature):
            fits = False
        self._note("digest-algorithms", not fits)

    def _find_certificates(self) -> list[Certificate]:
        """Whom the SignerInfo names, likeliest first. Anybody can put a name and a number into a certificate of his own."""
        sid, inside = self._signer.sid, self._signed.certificates
        for candidates in self._candidates():
            for fits in (sid.names, sid.resembles):
                found = list(islice(filter(_careful(fits), candidates), CANDIDATE_LIMIT))
                if found:
                    self._note("signer-identifier", fits != sid.names)
                    return found
        if len(inside) == 1:
            self._deviations.append("signer-identifier")
            return list(inside)
        raise _Stop(None if not inside else False, "signer-certificate-missing", "No certificate belongs to the signer.")

    def _candidates(self) -> Iterator[tuple[Certificate, ...]]:
        """The object's own certificates; those from elsewhere are asked for only where none of them fits."""
        yield self._signed.certificates
        yield tuple(self._known(self._signer.sid))

    def _digest_name(self) -> Hash:
        try:
            return hash_from_algorithm_identifier(self._signer.digest_algorithm)
        except MalformedData:
            raise _Stop(False, "signer-malformed", "The signer's hash algorithm is malformed.") from None

    def _check_attributes(self, content: bytes, digest_name: Hash) -> list[tuple[str, str]]:
        """What speaks against the signed attributes, or against there being none: codes and sentences."""
        signer = self._signer
        if signer.signed_attributes is None:
            # RFC 5652 §5.3 wants attributes for any content type but id-data; without them the signature covers the content itself.
            self._deviations.append("signed-attributes-missing")
            if content.startswith(bytes((asn1.SET,))) and asn1.oid(MESSAGE_DIGEST) in content:
                # Anybody can put what a signer signed as attributes in the content's place: it was never meant to be one.
                return [("content-is-attributes", "What was signed are the attributes of another signature.")]
            return []
        signed_type, signed_digest = signer.attribute(CONTENT_TYPE), signer.attribute(MESSAGE_DIGEST)
        if signed_digest is not None:
            self._content_ok = _octets(signed_digest) == hashlib.new(digest_name, content).digest()
        failures = {
            ("duplicate-attribute", "A signed attribute is there twice."): bool(signer.repeated_attributes),
            ("message-digest-missing", "The signed attributes hold no hash of the content."): signed_digest is None,
            ("message-digest-mismatch", "The content is not what was signed: its hash differs."): not self._content_ok,
            ("content-type-missing", "The signed attributes do not say what was signed."): signed_type is None,
            ("content-type-mismatch", "What was signed is of another type than the content."): (
                signed_type is not None and _oid(signed_type) != self._signed.content_type
            ),
        }
        return [failure for failure, applies in failures.items() if applies]

    def _check_signature(self, candidates: list[Certificate], content: bytes, digest_name: Hash) -> bool:
        """Whether one of *candidates* made the signature; where none did, the first one's answer is the one that is told."""
        messages = tuple(self._messages(content))
        answers: list[SignatureFinding | _Stop | UnsupportedFeature] = []
        for certificate in candidates:
            try:
                finding = self._verify(certificate, messages, digest_name)
            except (_Stop, UnsupportedFeature) as problem:
                answers.append(problem)
                continue
            answers.append(finding)
            if finding.valid:
                self._certificate = certificate
                self._deviations.extend(finding.deviations)
                return True
        first = answers[0]
        if not isinstance(first, SignatureFinding):
            raise first
        self._deviations.extend(first.deviations)
        return False

    def _verify(self, certificate: Certificate, messages: Iterable[bytes], digest_name: Hash) -> SignatureFinding:
        signer, finding = self._signer, SignatureFinding(False)
        try:
            for message in messages:
                finding = verify_signature(
                    certificate.public_key, signer.signature_algorithm, message, signer.signature, digest_name
                )
                if finding.valid:
                    break
        except MalformedData as error:
            raise _Stop(False, "signer-key-malformed", f"The signer's key or algorithm is malformed: {error}.") from None
        return finding

    def _messages(self, content: bytes) -> Iterable[bytes]:
        """What the signature may cover. Signed attributes are hashed as a SET, in DER (RFC 5652 §5.4).

        The octets as read come first, under the SET's tag; where they are no DER, what the signer had before it was written.
        """
        attributes = self._signer.signed_attributes
        if attributes is None:
            return (content,)
        as_read = bytes((asn1.SET,)) + attributes.raw[1:]
        element = asn1.parse(as_read, asn1.SET)
        try:
            unsorted, der = (asn1.to_der(element, sort_sets=sort_sets) for sort_sets in (False, True))
        except MalformedData:
            self._deviations.append("signed-attributes-not-der")
            return (as_read,)
        self._note("signed-attributes-not-der", as_read != der)
        return dict.fromkeys((as_read, unsorted, der))

    def _signing_time(self) -> datetime | None:
        value = self._signer.attribute(SIGNING_TIME)
        if value is None:
            return None
        try:
            return asn1.Reader(value).expect(asn1.UTC_TIME, asn1.GENERALIZED_TIME).time()
        except MalformedData:
            return None


def _careful(fits: Callable[[Certificate], bool]) -> Callable[[Certificate], bool]:
    """A certificate whose key cannot even be found fits no identifier."""

    def check(certificate: Certificate) -> bool:
        try:
            return fits(certificate)
        except MalformedData:
            return False

    return check


def _octets(encoded: bytes) -> bytes | None:
    try:
        return asn1.Reader(encoded).octet_string()
    except MalformedData:
        return None


def _oid(encoded: bytes) -> str | None:
    try:
        return asn1.Reader(encoded).expect(asn1.OBJECT_IDENTIFIER).oid()
    except MalformedData:
        return None
