# SPDX-License-Identifier: Apache-2.0
"""``chipid issue``."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipid.cli.judging import point_in_time
from chipid.cli.options import Day
from chipid.cli.output import emit, force_option, json_option, output_path, require_distinct
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError, MalformedData

if TYPE_CHECKING:
    from chipid.issuing.card_image import CardImage
    from chipid.issuing.document_pki import DocumentPki
    from chipid.issuing.pki import TestCsca
    from chipid.issuing.pki_faults import PkiFault
    from chipid.report.schema import IssueReport

DESCRIPTION_LIMIT = 1024 * 1024
CVCA_FILE_LIMIT = 16 * 1024
TRUST_POINTS_MAX = 2


@dataclass(frozen=True)
class _Trusted:
    """What the chip holds for Terminal Authentication: CV certificates, and its date."""

    certificates: tuple[bytes, ...] = ()
    chip_date: date | None = None

    @classmethod
    def of(cls, cvca: tuple[str, ...], chip_date: datetime | None, moment: datetime) -> _Trusted:
        """From the options; :param moment: of personalisation, the day that a chip starts from."""
        if not cvca:
            if chip_date is not None:
                raise Misuse("a chip without an authority needs no date", "Give --cvca FILE with --chip-date.")
            return cls()
        if len(cvca) > TRUST_POINTS_MAX:
            raise Misuse(f"a chip trusts at most {TRUST_POINTS_MAX} authorities: --cvca is given {len(cvca)} times")
        certificates = tuple(raw for name in cvca for raw in _cvca_certificates(Path(name)))
        if len(certificates) > TRUST_POINTS_MAX:
            raise Misuse(f"a chip trusts at most {TRUST_POINTS_MAX} authorities: --cvca holds {len(certificates)} certificates")
        return cls(certificates, (chip_date or moment).date())


def _cvca_certificates(path: Path) -> list[bytes]:
    from chipid.pki.cv_chain import TrustedKey  # noqa: PLC0415
    from chipid.pki.cvc import parse_certificates  # noqa: PLC0415
    from chipid.records import read_file  # noqa: PLC0415

    try:
        certificates = parse_certificates(read_file(path, CVCA_FILE_LIMIT))
        for certificate in certificates:
            TrustedKey.trust_point(certificate)
    except ChipIdError as problem:
        hint = "Give the certificate of a CVCA, NAME.cvcert of `chipid issue-terminal`."
        raise Misuse(f"--cvca: {path} is no certificate of an authority that a chip could trust: {problem}", hint) from None
    return [certificate.raw for certificate in certificates]


def _list_pki_faults(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from chipid.issuing.pki_faults import PKI_FAULTS  # noqa: PLC0415

    width = max(map(len, PKI_FAULTS))
    for name, fault in sorted(PKI_FAULTS.items()):
        click.echo(f"{name:{width}}  {fault.what}")
    context.exit()


def _pki_fault(name: str | None, csca: str | None, csca_out: str | None) -> PkiFault | None:
    if name is None:
        return None
    if csca is not None or csca_out is not None:
        raise Misuse("--pki-fault makes a CSCA of its own", "Leave --csca and --csca-out out.")
    from chipid.issuing.pki_faults import pki_fault  # noqa: PLC0415

    try:
        return pki_fault(name)
    except ChipIdError as problem:
        raise Misuse(f"--pki-fault: {problem}", f"{problem.hint} `chipid issue --list-pki-faults` lists all.") from None


def _trust_path(name: str | None, fault: PkiFault | None, *, force: bool) -> Path | None:
    """A file, or with *fault* a folder: the operator of such a PKI may have more than one certificate."""
    if name is None:
        return None
    if fault is None:
        return output_path(name, force=force)
    from chipid.cli.save_files import files_folder  # noqa: PLC0415

    return files_folder(name, force=force, option="--trust-out")


def _faulty_pki(fault: PkiFault | None, image: CardImage, at: datetime) -> DocumentPki | None:
    """Of the state that DG1 names."""
    if fault is None:
        return None
    from chipid.iso7816.file_ids import FileId  # noqa: PLC0415
    from chipid.issuing.document_pki import PkiWorkshop  # noqa: PLC0415
    from chipid.lds.dg1 import Dg1  # noqa: PLC0415

    return fault.build(PkiWorkshop(at, _country(Dg1.parse(image.files[FileId.DG1]).mrz.issuing_state)))


def _country(state: object) -> str:
    """Two letters, for certificates; Viet Nam's where *state* is in no list, or none is named."""
    from chipid.pki.countries import alpha_2  # noqa: PLC0415

    return (alpha_2(state) if isinstance(state, str) else None) or "VN"


