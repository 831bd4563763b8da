# SPDX-License-Identifier: Apache-2.0
"""Mutations of every kind of file: each parses and builds again, or is refused with its place, in bounded time and memory.

``CHIPID_MUTATIONS`` says how many of each kind (``make mutations``: 100,000), ``CHIPID_MUTATION_SEED`` where they begin.
"""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import TypeVar

import pytest
from mutation_subjects import FILES_LEFT_OUT, SUBJECTS, Subject
from mutators import mutate

from chipid.errors import MalformedData, TlvError, UnsupportedFeature
from chipid.iso7816.tlv import TlvCursor, build_tlv, is_constructed
from chipid.lds.der import INTEGER, build_integer

COUNT = int(os.environ.get("CHIPID_MUTATIONS", "300"))
SEED = int(os.environ.get("CHIPID_MUTATION_SEED", "0"))
SECONDS = 2.0
"""Of processor time, for one parse or one build: a hundred times what the slowest takes."""
MEMORY = 256 << 20
"""What the process may grow by before an allocation fails; a file is of 64 kB at most."""


Result = TypeVar("Result")


class Hang(BaseException):
    """Nothing in a parser may catch it."""


@dataclass
class Tally:
    parsed: int = 0
    refused: int = 0
    slowest: float = 0.0


def on_alarm(_signal: int, _frame: FrameType | None) -> None:
    raise Hang


