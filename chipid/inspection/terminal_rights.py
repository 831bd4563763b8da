# SPDX-License-Identifier: Apache-2.0
"""Extended Access Control: the terminal proves its rights, and the chip itself (ICAO 9303-11 §7.1; version 2: BSI TR-03110-2 §2.4).

In version 1 Chip Authentication comes first and Terminal Authentication binds to its key, inside the application. In version 2 both
lie in the master file, before the application: the terminal announces the key of the Chip Authentication that follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chipid.crypto.domain import Domain
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Result, TerminalAuthenticationRecord
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.chaining import chained
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.lds.cvca import FILE_SIZE, REFERENCE_SIZE_MAX, CvcaReferences
from chipid.lds.dg1 import Dg1
from chipid.lds.security_infos import EfCvca, SecurityInfos
from chipid.pki.cv_authorisation import PROTECTED_DATA_GROUPS, HolderAuthorisation, Role
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.protocols.pace import PaceRun, evaluate_chip_authentication_mapping
from chipid.protocols.terminal_auth import compress, document_identifier, terminal_authentication


@dataclass(frozen=True)
class EphemeralKey:
    """The terminal's public key that Terminal Authentication binds to, and its group."""

    domain: Domain
    public: bytes

    @property
    def compressed(self) -> bytes:
        """As it is signed."""
        return compress(self.domain, self.public)


@dataclass
class TerminalRights:
    """A terminal that has rights to prove.

    :ivar wanted: the data groups to be read that need them.
    :ivar chaining: long commands go in pieces: the chip takes those, and no extended length.
    :ivar record: how it went, ``None`` before.
    """

    credentials: TerminalCredentials
    at: datetime
    wanted: tuple[str, ...]
    chaining: bool = False
    record: TerminalAuthenticationRecord | None = None

    @property
    def holder_authorisation(self) -> bytes:
        """What PACE announces: an inspection system that would like to read all there is (ICAO 9303-11 §4.4.4.1)."""
        return HolderAuthorisation.inspection_system(Role.TERMINAL, *PROTECTED_DATA_GROUPS).build()

    def prove(
        self, references: tuple[str, ...], id_ic: bytes, key: EphemeralKey, *, version: int = 1
    ) -> Dialogue[TerminalAuthenticationRecord]:
        """Terminal Authentication, to be run inside the session; never for a key in a field whose order is unknown.

        Nobody may have vouched for the group. In a small subgroup the forger of a group foresees the terminal's key: what is signed
        over it would be worth as much to another chip, to which the forger has shown that key as his own.
        """
        if not key.domain.order:
            self.record = TerminalAuthenticationRecord(version, Result.NOT_TRIED, reason="ta-group-of-unknown-order")
            return self.record
        dialogue = terminal_authentication(
            self.credentials,
            references,
            id_ic,
            key.compressed,
            version=version,
            at=self.at.date(),
            data_groups=self.wanted,
        )
        self.record = yield from chained(dialogue) if self.chaining else dialogue
        return self.record

    @property
    def proven(self) -> bool:
        """Whether the chip has taken the proof."""
        return self.record is not None and self.record.result is Result.DONE

    def without(self, reason: str, result: Result = Result.NOT_TRIED, *, version: int = 1) -> None:
        """Terminal Authentication could not be tried, or was lost."""
        self.record = TerminalAuthenticationRecord(version, result, reason=reason)


def mapping_key(run: PaceRun | None, card_security: SecurityInfos | None) -> EphemeralKey | None:
    """After Chip Authentication Mapping the terminal is bound to its key of PACE's step 3 (ICAO 9303-11 §7.1.2).

    :returns: ``None`` where the chip has not proved that it holds the key that *card_security* names: for such a chip the terminal
        signs nothing.
    """
    if run is None or run.chip_authentication is None or card_security is None:
        return None
    try:
        proven = evaluate_chip_authentication_mapping(card_security, run.chip_authentication).ok
    except (MalformedData, UnsupportedFeature):
        proven = False
    return EphemeralKey(run.choice.domain, run.terminal_key) if proven else None


def chip_identifier(run: PaceRun | None, dg1: bytes | None) -> bytes | None:
    """ID_IC: after PACE the chip's ephemeral key, after BAC the document number (ICAO 9303-11 §7.1.2); ``None`` without DG1."""
    if run is not None:
        return compress(run.choice.domain, run.chip_key)
    try:
        return document_identifier(Dg1.parse(dg1).mrz.document_number) if dg1 is not None else None
    except MalformedData:
        return None


def named_authorities(run: PaceRun | None) -> tuple[str, ...]:
    """The certification authorities that the chip named in PACE (data objects 87 and 88), the most recent first; none after BAC."""
    if run is None:
        return ()
    references = run.certification_authority_references
    return tuple(name.decode("latin-1") for name in references if 0 < len(name) <= REFERENCE_SIZE_MAX)


def read_cvca(infos: SecurityInfos) -> Dialogue[tuple[str, ...]]:
    """The authorities that EF.CVCA names (Appendix K); the file is where TerminalAuthenticationInfo says, or 011C, short 1C.

    It is no data object and has a fixed size, so that it is read in one command. A short identifier that is named and wrong is not
    made good by the other one (BSI TR-03105-5.1 ISO7816_E_23).

    :returns: none where the file does not open, or is none.
    """
    named = next((info.efcvca for info in infos.terminal_authentication if info.efcvca is not None), None)
    place = named or EfCvca(FileId.CVCA.fid, FileId.CVCA.sfi)
    sfi = place.sfi if place.sfi is not None and 0 < place.sfi <= _SFI_MAX else None
    data = b"" if sfi is None else (yield CommandAPDU(0x00, INS.READ_BINARY, 0x80 | sfi, 0x00, le=FILE_SIZE)).data
    if not data and (named is None or sfi is None):
        selected = yield CommandAPDU(0x00, INS.SELECT, 0x02, 0x0C, place.fid.to_bytes(2, "big"))
        data = (yield CommandAPDU(0x00, INS.READ_BINARY, 0x00, 0x00, le=FILE_SIZE)).data if selected.ok else b""
    try:
        return CvcaReferences.parse(data[:FILE_SIZE]).references
    except MalformedData:
        return ()


_SFI_MAX = 30
