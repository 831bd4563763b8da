# SPDX-License-Identifier: Apache-2.0
"""``chipid issue``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipid.cli.judging import point_in_time
from chipid.cli.output import emit, force_option, json_option, output_path, require_distinct
from chipid.cli.usage import Misuse
from chipid.errors import MalformedData

if TYPE_CHECKING:
    from chipid.issuing.card_image import CardImage
    from chipid.issuing.pki import TestCsca
    from chipid.report.schema import IssueReport

DESCRIPTION_LIMIT = 1024 * 1024


@click.command("issue")
@click.argument("description", type=click.Path(exists=True, dir_okay=False))
@click.option("--out", required=True, type=click.Path(), metavar="FILE", help="The card image (mode 0600).")
@click.option("--trust-out", type=click.Path(), metavar="FILE", help="The test CSCA's certificate, for --trust.")
@click.option(
    "--csca",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="A test CSCA to issue under, private key and certificate in PEM; a new one otherwise.",
)
@click.option("--csca-out", type=click.Path(), metavar="FILE", help="Keep the CSCA with its private key, for --csca (mode 0600).")
@click.option("--at", metavar="TIME", help="Sign as of this time (ISO 8601) instead of now.")
@json_option
@force_option
def command(
    description: str,
    out: str,
    trust_out: str | None,
    csca: str | None,
    csca_out: str | None,
    at: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Make the card of an invented citizen, signed by a test CSCA, for `chipid emulate` and tests.

    DESCRIPTION is JSON. Never describe a real person.
    """
    if trust_out is None and csca is None:
        raise Misuse("nobody could verify this card", "Give --trust-out FILE, which keeps the new CSCA's certificate.")
    require_distinct(description, out, trust_out, csca_out, csca)
    card_path, trust_path, csca_path = (
        output_path(name, force=force) if name is not None else None for name in (out, trust_out, csca_out)
    )
    moment = point_in_time(at) or datetime.now(UTC)
    entries = _read_description(Path(description))

    authority = _authority(csca, moment)
    image = _personalise(entries, authority, moment, Path(description).parent)
    if card_path is not None:
        image.save(card_path)
    if trust_path is not None:
        trust_path.write_bytes(authority.certificate_pem())
    if csca_path is not None:
        authority.save(csca_path)

    from chipid.report.text import issue_text  # noqa: PLC0415

    emit(_report(image, out, trust_out or csca or ""), issue_text, as_json=as_json)


def _read_description(path: Path) -> Mapping[str, object]:
    from chipid.records import read_file  # noqa: PLC0415

    try:
        entries = json.loads(read_file(path, DESCRIPTION_LIMIT))
    except json.JSONDecodeError as error:
        raise MalformedData(f"the description is no JSON: {error.msg}", offset=error.pos) from None
    except (ValueError, RecursionError):  # not UTF-8, or a number of thousands of digits
        raise MalformedData("the description is no JSON") from None
    if not isinstance(entries, dict):
        raise MalformedData("the description is no JSON object", offset=0)
    return entries


def _authority(csca: str | None, at: datetime) -> TestCsca:
    from chipid.issuing.pki import TestCsca  # noqa: PLC0415

    return TestCsca.create(at=at) if csca is None else TestCsca.load(Path(csca))


def _personalise(entries: Mapping[str, object], authority: TestCsca, at: datetime, folder: Path) -> CardImage:
    from chipid.issuing.personalisation import personalise  # noqa: PLC0415

    return personalise(entries, authority.issue_document_signer(at=at), portraits=folder)


def _report(image: CardImage, card: str, trust_anchor: str) -> IssueReport:
    from chipid.report.schema import File, IssueReport  # noqa: PLC0415

    files = tuple(File(name=file.label, state="written", size=len(raw)) for file, raw in image.files.items())
    return IssueReport(card=card, trust_anchor=trust_anchor, files=files)
