# SPDX-License-Identifier: Apache-2.0
"""SignedData: what it is made of, and what its signatures prove."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cms_forge import AT, CONTENT, DIGEST_ATTRIBUTE, KEY, TYPE, TYPE_ATTRIBUTE, Forge, attribute, sound_attributes

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_hash_identifier
from chipid.crypto.signature import EcdsaScheme
from chipid.errors import CertificateError
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.certificates import Departures
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.issuing.signed_data import SignatureOptions
from chipid.issuing.signing_keys import SigningKey
from chipid.pki.cms import CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SignedData
from chipid.pki.signed_data import CANDIDATE_LIMIT, SignerFinding, verify_signers


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT, key=KEY)


@pytest.fixture(scope="module")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT, key=KEY)


def test_a_sound_object_is_read_and_verified(signer: DocumentSigner) -> None:
    signed = SignedData.parse(Forge(signer).build())
    assert (signed.content_type, signed.content, signed.is_der, signed.version) == (TYPE, CONTENT, True, 3)
    assert [certificate.raw for certificate in signed.certificates] == [signer.certificate]
    (finding,) = verify_signers(signed)
    assert finding == SignerFinding(True, "ok", "The signature is good.", signer.parsed, None, True, True)


def test_what_our_issuer_builds_is_the_same(signer: DocumentSigner) -> None:
    built, forged = SignedData.parse(signer.sign(TYPE, CONTENT)), SignedData.parse(Forge(signer).build())
    assert built == forged


def test_a_signing_time_is_read(signer: DocumentSigner) -> None:
    (finding,) = verify_signers(SignedData.parse(signer.sign(TYPE, CONTENT, SignatureOptions(signing_time=AT))))
    assert (finding.ok, finding.signed_at, finding.deviations) == (True, AT, ())


def test_unknown_attributes_are_tolerated(signer: DocumentSigner) -> None:
    assert Forge(signer, attributes=(*sound_attributes(), attribute("1.2.3.4", asn1.null()))).finding().ok


def test_a_signing_time_that_is_none_is_none(signer: DocumentSigner) -> None:
    finding = Forge(signer, attributes=(*sound_attributes(), attribute(SIGNING_TIME, asn1.null()))).finding()
    assert (finding.ok, finding.signed_at) == (True, None)


def test_without_attributes_the_signature_covers_the_content(signer: DocumentSigner) -> None:
    finding = Forge(signer, without_attributes=True).finding()
    assert (finding.ok, finding.deviations) == (True, ("signed-attributes-missing",))
    lied = Forge(signer, without_attributes=True, signature=signer.key.sign(b"other")).finding()
    assert (lied.ok, lied.reason) == (False, "signature-invalid")


def test_attributes_put_in_the_contents_place_are_no_content(signer: DocumentSigner) -> None:
    """A signature over attributes is one over an object without attributes whose content they are: EF.CardSecurity is a SET."""
    attributes = asn1.set_of(*sound_attributes())
    finding = Forge(signer, content=attributes, without_attributes=True).finding()
    assert (finding.ok, finding.reason, finding.signature_ok) == (False, "content-is-attributes", True)
    infos = asn1.set_of(asn1.sequence(asn1.oid("1.2.3.4"), asn1.integer(1)))
    assert Forge(signer, content=infos, without_attributes=True).finding().ok


# What is refused -----------------------------------------------------------------------------------------------------

OTHER_DIGEST = sound_attributes(b"other content")[1]

TWO_VALUES = attribute(MESSAGE_DIGEST, *[asn1.octet_string(hashlib.sha256(CONTENT).digest())] * 2)
RSA_IDENTIFIER = asn1.sequence(asn1.oid("1.2.840.113549.1.1.11"), asn1.null())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"content": b"other content"}, "message-digest-mismatch", id="content altered"),
        pytest.param({"attributes": (TYPE_ATTRIBUTE,)}, "message-digest-missing", id="no digest"),
        pytest.param({"attributes": (DIGEST_ATTRIBUTE,)}, "content-type-missing", id="no type"),
        pytest.param({"content_type": "2.23.136.1.1.2"}, "content-type-mismatch", id="another type"),
        pytest.param({"attributes": (TYPE_ATTRIBUTE, OTHER_DIGEST, DIGEST_ATTRIBUTE)}, "duplicate-attribute", id="two digests"),
        pytest.param({"attributes": (TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST))}, "message-digest-missing", id="no value"),
        pytest.param({"attributes": (TYPE_ATTRIBUTE, TWO_VALUES)}, "message-digest-missing", id="two values"),
        pytest.param(
            {"attributes": (TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST, asn1.null()))}, "message-digest-mismatch", id="no octets"
        ),
        pytest.param(
            {"attributes": (DIGEST_ATTRIBUTE, attribute(CONTENT_TYPE, asn1.null()))}, "content-type-mismatch", id="no oid"
        ),
        pytest.param({"signature": bytes(64)}, "signature-invalid", id="zeros for a signature"),
        pytest.param({"signature": b""}, "signature-invalid", id="no signature"),
        pytest.param({"content": None}, "content-missing", id="content left out"),
        pytest.param({"digest": asn1.sequence()}, "signer-malformed", id="no digest algorithm"),
        pytest.param({"algorithm": asn1.sequence()}, "signer-key-malformed", id="no signature algorithm"),
        pytest.param({"algorithm": RSA_IDENTIFIER}, "signature-invalid", id="RSA by an EC key"),
    ],
)
def test_each_step_refuses(signer: DocumentSigner, change: dict[str, object], reason: str) -> None:
    finding = replace(Forge(signer), **change).finding()  # type: ignore[arg-type]
    assert (finding.ok, finding.reason) == (False, reason)


def test_another_keys_signature_is_refused(csca: TestCsca, signer: DocumentSigner) -> None:
    other = csca.issue_document_signer(at=AT, key=KEY)
    finding = Forge(signer, signature=other.key.sign(asn1.set_of(*sound_attributes()))).finding()
    assert (finding.reason, finding.content_ok, finding.signature_ok) == ("signature-invalid", True, False)


@pytest.mark.parametrize(
    "change", [{"content_type": "2.23.136.1.1.2"}, {"attributes": (DIGEST_ATTRIBUTE,)}, {"content": b"other content"}]
)
def test_a_wrong_signature_is_told_behind_whatever_else_is_wrong(signer: DocumentSigner, change: dict[str, object]) -> None:
    """Whoever lets the other reason pass hears of the signature."""
    finding = replace(Forge(signer), **change).finding()  # type: ignore[arg-type]
    assert "signature-invalid" not in (finding.reason, *finding.further)
    finding = replace(Forge(signer, signature=bytes(64)), **change).finding()  # type: ignore[arg-type]
    assert "signature-invalid" in finding.further


def test_hash_and_signature_are_told_apart(signer: DocumentSigner) -> None:
    finding = Forge(signer, content=b"other content").finding()
    assert (finding.reason, finding.content_ok, finding.signature_ok) == ("message-digest-mismatch", False, True)


@pytest.mark.parametrize(
    "change",
    [
        {"digest": asn1.sequence(asn1.oid("1.2.840.113549.2.5"), asn1.null())},
        {"algorithm": asn1.sequence(asn1.oid("1.3.101.112"))},
    ],
    ids=["MD5", "Ed25519"],
)
def test_unknown_algorithms_leave_the_question_open(signer: DocumentSigner, change: dict[str, bytes]) -> None:
    finding = replace(Forge(signer), **change).finding()  # type: ignore[arg-type]
    assert (finding.ok, finding.reason) == (None, "unsupported-algorithm")


def test_nobody_signed(signer: DocumentSigner) -> None:
    assert Forge(signer, signers=0).findings() == ()


# Who signed ---------------------------------------------------------------------------------------------------------


def named_by_key(signer: DocumentSigner) -> dict[str, object]:
    key_id = signer.parsed.subject_key_id
    assert key_id is not None
    return {"sid": asn1.encode(0x80, key_id), "signer_version": 3}


def test_a_signer_is_named_by_its_key_too(csca: TestCsca, signer: DocumentSigner) -> None:
    others = (csca.certificate, csca.issue_document_signer(at=AT, key=KEY).certificate, signer.certificate)
    for change in ({}, named_by_key(signer)):
        finding = replace(Forge(signer, certificates=others), **change).finding()  # type: ignore[arg-type]
        assert (finding.ok, finding.certificate, finding.deviations) == (True, signer.parsed, ())


def test_a_name_written_otherwise_still_finds_the_certificate(csca: TestCsca, signer: DocumentSigner) -> None:
    """Malaysia has the RDNs in another order, Ukraine the serial number with a zero in front."""
    rdns = [element.raw for element in asn1.Reader(signer.parsed.issuer.raw).sequence()]
    sid = asn1.sequence(asn1.sequence(*reversed(rdns)), asn1.encode(asn1.INTEGER, b"\0" + signer.parsed.serial_octets))
    finding = Forge(signer, sid=sid, certificates=(csca.certificate, signer.certificate)).finding()
    assert (finding.ok, finding.certificate, finding.deviations) == (True, signer.parsed, ("signer-identifier",))


def test_the_sole_certificate_is_taken_and_told(signer: DocumentSigner) -> None:
    finding = Forge(signer, sid=asn1.encode(0x80, b"nobody's"), signer_version=3).finding()
    assert (finding.ok, finding.deviations) == (True, ("signer-identifier",))


def test_of_several_none_is_guessed(csca: TestCsca, signer: DocumentSigner) -> None:
    sid, certificates = asn1.encode(0x80, b"nobody's"), (csca.certificate, signer.certificate)
    finding = Forge(signer, sid=sid, signer_version=3, certificates=certificates).finding()
    assert (finding.ok, finding.reason, finding.certificate) == (False, "signer-certificate-missing", None)


def test_a_certificate_from_elsewhere_helps_an_object_without_one(csca: TestCsca, signer: DocumentSigner) -> None:
    signed = SignedData.parse(signer.sign(TYPE, CONTENT, SignatureOptions(include_certificate=False)))
    assert signed.certificates == ()
    (alone,) = verify_signers(signed)
    assert (alone.ok, alone.reason) == (None, "signer-certificate-missing")
    (helped,) = verify_signers(signed, lambda _sid: [csca.parsed, signer.parsed])
    assert (helped.ok, helped.certificate) == (True, signer.parsed)


def test_a_strangers_certificate_with_the_signers_number_is_no_hindrance(csca: TestCsca, signer: DocumentSigner) -> None:
    """Nobody vouches for what a folder of signers holds; which of those of one name and number it was, the signature tells."""
    strangers = [
        csca.issue_document_signer(at=AT, key=KEY, departures=Departures(serial=signer.parsed.serial)).parsed
        for _ in range(CANDIDATE_LIMIT)
    ]
    unreadable = replace(strangers[0], spki=asn1.sequence(asn1.sequence(), asn1.bit_string(b"")))
    signed = SignedData.parse(Forge(signer, certificates=()).build())
    for known in ([*strangers[1:], signer.parsed], [unreadable, signer.parsed], [signer.parsed, *strangers]):
        (finding,) = verify_signers(signed, lambda _sid, known=known: known)  # type: ignore[misc]
        assert (finding.ok, finding.certificate, finding.deviations) == (True, signer.parsed, ())
    (finding,) = verify_signers(signed, lambda _sid: [*strangers, signer.parsed])  # work is bounded
    assert (finding.ok, finding.reason, finding.certificate) == (False, "signature-invalid", strangers[0])
    (finding,) = verify_signers(signed, lambda _sid: [unreadable, *strangers[1:]])
    assert (finding.ok, finding.reason, finding.certificate) == (False, "signer-key-malformed", unreadable)


def test_a_broken_certificate_beside_the_signers_does_no_harm(signer: DocumentSigner) -> None:
    broken = asn1.sequence(asn1.null())
    finding = Forge(signer, certificates=(broken, asn1.encode(0xA1, b""), signer.certificate)).finding()
    assert (finding.ok, finding.certificate) == (True, signer.parsed)


def test_each_signer_is_judged(signer: DocumentSigner) -> None:
    assert [finding.ok for finding in Forge(signer, signers=3).findings()] == [True, True, True]


# What is tolerated, and told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "deviation"),
    [
        ({"version": 1}, "signed-data-version"),
        ({"signer_version": 3}, "signer-version"),
        ({"digest_algorithms": asn1.set_of()}, "digest-algorithms"),
        ({"digest_algorithms": asn1.set_of(build_hash_identifier("sha1"))}, "digest-algorithms"),
        ({"digest_algorithms": asn1.set_of(asn1.sequence(asn1.oid("1.2.840.113549.2.5")))}, "digest-algorithms"),
    ],
)
def test_unsigned_oddities_are_told(signer: DocumentSigner, change: dict[str, object], deviation: str) -> None:
    finding = replace(Forge(signer), **change).finding()  # type: ignore[arg-type]
    assert (finding.ok, finding.deviations) == (True, (deviation,))


def test_attributes_stored_in_another_order_are_sorted_and_told(signer: DocumentSigner) -> None:
    """Signed in DER, as RFC 5652 §5.4 wants, and written as they came."""
    attributes = asn1.parse(asn1.set_of(*sound_attributes()), asn1.SET)
    stored = asn1.encode(0xA0, *(child.raw for child in reversed(list(attributes.children()))))
    finding = Forge(signer, stored=stored).finding()
    assert (finding.ok, finding.deviations) == (True, ("signed-attributes-not-der",))


def test_attributes_of_indefinite_length_are_signed_in_der(signer: DocumentSigner) -> None:
    """New Zealand's EF.SOD is BER all over."""
    body = asn1.parse(asn1.set_of(*sound_attributes()), asn1.SET).value
    forge = Forge(signer, stored=b"\xa0\x80" + body + b"\0\0")
    assert not SignedData.parse(forge.build()).is_der
    finding = forge.finding()
    assert (finding.ok, finding.deviations) == (True, ("signed-attributes-not-der",))


