# SPDX-License-Identifier: Apache-2.0
"""``chipid inspect``."""

from __future__ import annotations

import sys

import click

from chipid.cli.output import emit, json_option, show_personal_option


@click.command("inspect")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@show_personal_option
@json_option
def command(file: str, show_personal: bool, as_json: bool) -> None:
    """Say what FILE (- is standard input) is, and show its structure.

    Knows the files of a chip, biometric records, images, certificates, signed objects, evidence, card images, transcripts,
    descriptions of test cards and reports. What is malformed is told with its place, and exit code 6.
    """
    from pathlib import Path  # noqa: PLC0415

    from chipid.evidence import SIZE_LIMIT  # noqa: PLC0415
    from chipid.records import read_file  # noqa: PLC0415
    from chipid.report.files import file_report  # noqa: PLC0415
    from chipid.report.text import file_text  # noqa: PLC0415

    raw = sys.stdin.buffer.read(SIZE_LIMIT + 1) if file == "-" else read_file(Path(file), SIZE_LIMIT)
    emit(file_report(raw, show_personal=show_personal), file_text, as_json=as_json)
