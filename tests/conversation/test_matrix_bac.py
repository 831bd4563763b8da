# SPDX-License-Identifier: Apache-2.0
"""Basic Access Control, which has one combination (ICAO 9303-11 §4.3)."""

from __future__ import annotations

from random import Random

import pytest
from matrix import assert_same_session

from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.protocols.bac import BacChip, bac
from chipid.protocols.password import Password

PASSWORD = Password.from_mrz_information("099012345999091733909171")


class Wire:
    """The chip behind plain commands."""

    def __init__(self) -> None:
        self.chip = BacChip(PASSWORD, Random("chip").randbytes)
        self.session: SecureMessaging | None = None

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        if command.ins == 0x84:
            return ResponseAPDU(self.chip.get_challenge(), 0x9000).to_bytes()
        answer = self.chip.external_authenticate(command.data)
        assert answer is not None
        data, self.session = answer
        return ResponseAPDU(data, 0x9000).to_bytes()


@pytest.mark.combinations("BAC")
def test_combination() -> None:
    wire = Wire()
    session = run(bac(PASSWORD, Random("terminal").randbytes), wire)
    assert wire.session is not None
    assert session.cipher == "3DES"
    assert any(session.ssc)  # it starts from both challenges (§9.8.6.3)
    assert_same_session(session, wire.session)