UNSORTED = b"".join(reversed([child.raw for child in asn1.parse(asn1.set_of(*sound_attributes()), asn1.SET).children()]))


@pytest.mark.parametrize(
    ("stored", "signed"),
    [
        pytest.param(asn1.encode(0xA0, UNSORTED), asn1.encode(asn1.SET, UNSORTED), id="not sorted"),
        pytest.param(b"\xa0\x80" + UNSORTED + b"\0\0", b"\x31\x80" + UNSORTED + b"\0\0", id="of indefinite length"),
        pytest.param(b"\xa0\x80" + UNSORTED + b"\0\0", asn1.encode(asn1.SET, UNSORTED), id="not sorted, lengths made definite"),
    ],
)
def test_attributes_that_were_not_signed_in_der_are_told(signer: DocumentSigner, stored: bytes, signed: bytes) -> None:
    """The octets are hashed as read first, never re-encoded unseen."""
    finding = Forge(signer, stored=stored, signature=signer.key.sign(signed)).finding()
    assert (finding.ok, finding.deviations) == (True, ("signed-attributes-not-der",))


def test_sorting_rescues_no_other_attributes(signer: DocumentSigner) -> None:
    other = asn1.encode(0xA0, *reversed(sound_attributes(content_type="2.23.136.1.1.2")))
    finding = Forge(signer, stored=other, content_type="2.23.136.1.1.2").finding()
    assert (finding.ok, finding.reason) == (False, "signature-invalid")


