# SPDX-License-Identifier: Apache-2.0
"""Active, Chip and Terminal Authentication at the chip (ICAO 9303-11 §6, §7; version 2: BSI TR-03110-3 §B.2, §B.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid.emulator.exchange import refused
from chipid.emulator.instruction import is_chained
from chipid.emulator.state import State
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.status import SW
from chipid.protocols.active_auth import CHALLENGE_SIZE
from chipid.protocols.chip_auth import ChipAuthenticationChip
from chipid.protocols.terminal_auth import TerminalAuthenticationChip, compress

if TYPE_CHECKING:
    from chipid.emulator.applet import Applet


# Active Authentication -------------------------------------------------------------------------------------------


def internal_authenticate(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """The chip signs the terminal's 8 octets (§6.1)."""
    if len(command.data) != CHALLENGE_SIZE or command.le is None:
        return refused(SW.WRONG_LENGTH)
    if applet.active_authentication is None or not applet.application_selected:
        return refused(SW.REFERENCE_NOT_FOUND)
    signature = applet.active_authentication.internal_authenticate(command.data)
    if len(signature) > command.le:
        return refused(SW.WRONG_LENGTH)
    return ResponseAPDU(signature, SW.OK)


# Chip Authentication ---------------------------------------------------------------------------------------------


def set_at_chip_authentication(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """MSE:Set AT for Chip Authentication (§6.2.4.2): version 1 in the application, version 2 in the master file."""
    responder = applet.chip_authentication
    if responder is None:
        return refused(SW.REFERENCE_NOT_FOUND)
    if responder is applet.chip_authentication_v2 and _announced(applet) is None:
        return refused(SW.SECURITY_STATUS)
    sw = responder.set_at(command.data)
    applet.state = State.CHIP_AUTHENTICATION if sw == SW.OK else State.SESSION
    return ResponseAPDU(b"", sw)


def general_authenticate_chip(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """The key agreement after Set AT: the answer under the old keys, the next command under the new (§6.2.4.2)."""
    applet.state = State.SESSION
    responder = applet.chip_authentication
    if responder is None or is_chained(command):
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    # Nothing is no key's compressed form: where nothing was announced, no key is good.
    announced = (_announced(applet) or b"") if responder is applet.chip_authentication_v2 else None
    data, sw = responder.general_authenticate(command.data, announced)
    _take_over(applet, responder)
    return ResponseAPDU(data, sw)


def set_kat(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """MSE:Set KAT: 3DES Chip Authentication in one command (§6.2.4.1)."""
    responder = applet.chip_authentication
    if responder is None or responder is applet.chip_authentication_v2:
        return refused(SW.REFERENCE_NOT_FOUND)
    sw = responder.set_kat(command.data)
    _take_over(applet, responder)
    return ResponseAPDU(b"", sw)


def _announced(applet: Applet) -> bytes | None:
    """The ephemeral key that a terminal of version 2 has proved its rights with, compressed."""
    terminal = applet.terminal
    return terminal.terminal_key if terminal is not None and terminal.rights is not None else None


def _take_over(applet: Applet, responder: ChipAuthenticationChip) -> None:
    """The new session. In version 1 Terminal Authentication may now bind to its key; in version 2 it came before."""
    if responder.session is None or responder.domain is None:
        return
    applet.session = responder.session
    applet.terminal_met = responder is applet.chip_authentication_v2
    if applet.terminal is not None and not applet.terminal_met:
        applet.terminal.bind(compress(responder.domain, responder.terminal_key))


# Terminal Authentication -----------------------------------------------------------------------------------------


def set_dst(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """MSE:Set DST (§7.1.5.1)."""
    if applet.terminal is None:
        return refused(SW.REFERENCE_NOT_FOUND)
    return ResponseAPDU(b"", applet.terminal.set_dst(command.data))


def verify_certificate(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """PSO:Verify Certificate (§7.1.5.2)."""
    if applet.terminal is None:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    return ResponseAPDU(b"", applet.terminal.verify_certificate(command.data))


def set_at_terminal_authentication(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """MSE:Set AT for Terminal Authentication (§7.1.5.3)."""
    if applet.terminal is None:
        return refused(SW.REFERENCE_NOT_FOUND)
    return ResponseAPDU(b"", applet.terminal.set_at(command.data))


def get_terminal_challenge(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """GET CHALLENGE inside a session (§7.1.5.4)."""
    if applet.terminal is None:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    if command.data:
        return refused(SW.WRONG_LENGTH)
    return ResponseAPDU(*applet.terminal.get_challenge(command.le))


def authenticate_terminal(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """EXTERNAL AUTHENTICATE inside a session (§7.1.5.5)."""
    if applet.terminal is None:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    return ResponseAPDU(b"", applet.terminal.external_authenticate(command.data))


def terminal_responder(applet: Applet, id_ic: bytes) -> TerminalAuthenticationChip | None:
    """A new one for the session that begins; ``None`` where the chip trusts nobody."""
    if applet.memory.trust is None:
        return None
    return TerminalAuthenticationChip(
        applet.memory.trust, id_ic, applet.random, version=applet.terminal_authentication_version
    )
