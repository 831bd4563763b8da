# SPDX-License-Identifier: Apache-2.0
"""Runs commands in this process as a shell would, and keeps what came out on which stream."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chipid.cli.failures import run
from chipid.cli.root import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.emulator.vpcd import presented
from chipid.errors import NoReader
from chipid.issuing.card_image import CardImage
from chipid.readers import pcsc
from chipid.report.json import AnyReport, from_json

NUMBER = "099012345678"
sys.path.insert(0, str(Path(__file__).parent))


@dataclass
class Result:
    """How a command ended."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def report(self) -> AnyReport:
        """stdout as the one JSON object that it must be."""
        return from_json(self.raw)

    @property
    def json(self) -> dict[str, Any]:
        return msgspec.json.decode(self.raw, type=dict[str, Any])


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


Cli = Callable[..., Result]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """``cli("dump", "--json", stdin=b"…", terminal=False)``; arguments become text."""
    for name in ("NUMBER", "CAN", "MRZ", "QR", "DOCUMENT", "TRUST", "TRUST_STORE", "READER", "DEBUG"):
        monkeypatch.delenv(f"CHIPID_{name}", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # whoever runs the tests may have a trust store of his own
    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: False)
    monkeypatch.setattr("chipid.cli.secrets.controlling_terminal", lambda: None)

    def invoke(*arguments: object, stdin: bytes = b"", terminal: bool = False) -> Result:
        out, err = io.BytesIO(), io.BytesIO()
        kind = _Terminal if terminal else io.TextIOWrapper
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
            patch.setattr(sys, "stdout", kind(out, encoding="utf-8", write_through=True))
            patch.setattr(sys, "stderr", kind(err, encoding="utf-8", write_through=True))
            code = run(chipid, [str(argument) for argument in arguments])
            return Result(code, out.getvalue(), err.getvalue().decode())

    return invoke


@dataclass
class Desk:
    """A folder with a card, its trust anchor and its number, as `chipid issue` and an officer would leave them."""

    folder: Path
    image: CardImage

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def card(self) -> Path:
        return self.path("card.image")

    @property
    def trust(self) -> Path:
        return self.path("csca.pem")

    @property
    def number(self) -> Path:
        return self.path("number.txt")

    def lay(self, image: CardImage, name: str = "other.image") -> Path:
        """Another card image."""
        image.save(self.path(name))
        return self.path(name)


@pytest.fixture
def desk(tmp_path: Path, chipid_card_image: CardImage, chipid_issuer: Any) -> Desk:
    desk = Desk(tmp_path, chipid_card_image)
    chipid_card_image.save(desk.card)
    desk.trust.write_bytes(chipid_issuer.csca.certificate_pem())
    desk.number.write_text(NUMBER + "\n")
    return desk


@pytest.fixture
def evidence_file(cli: Cli, desk: Desk) -> Path:
    result = cli("dump", "--card", desk.card, "--number-file", desk.number, "--out", desk.path("card.evidence"))
    assert result.code == 0, result.err
    return desk.path("card.evidence")


class _OnReader(EmulatedCard):
    """An emulated card as :func:`chipid.readers.pcsc.wait_for_card` hands one out."""

    reader = "Virtual PCD 00 00"

    def __enter__(self) -> _OnReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


@pytest.fixture
def on_reader(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str | None, float | None]]]:
    """Puts a card, or an error, on the reader; returns the list of (reader, timeout) that were asked for."""

    def put(image: CardImage | Exception, *faults: Any) -> list[tuple[str | None, float | None]]:
        asked: list[tuple[str | None, float | None]] = []

        def wait_for_card(reader: str | None, timeout: float | None) -> _OnReader:
            asked.append((reader, timeout))
            if isinstance(image, Exception):
                raise image
            return _OnReader(image, faults=faults)

        monkeypatch.setattr(pcsc, "wait_for_card", wait_for_card)
        return asked

    return put


Counter = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def at_the_reader(chipid_virtual_reader: str, tmp_path: Path, chipid_issuer: Any) -> Counter:
    """Lays a card on the virtual reader of a PC/SC service, and runs one command of ours there as a new process."""
    trust = tmp_path / "csca.pem"
    trust.write_bytes(chipid_issuer.csca.certificate_pem())

    def invoke(command: str, *arguments: object, card: EmulatedCard, key: str = NUMBER, kind: str = "number") -> Any:
        line = [sys.executable, "-m", "chipid.cli", command, "--reader", chipid_virtual_reader, "--timeout", "15", "--json"]
        line += [f"--{kind}-file", "-", *map(str, arguments)]
        if command == "verify" or "--verify" in arguments:
            line += ["--trust", str(trust)]
        try:
            with presented(card):
                return subprocess.run(line, input=f"{key}\n", capture_output=True, text=True, timeout=120, check=False)
        except NoReader as error:
            pytest.skip(f"the virtual reader is taken: {error}")
        finally:
            _until_empty(chipid_virtual_reader)

    return invoke


def _until_empty(reader: str) -> None:
    """A card that comes before the service has seen the last one leave would be taken for it."""
    deadline = time.monotonic() + 15
    while any(state.card_present for state in pcsc.reader_states() if state.name == reader):
        assert time.monotonic() < deadline, "the card did not leave the reader"
        time.sleep(0.1)


@pytest.fixture
def at_hand(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def lay(name: str, octets: bytes) -> Path:
        (tmp_path / name).write_bytes(octets)
        return tmp_path / name

    return lay


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The default one's place, as the fixture ``cli`` has it."""
    return tmp_path / "data" / "chipid" / "trust.db"


@pytest.fixture
def filled(cli, at_hand) -> None:
    """The default store, with a CSCA, the list that her signer signed, a document signer and a revocation list."""
    from trust_desk import CRL, DSC, OURS, master_list

    files = [at_hand("csca.cer", OURS.certificate), at_hand("list.ml", master_list()), at_hand("dsc.cer", DSC.certificate)]
    assert cli("trust", "import", *files, at_hand("csca.crl", CRL)).code == 0
