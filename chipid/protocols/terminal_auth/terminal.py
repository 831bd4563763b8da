# SPDX-License-Identifier: Apache-2.0
"""The terminal's end of Terminal Authentication (ICAO 9303-11 §7.1.5, BSI TR-03110-3 §B.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chipid.errors import ChipIdError, NotAuthorised
from chipid.evidence import Result, TerminalAuthenticationRecord
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import build_tlv
from chipid.pki.cv_credentials import CvChain, TerminalCredentials
from chipid.pki.cvc import reference_octets
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    EPHEMERAL_PUBLIC_KEY,
    PUBLIC_KEY_REFERENCE,
    set_security_environment,
)
from chipid.protocols.object_identifiers import oid_octets
from chipid.protocols.terminal_auth.signed_data import CHALLENGE_SIZE, signed_data


@dataclass(frozen=True)
class _Session:
    """What one run is about: constants of the dialogue."""

    credentials: TerminalCredentials
    chain: CvChain
    id_ic: bytes
    terminal_key: bytes
    version: int
    auxiliary_data: bytes


def terminal_authentication(
    credentials: TerminalCredentials,
    references: Sequence[str],
    id_ic: bytes,
    terminal_key: bytes,
    *,
    version: int = 1,
    auxiliary_data: bytes = b"",
    at: date | None = None,
    data_groups: Iterable[str] = (),
) -> Dialogue[TerminalAuthenticationRecord]:
    """Prove the terminal's rights. To be run inside the session of Chip Authentication or PACE-CAM (version 1), or inside that of
    PACE and before Chip Authentication (version 2).

    Whatever the chip refuses is in the record; its session outlives a failure (ICAO 9303-11 §7.1.3).

    :param references: the authorities that the chip names, the most recent first: EF.CVCA, or data objects 87 and 88 of PACE.
    :param id_ic: ID_IC, :func:`~chipid.protocols.terminal_auth.document_identifier` after BAC, after PACE the chip's ephemeral key,
        compressed.
    :param terminal_key: the terminal's ephemeral key, compressed: that of the Chip Authentication or PACE-CAM before (version 1),
        or of the Chip Authentication to come (version 2).
    :param auxiliary_data: version 2: the data object 67, whole; empty for none.
    :param at: the terminal's date and :param data_groups: what is to be read, such as ``("DG3",)``: by these the better one of
        several chains is chosen, no more.
    :returns: done with the data groups that the chain grants, or failed with one of
        :data:`~chipid.protocols.terminal_auth.REASONS`.
    """
    try:
        chain = credentials.chain_from(references, at=at, data_groups=data_groups)
    except NotAuthorised:
        named = next(iter(references), None)
        return TerminalAuthenticationRecord(version, Result.FAILED, named, reason="ta-no-chain" if named else "ta-no-authority")
    session = _Session(credentials, chain, id_ic, terminal_key, version, auxiliary_data)
    foreseen = tuple(f"{holder}: {reason}" for holder, reason in chain.foreseen(at, data_groups)) if at is not None else ()
    record = TerminalAuthenticationRecord(version, Result.FAILED, chain.trust_point, chain.holders, foreseen=foreseen)
    failure = (yield from _present(chain)) or (yield from _authenticate(session))
    if failure is not None:
        return replace(record, **vars(failure))
    return replace(record, result=Result.DONE, rights=chain.data_groups)


@dataclass(frozen=True)
class _Failure:
    """The part of the record that says what went wrong."""

    reason: str
    refused: str | None = None
    sw: int | None = None


def _present(chain: CvChain) -> Dialogue[_Failure | None]:
    """§7.1.5.1, §7.1.5.2 for each certificate."""
    for certificate in chain.certificates:
        response = yield set_security_environment(0x81, 0xB6, _reference(certificate.authority))
        if not response.ok:
            return _Failure("ta-authority-refused", certificate.holder, response.sw)
        response = yield CommandAPDU(0x00, INS.PERFORM_SECURITY_OPERATION, 0x00, 0xBE, certificate.bare)
        if not response.ok:
            return _Failure("ta-certificate-refused", certificate.holder, response.sw)
    return None


def _authenticate(session: _Session) -> Dialogue[_Failure | None]:
    """§7.1.5.3 to §7.1.5.5."""
    terminal = session.chain.terminal
    # 1. The terminal's key
    response = yield set_security_environment(0x81, 0xA4, *_authentication_template(session))
    if not response.ok:
        return _Failure("ta-terminal-refused", terminal.holder, response.sw)
    # 2. r_IC
    response = yield CommandAPDU(0x00, INS.GET_CHALLENGE, 0x00, 0x00, le=CHALLENGE_SIZE)
    if not response.ok:
        return _Failure("ta-challenge-refused", sw=response.sw)
    if len(response.data) != CHALLENGE_SIZE:
        return _Failure("ta-challenge-malformed", sw=response.sw)
    # 3. The signature over ID_IC ‖ r_IC ‖ Comp(PK_IFD) and the auxiliary data
    message = signed_data(session.id_ic, response.data, session.terminal_key, session.auxiliary_data)
    try:
        signature = session.credentials.signer.sign(terminal.public_key.scheme, message)
    except ChipIdError:  # a security module that is gone must not cost what has been read already
        return _Failure("ta-signer-failed")
    response = yield CommandAPDU(0x00, INS.EXTERNAL_AUTHENTICATE, 0x00, 0x00, signature)
    return None if response.ok else _Failure("ta-signature-refused", sw=response.sw)


def _authentication_template(session: _Session) -> list[bytes]:
    """Version 2 adds the mechanism, the ephemeral key and the auxiliary data (TR-03110-3 §B.14.1)."""
    terminal = session.chain.terminal
    if session.version == 1:
        return [_reference(terminal.holder)]
    return [
        build_tlv(CRYPTOGRAPHIC_MECHANISM, oid_octets(terminal.public_key.oid)),
        _reference(terminal.holder),
        session.auxiliary_data,
        build_tlv(EPHEMERAL_PUBLIC_KEY, session.terminal_key),
    ]


def _reference(name: str) -> bytes:
    return build_tlv(PUBLIC_KEY_REFERENCE, reference_octets(name))
