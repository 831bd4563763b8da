# SPDX-License-Identifier: Apache-2.0
"""What a described chip publishes of its protocols, and the keys that it has for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.crypto.agreement_key import DhPublicKey, parse_agreement_key, public_octets
from chipid.crypto.domain import EC_PARAMETER_IDS, generate_key_pair, standardised_domain
from chipid.crypto.private_key import DhPrivateKey, EcPrivateKey, RsaPrivateKey, key_pair_of, parse_private_key
from chipid.crypto.random import system_random
from chipid.crypto.signature import EcPublicKey, RsaPublicKey
from chipid.crypto.spki import CURVE_OIDS, parse_public_key
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import ActiveAuthenticationTranscript, ChipAuthenticationMappingTranscript
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.chip_keys import make_chip_keys
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.lds.card_access import CardAccess
from chipid.lds.card_security import ID_SECURITY_OBJECT, CardSecurity
from chipid.lds.com import EfCom
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SignedData
from chipid.pki.signed_data import verify_signers
from chipid.protocols.active_auth import ActiveAuthenticationChip, evaluate_active_authentication
from chipid.protocols.chip_auth import announced_chip_authentication, chip_authentication_choices
from chipid.protocols.pace import pace_choices
from chipid.protocols.pace.chip_authentication_mapping import chip_authentication_data, evaluate_chip_authentication_mapping

AT = datetime(2026, 1, 1, tzinfo=UTC)
EC_IDS, DH_IDS = tuple(EC_PARAMETER_IDS), (0, 1, 2)
CIPHERS = ("3DES", "AES-128", "AES-192", "AES-256")
TRAVELLER: dict[str, Any] = {
    "document": "passport",
    "state": "VNM",
    "nationality": "VNM",
    "number": "C01234567",
    "surname": "Nguyễn",
    "birth": "1974-08-12",
    "expiry": "2032-04-15",
    "portrait": "none",
    "active_authentication": None,
    "chip_authentication": None,
}
Issue = Callable[..., CardImage]


@pytest.fixture(scope="module")
def signer() -> DocumentSigner:
    return TestCsca.create(at=AT).issue_document_signer(at=AT)


@pytest.fixture(scope="module")
def issue(signer: DocumentSigner) -> Issue:
    def make(trust_points: tuple[bytes, ...] = (), chip_date: date | None = None, **changes: Any) -> CardImage:
        image = personalise({**TRAVELLER, **changes}, signer, trust_points=trust_points, chip_date=chip_date)
        assert CardImage.from_cbor(image.to_cbor()) == image
        return image

    return make


@pytest.fixture(scope="module")
def authorities() -> tuple[bytes, bytes]:
    """A CVCA's link certificate and the one before it: the most recent first."""
    profile = CvProfile(date(2026, 1, 1), date(2028, 12, 31))
    first = TestCvca.create("DETESTCVCA00001", profile=profile)
    return first.issue_link("DETESTCVCA00002", profile=profile).raw, first.raw


def card_access(image: CardImage) -> SecurityInfos:
    return CardAccess.parse(image.files[FileId.CARD_ACCESS]).infos


def dg14(image: CardImage) -> SecurityInfos:
    return Dg14.parse(image.files[FileId.DG14]).infos


def card_security(image: CardImage) -> SecurityInfos:
    signed = SignedData.parse(CardSecurity.parse(image.files[FileId.CARD_SECURITY]).cms)
    assert signed.content_type == ID_SECURITY_OBJECT
    assert [finding.ok for finding in verify_signers(signed)] == [True]
    assert signed.content is not None
    return SecurityInfos.parse(signed.content)


def repeats(signed: SecurityInfos, image: CardImage) -> bool:
    return set(card_access(image).raw_infos) <= set(signed.raw_infos)


# PACE --------------------------------------------------------------------------------------------------------------------


