# SPDX-License-Identifier: Apache-2.0
"""How a chip was opened, as reports carry it."""

from __future__ import annotations

from collections.abc import Sequence

from chipid.errors import MalformedData
from chipid.evidence import AccessAttempt, Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.card_access import CardAccess
from chipid.protocols.pace import PaceChoice, pace_choices, preferred_pace
from chipid.protocols.pace.suite import SUITES
from chipid.report.printable import printable
from chipid.report.protocol_names import parameters_name, protocol_name
from chipid.report.schema import Access


def access_part(evidence: Evidence) -> tuple[Access, ...]:
    """Every try to open the chip, in order, each with what it is among the ways that EF.CardAccess offers."""
    try:
        infos = CardAccess.parse(evidence.files[FileId.CARD_ACCESS]).infos
    except (KeyError, MalformedData):
        return tuple(_attempt(attempt, (), ()) for attempt in evidence.accesses)
    offered, strongest = pace_choices(infos), preferred_pace(infos)
    return tuple(_attempt(attempt, offered, strongest) for attempt in evidence.accesses)


def _attempt(attempt: AccessAttempt, offered: Sequence[PaceChoice], strongest: Sequence[PaceChoice]) -> Access:
    suite = SUITES.get(attempt.oid or "")
    choice = next((each for each in offered if _is_way_of(attempt, each)), None)
    return Access(
        protocol=attempt.protocol.value,
        password=printable(attempt.password),
        source=printable(attempt.source),
        result=attempt.result.value,
        algorithm=protocol_name(attempt.oid) if attempt.oid is not None else None,
        parameters=parameters_name(attempt.parameter_id),
        reason=printable(attempt.reason) if attempt.reason is not None else None,
        mapping=suite.mapping.value if suite is not None else None,
        cipher=suite.cipher if suite is not None else None,
        offered=len(offered) if choice is not None else None,
        strongest=choice.info in [each.info for each in strongest] if choice is not None else None,
    )


def _is_way_of(attempt: AccessAttempt, choice: PaceChoice) -> bool:
    return (choice.info.oid, choice.info.parameter_id) == (attempt.oid, attempt.parameter_id)
