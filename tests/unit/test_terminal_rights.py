# SPDX-License-Identifier: Apache-2.0
"""What the terminal was allowed: the check, and what the terminal makes of the names and keys that a chip gives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import cast

import pytest

from chipid.crypto.agreement_key import build_agreement_key
from chipid.crypto.domain import DhDomain, generate_key_pair
from chipid.crypto.private_key import EcPrivateKey, parse_private_key
from chipid.evidence import ChipAuthenticationMappingTranscript, Evidence, Result, TerminalAuthenticationRecord
from chipid.inspection.terminal_rights import EphemeralKey, TerminalRights, chip_identifier, mapping_key, named_authorities
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.issuing.chip_keys import make_chip_keys
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo, PaceInfo, SecurityInfos
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.protocols.object_identifiers import ID_PK_ECDH
from chipid.protocols.pace import PaceRun, pace_choice
from chipid.protocols.pace.chip_authentication_mapping import chip_authentication_data
from chipid.protocols.password import PasswordKind
from chipid.verification.terminal_rights import terminal_authentication
from chipid.verification.verdict import Outcome

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CAM = PaceInfo("0.4.0.127.0.7.2.2.4.6.2", 2, 13)
INFOS = SecurityInfos.of([CAM])
CHOICE = pace_choice(INFOS, CAM)
KEY, OTHER = (generate_key_pair(CHOICE.domain, Random(seed).randbytes).public for seed in (1, 2))


def session() -> SecureMessaging:
    return SecureMessaging("AES-128", bytes(16), bytes(16), bytes(16))


def run(*references: bytes, proof: ChipAuthenticationMappingTranscript | None = None) -> PaceRun:
    return PaceRun(session(), CHOICE, PasswordKind.CAN, KEY, OTHER, references, proof)


# The check -----------------------------------------------------------------------------------------------------------


def judged(record: TerminalAuthenticationRecord | None) -> tuple[Outcome, str, str]:
    check = terminal_authentication(Evidence(AT, {}, terminal_authentication=record))
    return check.outcome, check.reason, check.detail


DONE = TerminalAuthenticationRecord(1, Result.DONE, "DETESTCVCA00001", ("DETESTDVDE00001", "DETESTISDE00001"), ("DG3", "DG4"))
FAILED = replace(DONE, result=Result.FAILED, rights=(), reason="ta-certificate-refused", refused="DETESTDVDE00001", sw=0x6300)


def test_a_terminal_without_rights() -> None:
    assert judged(None)[:2] == (Outcome.NOT_PERFORMED, "ta-not-asked")


def test_rights_that_were_granted_are_named() -> None:
    outcome, reason, detail = judged(DONE)
    assert (outcome, reason) == (Outcome.SUCCESSFUL, "ok")
    assert "DG3 and DG4" in detail
    assert "DETESTCVCA00001" in detail
    assert "nothing more" in judged(replace(DONE, rights=()))[2]


def test_a_refusal_names_the_certificate_and_the_status() -> None:
    outcome, reason, detail = judged(FAILED)
    assert (outcome, reason) == (Outcome.FAILED, "ta-certificate-refused")
    assert "DETESTDVDE00001" in detail
    assert "6300" in detail
    bare = judged(replace(FAILED, refused=None, sw=None))[2]
    assert "certificate" not in bare
    assert "(" not in bare
    assert judged(replace(FAILED, reason=None))[1] == "ta-refused"
    assert judged(replace(FAILED, reason="\x1b[2JACCEPTED"))[1] == "ta-refused"


@pytest.mark.parametrize(
    ("result", "outcome"),
    [(Result.FAILED, Outcome.FAILED), (Result.NOT_OFFERED, Outcome.NOT_SUPPORTED), (Result.NOT_TRIED, Outcome.UNDETERMINED)],
)
def test_each_result_has_its_outcome(result: Result, outcome: Outcome) -> None:
    assert judged(replace(FAILED, result=result, reason="ta-no-chain"))[:2] == (outcome, "ta-no-chain")


def test_nothing_is_signed_over_a_key_in_a_field_of_unknown_order() -> None:
    """3 might be of a small order modulo this prime: the maker of the group would know what the terminal's key can be."""

    class Unused:
        def chain_from(self, *_: object, **__: object) -> None:
            raise AssertionError

    group = DhDomain.explicit((2**1279 - 1).to_bytes(160, "big"), b"\x03", None)
    rights = TerminalRights(cast("TerminalCredentials", Unused()), AT, ("DG3",))
    dialogue = rights.prove(("DETESTCVCA00001",), b"X012345674", EphemeralKey(group, b"\x09"), version=2)
    assert list(dialogue) == []
    expected = TerminalAuthenticationRecord(2, Result.NOT_TRIED, reason="ta-group-of-unknown-order")
    assert rights.record == expected
    assert judged(expected)[:2] == (Outcome.UNDETERMINED, "ta-group-of-unknown-order")