PACE = [
    *(("GM", cipher, group) for cipher in CIPHERS for group in (0, 13)),
    *(("GM", "AES-128", group) for group in (*DH_IDS, *EC_IDS)),
    *(("IM", cipher, group) for cipher in CIPHERS for group in (1, 13)),
    *(("IM", "AES-128", group) for group in (*DH_IDS, *EC_IDS) if group != 10),
    *(("CAM", cipher, 12) for cipher in CIPHERS[1:]),
    *(("CAM", "AES-128", group) for group in EC_IDS),
]


@pytest.mark.parametrize("explicit", [False, True], ids=["standardised", "explicit"])
@pytest.mark.parametrize(("mapping", "cipher", "group"), PACE)
def test_each_pace_is_offered_as_described(issue: Issue, mapping: str, cipher: str, group: int, explicit: bool) -> None:
    image = issue(pace={"mapping": mapping, "cipher": cipher, "parameter_id": group, "explicit": explicit})
    infos = card_access(image)
    (choice,) = pace_choices(infos)
    assert (choice.suite.mapping.value, choice.suite.cipher) == (mapping, cipher)
    wanted = standardised_domain(group)
    assert wanted is not None
    assert (choice.domain.name, choice.domain.parameters) == (wanted.name, wanted.parameters)
    assert choice.info.parameter_id == (32 if explicit else group)
    assert len(infos.pace_domain_parameters) == explicit
    assert repeats(dg14(image), image)
    assert (FileId.CARD_SECURITY in image.files) == (mapping == "CAM")


def test_several_paces_stand_in_the_descriptions_order(issue: Issue) -> None:
    described = [
        {"mapping": "IM", "parameter_id": 16, "cipher": "AES-256"},
        {},
        {"mapping": "GM", "parameter_id": 1, "cipher": "3DES"},
        {"cipher": "AES-192"},
    ]
    infos = card_access(issue(pace=described))
    assert [(info.oid[-3:], info.parameter_id) for info in infos.pace] == [("4.4", 16), ("2.2", 13), ("1.1", 1), ("2.3", 13)]
    assert infos.pace_domain_parameters == ()


def test_spelt_out_parameters_are_numbered_by_group_and_stand_once_for_each_mapping(issue: Issue) -> None:
    explicit = {"explicit": True}
    described = [
        {**explicit, "parameter_id": 16},
        {**explicit, "parameter_id": 13},
        {**explicit, "parameter_id": 16, "cipher": "AES-256"},
        {**explicit, "parameter_id": 16, "mapping": "IM"},
        {"parameter_id": 16},
    ]
    infos = card_access(issue(pace=described))
    assert [info.parameter_id for info in infos.pace] == [32, 33, 32, 32, 16]
    assert [(info.oid[-1], info.parameter_id) for info in infos.pace_domain_parameters] == [("2", 32), ("2", 33), ("4", 32)]
    assert [choice.domain.name for choice in pace_choices(infos)] == [
        *("brainpoolP384r1", "brainpoolP256r1"),
        *("brainpoolP384r1",) * 3,
    ]


