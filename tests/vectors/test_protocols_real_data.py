# SPDX-License-Identifier: Apache-2.0
"""What published EF.CardAccess, DG14 and DG15 files of real and specimen documents make the terminal choose."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from chipid.crypto import asn1
from chipid.crypto.agreement_key import DhPublicKey, build_agreement_key, build_domain
from chipid.crypto.domain import DhDomain, KeyPair, generate_key_pair
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import parse_public_key
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo, SecurityInfos
from chipid.protocols.chip_auth import (
    ChipAuthenticationChip,
    ChipAuthenticationRun,
    announced_chip_authentication,
    chip_authentication,
    evaluate_chip_authentication,
    select_chip_authentication,
)
from chipid.protocols.general_authenticate import reference
from chipid.protocols.pace import pace_choices, select_pace

pytestmark = pytest.mark.real_data

# The mapping that is chosen, all that are offered in a known form, and the key of Chip Authentication version 2 that is announced.
CARD_ACCESS = {
    "card_access_AusweisApp2_92674ee1.bin": ("GM", ["GM"], 65),
    "card_access_de.persosim.simulator_5260bcd5.bin": ("GM", ["GM"], 41),
    "card_access_de.persosim.simulator_60a29c9d.bin": ("GM", ["GM"], 41),
    "card_access_de.persosim.simulator_6d7b78ec.bin": ("GM", ["GM"], 2),
    "card_access_de.persosim.simulator_7de2f637.bin": ("GM", ["GM"], 41),
    "card_access_de.persosim.simulator_7e2151a2.bin": ("GM", ["GM"], 42),
    "card_access_de.persosim.simulator_af9aa70f.bin": ("GM", ["GM"], 42),
    "card_access_de.persosim.simulator_f37903ad.bin": ("GM", ["GM"], 41),
    "card_access_gmrtd_06ab0a0c.bin": ("CAM", ["GM", "CAM"], 72),
    # A static key alone: that of ICAO 9303-11 Appendix I.1.
    "card_access_gmrtd_6943fe54.bin": (None, [], None),
    "card_access_gmrtd_fff732f9.bin": ("CAM", ["GM", "CAM"], None),
    "ef_cardaccess_ca3.bin": ("CAM", ["GM", "CAM"], 72),
    "ef_cardaccess_dan.bin": ("GM", ["GM"], 65),
    # PACE version 1, of before the standard, on brainpoolP256t1.
    "ef_cardaccess_old_testcard.bin": (None, [], None),
    "tc_ecdh_ef_cardaccess.bin": ("GM", ["GM"], 1),
}

# Cipher, key identifier, group; ``None``: nothing that is spoken.
DG14: dict[str, tuple[str, int | None, str] | None] = {
    "05_lds/dg14/dg14_gmrtd_0bdf42c0.bin": ("AES-128", 195, "brainpoolP256r1"),
    "05_lds/dg14/dg14_gmrtd_56139d69.bin": ("3DES", None, "brainpoolP256r1"),
    "05_lds/dg14/dg14_gmrtd_aff8c921.bin": ("AES-128", None, "brainpoolP256r1"),
    # Version 16 of the protocol.
    "05_lds/dg14/dg14_pymrtd_91269369.bin": None,
    # PKCS#3: a prime and a generator, without the order.
    "05_lds/dg14/spec_sample_encoded_dg14.bin": ("3DES", None, "modp1024"),
    "05_lds/bsi2008_mustermann/Datagroup14.bin": ("3DES", None, "brainpoolP224r1"),
}
PKCS3 = "05_lds/dg14/spec_sample_encoded_dg14.bin"

DG15: dict[str, str | int] = {
    "dg15_NFCPassportReader_ec45b055.bin": "brainpoolP256r1",
    "dg15_gmrtd_a5ed6c2a.bin": 1792,
    "dg15_pymrtd_30e44dab.bin": 1024,
    "dg15_pymrtd_8db53aa2.bin": 1024,
    "dg15_pymrtd_d13611cb.bin": 1024,
}


def test_every_file_is_in_the_tables(real_data: Path) -> None:
    assert sorted(CARD_ACCESS) == sorted(file.name for file in (real_data / "05_lds/card_access").glob("*.bin"))
    assert sorted(DG15) == sorted(file.name for file in (real_data / "05_lds/dg15").glob("*.bin"))
    in_folder = {name for name in DG14 if name.startswith("05_lds/dg14/")}
    assert in_folder == {f"05_lds/dg14/{file.name}" for file in (real_data / "05_lds/dg14").glob("*.bin")}


@pytest.mark.parametrize("name", CARD_ACCESS)
def test_pace(real_data: Path, name: str) -> None:
    """Chip Authentication Mapping where it is offered: as strong as the generic mapping beside it, and it proves the chip."""
    infos = CardAccess.parse((real_data / "05_lds/card_access" / name).read_bytes()).infos
    mapping, offered, key_id = CARD_ACCESS[name]
    choice, announced = select_pace(infos), announced_chip_authentication(infos)
    assert [each.suite.mapping.value for each in pace_choices(infos)] == offered
    assert (choice.suite.mapping.value if choice else None) == mapping
    if choice is not None:
        assert (choice.suite.cipher, choice.info.parameter_id, choice.domain.name) == ("AES-128", 13, "brainpoolP256r1")
    assert (announced[0].key_id if announced else None) == key_id


@pytest.mark.parametrize("name", DG14)
def test_chip_authentication(real_data: Path, name: str) -> None:
    infos, expected = Dg14.parse((real_data / name).read_bytes()).infos, DG14[name]
    if expected is None:
        with pytest.raises(UnsupportedFeature):
            select_chip_authentication(infos)
        return
    choice = select_chip_authentication(infos)
    assert choice is not None
    assert (choice.cipher, choice.key_id, choice.domain.name) == expected
    assert choice.declared
    assert choice.key_id is None or reference(choice.key_id) == b"\xc3"


@pytest.mark.parametrize("name", DG15)
def test_active_authentication(real_data: Path, name: str) -> None:
    key = parse_public_key(Dg15.parse((real_data / "05_lds/dg15" / name).read_bytes()).spki)
    assert (key.domain.name if isinstance(key, EcPublicKey) else key.bits) == DG15[name]


def test_a_modulus_without_its_sign_octet(real_data: Path) -> None:
    """The specimen of 2008 writes a modulus of 1024 bits in 128 octets, which makes a negative INTEGER of it (X.690 §8.3)."""
    spki = Dg15.parse((real_data / "05_lds/bsi2008_mustermann/Datagroup15.bin").read_bytes()).spki
    with pytest.raises(MalformedData):
        parse_public_key(spki)


# Chip Authentication in a group of PKCS#3 ------------------------------------------------------------------------


class Wire:
    """A chip in a session; ``chip`` is ``None`` for one that agrees to all and has no key."""

    def __init__(self, session: SecureMessaging, chip: ChipAuthenticationChip | None) -> None:
        self.session, self.chip = session, chip
        self.moved = False

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(self.session.unprotect_command(raw))
        if command.ins == 0xB0:
            return self.session.protect_response(bytes.fromhex("615B5F1F9000"))
        assert (command.ins, command.p1, command.p2) == (0x22, 0x41, 0xA6)
        sw = 0x9000 if self.chip is None else self.chip.set_kat(command.data)
        response = self.session.protect_response(ResponseAPDU(b"", sw).to_bytes())
        if self.chip is not None and self.chip.session is not None:
            self.session, self.moved = self.chip.session, True
        return response


def access_session() -> SecureMessaging:
    return SecureMessaging("3DES", b"\x01" * 16, b"\x02" * 16, bytes(8))


def agree(infos: SecurityInfos, wire: Wire) -> ChipAuthenticationRun:
    result = run(secured(chip_authentication(infos, Random(1).randbytes), access_session()), wire)
    assert result is not None
    assert result.session is not None
    return result


def read() -> Dialogue[ResponseAPDU]:
    return (yield CommandAPDU(0x00, 0xB0, 0x81, 0x00, le=4))


def private_key(domain: DhDomain, pair: KeyPair) -> bytes:
    exponent = asn1.integer(int.from_bytes(pair.private, "big"))
    return asn1.sequence(asn1.integer(0), build_domain(domain), asn1.octet_string(exponent))


def test_a_conversation_in_the_group_of_pkcs3(real_data: Path) -> None:
    """The specimen's protocol and group with a key whose private half we know."""
    published = Dg14.parse((real_data / PKCS3).read_bytes()).infos
    choice = select_chip_authentication(published)
    assert choice is not None
    domain = choice.domain
    assert isinstance(domain, DhDomain)
    assert (domain.size, domain.parameters[2]) == (128, domain.order)
    pair = generate_key_pair(domain, Random(2).randbytes)
    spki = build_agreement_key(DhPublicKey(domain, pair.public))
    (published_key,) = published.chip_authentication_public_keys
    own_key = ChipAuthenticationPublicKeyInfo(published_key.oid, spki)
    infos = SecurityInfos.of([*published.chip_authentication, own_key])
    wire = Wire(access_session(), ChipAuthenticationChip(infos, {None: private_key(domain, pair)}))
    result = agree(infos, wire)
    assert wire.moved
    assert len(result.transcript.public_key) <= 128
    seen: list[tuple[CommandAPDU, ResponseAPDU]] = []
    assert result.session is not None
    run(secured(read(), result.session, lambda command, response: seen.append((command, response))), wire)
    transcript = result.confirmed_by(*seen[0])
    assert evaluate_chip_authentication(infos, transcript).ok is True
    assert evaluate_chip_authentication(published, transcript).ok is False


def test_the_published_key_of_pkcs3_is_agreed_with(real_data: Path) -> None:
    """Our key is one of the group; a chip that says yes without the private key shows in the first exchange."""
    infos = Dg14.parse((real_data / PKCS3).read_bytes()).infos
    result = agree(infos, Wire(access_session(), None))
    assert result.transcript.oid == "0.4.0.127.0.7.2.2.3.1.1"
    assert result.domain.check_element(result.transcript.public_key) == result.transcript.public_key  # type: ignore[union-attr]
    assert result.session is not None
    command = CommandAPDU.from_bytes(result.session.protect_command(bytes.fromhex("00B0810004")))
    transcript = result.confirmed_by(command, ResponseAPDU(b"", 0x6988))
    assert evaluate_chip_authentication(infos, transcript).ok is False
