# SPDX-License-Identifier: Apache-2.0
"""``chipid trust list``, ``show`` and ``verify``: what a trust store holds, and whether it is sound."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from chipid.cli.exit_codes import ExitCode
from chipid.cli.output import emit, json_option
from chipid.cli.trust_store import choosing_options, chosen, object_of, opened_store, store_option
from chipid.report.printable import printable


@click.command("list")
@choosing_options
@click.option("--summary", is_flag=True, help="How many there are, by kind, country, validity, algorithm, key and curve.")
@store_option
@json_option
def list_(country: str | None, kind: str | None, summary: bool, store: Path, as_json: bool) -> None:
    """List what the store holds, one line an object: country, kind, last day, key, fingerprint, name."""
    from chipid.report.trust import trust_object, trust_summary  # noqa: PLC0415
    from chipid.report.trust_schema import TrustListReport  # noqa: PLC0415
    from chipid.report.trust_text import trust_list_text  # noqa: PLC0415

    now = datetime.now(UTC)
    with opened_store(store) as database:
        objects = tuple(chosen(database, country, kind))
        report = TrustListReport(
            store=printable(str(store)),
            objects=() if summary else tuple(trust_object(each, now) for each in objects),
            summary=trust_summary(objects, now) if summary else None,
        )
    emit(report, trust_list_text, as_json=as_json)


@click.command("show")
@click.argument("fingerprint")
@store_option
@json_option
def show(fingerprint: str, store: Path, as_json: bool) -> None:
    """Show everything about one object: what it says, how it departs from its profile, and who brought it.

    FINGERPRINT is its SHA-256, or the first eight digits of it, or more.
    """
    from chipid.report.trust import trust_object_report  # noqa: PLC0415
    from chipid.report.trust_text import trust_object_text  # noqa: PLC0415

    with opened_store(store) as database:
        report = trust_object_report(database, object_of(database, fingerprint), datetime.now(UTC))
    emit(report, trust_object_text, as_json=as_json)


@click.command("verify")
@store_option
@json_option
def verify(store: Path, as_json: bool) -> ExitCode:
    """Verify the signature of every object in the store, and that its file has not been changed.

    The exit code is 0 where all are good, 1 where one is bad or the file was changed, 5 where one cannot be verified: its issuer is
    not in the store, say.
    """
    from chipid.report.trust import audit_report  # noqa: PLC0415
    from chipid.report.trust_text import trust_audit_text  # noqa: PLC0415
    from chipid.trust.audit import audit  # noqa: PLC0415

    now = datetime.now(UTC)
    with opened_store(store) as database:
        report = audit_report(store, audit(database, now), now)
    emit(report, trust_audit_text, as_json=as_json)
    outcomes = {each.ok for each in report.objects}
    if False in outcomes or report.damage:
        return ExitCode.REJECTED
    return ExitCode.INCONCLUSIVE if None in outcomes else ExitCode.ACCEPTED
