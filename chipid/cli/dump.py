# SPDX-License-Identifier: Apache-2.0
"""``chipid dump``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipid.cli import save_files
from chipid.cli.exit_codes import ExitCode, of_decision
from chipid.cli.judging import judge, judging_options, load_trust, point_in_time
from chipid.cli.messages import hint, warning
from chipid.cli.output import emit, force_option, json_option, output_path, require_distinct, show_personal_option
from chipid.cli.reading import challenge_given, read_card, reading_options
from chipid.cli.terminal_rights import tell_rights
from chipid.cli.unread import tell_unread
from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.evidence import Evidence
    from chipid.lds.biometrics.template import EncodedImage
    from chipid.report.schema import DocumentReport


_NAMED = ("out", "portrait", "save_files", "trace", "trace_whole", "card")
_JPEG_SUFFIXES = (".jpg", ".jpeg")


@click.command("dump")
@click.option("--out", type=click.Path(), metavar="FILE", help="Keep all that was read, for verification later (mode 0600).")
@click.option(
    "--portrait",
    type=click.Path(),
    metavar="FILE",
    help="Save the portrait (mode 0600): decoded where FILE ends in .png, otherwise as the chip holds it.",
)
@click.option(
    save_files.OPTION,
    type=click.Path(),
    metavar="FOLDER",
    help="Save each file as it was read, and the pictures in it, for `chipid inspect` (mode 0600).",
)
@click.option("--verify", "verified", is_flag=True, help="Verify in the same go; the exit code is that of the verdict.")
@judging_options
@reading_options
@show_personal_option
@json_option
@force_option
def command(**options: Any) -> int:
    """Read a card, and show what is on it.

    Without a key option the terminal is asked for the number on the card. Without --verify the exit code tells how reading went: 0,
    3 where it was broken off, 5 where a file that was wanted could not be read, the portrait that was asked for is not there or the
    chip did not grant the terminal's rights, 6 where a file cannot be understood.
    """
    require_distinct(*(options[name] for name in _NAMED), *(options["trust"] or ()))
    out, portrait = (_path(options, name) for name in ("out", "portrait"))
    folder = save_files.files_folder(options["save_files"], force=options["force"]) if options["save_files"] is not None else None
    at, challenge = point_in_time(options["at"]), challenge_given(options["challenge"])
    if not options["verified"] and any(_explicit(name) for name in ("trust", "no_trust", "policy", "at")):
        raise Misuse("--trust, --no-trust, --policy and --at are for a verdict", "Give --verify with them.")
    if portrait is not None and options["plan"] == "identity":
        raise Misuse("--files identity reads no portrait")
    trust = load_trust(options["trust"], no_trust=options["no_trust"]) if options["verified"] else None

    evidence = read_card(options)
    entitled = tell_rights(evidence)
    if out is not None:
        evidence.save(out)
    if folder is not None:
        save_files.save_files(evidence, folder)
    saved = portrait is None or _save_portrait(evidence, portrait)
    verdict = judge(evidence, trust, options["policy"], at, challenge) if options["verified"] else None

    from chipid.report.document import document_report  # noqa: PLC0415
    from chipid.report.text import document_text  # noqa: PLC0415

    personal = options["show_personal"]
    report = document_report(evidence, verdict, show_personal=personal, challenged=challenge is not None)
    whole = tell_unread(report)
    emit(report, document_text, as_json=options["as_json"])
    satisfied = saved and entitled and whole
    return of_decision(report.verdict.decision) if report.verdict is not None else _reading_code(report, satisfied)


def _reading_code(report: DocumentReport, satisfied: bool) -> ExitCode:
    if not report.complete:
        return ExitCode.NO_CARD
    if report.troubles:
        return ExitCode.MALFORMED
    return ExitCode.ACCEPTED if satisfied else ExitCode.INCONCLUSIVE


def _path(options: dict[str, Any], name: str) -> Path | None:
    return output_path(options[name], force=options["force"]) if options[name] is not None else None


def _explicit(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _save_portrait(evidence: Evidence, path: Path) -> bool:
    from chipid.errors import MalformedData, UnsupportedFeature  # noqa: PLC0415
    from chipid.iso7816.file_ids import FileId  # noqa: PLC0415
    from chipid.lds.dg2 import Dg2  # noqa: PLC0415
    from chipid.lds.image import ImageFormat  # noqa: PLC0415
    from chipid.records import write_private  # noqa: PLC0415

    raw = evidence.file(FileId.DG2)
    try:
        face = Dg2.parse(raw).portrait if raw is not None else None
    except MalformedData:
        face = None
    if face is None:
        warning(f"there is no portrait to save: {path} has not been written")
        return False
    try:
        content = _as_png(face) if path.suffix.lower() == ".png" else face.image
    except (MalformedData, UnsupportedFeature) as problem:
        warning(f"the portrait cannot be decoded: {problem}; {path} has not been written")
        hint("Under a name that does not end in .png it is saved as the chip holds it.")
        return False
    write_private(path, content)
    if face.format is ImageFormat.JPEG2000 and path.suffix.lower() in _JPEG_SUFFIXES:
        warning(f"the portrait is JPEG 2000, and {path} is named as JPEG: few programs will open it")
        hint("Name it .jp2, or .png to have it decoded.")
    return True


def _as_png(face: EncodedImage) -> bytes:
    from chipid.lds.image import ImageFormat  # noqa: PLC0415
    from chipid.pictures import decode  # noqa: PLC0415

    raw_size = (face.width, face.height) if face.format is ImageFormat.RAW else None
    return decode(face.image, raw_size=raw_size).to_png()
