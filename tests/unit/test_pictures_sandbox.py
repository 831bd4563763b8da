# SPDX-License-Identifier: Apache-2.0
"""What becomes of the child: another program in its place that sleeps, crashes, lies; and what the real one may not do."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.lds.image import ImageFormat, ImageHeader
from chipid.pictures import Limits, decode, read_qr_codes, sandbox
from chipid.pictures.decoder import PICTURE, TEXT

SOON = Limits(seconds=20)

Program = Callable[[str], None]


def dot(image_format: str = "PNG", size: tuple[int, int] = (2, 1)) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, 7).save(out, image_format)
    return out.getvalue()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch):
    """Each child that is started; none is left when the test ends, and none of its pipes is open."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def recorded(*arguments, **options):
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", recorded)
    yield started
    assert started
    assert all(child.returncode is not None and child.stdin.closed and child.stdout.closed for child in started)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program in the decoder's place."""

    def put(source: str) -> None:
        path = tmp_path / "fake.py"
        path.write_text(source)
        monkeypatch.setattr(sandbox, "PROGRAM", path)

    return put


def answering(answer: bytes) -> str:
    return f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({answer!r})"


FAKES = {
    "sleeps": ("import time; time.sleep(60)", Limits(seconds=0.3), UnsupportedFeature, "more than 0.3 seconds"),
    "works on": ("while True: pass", Limits(seconds=0.3), UnsupportedFeature, "more than 0.3 seconds"),
    "crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", SOON, MalformedData, "crashes on"),
    "aborts": ("import os; os.abort()", SOON, MalformedData, "crashes on"),
    "fails": ("1 / 0", SOON, MalformedData, "crashes on"),
    "is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", SOON, UnsupportedFeature, "memory is short"),
    "talks on": ("import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 16))", SOON, MalformedData, "does not answer as"),
    "shuts its mouth": ("import os, time; os.close(1); time.sleep(60)", SOON, MalformedData, "does not answer as"),
    "says nothing": (answering(b""), SOON, MalformedData, "does not answer as"),
    "unknown status": (answering(b"\x09"), SOON, MalformedData, "does not answer as"),
    "a failure with more": (answering(b"\x01x"), SOON, MalformedData, "does not answer as"),
    "no head": (answering(b"\0" + bytes(8)), SOON, MalformedData, "does not answer as"),
    "unknown mode": (answering(b"\0" + PICTURE.pack(2, 2, 1) + bytes(2)), SOON, MalformedData, "does not answer as"),
    "another size": (answering(b"\0" + PICTURE.pack(0, 1, 2) + bytes(2)), SOON, MalformedData, "does not answer as"),
    "a larger size": (answering(b"\0" + PICTURE.pack(0, 6, 1) + bytes(6)), SOON, MalformedData, "does not answer as"),
    "a pixel too few": (answering(b"\0" + PICTURE.pack(0, 2, 1) + bytes(1)), SOON, MalformedData, "does not answer as"),
    "a pixel too many": (answering(b"\0" + PICTURE.pack(0, 2, 1) + bytes(3)), SOON, MalformedData, "does not answer as"),
    "an octet behind colour": (answering(b"\0" + PICTURE.pack(1, 2, 1) + bytes(7)), SOON, MalformedData, "does not answer as"),
    "too large": (answering(b"\x02"), SOON, MalformedData, "more pixels than its header"),
    "no memory": (answering(b"\x03"), SOON, UnsupportedFeature, "too much memory"),
    "no library": (answering(b"\x04"), SOON, UnsupportedFeature, "library that decodes such images is missing"),
}