def test_an_object_in_ber_is_read(signer: DocumentSigner) -> None:
    root = asn1.parse(Forge(signer).build(), asn1.SEQUENCE)
    oid, wrapped = root.children()
    inner = wrapped.only_child(asn1.SEQUENCE)
    fields = list(inner.children())
    octets = asn1.octet_string(CONTENT[:5]) + asn1.octet_string(CONTENT[5:])
    content = b"\x30\x80" + asn1.oid(TYPE) + b"\xa0\x80\x24\x80" + octets + b"\0\0" * 3
    rebuilt = b"".join(field.raw if place != 2 else content for place, field in enumerate(fields))
    signed = SignedData.parse(b"\x30\x80" + oid.raw + b"\xa0\x80\x30\x80" + rebuilt + b"\0\0" * 3)
    assert (signed.content, signed.is_der) == (CONTENT, False)
    (finding,) = verify_signers(signed)
    assert (finding.ok, finding.deviations) == (True, ())


def test_a_plain_ecdsa_signature_is_told(signer: DocumentSigner) -> None:
    plain = SigningKey(signer.key.private, EcdsaScheme("sha256", plain=True))
    finding = Forge(signer, signature=plain.sign(asn1.set_of(*sound_attributes()))).finding()
    assert (finding.ok, finding.deviations) == (True, ("ecdsa-signature-encoding",))


