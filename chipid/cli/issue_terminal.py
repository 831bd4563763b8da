# SPDX-License-Identifier: Apache-2.0
"""``chipid issue-terminal``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipid.cli.messages import warning
from chipid.cli.options import Day, with_options
from chipid.cli.output import emit, force_option, json_option, output_path
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError, MalformedData

if TYPE_CHECKING:
    from chipid.issuing.cv_pki import CvHolder, CvProfile, TestCvca
    from chipid.report.schema import TerminalReport

_NAME = re.compile(r"[A-Za-z0-9]{1,16}")
_DAY = Day()
_KIND_HELP = "A curve such as brainpoolP256r1 or secp384r1, or rsa- with its bits; a wrong one lists all."
_MECHANISM_HELP = "How the holders sign, e.g. id-TA-RSA-PSS-SHA-256; with SHA-256 otherwise. A wrong one lists all."
_RIGHTS = {"both": (3, 4), "DG3": (3,), "DG4": (4,), "none": ()}
_OPTIONS = (
    click.option("--out", required=True, type=click.Path(file_okay=False), metavar="FOLDER", help="For certificates and keys."),
    click.option(
        "--cvca",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Issue under this authority, its certificate with the key beside it; a new one otherwise.",
    ),
    click.option("--link", metavar="NAME", help="First let --cvca certify its successor of this name, and issue under that."),
    click.option(
        "--cvca-name",
        default="DETESTCVCA00001",
        show_default=True,
        metavar="NAME",
        help="Of a new authority. Names have at most 16 letters and digits.",
    ),
    click.option("--dv-name", default="DETESTDVDE00001", show_default=True, metavar="NAME", help="Of the document verifier."),
    click.option("--terminal-name", default="DETESTISDE00001", show_default=True, metavar="NAME", help="Of the terminal."),
    click.option("--rights", type=click.Choice(list(_RIGHTS)), default="both", show_default=True, help="The terminal's."),
    click.option(
        "--dv-rights", type=click.Choice(list(_RIGHTS)), default="both", show_default=True, help="The document verifier's."
    ),
    click.option("--foreign", is_flag=True, help="Make the document verifier a foreign one, whose terminals set no chip's date."),
    click.option("--effective", type=_DAY, metavar="YYYY-MM-DD", help="The first day of all that is made; today otherwise."),
    click.option("--expiration", type=_DAY, metavar="YYYY-MM-DD", help="The terminal's last day; after a month otherwise."),
    click.option("--dv-expiration", type=_DAY, metavar="YYYY-MM-DD", help="The document verifier's; after three months otherwise."),
    click.option("--key-kind", default="brainpoolP256r1", show_default=True, metavar="KIND", help=_KIND_HELP),
    click.option("--mechanism", metavar="NAME", help=_MECHANISM_HELP),
)


@dataclass(frozen=True)
class _Request:
    """The options, as they are needed."""

    out: Path
    cvca: Path | None
    link: str | None
    names: tuple[str, str, str]
    profiles: tuple[CvProfile, CvProfile, CvProfile]
    kind: str
    mechanism: str | None
    foreign: bool

    @classmethod
    def of(cls, options: dict[str, Any]) -> _Request:
        from chipid.issuing.cv_pki import CvProfile  # noqa: PLC0415

        first = _day(options["effective"]) or datetime.now(UTC).date()
        profiles = (
            CvProfile(first),
            CvProfile(first, _day(options["dv_expiration"]), _RIGHTS[options["dv_rights"]]),
            CvProfile(first, _day(options["expiration"]), _RIGHTS[options["rights"]]),
        )
        return cls(
            out=Path(options["out"]),
            cvca=Path(options["cvca"]) if options["cvca"] is not None else None,
            link=options["link"],
            names=(options["cvca_name"], options["dv_name"], options["terminal_name"]),
            profiles=profiles,
            kind=options["key_kind"],
            mechanism=options["mechanism"],
            foreign=options["foreign"],
        )

    @property
    def made(self) -> tuple[str, ...]:
        """The names of what is written."""
        first = self.names[:1] if self.cvca is None else (self.link,) if self.link is not None else ()
        return (*first, *self.names[1:])


def _with_options(command: Any) -> Any:
    return with_options(command, _OPTIONS)


@click.command("issue-terminal")
@_with_options
@json_option
@force_option
def command(as_json: bool, force: bool, **options: Any) -> None:
    """Make a test terminal with rights, and the authorities above it, for `chipid issue --cvca` and `--terminal-key`.

    Each holder has two files, NAME.cvcert and, its private key without a password, NAME.pem (mode 0600). For tests alone.
    """
    if options["link"] is not None and options["cvca"] is None:
        raise Misuse("--link is for an authority that there is", "Give --cvca FILE with it.")
    request = _Request.of(options)
    fresh = not request.out.exists()
    _prepare(request, force=force)
    try:
        holders = _issue(request)
        for holder in holders:
            holder.save(request.out)
    except ChipIdError as problem:
        # A name, a kind of key or an authority that cannot be; nothing is left of what has failed.
        if fresh:
            with contextlib.suppress(OSError):
                request.out.rmdir()
        raise Misuse(str(problem), problem.hint) from None

    for holder in holders:
        _tell_reversed_dates(holder)
    from chipid.report.text import terminal_text  # noqa: PLC0415

    emit(_report(holders, request.out), terminal_text, as_json=as_json)


def _tell_reversed_dates(holder: CvHolder) -> None:
    """Chips refuse such a certificate, which may be what is to be tried, or a slip."""
    certificate = holder.certificate
    if certificate.expiration < certificate.effective:
        warning(
            f"{holder.reference} is in force from {certificate.effective} to {certificate.expiration}, which is earlier: "
            "a chip refuses it"
        )


def _prepare(request: _Request, *, force: bool) -> None:
    """All that can go wrong with files does so before keys are made."""
    if not all(_NAME.fullmatch(name) for name in request.made):
        raise Misuse(
            "a holder's name has letters and digits alone, at most 16", "Give a country, a name and a number: DETESTISDE00001."
        )
    if request.cvca is not None and request.link == request.cvca.stem:
        raise Misuse(f"{request.link} cannot be its own successor", "Give --link another name: DETESTCVCA00002.")
    if len(set(request.made)) != len(request.made):
        raise Misuse("two holders have one name", "Give each its own.")
    if request.cvca is not None and request.cvca.stem in request.made and request.cvca.parent.resolve() == request.out.resolve():
        raise Misuse(f"{request.cvca} would be overwritten", "Give the new holders other names.")
    if not request.out.exists():
        request.out.mkdir(mode=0o700)
    for name in request.made:
        for suffix in ("cvcert", "pem"):
            output_path(str(request.out / f"{name}.{suffix}"), force=force)


def _authority(path: Path) -> TestCvca:
    from chipid.issuing.cv_pki import TestCvca  # noqa: PLC0415
    from chipid.pki.cv_authorisation import Role  # noqa: PLC0415

    try:
        cvca = TestCvca.load(path.parent, path.stem)
        if cvca.certificate.authorisation.role is not Role.CVCA:
            raise MalformedData(f"{cvca.reference} is no authority, but certified by one")
    except ChipIdError as problem:
        hint = "Give the certificate of a CVCA that `chipid issue-terminal` made, with its key beside it."
        raise MalformedData(f"--cvca: {path}: {problem}", hint=hint) from None
    return cvca


def _issue(request: _Request) -> list[CvHolder]:
    """The holders that are new, from the top down."""
    from chipid.issuing.cv_keys import CvKeyOptions  # noqa: PLC0415
    from chipid.issuing.cv_pki import TestCvca  # noqa: PLC0415

    of_cvca, of_verifier, of_terminal = request.profiles
    _, verifier_name, terminal_name = request.names
    key = CvKeyOptions(request.kind, request.mechanism)
    made: list[CvHolder] = []
    cvca: TestCvca
    if request.cvca is None:
        cvca = TestCvca.create(request.names[0], profile=of_cvca, key=key)
        made.append(cvca)
    else:
        cvca = _authority(request.cvca)
        if request.link is not None:
            cvca = cvca.issue_link(request.link, profile=of_cvca, key=key)
            made.append(cvca)
    verifier = cvca.issue_verifier(verifier_name, profile=of_verifier, foreign=request.foreign)
    return [*made, verifier, verifier.issue_terminal(terminal_name, profile=of_terminal)]


def _report(holders: Sequence[CvHolder], folder: Path) -> TerminalReport:
    from chipid.report.schema import CvHolder as Part  # noqa: PLC0415
    from chipid.report.schema import TerminalReport  # noqa: PLC0415

    parts = []
    for holder in holders:
        certificate = holder.certificate
        role = certificate.authorisation.role
        parts.append(
            Part(
                name=holder.reference,
                role="dv" if role.is_verifier else role.name.lower(),
                certificate=str(folder / f"{holder.reference}.cvcert"),
                key=str(folder / f"{holder.reference}.pem"),
                rights=certificate.authorisation.data_groups,
                effective=certificate.effective.isoformat(),
                expiration=certificate.expiration.isoformat(),
            )
        )
    return TerminalReport(holders=tuple(parts))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