@pytest.mark.parametrize("name", FAKES)
def test_a_child_that(name: str, program: Program, children: list[subprocess.Popen[bytes]]) -> None:
    source, limits, error, message = FAKES[name]
    program(source)
    with pytest.raises(error, match=message) as caught:
        decode(dot(), limits=limits)
    assert caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        bytes(3), TEXT.pack(3) + b"ab", TEXT.pack(2) + b"ab\0", TEXT.pack(1) + b"\xff", TEXT.pack(1 << 31) + b"ab",
        TEXT.pack((1 << 20) - 3) + bytes((1 << 20) - 3),
    ],
    ids=["no length", "too short", "half a length", "no UTF-8", "a lie", "too much"],
)  # fmt: skip
def test_texts_that_are_none(body: bytes, program: Program, children: list[subprocess.Popen[bytes]]) -> None:
    head = b"\0" + body[:16]
    program(f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({head!r} + bytes({len(body[16:])}))")
    with pytest.raises(MalformedData, match="does not answer as"):
        read_qr_codes(dot())


def test_an_answer_is_an_answer_whoever_reads_the_image(program: Program, children: list[subprocess.Popen[bytes]]) -> None:
    answer = b"\0" + PICTURE.pack(0, 2, 1) + b"ab"
    program(f"import sys; sys.stdout.buffer.write({answer!r})")
    assert decode(dot() + bytes(1 << 20)).pixels == b"ab"


def test_an_interruption_leaves_no_child(
    program: Program, children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(threading.Thread):
        def join(self, timeout: float | None = None) -> None:
            raise KeyboardInterrupt

    program("import time; time.sleep(60)")
    monkeypatch.setattr(threading, "Thread", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        decode(dot())
    assert children[0].returncode is not None
    while not (children[0].stdin.closed and children[0].stdout.closed):  # by their threads, at once
        time.sleep(0.01)


@pytest.mark.parametrize(("executable", "frozen"), [("", False), (None, False), (sys.executable, True)])
def test_no_python_to_start(executable: str | None, frozen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    with pytest.raises(UnsupportedFeature, match="no Python to start"):
        decode(dot())


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(UnsupportedFeature, match="no process to decode an image in"):
        decode(dot())


@pytest.mark.parametrize(
    ("read", "image_format", "hint"),
    [(decode, "WSQ", "[wsq]"), (decode, "PNG", "Install Pillow"), (read_qr_codes, "PNG", "[qr]")],
)
def test_a_library_that_is_not_installed(read, image_format: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import wsq  # noqa: F401  # registers itself

    image = dot(image_format, (64, 64))
    monkeypatch.setattr(sys, "path", [sysconfig.get_path("stdlib")])
    with pytest.raises(UnsupportedFeature, match="is missing") as error:
        read(image)
    assert hint in str(error.value.hint)


# Rights ----------------------------------------------------------------------------------------------------------

# The real program, with a task that tries something: its one pixel says whether it succeeded.
TRYING = """
import importlib.util, os, socket, sys
spec = importlib.util.spec_from_file_location("decoder", {path!r})
decoder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(decoder)
import resource

def attempt():
    {attempt}

def task(*_):
    try:
        done = attempt()
    except OSError:
        done = False
    return decoder.PICTURE.pack(0, 2, 1) + bytes((bool(done), 0))

decoder.TASKS["picture"] = task
decoder.main(sys.argv[1:])
"""


def succeeds(attempt: str, program: Program, limits: Limits = SOON) -> bool:
    program(TRYING.format(path=str(Path(sandbox.__file__).with_name("decoder.py")), attempt=attempt))
    return decode(dot(), limits=limits).pixels[0] == 1


@pytest.mark.parametrize(
    "attempt",
    [
        "return open('/etc/passwd').read()",
        "return open('left-behind', 'w')",
        "return socket.socket()",
        "return os.pipe()",
        "return os.environ.get('CHIPID_PIN')",
        "return resource.getrlimit(resource.RLIMIT_NPROC)[0] != 0",
        "return resource.getrlimit(resource.RLIMIT_CORE)[0] != 0",
        "return resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0",
        "return resource.getrlimit(resource.RLIMIT_CPU)[0] != 21",
        "return resource.getrlimit(resource.RLIMIT_AS)[0] != 1 << 30",
        "return os.isatty(0) or os.isatty(1) or os.isatty(2)",
    ],
)
def test_a_decoder_may_not(attempt: str, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIPID_PIN", "a secret")
    assert not succeeds(attempt, program)


def test_a_decoder_has_none_of_our_files(program: Program, tmp_path: Path) -> None:
    with open(tmp_path / "evidence", "wb") as file:
        os.set_inheritable(file.fileno(), True)
        assert not succeeds(f"return os.fstat({file.fileno()})", program)


def test_the_attempts_can_succeed(program: Program) -> None:
    assert succeeds("return True", program)


def test_a_system_that_keeps_no_such_limits_decodes_all_the_same(program: Program) -> None:
    program(f"""
import runpy, sys, resource
def refuse(*_): raise ValueError
resource.setrlimit = refuse
runpy.run_path({str(sandbox.PROGRAM)!r}, run_name="__main__")
""")
    assert decode(dot()).pixels == b"\x07\x07"


def test_a_decoder_that_takes_all_memory(program: Program) -> None:
    with pytest.raises(UnsupportedFeature, match="too much memory") as error:
        succeeds("return bytearray(1 << 29)", program, Limits(memory=1 << 28))
    assert "Limits(memory" in str(error.value.hint)
    assert succeeds("return bytearray(1 << 26)", program, Limits(memory=1 << 28))


def test_pixels_are_counted_once_more_before_decoding(children: list[subprocess.Popen[bytes]]) -> None:
    header = ImageHeader(ImageFormat.PNG, 2, 1)  # as if the header had said so
    with pytest.raises(MalformedData, match="more pixels than its header"):
        sandbox.run_decoder("picture", dot(size=(20, 20)), header, Limits(pixels=399), 1000)


@pytest.mark.parametrize("limits", [{"seconds": math.inf}, {"seconds": math.nan}, {"pixels": 0}, {"memory": -1}, {"octets": 0}])
def test_limits_that_are_none(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be a number above zero"):
        Limits(**limits)  # type: ignore[arg-type]