@pytest.mark.parametrize("explicit", [False, True], ids=["standardised", "explicit"])
def test_the_chip_proves_the_key_of_ef_card_security_in_the_mapping(issue: Issue, explicit: bool) -> None:
    """Of two keys there, the one with the number of the PACEInfo's parameters."""
    described = [{"mapping": "CAM", "parameter_id": group, "explicit": explicit} for group in (12, 13)]
    image = issue(pace=described)
    infos = card_security(image)
    assert repeats(infos, image)
    assert {info.key_id for info in infos.chip_authentication_public_keys} == ({32, 33} if explicit else {12, 13})
    # By number, or spelt out as the PACEInfo's parameters are.
    algorithm = "06072a8648ce3d0201" if explicit else "060704007f00070102"
    assert {oid_of(info.spki).hex() for info in infos.chip_authentication_public_keys} == {algorithm}
    for choice in pace_choices(card_access(image)):
        static = parse_private_key(image.chip_authentication_keys[choice.info.parameter_id])
        assert isinstance(static, EcPrivateKey)
        mapping = generate_key_pair(choice.domain, system_random)
        data = chip_authentication_data(static, int.from_bytes(mapping.private, "big"))
        transcript = ChipAuthenticationMappingTranscript(
            choice.info.oid, choice.info.parameter_id, mapping.public, encrypted=b"\x01", data=data
        )
        assert evaluate_chip_authentication_mapping(infos, transcript).ok is True


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"mapping": "CAM", "cipher": "3DES"}, "pace.cipher must be AES"),
        ({"mapping": "CAM", "parameter_id": 0}, "pace.parameter_id must be a curve's"),
        ({"mapping": "IM", "parameter_id": 10}, "pace.parameter_id must be another one, for secp224r1"),
        ([{}, {"mapping": "CAM", "cipher": "3DES"}], r"pace\[1\].cipher must be AES"),
        ([{}, {}], "pace must be a list without repetitions"),
        ([{"cipher": "AES-256"}] * 2, "pace must be a list without repetitions"),
        ([], "pace must be an object, or a list of 1 to 8 objects"),
        ([{}] * 9, "pace must be an object, or a list of 1 to 8 objects"),
        ([[]], r"pace\[0\] must be an object"),
        ([None], r"pace\[0\] must be an object"),
        ({"mapping": "ECDH"}, "pace.mapping must be one of GM, IM, CAM"),
        ({"mapping": None}, "pace.mapping must be one of GM, IM, CAM"),
        ({"explicit": 1}, "pace.explicit must be true or false"),
        ({"parameter_id": 7}, "pace.parameter_id must be one of 0, 1, 2, 8"),
        ({"parameter_id": True}, "pace.parameter_id must be one of 0, 1, 2, 8"),
        ({"parameter_id": 19}, "pace.parameter_id must be one of 0, 1, 2, 8"),
        ([{"key_id": 1}], r"unknown entries in pace\[0\]: key_id"),
    ],
)
def test_a_pace_that_cannot_be_is_refused_by_name(issue: Issue, described: Any, message: str) -> None:
    with pytest.raises(MalformedData, match=f"^description: {message}"):
        issue(pace=described)


def test_eight_offers_of_each_kind_fit(issue: Issue) -> None:
    pace = [{"parameter_id": group, "explicit": True} for group in EC_IDS[:8]]
    keys = [{"key_id": number, "version": 2, "parameter_id": 12} for number in range(8)]
    image = issue(pace=pace, chip_authentication=keys, active_authentication={"curve": "secp256r1"})
    assert len(card_security(image).infos) == 1 + 8 + 8 + 8 + 8 + 8


# Chip Authentication -------------------------------------------------------------------------------------------------------


def holds(image: CardImage, key_id: int | None, public: bytes) -> bool:
    """Whether the chip's private key of that identifier is the published one's."""
    private = parse_private_key(image.chip_authentication_keys[key_id])
    return isinstance(private, EcPrivateKey | DhPrivateKey) and private.public == public


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("group", [0, 13])
@pytest.mark.parametrize("version", [1, 2])
def test_each_cipher_of_chip_authentication(issue: Issue, cipher: str, group: int, version: int) -> None:
    image = issue(chip_authentication={"cipher": cipher, "parameter_id": group, "version": version})
    infos = dg14(image) if version == 1 else card_security(image)
    (choice,) = chip_authentication_choices(infos, version)
    assert (choice.cipher, choice.version, choice.declared) == (cipher, version, True)
    assert holds(image, None, choice.public_key)
    assert repeats(infos, image)


@pytest.mark.parametrize("group", [*DH_IDS, *EC_IDS])
@pytest.mark.parametrize("version", [1, 2])
def test_each_group_of_chip_authentication(issue: Issue, group: int, version: int) -> None:
    image = issue(chip_authentication={"parameter_id": group, "version": version, "key_id": 7})
    (choice,) = chip_authentication_choices(dg14(image) if version == 1 else card_security(image), version)
    wanted = standardised_domain(group)
    assert wanted is not None
    assert (choice.domain.name, choice.key_id) == (wanted.name, 7)
    assert holds(image, 7, choice.public_key)
    assert key_pair_of(parse_private_key(image.chip_authentication_keys[7]), choice.domain) is not None


