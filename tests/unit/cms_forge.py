# SPDX-License-Identifier: Apache-2.0
"""SignedData of any shape, for the tests of what is read and verified."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier, build_hash_identifier
from chipid.issuing.pki import DocumentSigner, KeyOptions
from chipid.pki.cms import CONTENT_TYPE, MESSAGE_DIGEST, SignedData
from chipid.pki.signed_data import SignerFinding, verify_signers

AT = datetime(2026, 6, 1, tzinfo=UTC)
TYPE, CONTENT = "2.23.136.1.1.1", b"the list of hashes"
KEY = KeyOptions("secp256r1")


@dataclass(frozen=True)
class Forge:
    """A SignedData of any shape, signed by a signer's real key unless a signature is given."""

    signer: DocumentSigner
    content: bytes | None = CONTENT
    content_type: str = TYPE
    attributes: tuple[bytes, ...] | None = None  # None: those that belong there
    without_attributes: bool = False
    stored: bytes | None = None  # how the attributes are stored, where not as they were signed
    version: int = 3
    signer_version: int = 1
    sid: bytes | None = None
    digest_algorithms: bytes | None = None
    digest: bytes = build_hash_identifier("sha256")
    algorithm: bytes | None = None
    signature: bytes | None = None
    certificates: tuple[bytes, ...] | None = None
    signers: int = 1

    def build(self) -> bytes:
        fields = asn1.sequence(
            asn1.integer(self.version),
            self.digest_algorithms if self.digest_algorithms is not None else asn1.set_of(self.digest),
            asn1.sequence(asn1.oid(self.content_type), self._content()),
            self._certificates(),
            asn1.encode(asn1.SET, *[self.signer_info()] * self.signers),
        )
        return asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.encode(0xA0, fields))

    def findings(self) -> tuple[SignerFinding, ...]:
        return verify_signers(SignedData.parse(self.build()))

    def finding(self) -> SignerFinding:
        (finding,) = self.findings()
        return finding

    def _content(self) -> bytes:
        return b"" if self.content is None else asn1.encode(0xA0, asn1.octet_string(self.content))

    def _certificates(self) -> bytes:
        given = self.certificates if self.certificates is not None else (self.signer.certificate,)
        return asn1.encode(0xA0, *given) if given else b""

    def signer_info(self) -> bytes:
        certificate = self.signer.parsed
        sid = asn1.sequence(certificate.issuer.raw, asn1.integer(certificate.serial))
        attributes = asn1.set_of(*(self.attributes if self.attributes is not None else sound_attributes()))
        signed = (self.content or b"") if self.without_attributes else attributes
        stored = b"" if self.without_attributes else self.stored or b"\xa0" + attributes[1:]
        return asn1.sequence(
            asn1.integer(self.signer_version),
            self.sid if self.sid is not None else sid,
            self.digest,
            stored,
            self.algorithm or build_algorithm_identifier(self.signer.key.scheme),
            asn1.octet_string(self.signature if self.signature is not None else self.signer.key.sign(signed)),
        )


def attribute(oid: str, *values: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), asn1.encode(asn1.SET, *values))


def sound_attributes(content: bytes = CONTENT, content_type: str = TYPE) -> tuple[bytes, ...]:
    digest = asn1.octet_string(hashlib.sha256(content).digest())
    return attribute(CONTENT_TYPE, asn1.oid(content_type)), attribute(MESSAGE_DIGEST, digest)


TYPE_ATTRIBUTE, DIGEST_ATTRIBUTE = sound_attributes()