@click.command("issue")
@click.argument("description", type=click.Path(exists=True, dir_okay=False))
@click.option("--out", required=True, type=click.Path(), metavar="FILE", help="The card image (mode 0600).")
@click.option("--qr-out", type=click.Path(), metavar="FILE", help="The QR code on a citizen's card, as PNG (mode 0600).")
@click.option("--trust-out", type=click.Path(), metavar="FILE", help="The test CSCA's certificate, for --trust.")
@click.option(
    "--csca",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="A test CSCA to issue under, private key and certificate in PEM; a new one otherwise.",
)
@click.option("--csca-out", type=click.Path(), metavar="FILE", help="Keep the CSCA with its private key, for --csca (mode 0600).")
@click.option(
    "--cvca",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="CV certificate of an authority that the chip trusts for Terminal Authentication; given twice, the most recent first.",
)
@click.option(
    "--chip-date",
    type=Day(),
    metavar="YYYY-MM-DD",
    help="The day that the chip believes in, for terminals' certificates; with --cvca the day of signing otherwise.",
)
@click.option(
    "--pki-fault",
    metavar="NAME",
    help="Issue under a PKI with this fault; --trust-out is then a folder for `chipid trust import`.",
)
@click.option(
    "--list-pki-faults",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_pki_faults,
    help="List the faults of a PKI and exit.",
)
@click.option("--at", metavar="TIME", help="Sign as of this time (ISO 8601) instead of now.")
@json_option
@force_option
def command(  # noqa: PLR0913, PLR0917  # one for each option
    description: str,
    out: str,
    qr_out: str | None,
    trust_out: str | None,
    csca: str | None,
    csca_out: str | None,
    pki_fault: str | None,
    at: str | None,
    as_json: bool,
    force: bool,
    **terminal_authentication: Any,
) -> None:
    """Make the card of an invented citizen, signed by a test CSCA, for `chipid emulate` and tests.

    DESCRIPTION is JSON. Never describe a real person.
    """
    fault = _pki_fault(pki_fault, csca, csca_out)
    if trust_out is None and csca is None:
        raise Misuse("nobody could verify this card", "Give --trust-out FILE, which keeps the new CSCA's certificate.")
    require_distinct(description, out, qr_out, trust_out, csca_out, csca, *terminal_authentication["cvca"])
    card_path, qr_path, csca_path = (
        output_path(name, force=force) if name is not None else None for name in (out, qr_out, csca_out)
    )
    trust_path = _trust_path(trust_out, fault, force=force)
    moment = point_in_time(at) or datetime.now(UTC)
    trusted = _Trusted.of(**terminal_authentication, moment=moment)
    with _named(Path(description)):
        entries = _read_description(Path(description))
    authority = _authority(csca, entries, moment)
    with _named(Path(description)):
        image = _personalise(entries, authority, moment, Path(description).parent, trusted)
    pki = _faulty_pki(fault, image, moment)
    if pki is not None:
        image = pki.sign_card(image)
    code = _qr_code(image) if qr_path is not None else b""
    if card_path is not None:
        image.save(card_path)
    if qr_path is not None:
        from chipid.records import write_private  # noqa: PLC0415

        write_private(qr_path, code)
    if trust_path is not None and pki is not None:
        pki.save(trust_path)
    elif trust_path is not None:
        trust_path.write_bytes(authority.certificate_pem())
    if csca_path is not None:
        authority.save(csca_path)

    from chipid.report.text import issue_text  # noqa: PLC0415

    emit(_report(image, out, trust_out or csca or ""), issue_text, as_json=as_json)


def _read_description(path: Path) -> Mapping[str, object]:
    from chipid.records import read_file  # noqa: PLC0415

    try:
        entries = json.loads(read_file(path, DESCRIPTION_LIMIT), object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise MalformedData(f"the description is no JSON: {error.msg}", offset=error.pos) from None
    except UnicodeDecodeError as error:
        raise MalformedData("the description is no text in UTF-8", offset=error.start, hint="Save it as UTF-8.") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or boxes in boxes
        raise MalformedData("the description is no JSON") from None
    if not isinstance(entries, dict):
        raise MalformedData("the description is no JSON object", offset=0)
    return entries


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; of an entry that stands twice JSON would keep the last in silence."""
    entries: dict[str, object] = {}
    for key, value in pairs:
        if key in entries:
            raise MalformedData(f"description: {key} stands there twice")
        entries[key] = value
    return entries


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """What is wrong with the description is told with its file."""
    try:
        yield
    except MalformedData as problem:
        raise MalformedData(f"{path}: {problem}", hint=problem.hint) from None


def _authority(csca: str | None, entries: Mapping[str, object], at: datetime) -> TestCsca:
    """The one that was kept, or a new one of the state that the description names."""
    from chipid.issuing.pki import TestCsca  # noqa: PLC0415

    if csca is None:
        return TestCsca.create(_country(entries.get("state")), at=at)
    try:
        return TestCsca.load(Path(csca))
    except ChipIdError as problem:
        hint = "Give the file that --csca-out kept: a private key and its certificate."
        raise Misuse(f"--csca: {csca}: {problem}", hint) from None


def _personalise(entries: Mapping[str, object], authority: TestCsca, at: datetime, folder: Path, trusted: _Trusted) -> CardImage:
    from chipid.issuing.personalisation import personalise  # noqa: PLC0415

    return personalise(
        entries,
        authority.issue_document_signer(at=at),
        portraits=folder,
        trust_points=trusted.certificates,
        chip_date=trusted.chip_date,
        signed=at.date(),
    )


def _qr_code(image: CardImage) -> bytes:
    from chipid.issuing.printed_qr import printed_qr  # noqa: PLC0415
    from chipid.pictures import draw_qr  # noqa: PLC0415

    try:
        text = printed_qr(image)
    except MalformedData as problem:
        raise Misuse(f"--qr-out: {problem}", problem.hint) from None
    return draw_qr(text)


def _report(image: CardImage, card: str, trust_anchor: str) -> IssueReport:
    from chipid.report.schema import File, IssueReport  # noqa: PLC0415

    files = tuple(File(name=file.label, state="written", size=len(raw)) for file, raw in image.files.items())
    return IssueReport(card=card, trust_anchor=trust_anchor, files=files)