# The authorities that a chip names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("references", "names"),
    [
        ((), ()),
        ((b"DETESTCVCA00001",), ("DETESTCVCA00001",)),
        ((b"DETESTCVCA00002", b"DETESTCVCA00001"), ("DETESTCVCA00002", "DETESTCVCA00001")),
        ((b"", b"A"), ("A",)),
        ((b"A" * 16, b"B" * 17), ("A" * 16,)),
        ((b"A" * 1_000_000,), ()),
        ((b"\xc9",), ("É",)),
    ],
    ids=range(7),
)
def test_names_of_one_to_sixteen_characters(references: tuple[bytes, ...], names: tuple[str, ...]) -> None:
    assert named_authorities(run(*references)) == names


def test_after_bac_no_authority_is_named() -> None:
    assert named_authorities(None) == ()


# The chip's name -----------------------------------------------------------------------------------------------------


def test_after_pace_the_chips_key_is_its_name() -> None:
    assert chip_identifier(run(), None) == KEY[1:33]  # ICAO 9303-11 §7.1.2: the x-coordinate


def test_after_bac_the_document_number_is() -> None:
    zone = Mrz(
        MrzFormat.TD3,
        document_code="P",
        issuing_state="UTO",
        document_number="X01234567",
        birth_date="740812",
        sex="F",
        expiry_date="320415",
        nationality="UTO",
        primary_identifier="MUSTERMANN",
        secondary_identifier="ERIKA",
    )
    identifier = chip_identifier(None, Dg1(zone).build())
    assert identifier is not None
    assert identifier[:9] == b"X01234567"
    assert len(identifier) == 10
    assert chip_identifier(None, None) is None
    assert chip_identifier(None, b"noise") is None


# The key of PACE that is bound to ------------------------------------------------------------------------------------


KEYS = make_chip_keys(active=None, groups={13: 13}, random=Random(3).randbytes)
SIGNED = SecurityInfos.of(
    [CAM, ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, build_agreement_key(KEYS.chip_authentication_public[13], 13), 13)]
)


def proof() -> ChipAuthenticationMappingTranscript:
    static = parse_private_key(KEYS.chip_authentication[13])
    assert isinstance(static, EcPrivateKey)
    mapping_key = CHOICE.domain.public_key((77).to_bytes(32, "big"))
    return ChipAuthenticationMappingTranscript(CAM.oid, 13, mapping_key, b"encrypted", chip_authentication_data(static, 77))


def test_a_mapping_that_is_proven_gives_the_terminals_key() -> None:
    bound = mapping_key(run(proof=proof()), SIGNED)
    assert bound is not None
    assert (bound.public, bound.domain) == (OTHER, CHOICE.domain)
    assert bound.compressed == OTHER[1:33]


@pytest.mark.parametrize(
    ("made", "infos"),
    [
        (None, SIGNED),
        (run(), SIGNED),
        (run(proof=proof()), None),
        (run(proof=proof()), INFOS),
        (run(proof=replace(proof(), data=bytes(32))), SIGNED),
        (run(proof=replace(proof(), mapping_key=KEY)), SIGNED),
        (run(proof=proof()), SecurityInfos.of([CAM, ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, b"\x30\x00", 13)])),
    ],
    ids=["no PACE", "another mapping", "no EF.CardSecurity", "no key", "no number", "another chip", "a key that is none"],
)
def test_any_other_gives_none(made: PaceRun | None, infos: SecurityInfos | None) -> None:
    assert mapping_key(made, infos) is None
