# SPDX-License-Identifier: Apache-2.0
"""A bar on the terminal while a card is read; nothing where stderr is no terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chipid.inspection.progress import Progress, ProgressObserver


@contextlib.contextmanager
def progress_bar() -> Iterator[ProgressObserver | None]:
    """What to pass on as ``progress=``."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("{task.description:14}", markup=False), BarColumn(), TaskProgressColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("opening", total=1.0)

        def observe(progress: Progress) -> None:
            bar.update(task, description=progress.file, completed=fraction(progress))

        yield observe


def fraction(progress: Progress) -> float:
    """How much of the whole has been read, 0–1: each file counts the same, since nobody knows their sizes in advance."""
    part = progress.done / progress.total if progress.total else 0.0
    return min(1.0, (progress.files_done + min(1.0, part)) / max(1, progress.files_total))