@contextmanager
def bounded() -> Iterator[None]:
    """Processor time is watched by an alarm, memory by the limit on the address space."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    before = signal.signal(signal.SIGVTALRM, on_alarm)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def timed(tally: Tally, work: Callable[[], Result]) -> Result:
    start = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        tally.slowest = max(tally.slowest, time.process_time() - start)


def require_place(error: MalformedData, raw: bytes) -> None:
    assert error.offset is not None, f"no place: {error}"
    assert 0 <= error.offset <= len(raw), f"no place in the file: {error}"
    assert isinstance(error.path, tuple), f"no path: {error}"


def is_minimal(raw: bytes) -> bool:
    """Whether every length and INTEGER in *raw* is written as builders write it: in as few octets as it takes, and definite."""
    try:
        objects = list(TlvCursor(raw))
    except TlvError:
        return True  # a value, whatever its tag says
    shortest = (build_tlv(tlv.tag, tlv.value) == tlv.raw for tlv in objects)
    numbers = (build_integer(int.from_bytes(tlv.value, "big", signed=True)) == tlv.raw for tlv in objects if tlv.tag == INTEGER)
    return all(shortest) and all(numbers) and all(is_minimal(tlv.value) for tlv in objects if is_constructed(tlv.tag))


def judge(subject: Subject, raw: bytes, tally: Tally) -> None:
    """Parse *raw*; what parses builds, and parses to the same again. Where other octets are built, a deviation is told."""
    try:
        found = timed(tally, lambda: subject.parse(raw))
    except UnsupportedFeature:
        tally.refused += 1
        return
    except MalformedData as error:
        tally.refused += 1
        if subject.has_places:
            require_place(error, raw)
        return
    tally.parsed += 1
    built = timed(tally, lambda: subject.build(found))
    if built is not None:
        assert timed(tally, lambda: subject.parse(built)) == found, "what was built is parsed otherwise"
        silent = subject.tells and not getattr(found, "deviations", True)
        assert built == raw or not silent or not is_minimal(raw), "other octets are built, and nothing is told of it"


def failure(subject: Subject, raw: bytes, tally: Tally) -> str | None:
    """What went wrong, with the line of the last frame."""
    try:
        judge(subject, raw, tally)
    except (Exception, Hang) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {str(error).splitlines()[:1]}"
    return None


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@pytest.mark.parametrize("name", SUBJECTS)
def test_mutations(name: str, record_property: Callable[[str, object], None]) -> None:
    subject, tally = SUBJECTS[name], Tally()
    own = subject.seeds()
    folder = os.environ.get("CHIPID_REAL_DATA")
    published = subject.real_seeds(Path(folder)) if folder else []
    for seed in own:
        judge(subject, seed, Tally())
    before = peak_memory()
    with bounded():
        for number in range(COUNT):
            made_here = not published or number % 2 == 0
            raw = mutate(Random(f"{SEED} {name} {number}"), own if made_here else published)
            if (wrong := failure(subject, raw, tally)) is not None:
                # Nothing of a published file is shown: real ones hold hashes of real people's data.
                shown = raw[:4096].hex() if made_here else "a published file"
                pytest.fail(f"{name}, mutation {number} of seed {SEED}: {wrong}\n{shown}", pytrace=False)
    grown = (peak_memory() - before) / (1 << 20)
    counts = f"{COUNT:7} mutations, {tally.parsed:6} parsed, {tally.refused:6} refused"
    line = f"{counts}, slowest {1000 * tally.slowest:6.1f} ms, +{grown:.0f} MB"
    record_property("mutations", f"{name:24}{line}")
    assert tally.parsed + tally.refused == COUNT
    assert tally.refused > COUNT // 10 or not subject.has_places


@pytest.mark.parametrize("name", SUBJECTS)
def test_what_is_mutated_is_a_file(name: str) -> None:
    subject = SUBJECTS[name]
    for seed in subject.seeds():
        found = subject.parse(seed)
        built = subject.build(found)
        assert built is None or subject.parse(built) == found


def test_every_file_of_the_logical_data_structure_is_mutated() -> None:
    assert not FILES_LEFT_OUT


ALIKE = build_tlv(0x5F51, b"A")
# What mutations have found.
FOUND = [
    ("EF.ATR/INFO", bytes.fromhex("4301F8 4703F741E0 7F660A 020205F0 0204FFFFFFFE")),  # a size that was never built again
    ("EF.CVCA", bytes(116)),  # refused without a place
    ("EF.SOD", b"\x77" * (512 * 1024 + 1)),  # likewise
    ("EF.CardSecurity", b"\x30" * (32 * 1024 + 1)),  # likewise
    ("image", b"\xff\xbb"),  # likewise
    ("image", b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000D 49484452 7FFFFFFF 7FFFFFFF 0800000000")),  # likewise
    ("DG16", build_tlv(0x70, b"\x02\x01\x10", build_tlv(0xA1, ALIKE) * 16)),  # more persons than there are tags to build
    # A field that stood among the names was kept, and built where it counts.
    ("DG12", build_tlv(0x6C, b"\x5c\x02\x5f\x1a", build_tlv(0xA0, b"\x02\x01\x01\x5f\x1a\x01A\x5f\x1b\x01X"))),
    ("QR text", b"001099012345\0\x0c"),  # blanks that were left, and gone when read again
    (
        "DG2, 39794-5",  # components that are not read, in another order than they are built in
        bytes.fromhex(
            "75737F61700201017F606AA11280020101810102820100870201018802002A7F2E53A151654FA007800103810207E3A1443042800100A13DA03B"
            "A0398021FFD8FFE1000A4578696600007878FFC00008080035002500FFDA000278797AFFD9A114A003800102A105A103800100A7000101258101"
            "35"
        ),
    ),
]


@pytest.mark.parametrize(("name", "raw"), FOUND)
def test_what_mutations_found(name: str, raw: bytes) -> None:
    judge(SUBJECTS[name], raw, Tally())


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (Subject(lambda raw: [][len(raw)], list), IndexError),
        (Subject(lambda raw: bytes(1 << 30), list), MemoryError),
        (Subject(lambda raw: [None for _ in iter(int, 1)], list), Hang),
        (Subject(lambda raw: raw, list, lambda found: found + b"x"), AssertionError),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_noticed(subject: Subject, told: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "SECONDS", 0.2)
    with pytest.raises(told), bounded():
        judge(subject, b"", Tally())


def test_a_refusal_without_a_place_is_noticed() -> None:
    def refuse(raw: bytes) -> None:
        raise MalformedData("no")

    with pytest.raises(AssertionError, match="no place"):
        judge(Subject(refuse, list), b"", Tally())