def test_version_1_spells_the_group_out_in_dg14_and_nothing_is_in_ef_card_security(issue: Issue) -> None:
    image = issue(chip_authentication=[{"key_id": 1, "parameter_id": 0}, {"key_id": 2}])
    algorithms = [oid_of(info.spki) for info in dg14(image).chip_authentication_public_keys]
    assert algorithms == [bytes.fromhex("06072A8648CE3E0201"), bytes.fromhex("06072A8648CE3D0201")]
    assert FileId.CARD_SECURITY not in image.files
    assert dg14(image).chip_authentication_domain_parameters == ()


def test_version_2_names_the_group_by_number_in_ef_card_security_and_is_announced(issue: Issue) -> None:
    image = issue(chip_authentication={"version": 2, "parameter_id": 16, "cipher": "AES-256"})
    (info,) = card_security(image).chip_authentication_public_keys
    assert oid_of(info.spki).hex() == "060704007f00070102"
    assert dg14(image).chip_authentication_public_keys == ()
    announced = announced_chip_authentication(card_access(image))
    assert announced is not None
    assert (announced[0].oid, announced[0].version, announced[1].name) == ("0.4.0.127.0.7.2.2.3.2.4", 2, "brainpoolP384r1")
    (parameters,) = card_access(image).chip_authentication_domain_parameters
    assert (parameters.oid, parameters.parameters.hex()) == ("0.4.0.127.0.7.2.2.3.2", "300c060704007f00070102020110")


def oid_of(spki: bytes) -> bytes:
    """The object identifier of the key's algorithm, encoded; lengths before it have one to four octets."""
    start = spki.index(b"\x06")
    return spki[start : start + 2 + spki[start + 1]]


def test_keys_of_both_versions_and_several_ciphers_of_one_key(issue: Issue) -> None:
    described = [
        {"key_id": 1},
        {"key_id": 1, "cipher": "AES-256"},
        {"key_id": 2, "parameter_id": 2},
        {"key_id": 3, "version": 2, "parameter_id": 12},
        {"key_id": 3, "version": 2, "parameter_id": 12, "cipher": "AES-256"},
    ]
    image = issue(chip_authentication=described)
    first, second = chip_authentication_choices(dg14(image), 1), chip_authentication_choices(card_security(image), 2)
    assert [(c.key_id, c.cipher) for c in first] == [(1, "AES-128"), (1, "AES-256"), (2, "AES-128")]
    assert {(c.key_id, c.cipher) for c in second} == {(3, "AES-128"), (3, "AES-256")}
    assert all(holds(image, choice.key_id, choice.public_key) for choice in first + second)
    assert list(image.chip_authentication_keys) == [1, 2, 3]
    assert len(card_access(image).chip_authentication_domain_parameters) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chip_authentication": [{"key_id": 1}, {"parameter_id": 12}]}, "with a key_id everywhere"),
        ({"chip_authentication": [{}, {"parameter_id": 12}]}, "with a key_id everywhere"),
        ({"chip_authentication": [{}, {"version": 2}]}, "with a key_id everywhere"),
        ({"chip_authentication": {"version": 2}, "pace": {"mapping": "CAM"}}, "with a key_id everywhere"),
        ({"chip_authentication": [{"key_id": 1}, {"key_id": 1, "parameter_id": 12}]}, "with one parameter_id and one version"),
        ({"chip_authentication": [{"key_id": 1}, {"key_id": 1, "version": 2}]}, "with one parameter_id and one version"),
        ({"chip_authentication": [{}, {}]}, "a list without repetitions"),
        ({"chip_authentication": {"key_id": 13}, "pace": {"mapping": "CAM"}}, "with a key_id that is not the parameter_id"),
        (
            {"chip_authentication": {"key_id": 32}, "pace": {"mapping": "CAM", "explicit": True}},
            "with a key_id that is not the parameter_id",
        ),
        ({"chip_authentication": {"version": 2}, "pace": None}, "of version 1 where there is no PACE"),
    ],
)
def test_keys_that_could_be_mistaken_are_refused(issue: Issue, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedData, match=f"^description: chip_authentication must be {message}"):
        issue(**changes)


