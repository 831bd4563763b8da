# SPDX-License-Identifier: Apache-2.0
"""EF.CardSecuritys of real and published test chips: signatures, and the keys that they hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chipid.lds.card_security import ID_SECURITY_OBJECT, CardSecurity
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.chain import validate_chain
from chipid.pki.cms import SignedData
from chipid.pki.signed_data import verify_signers
from chipid.pki.trust_store import TrustStore
from chipid.protocols.chip_auth import announced_chip_authentication, chip_authentication_choices
from chipid.protocols.pace import pace_choices

pytestmark = pytest.mark.real_data

# PACE, key identifiers, and the group of Chip Authentication version 2.
FILES = {
    "05_lds/card_security/ef_cardsecurity_de_real.bin": (["GM", "CAM"], [13, 72], "brainpoolP256r1"),
    "05_lds/card_security/ef_cardsecurity_dan.bin": (["GM"], [65], "brainpoolP256r1"),
    "05_lds/card_security/tc_ecdh_ef_cardsecurity.bin": (["GM"], [1], "brainpoolP256r1"),
    "08_cv_certificates/vsmartcard_dh_ef_cardsecurity": (["GM"], [1], "modp1024-160"),
    "08_cv_certificates/vsmartcard_ecdh_ef_cardsecurity": (["GM"], [1], "brainpoolP256r1"),
}


@pytest.mark.parametrize(("name", "expected"), FILES.items(), ids=FILES.keys())
def test_the_signature_verifies_and_the_keys_are_found(
    real_data: Path, name: str, expected: tuple[list[str], list[int], str]
) -> None:
    raw = (real_data / name).read_bytes()
    signed = SignedData.parse(CardSecurity.parse(raw).cms)
    assert CardSecurity.parse(raw).build() == raw
    assert signed.content_type == ID_SECURITY_OBJECT
    assert [finding.ok for finding in verify_signers(signed)] == [True]
    assert signed.content is not None
    infos = SecurityInfos.parse(signed.content)
    mappings, key_ids, group = expected
    assert [choice.suite.mapping.value for choice in pace_choices(infos)] == mappings
    assert [info.key_id for info in infos.chip_authentication_public_keys] == key_ids
    (choice,) = chip_authentication_choices(infos, 2)
    assert (choice.cipher, choice.key_id, choice.domain.name) == ("AES-128", key_ids[-1], group)
    announced = announced_chip_authentication(infos)
    assert announced is not None
    assert announced[1].name == group


def test_one_leads_to_its_csca(real_data: Path) -> None:
    folder = real_data / "05_lds/card_security"
    trust = TrustStore.from_bytes((folder / "csca_germany_013_self_signed.cer").read_bytes())
    (finding,) = verify_signers(SignedData.parse((folder / "ef_cardsecurity_dan.bin").read_bytes()))
    assert finding.certificate is not None
    chain = validate_chain(finding.certificate, trust, finding.certificate.not_before + timedelta(days=1))
    assert (chain.signature.ok, chain.trust.ok, chain.validity.ok) == (True, True, True)