# What is no SignedData ----------------------------------------------------------------------------------------------


def too_many(element: bytes, count: int) -> bytes:
    return asn1.encode(0xA0, *[element] * count)


def test_other_objects_are_refused(signer: DocumentSigner) -> None:
    sound = Forge(signer).build()
    data = asn1.sequence(asn1.oid("1.2.840.113549.1.7.1"), asn1.encode(0xA0, asn1.octet_string(b"")))
    for raw in (b"", b"\x30", sound[:-1], sound + b"\0", data, asn1.sequence(), signer.certificate):
        with pytest.raises(CertificateError):
            SignedData.parse(raw)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"sid": asn1.integer(1)}, id="sid"),
        pytest.param({"sid": asn1.sequence(asn1.sequence(), asn1.null())}, id="serial"),
        pytest.param({"digest": asn1.null()}, id="digest"),
        pytest.param({"stored": asn1.encode(0xA0, asn1.null())}, id="attribute"),
        pytest.param({"stored": asn1.encode(0xA0, asn1.sequence(asn1.oid("1.2.3")))}, id="attribute without values"),
        pytest.param({"stored": too_many(attribute("1.2.3.4"), 65)}, id="too many attributes"),
        pytest.param({"stored": asn1.encode(0xA0, attribute("1.2.3.4", *[asn1.null()] * 4096))}, id="too large attributes"),
        pytest.param({"signers": 9}, id="too many signers"),
        pytest.param({"certificates": (asn1.sequence(),) * 65}, id="too many certificates"),
    ],
)
def test_malformed_parts_are_refused(signer: DocumentSigner, change: dict[str, object]) -> None:
    with pytest.raises(CertificateError):
        SignedData.parse(replace(Forge(signer), **change).build())  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "name"), [(1, "hash algorithms"), (3, "certificates")])
def test_a_crowd_is_refused_before_it_is_read(signer: DocumentSigner, place: int, name: str) -> None:
    info = asn1.parse(signer.sign("1.2.3", b"content"), asn1.SEQUENCE).children()
    oid = info.read().raw
    parts = [element.raw for element in info.expect(0xA0).only_child(asn1.SEQUENCE).children()]
    parts[place] = build_tlv(parts[place][0], b"\x30\x00" * 100_000)
    crowded = build_tlv(0x30, oid, build_tlv(0xA0, build_tlv(0x30, *parts)))
    with pytest.raises(CertificateError, match=f"too many {name}"):
        SignedData.parse(crowded)
