# SPDX-License-Identifier: Apache-2.0
"""How ``verify`` and ``dump --verify`` come to their verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli.messages import warning
from chipid.cli.options import given_by, with_options
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipid.evidence import Evidence
    from chipid.pki.trust_store import TrustStore
    from chipid.verification.verdict import Verdict

POLICIES = ("counter", "strict", "research", "data-only")

_Command = TypeVar("_Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--trust",
        multiple=True,
        type=click.Path(exists=True),
        envvar="CHIPID_TRUST",
        metavar="PATH",
        help="CSCA certificates that you trust, a file or a folder; may be repeated. Without any, nothing is ever accepted.",
    ),
    click.option(
        "--policy",
        type=click.Choice(POLICIES),
        default="counter",
        show_default=True,
        help="Which checks count: all that a counter needs; every departure from the standards too; who signed whole files, and"
        " no more; or the data without the chip.",
    ),
    click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601, UTC unless it says otherwise) instead of now."),
)


def judging_options(command: _Command) -> _Command:
    """The options of a command that verifies."""
    return with_options(command, _OPTIONS)


def load_trust(paths: Sequence[str]) -> TrustStore | None:
    """The trust anchors, ``None`` for none; read before the card is, so that a wrong path costs nobody a second try.

    :raises Misuse: a path holds no certificate: the operator's own files are no data of a card.
    """
    if not paths:
        warning("no trust anchor is given (--trust): the verdict cannot be better than inconclusive")
        return None
    from chipid.pki.trust_store import TrustStore  # noqa: PLC0415

    try:
        return TrustStore.load(paths)
    except ChipIdError as problem:
        raise Misuse(f"{given_by('trust')}: {problem}", problem.hint) from None


def judge(evidence: Evidence, trust: TrustStore | None, policy: str, at: datetime | None, challenge: bytes | None) -> Verdict:
    """The verdict under the policy of that name.

    :param challenge: that a server gave, and that Active Authentication has to have signed.
    """
    from chipid.verification import verify  # noqa: PLC0415  # not from chipid.api, which loads all that reads a card
    from chipid.verification.policy import Policy  # noqa: PLC0415

    return verify(evidence, trust, Policy.by_name(policy), at=at or datetime.now(UTC), challenge=challenge)


def point_in_time(text: str | None) -> datetime | None:
    """The time that ``--at`` names.

    :raises Misuse: it is none.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misuse("--at takes a date, or a date and time: 2026-11-23 or 2026-11-23T10:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
