# SPDX-License-Identifier: Apache-2.0
"""The rest of the real chip's session of ``test_pace_cam_trace.py``: EF.CardSecurity as it was read, signed, and judged with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, x509

from chipid.evidence import ChipAuthenticationMappingTranscript
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.lds.card_security import ID_SECURITY_OBJECT, CardSecurity
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.chain import validate_chain
from chipid.pki.cms import SignedData
from chipid.pki.signed_data import verify_signers
from chipid.pki.trust_store import TrustStore, read_certificates
from chipid.protocols.pace import evaluate_chip_authentication_mapping

pytestmark = pytest.mark.real_data

TRACE = "02_traces/pace_cam_ecdh_aes128_de_real_session.json"
FILE = "05_lds/card_security/ef_cardsecurity_de_real.bin"
LISTS = ["DE_ML_2024-08-07-07-38-24.ml", "DE_ML_2025-08-14-07-41-09.ml"]


@pytest.fixture
def facts(fixtures: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((fixtures / "vectors" / "pace_cam_trace.json").read_text())
    return values


@pytest.fixture
def read_file(real_data: Path, facts: dict[str, Any]) -> bytes:
    """EF.CardSecurity out of the protected answers, command after command under the keys of the fixture."""
    session = SecureMessaging("AES-128", bytes.fromhex(facts["ks_enc"]), bytes.fromhex(facts["ks_mac"]), bytes(16))
    wire = json.loads((real_data / TRACE).read_text())["apdu"][5:]  # what PACE has sent stands in the fixture
    select, *reads = [(bytes.fromhex(each["c"]), bytes.fromhex(each["r"])) for each in wire]
    content = b""
    exchange(session, CommandAPDU(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex("011D")), *select)
    for number, (command, response) in enumerate(reads):
        le = 4 if number == 0 else 256 if number < len(reads) - 1 else facts["chip_authentication"]["file_size"] - len(content)
        content += exchange(session, CommandAPDU(0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, le=le), command, response)
    assert len(reads) == 10
    return content


def exchange(session: SecureMessaging, plain: CommandAPDU, command: bytes, response: bytes) -> bytes:
    assert session.protect_command(plain.to_bytes()) == command
    answer = ResponseAPDU.from_bytes(session.unprotect_response(response))
    assert answer.ok
    return answer.data


def test_the_file_as_it_was_read(real_data: Path, read_file: bytes) -> None:
    assert read_file == (real_data / FILE).read_bytes()


def test_its_keys_are_those_of_the_fixture(read_file: bytes, facts: dict[str, Any]) -> None:
    keys = signed_infos(read_file).chip_authentication_public_keys
    values = facts["chip_authentication"]
    assert [key.key_id for key in keys] == [values["key_id"], values["other_key_id"]]
    assert keys[0].spki.endswith(bytes.fromhex(values["static_public"]))


def test_the_chip_is_genuine_by_its_signed_file(read_file: bytes, facts: dict[str, Any]) -> None:
    values = facts["chip_authentication"]
    encrypted, data = bytes.fromhex(values["encrypted"]), bytes.fromhex(values["data"])
    mapping_key = bytes.fromhex(facts["mapping"]["chip_public"])
    transcript = ChipAuthenticationMappingTranscript("0.4.0.127.0.7.2.2.4.6.2", 13, mapping_key, encrypted, data)
    assert evaluate_chip_authentication_mapping(signed_infos(read_file), transcript).ok is True


@pytest.mark.parametrize("name", LISTS)
def test_its_signer_leads_to_the_german_master_list(real_data: Path, read_file: bytes, name: str) -> None:
    signed = SignedData.parse(CardSecurity.parse(read_file).cms)
    assert signed.content_type == ID_SECURITY_OBJECT
    (finding,) = verify_signers(signed)
    assert finding.ok is True
    assert finding.certificate is not None
    trust = german_authorities((real_data / "07_pki/master_lists" / name).read_bytes())
    chain = validate_chain(finding.certificate, trust, finding.certificate.not_before + timedelta(days=1))
    assert (chain.signature.ok, chain.trust.ok, chain.validity.ok) == (True, True, True)


def signed_infos(raw: bytes) -> SecurityInfos:
    content = SignedData.parse(CardSecurity.parse(raw).cms).content
    assert content is not None
    return SecurityInfos.parse(content)


class _Certificates(core.SetOf):
    _child_spec = x509.Certificate


def german_authorities(master_list: bytes) -> TrustStore:
    """Of a CscaMasterList (ICAO 9303-12 §8), read with another library."""
    content = core.Sequence.load(cms.ContentInfo.load(master_list)["content"]["encap_content_info"]["content"].native)
    german = [each.dump() for each in _Certificates.load(content[1].dump()) if each.issuer.native.get("country_name") == "DE"]
    assert german
    return TrustStore([certificate for raw in german for certificate in read_certificates(raw)])
