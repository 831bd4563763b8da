# SPDX-License-Identifier: Apache-2.0
"""``chipid trust list``, ``show`` and ``verify``: what a trust store holds, and whether it is sound."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipid.cli.exit_codes import ExitCode
from chipid.cli.messages import hint
from chipid.cli.output import emit, json_option
from chipid.cli.trust_store import KINDS, choosing_options, chosen, object_of, opened_store, store_option
from chipid.cli.usage import Misuse
from chipid.report.printable import printable

if TYPE_CHECKING:
    from chipid.trust.objects import StoredObject


_TAKE_OUT = "It makes nobody trusted. chipid trust show tells where it came from, chipid trust remove takes it out."
_ADVICE = {
    "issuer-not-in-store": "Import its CSCA, from a source that you trust. Until then it makes nobody trusted.",
    "issuer-key-unknown": "A newer certificate of that CSCA may be missing: import it, from a source that you trust.",
    "signature-invalid": _TAKE_OUT,
    "malformed-key": _TAKE_OUT,
    "store-damaged": "Somebody changed the file: restore it from a copy, or make a new one.",
    "unsupported-algorithm": "This version of chipid cannot verify it, and takes nothing on its word.",
}
_OF_A_LIST = "Import the CSCA of the list's signer, or a newer list, or take this one back (chipid trust remove --import)."


@click.command("list")
@choosing_options
@click.option("--summary", is_flag=True, help="How many there are, by kind, country, validity, algorithm, key and curve.")
@click.option("--imports", is_flag=True, help="The imports that brought them, with the numbers that `remove --import` takes.")
@store_option
@json_option
def list_(country: str | None, kind: str | None, summary: bool, imports: bool, store: Path, as_json: bool) -> None:
    """List what the store holds, one line an object, by country: kind, last day, key, fingerprint, name."""
    from chipid.report.trust import trust_imports, trust_object, trust_summary  # noqa: PLC0415
    from chipid.report.trust_schema import TrustListReport  # noqa: PLC0415
    from chipid.report.trust_text import trust_list_text  # noqa: PLC0415

    if imports and (summary or country or kind):
        raise Misuse("--imports goes with no other choice")
    now = datetime.now(UTC)
    with opened_store(store) as database:
        objects = () if imports else sorted(chosen(database, country, kind), key=_place)
        report = TrustListReport(
            store=printable(str(store)),
            objects=() if summary else tuple(trust_object(each, now) for each in objects),
            summary=trust_summary(objects, now) if summary else None,
            imports=trust_imports(database) if imports else None,
        )
    emit(report, trust_list_text, as_json=as_json)


def _place(stored: StoredObject) -> tuple[bool, str, int]:
    """Where it stands in a list: by country, what has none last, then by kind."""
    country = stored.index.country
    return country is None, country or "", KINDS.index(stored.index.role or stored.kind)


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
@click.option("--all", "everything", is_flag=True, help="Tell what is good as well.")
@store_option
@json_option
def verify(everything: bool, store: Path, as_json: bool) -> ExitCode:
    """Verify the signature of every object in the store, and that its file has not been changed.

    What is bad is told first, then what cannot be verified, by reason. The exit code is 0 where all are good, 1 where one is bad or
    the file was changed, 5 where one cannot be verified: its issuer is not in the store, say.
    """
    from chipid.report.trust import audit_report  # noqa: PLC0415
    from chipid.report.trust_text import trust_audit_text  # noqa: PLC0415
    from chipid.trust.audit import audit  # noqa: PLC0415

    now = datetime.now(UTC)
    with opened_store(store) as database:
        report = audit_report(store, audit(database, now), now)
    emit(report, partial(trust_audit_text, everything=everything), as_json=as_json)
    for code in dict.fromkeys(each.code for each in report.objects if not each.ok):
        hint(f"{code}: {_ADVICE.get(code, _OF_A_LIST)}")
    outcomes = {each.ok for each in report.objects}
    if False in outcomes or report.damage:
        return ExitCode.REJECTED
    return ExitCode.INCONCLUSIVE if None in outcomes else ExitCode.ACCEPTED
