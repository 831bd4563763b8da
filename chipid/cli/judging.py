# SPDX-License-Identifier: Apache-2.0
"""How ``verify`` and ``dump --verify`` come to their verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli.messages import note, warning
from chipid.cli.options import given_by, with_options
from chipid.cli.trust_store import default_store
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipid.evidence import Evidence
    from chipid.pki.trust_source import TrustSource
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
        help="Whom you trust: CSCA certificates and revocation lists, in files or folders, or a trust store; may be repeated. "
        "Without it the store of `chipid trust` counts; without either nothing is ever accepted.",
    ),
    click.option("--no-trust", is_flag=True, help="Trust nobody: what is not a question of trust is judged all the same."),
    click.option(
        "--policy",
        type=click.Choice(POLICIES),
        default="counter",
        show_default=True,
        help="Which checks count: all that a counter needs; every departure from the standards; who signed it, the rest reported; "
        "or the data without the chip.",
    ),
    click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601, UTC unless it says otherwise) instead of now."),
)


def judging_options(command: _Command) -> _Command:
    """The options of a command that verifies."""
    return with_options(command, _OPTIONS)


def load_trust(paths: Sequence[str], *, no_trust: bool = False) -> TrustSource | None:
    """Whom the operator trusts, ``None`` for nobody; opened before a card is read, so that a wrong path costs nobody a second try.

    :param paths: of ``--trust``; the default trust store, where there is one, if there are none.
    :raises Misuse: a path holds nothing to trust: the operator's own files are no data of a card; or ``--no-trust`` goes with it.
    """
    if no_trust:
        if paths and given_by("trust") == "--trust":
            raise Misuse("--no-trust does not go with --trust")
        warning("nobody is trusted (--no-trust): the verdict cannot be better than inconclusive")
        return None
    if not paths:
        return _default_trust()
    return _opened(paths, given_by("trust"))


def _default_trust() -> TrustSource | None:
    store = default_store()
    if not store.exists():
        place = f"no trust store {store}"
        warning(f"no trust anchor is given (--trust), and there is {place}: the verdict cannot be better than inconclusive")
        return None
    note(f"trusting the trust store {store}")
    return _opened((str(store),), "trust store")


def _opened(paths: Sequence[str], source: str) -> TrustSource:
    from chipid.trust.opening import open_trust  # noqa: PLC0415

    try:
        trust = open_trust(paths)
    except ChipIdError as problem:
        raise Misuse(f"{source}: {problem}", problem.hint) from None
    if not trust:
        warning(f"there is no CSCA in {', '.join(paths)}: the verdict cannot be better than inconclusive")
    return trust


def judge(evidence: Evidence, trust: TrustSource | None, policy: str, at: datetime | None, challenge: bytes | None) -> Verdict:
    """The verdict under the policy of that name.

    :param challenge: that a server gave, and that Active Authentication has to have signed.
    :raises Misuse: the trust store is damaged.
    """
    from chipid.api import verify  # noqa: PLC0415
    from chipid.verification.policy import Policy  # noqa: PLC0415

    try:
        return verify(evidence, trust=trust, policy=Policy.by_name(policy), at=at, challenge=challenge)
    except ChipIdError as problem:
        # What is wrong with evidence is a check's outcome; what is raised is a trust store whose objects are not what they were.
        raise Misuse(str(problem), problem.hint) from None


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
