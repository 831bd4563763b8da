# SPDX-License-Identifier: Apache-2.0
"""``chipid verify``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from chipid.cli.exit_codes import of_decision
from chipid.cli.judging import judge, judging_options, load_trust, point_in_time
from chipid.cli.output import emit, force_option, json_option, require_distinct
from chipid.cli.reading import challenge_given, given_options, read_card, reading_options
from chipid.cli.terminal_rights import tell_rights
from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.evidence import Evidence


@click.command("verify")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@judging_options
@reading_options
@json_option
@force_option
@click.pass_context
def command(context: click.Context, /, file: str | None, **options: Any) -> int:
    """Verify a card, from the evidence in FILE (- is standard input) or on a reader.

    The verdict on FILE is the one that a reader would give; with --challenge, evidence over another challenge is rejected. The exit
    code tells it: 0 accepted, 1 rejected, 5 inconclusive.
    """
    at, challenge = point_in_time(options["at"]), challenge_given(options["challenge"])
    if file is not None and (given := given_options(context)):
        raise Misuse(f"evidence was read already: FILE does not go with {', '.join(sorted(given))}")
    require_distinct(*(options[name] for name in ("trace", "trace_whole", "card")), *(options["trust"] or ()))
    trust = load_trust(options["trust"], no_trust=options["no_trust"])
    evidence = read_card(options) if file is None else _load(file)
    if file is None:
        tell_rights(evidence)
    verdict = judge(evidence, trust, options["policy"], at, challenge)

    from chipid.report.judgement import verdict_report  # noqa: PLC0415
    from chipid.report.text import verdict_text  # noqa: PLC0415

    report = verdict_report(evidence, verdict, challenged=challenge is not None)
    emit(report, verdict_text, as_json=options["as_json"])
    return of_decision(report.verdict.decision)


def _load(file: str) -> Evidence:
    from pathlib import Path  # noqa: PLC0415

    from chipid.evidence import SIZE_LIMIT, Evidence  # noqa: PLC0415

    if file == "-":
        return Evidence.from_cbor(sys.stdin.buffer.read(SIZE_LIMIT + 1))
    return Evidence.load(Path(file))
