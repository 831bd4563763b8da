# SPDX-License-Identifier: Apache-2.0
"""The report on what was read from a chip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence, FileFailure
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.status import SW
from chipid.lds.card_access import CardAccess
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.files import FILES
from chipid.lds.mrz import Mrz
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo, SecurityInfos, UnknownSecurityInfo
from chipid.profiles import vn_cccd
from chipid.protocols.card_security import card_security_infos
from chipid.report import schema
from chipid.report.access import access_part
from chipid.report.holder import holder_fields
from chipid.report.images import images_of
from chipid.report.judgement import own_challenge_answered
from chipid.report.notation import key_words, rfc3339
from chipid.report.notices import notices
from chipid.report.printable import printable
from chipid.report.protocol_names import parameters_name, protocol_name
from chipid.report.redact import Redaction
from chipid.report.signers import signers_part
from chipid.report.terminal_authentication import terminal_authentication_part
from chipid.report.verdict import judged_at, verdict_part
from chipid.verification.verdict import Verdict

_T = TypeVar("_T")


def document_report(
    evidence: Evidence, verdict: Verdict | None = None, *, show_personal: bool = False, challenged: bool = False
) -> schema.DocumentReport:
    """What was read, and what was made of it.

    A file that cannot be understood is named in ``troubles``; it never stops the report.

    :param verdict: on this evidence, where it was verified.
    :param show_personal: the caller may see personal data.
    :param challenged: the verdict is with a challenge of the caller's own.
    """
    files = _Files(evidence)
    cccd = files.cccd
    redaction = Redaction(show_personal)
    portrait = _portrait(files.dg2)
    files.parse_the_others()
    return schema.DocumentReport(
        read_at=rfc3339(evidence.read_at),
        reader=printable(evidence.reader) if evidence.reader is not None else None,
        atr=evidence.atr.hex().upper() if evidence.atr is not None else None,
        complete=evidence.complete,
        profile="vn-cccd" if cccd else "icao",
        access=access_part(evidence),
        offers=tuple(_offers(files)),
        files=tuple(_file_states(files)),
        proofs=tuple(_proofs(evidence)),
        holder=tuple(each for file, parsed in files.parsed.items() for each in holder_fields(file, parsed, redaction)),
        portrait=portrait,
        troubles=tuple(files.troubles.values()),
        notes=tuple(printable(note) for note in evidence.notes),
        notices=notices(
            cccd=cccd,
            portrait=portrait is not None,
            complete=evidence.complete,
            judged=verdict is not None,
            challenged=challenged and verdict is not None and own_challenge_answered(verdict),
        ),
        verdict=verdict_part(verdict) if verdict is not None else None,
        signers=signers_part(evidence),
        terminal_authentication=terminal_authentication_part(evidence),
        images=tuple(each for file, parsed in files.parsed.items() for each in images_of(file, parsed)),
        judged_at=judged_at(verdict) if verdict is not None else None,
    )


@dataclass
class _Files:
    """Parses each file once, and remembers which ones could not be understood."""

    evidence: Evidence
    parsed: dict[FileId, object] = field(default_factory=dict)
    troubles: dict[FileId, schema.Trouble] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dg1 = self.parse(FileId.DG1, Dg1.parse)
        self.mrz: Mrz | None = dg1.mrz if dg1 is not None else None
        self.dg2 = self.parse(FileId.DG2, Dg2.parse)
        self.card_access = self._infos(FileId.CARD_ACCESS, lambda raw: CardAccess.parse(raw).infos)
        self.card_security = self._infos(FileId.CARD_SECURITY, card_security_infos)
        self.dg14 = self._infos(FileId.DG14, lambda raw: Dg14.parse(raw).infos)
        self.dg15 = self.parse(FileId.DG15, Dg15.parse)
        self.cccd = self._parse_dg13()

    def parse(self, file: FileId, parser: Callable[[bytes], _T]) -> _T | None:
        raw = self.evidence.file(file)
        if raw is None:
            return None
        try:
            parsed = self.parsed[file] = parser(raw)
        except (MalformedData, UnsupportedFeature) as error:
            self.troubles[file] = trouble(file.label, error)
            return None
        return parsed

    def _parse_dg13(self) -> bool:
        """DG13's layout is the issuing state's own; whether it is Vietnam's, by DG1 where there is one, otherwise by DG13 itself.

        The fields are there wherever DG13 has them, and where it must have them, what is wrong with it is a trouble.
        """
        known = self.mrz is not None and vn_cccd.is_cccd(self.mrz)
        dg13 = self.parse(FileId.DG13, vn_cccd.Dg13.parse)
        if dg13 is None and not known:
            self.troubles.pop(FileId.DG13, None)
        return known or (self.mrz is None and dg13 is not None)

    def _infos(self, file: FileId, parser: Callable[[bytes], SecurityInfos]) -> SecurityInfos | None:
        return self.parse(file, parser)

    def parse_the_others(self) -> None:
        """Each file that was read and not parsed yet, in the order of the standard."""
        for file, kind in FILES.items():
            if file not in self.parsed and file not in self.troubles:
                self.parse(file, kind.parse)


def trouble(file: str, error: MalformedData | UnsupportedFeature) -> schema.Trouble:
    """What is wrong with *file*: the message, and where."""
    if isinstance(error, UnsupportedFeature):
        return schema.Trouble(file=file, message=str(error))
    return schema.Trouble(file=file, message=str(error), offset=error.offset, path=tuple(f"{tag:02X}" for tag in error.path))


def _offers(files: _Files) -> Iterator[schema.Offer]:
    if files.card_access is not None:
        yield from offers_of(files.card_access, FileId.CARD_ACCESS.label, signed=False)
    if files.card_security is not None:
        yield from offers_of(files.card_security, FileId.CARD_SECURITY.label, signed=True)
    if files.dg14 is not None:
        yield from offers_of(files.dg14, FileId.DG14.label, signed=True)
    if files.dg15 is not None:
        algorithm = key_words(files.dg15.spki)
        yield schema.Offer(protocol="AA", algorithm=algorithm, file=FileId.DG15.label, signed=True)


def offers_of(infos: SecurityInfos, file: str, *, signed: bool) -> Iterator[schema.Offer]:
    """The protocols that *infos* offer, in their order."""
    for info in infos.infos:
        if isinstance(info, UnknownSecurityInfo):
            algorithm = f"{protocol_name(info.oid)}{' (malformed)' if info.malformed else ''}"
            yield schema.Offer(protocol="unknown", algorithm=algorithm, file=file, signed=signed, oid=info.oid)
            continue
        name = protocol_name(info.oid)
        key = key_words(info.spki) if isinstance(info, ChipAuthenticationPublicKeyInfo) else None
        yield schema.Offer(
            protocol="CA" if name.startswith("PK-") else name.partition("-")[0],
            algorithm=f"{name}, {key}" if key else name,
            file=file,
            signed=signed,
            oid=info.oid,
            protocol_version=getattr(info, "version", None),
            parameters=parameters_name(getattr(info, "parameter_id", None)),
            key_id=getattr(info, "key_id", None),
        )


def _file_states(files: _Files) -> Iterator[schema.File]:
    evidence = files.evidence
    for file in FileId:
        raw = evidence.file(file)
        if raw is not None:
            deviations: tuple[str, ...] = getattr(files.parsed.get(file), "deviations", ())
            yield schema.File(name=file.label, state="read", size=len(raw), deviations=deviations)
        elif file in evidence.failures:
            yield _failure(file, evidence.failures[file])


def _failure(file: FileId, failure: FileFailure) -> schema.File:
    if failure.reason == "not-asked":
        state = "not-asked"
    elif failure.sw == SW.FILE_NOT_FOUND:
        state = "missing"
    elif failure.refused:
        state = "refused"
    else:
        state = "failed"
    reason = printable(failure.reason) if failure.reason is not None else None
    return schema.File(name=file.label, state=state, sw=_sw(failure.sw), reason=reason)


def _proofs(evidence: Evidence) -> Iterator[schema.Proof]:
    chip, active = evidence.chip_authentication, evidence.active_authentication
    for mapping in evidence.chip_authentication_mapping:
        yield schema.Proof(protocol="CAM", done=bool(mapping.data))
    if chip is not None:
        done = bool(chip.response)
        yield schema.Proof(protocol="CA", done=done, sw=_sw(chip.sw), protocol_version=chip.version)
    if active is not None:
        source = printable(active.challenge_source)
        yield schema.Proof(protocol="AA", done=bool(active.response), sw=_sw(active.sw), challenge=source)


def _sw(sw: int | None) -> str | None:
    return None if sw is None else f"{sw:04X}"


def _portrait(dg2: Dg2 | None) -> schema.Portrait | None:
    face = dg2.portrait if dg2 is not None else None
    if face is None:
        return None
    return schema.Portrait(format=face.format.name, width=face.width, height=face.height, size=len(face.image))