def test_a_key_of_dg14_needs_no_identifier_beside_the_mappings(issue: Issue) -> None:
    image = issue(chip_authentication={}, pace={"mapping": "CAM"})
    assert set(image.chip_authentication_keys) == {None, 13}
    assert [info.key_id for info in dg14(image).chip_authentication_public_keys] == [None]
    assert [info.key_id for info in card_security(image).chip_authentication_public_keys] == [13]


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"version": 3}, "chip_authentication.version must be one of 1, 2"),
        ({"version": True}, "chip_authentication.version must be one of 1, 2"),
        ({"key_id": -1}, "chip_authentication.key_id must be a number from 0 to 255"),
        ({"key_id": 256}, "chip_authentication.key_id must be a number from 0 to 255"),
        ({"key_id": "1"}, "chip_authentication.key_id must be a number from 0 to 255"),
        ({"parameter_id": 3}, "chip_authentication.parameter_id must be one of 0, 1, 2, 8"),
        ([{"mapping": "GM"}], r"unknown entries in chip_authentication\[0\]: mapping"),
    ],
)
def test_an_entry_of_chip_authentication_that_cannot_be(issue: Issue, described: Any, message: str) -> None:
    with pytest.raises(MalformedData, match=f"^description: {message}"):
        issue(chip_authentication=described)


# Active Authentication -------------------------------------------------------------------------------------------------------


def signed_challenge(image: CardImage) -> str:
    """The outcome of Active Authentication with what the card image says."""
    assert image.active_authentication_key is not None
    chip = ActiveAuthenticationChip(
        image.active_authentication_key,
        hash_name=image.active_authentication_hash,
        plain=not image.active_authentication_der,
    )
    challenge = bytes(range(1, 9))
    transcript = ActiveAuthenticationTranscript(challenge, chip.internal_authenticate(challenge), 0x9000, "given")
    infos = dg14(image) if FileId.DG14 in image.files else None
    finding = evaluate_active_authentication(Dg15.parse(image.files[FileId.DG15]).spki, infos, transcript)
    assert finding.ok is True
    return finding.detail


@pytest.mark.parametrize("curve", CURVE_OIDS.values())
def test_each_curve_of_active_authentication(issue: Issue, curve: str) -> None:
    image = issue(active_authentication={"curve": curve})
    key = parse_public_key(Dg15.parse(image.files[FileId.DG15]).spki)
    assert isinstance(key, EcPublicKey)
    assert (key.domain.name, key.explicit) == (curve, True)
    assert image.active_authentication_hash is not None
    detail = signed_challenge(image)
    assert f"({curve}, {image.active_authentication_hash}, r‖s)" in detail
    assert "undeclared" not in detail
    assert "too-long" not in detail


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_each_hash_of_active_authentication(issue: Issue, hash_name: str) -> None:
    ecdsa = issue(active_authentication={"curve": "secp521r1", "hash": hash_name}, pace=None)
    assert f"(secp521r1, {hash_name}, r‖s)" in signed_challenge(ecdsa)
    number = ["sha1", "sha224", "sha256", "sha384", "sha512"].index(hash_name) + 1
    (info,) = dg14(ecdsa).active_authentication
    assert (info.oid, info.version) == ("2.23.136.1.1.5", 1)
    assert info.signature_algorithm == f"0.4.0.127.0.7.1.1.4.1.{number}"
    rsa = issue(active_authentication={"bits": 1024, "hash": hash_name})
    assert f"(RSA-1024, {hash_name})" in signed_challenge(rsa)
    assert dg14(rsa).active_authentication == ()


