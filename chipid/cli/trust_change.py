# SPDX-License-Identifier: Apache-2.0
"""``chipid trust export``, ``expire`` and ``remove``: what comes out of a trust store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipid.cli.judging import point_in_time
from chipid.cli.output import emit, force_option, json_option, output_path
from chipid.cli.trust_store import choosing_options, chosen, object_of, opened_store, store_option
from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.trust.objects import StoredObject


@click.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@choosing_options
@store_option
@json_option
@force_option
def export(target: Path, country: str | None, kind: str | None, store: Path, as_json: bool, force: bool) -> None:
    """Write what the store holds to TARGET: PEM, a ZIP where its name ends in .zip, or files in a folder that is there.

    In a folder or a ZIP each object is a file of its own, as it was imported. A bare list that nobody signed is left out of PEM.
    """
    from chipid.trust.exporting import export_pem, export_zip  # noqa: PLC0415

    if not target.is_dir():
        output_path(str(target), force=force)
    with opened_store(store) as database:
        objects = tuple(chosen(database, country, kind))
        if not objects:
            raise Misuse("the trust store holds nothing of that kind to export")
        if target.is_dir():
            _export_folder(objects, target, force=force)
        else:
            target.write_bytes((export_zip if target.suffix.lower() == ".zip" else export_pem)(objects))
        _tell(store, "exported", objects, as_json=as_json, target=target)


def _export_folder(objects: Iterable[StoredObject], folder: Path, *, force: bool) -> None:
    from chipid.trust.exporting import export_folder  # noqa: PLC0415

    try:
        export_folder(objects, folder, replace=force)
    except FileExistsError as problem:
        raise Misuse(f"{problem.filename} exists already", "--force overwrites it.") from None


@click.command("expire")
@click.option("--at", metavar="TIME", help="What is out of date at this time (ISO 8601, UTC unless it says otherwise), not now.")
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and remove nothing.")
@store_option
@json_option
def expire(at: str | None, dry_run: bool, store: Path, as_json: bool) -> None:
    """Remove what is out of date: certificates that expired, and revocation lists that a newer good one replaces."""
    from chipid.trust.upkeep import expire as remove_outdated  # noqa: PLC0415
    from chipid.trust.upkeep import outdated  # noqa: PLC0415

    moment = point_in_time(at) or datetime.now(UTC)
    with opened_store(store, writable=not dry_run) as database:
        found = outdated(database, moment) if dry_run else remove_outdated(database, moment)
        _tell(store, "expired", (each.stored for each in found), as_json=as_json, applied=not dry_run)


@click.command("remove")
@click.argument("fingerprints", nargs=-1, required=True, metavar="FINGERPRINT...")
@store_option
@json_option
def remove(fingerprints: tuple[str, ...], store: Path, as_json: bool) -> None:
    """Remove the objects with these fingerprints, or none where one of them is not there.

    The next import of a file that holds one brings it back.
    """
    with opened_store(store, writable=True) as database:
        with database.transaction():
            found = {each.id: each for each in (object_of(database, fingerprint) for fingerprint in fingerprints)}
            for each in found.values():
                database.remove(each)
        _tell(store, "removed", found.values(), as_json=as_json)


def _tell(
    store: Path, action: str, objects: Iterable[StoredObject], *, as_json: bool, applied: bool = True, target: Path | None = None
) -> None:
    from chipid.report.trust import change_report  # noqa: PLC0415
    from chipid.report.trust_text import trust_change_text  # noqa: PLC0415

    report = change_report(store, action, objects, datetime.now(UTC), applied=applied, target=target)
    emit(report, trust_change_text, as_json=as_json)
