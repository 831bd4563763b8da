# SPDX-License-Identifier: Apache-2.0
"""What the commands see of a running PC/SC service; the counter's whole day is in tests/conversation/test_end_to_end_pcscd.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chipid.emulator.icc import EmulatedCard
from chipid.emulator.vpcd import presented
from chipid.readers import pcsc
from chipid.readers.transcript import Transcript

pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pytestmark = [pytest.mark.pcscd, pytest.mark.usefixtures("chipid_virtual_reader")]


@contextmanager
def on_the_reader(image, reader: str) -> Iterator[None]:
    _until(reader, present=False)
    with presented(EmulatedCard(image)):
        _until(reader, present=True)
        yield


def _until(reader: str, *, present: bool) -> None:
    """The service looks a few times a second."""
    for states in pcsc.watch_readers(timeout=15):
        if any(state.name == reader and state.card_present is present for state in states):
            return
    pytest.fail(f"the service does not see the card {'come to' if present else 'leave'} {reader}")


def test_readers(cli, desk, chipid_virtual_reader: str) -> None:
    with on_the_reader(desk.image, chipid_virtual_reader):
        result = cli("readers")
    assert result.code == 0
    assert any(line.startswith(f"{chipid_virtual_reader}  card") for line in result.out.splitlines())


def test_no_card_in_time(cli, desk, chipid_virtual_reader: str) -> None:
    _until(chipid_virtual_reader, present=False)
    result = cli("dump", "--reader", chipid_virtual_reader, "--timeout", "0", "--number-file", desk.number)
    assert (result.code, result.out) == (3, "")
    assert "no card was laid on" in result.err


def test_a_name_that_fits_both_slots(cli, desk) -> None:
    result = cli("dump", "--reader", "virtual pcd", "--number-file", desk.number)
    assert result.code == 3
    assert "Virtual PCD 00 00; Virtual PCD 00 01" in result.err


def test_two_commands_cannot_have_one_card(cli, desk, chipid_virtual_reader: str) -> None:
    with on_the_reader(desk.image, chipid_virtual_reader), pcsc.wait_for_card(chipid_virtual_reader, 15) as held:
        result = cli("dump", "--reader", chipid_virtual_reader, "--number-file", desk.number)
        assert result.code == 3
        assert "another program holds the card" in result.err
        held.reset()
        assert held.transmit(bytes.fromhex("00A4040C07A0000002471001")) == b"\x90\x00"


def test_a_whole_trace_of_a_card_on_a_reader_can_be_parsed(cli, desk, chipid_virtual_reader: str) -> None:
    trace = desk.path("trace")
    with on_the_reader(desk.image, chipid_virtual_reader):
        assert cli("dump", "--reader", chipid_virtual_reader, "--number-file", desk.number, "--trace-whole", trace).code == 0
    transcript = Transcript.parse(trace.read_text())
    assert transcript.atr
    assert all(exchange.failure is None for exchange in transcript.exchanges)