def test_an_rsa_key_alone_needs_no_dg14(issue: Issue) -> None:
    image = issue(active_authentication={"bits": 1024}, pace=None)
    assert FileId.DG14 not in image.files
    assert image.active_authentication_hash == "sha256"
    key = parse_public_key(Dg15.parse(image.files[FileId.DG15]).spki)
    assert isinstance(key, RsaPublicKey)


def test_signatures_in_der(issue: Issue) -> None:
    image = issue(active_authentication={"curve": "brainpoolP256r1", "der": True})
    assert image.active_authentication_der
    assert "DER" in signed_challenge(image)


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"curve": "secp256k1"}, "active_authentication.curve must be one of secp192r1"),
        ({"curve": 13}, "active_authentication.curve must be one of secp192r1"),
        ({"curve": "secp256r1", "hash": "md5"}, "active_authentication.hash must be one of sha1"),
        ({"curve": "secp256r1", "bits": 2048}, "unknown entries in active_authentication: bits"),
        ({"curve": "secp256r1", "der": 1}, "active_authentication.der must be true or false"),
        ({"bits": 2048, "der": True}, "unknown entries in active_authentication: der"),
        ({"bits": 2047}, "active_authentication.bits must be one of 1024"),
        ([{}], "active_authentication must be an object"),
    ],
)
def test_an_active_authentication_that_cannot_be(issue: Issue, described: Any, message: str) -> None:
    with pytest.raises(MalformedData, match=f"^description: {message}"):
        issue(active_authentication=described)


# Terminal Authentication, passwords, protected files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "versions"),
    [
        ({"chip_authentication": {}}, [1]),
        ({"chip_authentication": {"version": 2}}, [2]),
        ({"chip_authentication": [{"key_id": 1}, {"key_id": 2, "version": 2}]}, [1]),
        ({"chip_authentication": [{"key_id": 1}, {"key_id": 2, "version": 2}], "terminal_authentication": {"version": 2}}, [2]),
        ({"chip_authentication": {"version": 2}, "terminal_authentication": {}}, [2]),
        ({"chip_authentication": {}, "terminal_authentication": None}, []),
        ({"pace": {"mapping": "CAM"}}, []),
        ({"pace": {"mapping": "CAM"}, "terminal_authentication": {}}, [1]),
        ({}, []),
    ],
)
def test_terminal_authentication_is_announced(issue: Issue, changes: dict[str, Any], versions: list[int]) -> None:
    image = issue(**changes)
    for infos in (card_access(image), dg14(image)):
        assert [(info.version, info.efcvca) for info in infos.terminal_authentication] == [(v, None) for v in versions]
    assert FileId.CVCA not in image.files
    assert (image.trust_points, image.chip_date) == ((), None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"terminal_authentication": {}}, "terminal_authentication must be left out"),
        (
            {"terminal_authentication": {"version": 1}, "chip_authentication": {"version": 2}},
            "terminal_authentication must be left out",
        ),
        (
            {"terminal_authentication": {"version": 2}, "chip_authentication": {}},
            "terminal_authentication.version must be 1 without",
        ),
        (
            {"terminal_authentication": {"version": 2}, "pace": {"mapping": "CAM"}},
            "terminal_authentication.version must be 1 without",
        ),
        ({"terminal_authentication": {"version": 3}}, "terminal_authentication.version must be one of 1, 2"),
        ({"terminal_authentication": {"cvca": "x"}}, "unknown entries in terminal_authentication: cvca"),
        ({"terminal_authentication": []}, "terminal_authentication must be an object"),
        ({"pin": "123456", "pace": None}, "pin must be left out where there is no PACE"),
        ({"puk": "123456", "pace": None}, "puk must be left out where there is no PACE"),
        ({"pin": "12345a"}, "pin must be up to 32 digits"),
        ({"pin": 123456}, "pin must be up to 32 digits"),
        ({"pin": "1" * 33}, "pin must be up to 32 digits"),
        ({"puk": "٠١٢٣٤٥"}, "puk must be up to 32 digits"),
        ({"pin_tries": 0}, "pin_tries must be a number from 1 to 15"),
        ({"pin_tries": 16}, "pin_tries must be a number from 1 to 15"),
        ({"pin_tries": True}, "pin_tries must be a number from 1 to 15"),
        ({"iris": "yes"}, "iris must be true or false"),
    ],
)
def test_what_cannot_be_is_refused_by_name(issue: Issue, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedData, match=f"^description: {message}") as caught:
        issue(**changes)
    assert "123456" not in str(caught.value)


