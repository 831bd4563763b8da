# SPDX-License-Identifier: Apache-2.0
"""BAC, PACE and the PIN at the chip (ICAO 9303-11 §4.3, §4.4; BSI TR-03110-2 §3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid.emulator.exchange import refused
from chipid.emulator.instruction import is_chained
from chipid.emulator.state import State
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.status import SW, attempts_left
from chipid.protocols.bac import NONCE_SIZE, BacChip
from chipid.protocols.pace import PaceChip, PaceSecrets
from chipid.protocols.password import Password, PasswordKind
from chipid.protocols.pin_management import CHANGE, UNBLOCK, is_pin

if TYPE_CHECKING:
    from chipid.emulator.applet import Applet


# Basic Access Control --------------------------------------------------------------------------------------------


def get_challenge(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """RND.IC, good for the very next command (§4.3.1)."""
    if command.data or command.le is None or command.le < NONCE_SIZE:
        return refused(SW.WRONG_LENGTH)
    if not applet.application_selected:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    password = _passwords(applet).get(PasswordKind.MRZ)
    if password is None or not applet.image.bac:
        return refused(SW.REFERENCE_NOT_FOUND)
    applet.bac = BacChip(password, applet.random)
    applet.state = State.CHALLENGED
    return ResponseAPDU(applet.bac.get_challenge(), SW.OK)


def external_authenticate(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """BAC's mutual authentication; right or wrong, the challenge is used up."""
    bac, applet.bac, applet.state = applet.bac, None, State.PLAIN
    if bac is None:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    applet.wait(PasswordKind.MRZ)
    done = bac.external_authenticate(command.data)
    applet.memory.password_tried(PasswordKind.MRZ, right=done is not None)
    if done is None:
        return ResponseAPDU(b"", bac.sw)
    answer, session = done
    applet.opened_by_bac(session)
    return ResponseAPDU(answer, SW.OK)


# PACE ------------------------------------------------------------------------------------------------------------


def set_at_pace(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """MSE:Set AT for PACE (§4.4.4.1). Inside a session of PACE too, where it begins another: after the CAN a suspended PIN gets its
    last try."""
    before, during = applet.access_states
    if applet.session is not None and not applet.opened_by_pace:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    if applet.card_access is None:
        return refused(SW.FUNCTION_NOT_SUPPORTED)
    resumed = applet.session is not None and applet.password is PasswordKind.CAN
    applet.pace = PaceChip(applet.card_access, _secrets(applet), applet.random, resumed=resumed)
    sw = applet.pace.set_at(command.data)
    applet.state = during if sw == SW.OK or attempts_left(sw) is not None else before
    return ResponseAPDU(b"", sw)


def general_authenticate_pace(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """One of PACE's four steps (§4.4.4.2); a failed one voids the run, and leaves alone the session in which it ran."""
    pace, (before, _during) = applet.pace, applet.access_states
    if pace is None or pace.kind is None:
        return refused(SW.CONDITIONS_NOT_SATISFIED)
    last = not is_chained(command)
    if last:
        applet.wait(pace.kind)
    data, sw = pace.general_authenticate(command.data, last)
    if sw == SW.AUTHENTICATION_FAILED or attempts_left(sw) is not None:
        applet.memory.password_tried(pace.kind, right=False)
    if sw != SW.OK:
        applet.pace, applet.state = None, before
    elif pace.session is not None:
        applet.memory.password_tried(pace.kind, right=True)
        applet.opened_by(pace)
    return ResponseAPDU(data, sw)


def _passwords(applet: Applet) -> dict[PasswordKind, Password]:
    passwords = {}
    if applet.image.mrz_information is not None:
        passwords[PasswordKind.MRZ] = Password.from_mrz_information(applet.image.mrz_information)
    texts = {PasswordKind.CAN: applet.image.can, PasswordKind.PIN: applet.memory.pin, PasswordKind.PUK: applet.image.puk}
    return passwords | {kind: Password.from_text(kind, text) for kind, text in texts.items() if text is not None}


def _secrets(applet: Applet) -> PaceSecrets:
    references = applet.memory.trust.references if applet.memory.trust is not None else ()
    return PaceSecrets(
        _passwords(applet),
        {PasswordKind.PIN: applet.memory.pin_counter},
        applet.static_keys,
        tuple(reference.encode("latin-1") for reference in references),
    )


# The PIN ---------------------------------------------------------------------------------------------------------


def reset_retry_counter(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """RESET RETRY COUNTER (BSI TR-03110-3 §B.11.3): whoever knows the PUK may unblock the PIN, whoever knows the PIN change it."""
    if applet.memory.pin is None:
        return refused(SW.REFERENCE_NOT_FOUND)
    mode = command.p1
    demanded = {UNBLOCK: PasswordKind.PUK, CHANGE: PasswordKind.PIN}[mode]
    if applet.password is not demanded:
        return refused(SW.SECURITY_STATUS)
    if mode == CHANGE:
        if not is_pin(command.data):
            return refused(SW.WRONG_DATA)
        applet.memory.pin = command.data.decode("ascii")
    elif command.data:
        return refused(SW.WRONG_LENGTH)
    applet.memory.pin_counter.reset()
    return ResponseAPDU(b"", SW.OK)
