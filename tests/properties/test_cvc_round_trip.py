# SPDX-License-Identifier: Apache-2.0
"""Card verifiable certificates: what is built is read, what is read is built, and hostile octets end in errors of our own."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto.domain import EcDomain
from chipid.crypto.signature import EcPublicKey, RsaPublicKey
from chipid.crypto.spki import CURVE_OIDS
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.lds.cvca import FILE_SIZE, CvcaReferences
from chipid.pki.cv_authorisation import HolderAuthorisation, TerminalType
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.pki.cv_public_key import OIDS, CvPublicKey
from chipid.pki.cvc import (
    CV_CERTIFICATE,
    EXTENSIONS,
    SIGNATURE,
    CvCertificate,
    body_objects,
    build_body,
    date_octets,
    parse_certificates,
    parse_date,
    reference_octets,
    reference_text,
)
from chipid.protocols.terminal_auth import ChipTrust, TerminalAuthenticationChip

DAY = date(2026, 1, 10)
CVCA = TestCvca.create(profile=CvProfile(DAY))
VERIFIER = CVCA.issue_verifier(profile=CvProfile(DAY))
TERMINAL = VERIFIER.issue_terminal(profile=CvProfile(DAY))

letters = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
latin = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])
references = st.builds(
    lambda country, mnemonic, sequence: country + mnemonic + sequence,
    st.text(letters, min_size=2, max_size=2),
    st.text(latin, min_size=1, max_size=9),
    st.text(latin, min_size=5, max_size=5),
)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
authorisations = st.sampled_from(list(TerminalType)).flatmap(
    lambda kind: st.builds(HolderAuthorisation, st.just(kind), st.binary(min_size=kind.size, max_size=kind.size))
)
extensions = st.one_of(st.just(b""), st.binary(max_size=40).map(lambda octets: build_tlv(EXTENSIONS, build_tlv(0x73, octets))))
rsa_keys = st.builds(
    lambda oid, n, e: CvPublicKey.of(OIDS[oid], RsaPublicKey(n, e), with_domain=False),
    st.sampled_from([name for name in OIDS if "RSA" in name]),
    st.integers(1 << 1023, (1 << 2048) - 1),
    st.integers(2, 1 << 64),
)
ec_keys = st.builds(
    lambda oid, curve, with_domain: CvPublicKey.of(
        OIDS[oid], EcPublicKey(EcDomain.named(curve), EcDomain.named(curve).generator), with_domain=with_domain
    ),
    st.sampled_from([name for name in OIDS if "ECDSA" in name]),
    st.sampled_from(list(CURVE_OIDS.values())),
    st.booleans(),
)
bodies = st.builds(
    dict,
    authority=references,
    holder=references,
    public_key=st.one_of(rsa_keys, ec_keys),
    authorisation=authorisations,
    effective=days,
    expiration=days,
    extensions=extensions,
)
damage = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 10_000), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.integers(0, 10_000), st.just(0)),
    st.tuples(st.just("drop"), st.integers(0, 10_000), st.integers(1, 20)),
    st.tuples(st.just("insert"), st.integers(0, 10_000), st.integers(0, 255)),
)


def damaged(raw: bytes, kind: str, place: int, amount: int) -> bytes:
    place %= len(raw)
    match kind:
        case "flip":
            return raw[:place] + bytes((raw[place] ^ amount,)) + raw[place + 1 :]
        case "cut":
            return raw[:place]
        case "drop":
            return raw[:place] + raw[place + amount :]
    return raw[:place] + bytes((amount,)) + raw[place:]


@given(bodies, st.binary(min_size=1, max_size=300))
def test_a_certificate_comes_back_as_it_was(fields, signature):
    body = build_body(body_objects(**fields).values())
    raw = build_tlv(CV_CERTIFICATE, body, build_tlv(SIGNATURE, signature))
    certificate = CvCertificate.parse(raw)
    assert {name: getattr(certificate, name) for name in fields} == fields
    domains = [key.domain and key.domain.name for key in (certificate.public_key, fields["public_key"])]
    assert domains[0] == domains[1]
    assert (certificate.body, certificate.signature, certificate.raw) == (body, signature, raw)
    assert CvCertificate.parse_bare(certificate.bare) == certificate
    assert parse_certificates(raw * 2) == (certificate, certificate)


@given(st.sampled_from([CVCA.raw, VERIFIER.raw, TERMINAL.raw]), damage)
def test_a_damaged_certificate_is_another_one_or_none(raw, how):
    try:
        certificate = CvCertificate.parse(damaged(raw, *how))
        certificate.public_key.resolve(EcDomain.named("brainpoolP256r1"))
    except (MalformedData, UnsupportedFeature):
        return
    assert CvCertificate.parse(certificate.raw) == certificate


@given(st.binary(max_size=200))
def test_hostile_octets_are_a_certificate_or_malformed(raw):
    for parse in (CvCertificate.parse, CvCertificate.parse_bare, parse_certificates):
        try:
            parse(raw)
        except (MalformedData, UnsupportedFeature):
            continue
        raise AssertionError("random octets are no signed certificate")


@given(st.binary(max_size=120))
def test_a_hostile_key_is_a_key_or_malformed(value):
    for parse in (CvPublicKey.parse, HolderAuthorisation.parse):
        try:
            parsed = parse(parse_tlv(build_tlv(0x7F49, value)))
        except (MalformedData, UnsupportedFeature):
            continue
        assert parse(parse_tlv(parsed.build())) == parsed


@given(st.binary(max_size=20))
def test_octets_are_one_reference_or_none(octets):
    try:
        text = reference_text(octets)
    except CertificateError:
        return
    assert reference_octets(text) == octets


@given(st.binary(max_size=8))
def test_octets_are_one_day_or_none(octets):
    day = parse_date(octets)
    assert day is None or date_octets(day) == octets


@given(days)
def test_a_day_comes_back_as_it_was(day):
    assert parse_date(date_octets(day)) == day


@given(st.lists(st.text(latin, min_size=1, max_size=16), min_size=1, max_size=2))
def test_ef_cvca_comes_back_as_it_was(names):
    raw = CvcaReferences(tuple(names)).build()
    assert len(raw) == FILE_SIZE
    assert CvcaReferences.parse(raw).references == tuple(names)


@given(st.one_of(st.binary(max_size=40), st.binary(min_size=FILE_SIZE, max_size=FILE_SIZE)))
def test_a_hostile_ef_cvca(raw):
    try:
        parsed = CvcaReferences.parse(raw)
    except MalformedData:
        return
    assert CvcaReferences(parsed.references).build() == raw


@given(st.lists(st.sampled_from([CVCA, VERIFIER, TERMINAL]), max_size=6), damage, st.integers(0, 5))
def test_a_damaged_file_of_credentials(holders, how, place):
    files = [holder.raw for holder in holders]
    if files:
        files[place % len(files)] = damaged(files[place % len(files)], *how)
    try:
        credentials = TerminalCredentials.parse(files, TERMINAL.key)
    except (MalformedData, UnsupportedFeature):
        return
    assert len(credentials.certificates) <= len(holders)


hostile = st.one_of(
    st.binary(max_size=80),
    st.tuples(st.sampled_from([CVCA, VERIFIER, TERMINAL]), damage).map(lambda pair: damaged(pair[0].certificate.bare, *pair[1])),
    st.tuples(st.sampled_from([0x80, 0x83, 0x67, 0x91]), st.binary(max_size=20)).map(lambda pair: build_tlv(*pair)),
    st.sampled_from([CVCA.certificate.bare, VERIFIER.certificate.bare, TERMINAL.certificate.bare]),
    st.sampled_from(["DETESTCVCA00001", "DETESTDVDE00001", "DETESTISDE00001"]).map(lambda name: build_tlv(0x83, name.encode())),
)
steps = st.lists(st.tuples(st.sampled_from(["dst", "pso", "at", "challenge", "authenticate"]), hostile), max_size=12)


@given(steps, st.sampled_from([1, 2]))
def test_a_hostile_terminal_gets_status_words_and_no_rights(commands, version):
    """Whatever comes in whatever order: a status word, no exception, and no rights without a signature."""
    trust = ChipTrust([CVCA.certificate], DAY)
    chip = TerminalAuthenticationChip(trust, b"C01X00T478", bytes, version=version)
    chip.bind(bytes(32))
    for name, data in commands:
        sw = {
            "dst": chip.set_dst,
            "pso": chip.verify_certificate,
            "at": chip.set_at,
            "challenge": lambda data: chip.get_challenge(len(data))[1],
            "authenticate": chip.external_authenticate,
        }[name](data)
        assert sw in list(SW)
        assert chip.rights is None
    assert trust.references == ("DETESTCVCA00001",)
    assert trust.state.today == DAY