def test_trust_points_and_the_chips_date(issue: Issue, authorities: tuple[bytes, bytes]) -> None:
    image = issue(authorities, date(2026, 11, 24), chip_authentication={}, fingerprints=True, iris=True)
    assert (image.trust_points, image.chip_date) == (authorities, date(2026, 11, 24))
    assert image.access_protected == {FileId.DG3, FileId.DG4}
    assert image.files[FileId.DG4].startswith(bytes.fromhex("7682177A7F610302010053821770"))
    assert EfCom.parse(image.files[FileId.COM]).data_groups == (1, 3, 4, 14)
    content = SignedData.parse(EfSod.parse(image.files[FileId.SOD]).cms).content
    assert content is not None
    assert set(LDSSecurityObject.parse(content).hashes) == {1, 3, 4, 14}


def test_no_authority_where_there_is_no_terminal_authentication(issue: Issue, authorities: tuple[bytes, bytes]) -> None:
    for changes in ({}, {"chip_authentication": {}, "terminal_authentication": None}):
        with pytest.raises(MalformedData, match="without terminal_authentication"):
            issue(authorities, **changes)


def test_only_authorities_and_at_most_two_are_trusted(issue: Issue, authorities: tuple[bytes, bytes]) -> None:
    profile = CvProfile(date(2026, 1, 1), date(2028, 12, 31))
    verifier = TestCvca.create(profile=profile).issue_verifier(profile=profile)
    for trust_points, message in (
        ((*authorities, authorities[0]), "at most 2"),
        ((verifier.raw,), "authority"),
        ((b"x",), "data end"),
    ):
        with pytest.raises(MalformedData, match=message):
            issue(trust_points, chip_authentication={})


def test_passwords(issue: Issue) -> None:
    image = issue(can="234567", pin="123456", puk="0987654321", pin_tries=15)
    assert (image.can, image.pin, image.puk, image.pin_tries) == ("234567", "123456", "0987654321", 15)
    assert (issue().pin, issue().puk, issue().pin_tries) == (None, None, 3)


# Keys, fixtures ------------------------------------------------------------------------------------------------------------------


def test_keys_are_those_that_other_programs_read() -> None:
    keys = make_chip_keys(active="secp256r1", groups={None: 12, 1: 2}, random=system_random)
    assert keys.active_authentication is not None
    for pkcs8 in (keys.active_authentication, keys.chip_authentication[None]):
        assert load_der_private_key(pkcs8, None) is not None
    with pytest.warns(CryptographyDeprecationWarning, match="Diffie-Hellman"):
        assert load_der_private_key(keys.chip_authentication[1], None) is not None
    assert isinstance(keys.chip_authentication_public[1], DhPublicKey)
    ours = parse_private_key(keys.chip_authentication[1])
    assert isinstance(ours, DhPrivateKey)
    assert ours.public == public_octets(keys.chip_authentication_public[1])


def test_no_key_in_a_group_that_does_not_exist() -> None:
    with pytest.raises(UnsupportedFeature, match="domain parameters 7"):
        make_chip_keys(active=None, groups={None: 7}, random=system_random)


def test_a_repr_of_keys_shows_no_private_one() -> None:
    keys = make_chip_keys(active="secp256r1", groups={1: 12}, random=system_random)
    assert "chip_authentication=" not in repr(keys)
    assert "active_authentication=" not in repr(keys)


def test_randomness_is_a_parameter() -> None:
    def keys(start: int) -> list[bytes | None]:
        counter = iter(range(start, 1000))
        made = make_chip_keys(active="secp256r1", groups={None: 13, 1: 0}, random=lambda size: next(counter).to_bytes(size, "big"))
        return [made.active_authentication, *made.chip_authentication.values()]

    assert keys(1) == keys(1) != keys(2)


def published(image: CardImage) -> list[tuple[int | None, bytes]]:
    keys = list(dg14(image).chip_authentication_public_keys)
    if FileId.CARD_SECURITY in image.files:
        keys += card_security(image).chip_authentication_public_keys
    return [(info.key_id, public_octets(parse_agreement_key(info.spki))) for info in keys]


@pytest.mark.parametrize("name", ["passport_eac", "passport_finite_field", "passport_pin"])
def test_each_fixture_with_more_protocols_describes_a_card(
    signer: DocumentSigner, fixtures: Path, authorities: tuple[bytes, bytes], name: str
) -> None:
    description = json.loads((fixtures / "cards" / f"{name}.json").read_text())
    image = personalise(description, signer, trust_points=authorities, chip_date=date(2026, 11, 24))
    assert CardImage.from_cbor(image.to_cbor()) == image
    assert len(pace_choices(card_access(image))) == len(card_access(image).pace) > 0
    keys = published(image)
    assert {key_id for key_id, _ in keys} == set(image.chip_authentication_keys) != set()
    assert all(holds(image, key_id, public) for key_id, public in keys)
    if image.active_authentication_key is not None:
        assert isinstance(parse_private_key(image.active_authentication_key), RsaPrivateKey | EcPrivateKey)
        assert "The chip holds the private key" in signed_challenge(image)


values = st.integers(-1, 40) | st.booleans() | st.none() | st.text(max_size=3)
ciphers = st.sampled_from([*CIPHERS, "DES"])
groups = st.sampled_from([*DH_IDS, *EC_IDS, 3, 19])
paces = st.fixed_dictionaries(
    {},
    optional={
        "mapping": st.sampled_from(["GM", "IM", "CAM", "EM"]),
        "cipher": ciphers,
        "parameter_id": groups,
        "explicit": st.booleans(),
    },
)
agreements = st.fixed_dictionaries(
    {}, optional={"cipher": ciphers, "parameter_id": groups, "key_id": values, "version": st.integers(1, 3)}
)
signatures = st.fixed_dictionaries(
    {"curve": st.sampled_from([*CURVE_OIDS.values(), "secp256k1"])},
    optional={"hash": st.sampled_from(["sha1", "sha512", "md5"]), "der": st.booleans()},
)
chips = st.fixed_dictionaries(
    {},
    optional={
        "pace": st.none() | paces | st.lists(paces, max_size=4),
        "chip_authentication": st.none() | agreements | st.lists(agreements, max_size=3),
        "active_authentication": st.none() | signatures,
        "terminal_authentication": st.none() | st.fixed_dictionaries({}, optional={"version": st.integers(0, 3)}),
        "pin": st.none() | st.text("0123456789", max_size=34),
        "puk": st.none() | st.text("0123456789x", min_size=1, max_size=4),
        "pin_tries": st.integers(0, 16),
        "bac": st.booleans(),
        "iris": st.booleans(),
    },
)


@settings(max_examples=150, deadline=None)
@given(chips)
def test_any_chip_is_made_with_files_that_fit_its_keys_or_refused(signer: DocumentSigner, chip: dict[str, Any]) -> None:
    try:
        image = personalise({**TRAVELLER, **chip}, signer)
    except MalformedData:
        return
    assert CardImage.from_cbor(image.to_cbor()) == image
    keys = published(image) if FileId.DG14 in image.files else []
    assert all(holds(image, key_id, public) for key_id, public in keys)
    assert {key_id for key_id, _ in keys} == set(image.chip_authentication_keys)
    if FileId.CARD_ACCESS in image.files:
        assert repeats(dg14(image), image)
        assert len(pace_choices(card_access(image))) == len(card_access(image).pace)
    if FileId.CARD_SECURITY in image.files:
        assert repeats(card_security(image), image)
