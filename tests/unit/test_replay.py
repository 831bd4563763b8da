# SPDX-License-Identifier: Apache-2.0
"""Recording a dialogue and replaying it: readers/trace.py, readers/transcript.py, readers/replay.py."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import CardRemoved, ChipIdError, MalformedData, NoReader, ReaderError, TransmitFailed, UnsupportedFeature
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.readers.replay import ReplayChannel, ReplayDiverged
from chipid.readers.trace import TraceChannel
from chipid.readers.transcript import Extent, Transcript, answer_line, command_line, drawn_line, title

SELECT = bytes.fromhex("00A4040C07A0000002471001")
CRYPTOGRAM = bytes.fromhex("72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7")
EXTERNAL_AUTHENTICATE = bytes.fromhex("0082000028") + CRYPTOGRAM + b"\x28"
ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")


class Scripted:
    """A channel with answers ready."""

    def __init__(self, *answers: bytes | ReaderError) -> None:
        self.answers: Iterator[bytes | ReaderError] = iter(answers)
        self.atr = ATR
        self.reader = "Reader A"

    def transmit(self, command: bytes) -> bytes:
        answer = next(self.answers)
        if isinstance(answer, ReaderError):
            raise answer
        return answer


def dialogue(nonce: bytes) -> Dialogue[bytes]:
    yield CommandAPDU.from_bytes(SELECT)
    answer = yield CommandAPDU(0x00, 0x88, 0x00, 0x00, nonce, le=256)
    return answer.data


def record(path: Path, extent: Extent) -> bytes:
    with TraceChannel(Scripted(b"\x90\x00", CRYPTOGRAM + b"\x90\x00"), path, extent) as channel:
        draw = channel.recorded(lambda size: b"\x5a" * size)
        return run(dialogue(draw(8)), channel)


# Recording -------------------------------------------------------------------------------------------------------


def test_headers_lengths_and_status_words_by_default(tmp_path: Path) -> None:
    record(tmp_path / "t", Extent.HEADERS)
    assert (tmp_path / "t").read_text() == (
        "# chipid transcript 1 headers\n"
        "= atr 3B8F8001804F0CA000000306030001000000006A\n"
        "> 00 A4 04 0C Lc=7 Le=-\n"
        "< 0 octets 9000\n"
        "> 00 88 00 00 Lc=8 Le=256\n"
        "< 40 octets 9000\n"
    )


def test_a_whole_transcript_says_what_it_is_and_holds_everything(tmp_path: Path) -> None:
    record(tmp_path / "t", Extent.WHOLE)
    text = (tmp_path / "t").read_text()
    assert "WARNING: this transcript holds every octet" in text
    assert f"> {SELECT.hex().upper()}\n" in text
    assert f"< {CRYPTOGRAM.hex().upper()}9000\n" in text
    assert "~ 5A5A5A5A5A5A5A5A\n" in text


@pytest.mark.parametrize("extent", Extent)
def test_the_file_is_private_from_the_first_octet_on(tmp_path: Path, extent: Extent) -> None:
    path = tmp_path / "t"
    path.write_text("former and longer" * 100)
    path.chmod(0o644)
    with TraceChannel(Scripted(), path, extent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "former" not in path.read_text()


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    os.symlink(tmp_path / "target", tmp_path / "link")
    with pytest.raises(OSError):  # noqa: PT011  # ELOOP; its text is the system's
        TraceChannel(Scripted(), tmp_path / "link")
    assert (tmp_path / "target").read_text() == "kept"


def test_lines_are_there_as_they_happen(tmp_path: Path) -> None:
    with TraceChannel(Scripted(b"\x90\x00"), tmp_path / "t") as channel:
        channel.transmit(SELECT)
        assert (tmp_path / "t").read_text().endswith("< 0 octets 9000\n")


def test_a_failed_exchange_is_recorded_and_raised(tmp_path: Path) -> None:
    with TraceChannel(Scripted(CardRemoved("the card left")), tmp_path / "t") as channel, pytest.raises(CardRemoved):
        channel.transmit(SELECT)
    assert (tmp_path / "t").read_text().endswith("! CardRemoved\n")


def test_the_channel_around_shows_what_the_one_beneath_is(tmp_path: Path) -> None:
    with TraceChannel(Scripted(), tmp_path / "t") as channel:
        assert channel.atr == ATR
        assert channel.reader == "Reader A"


def test_what_is_no_apdu_is_recorded_by_its_length() -> None:
    assert command_line(b"\x00", Extent.HEADERS) == "> no command APDU, 1 octets"
    assert answer_line(b"", Extent.HEADERS) == "< no response APDU, 0 octets"
    assert command_line(bytes.fromhex("00B0000000FFFF"), Extent.HEADERS) == "> 00 B0 00 00 Lc=0 Le=65535 extended"


# Replaying -------------------------------------------------------------------------------------------------------


def test_a_replay_takes_the_same_path(tmp_path: Path) -> None:
    live = record(tmp_path / "t", Extent.WHOLE)
    replay = ReplayChannel.load(tmp_path / "t")
    assert replay.atr == ATR
    assert run(dialogue(replay.random(8)), replay) == live == CRYPTOGRAM
    assert replay.finished


def test_other_data_are_told_without_showing_them(tmp_path: Path) -> None:
    recorded = f"{title(Extent.WHOLE)}\n> {EXTERNAL_AUTHENTICATE.hex()}\n< 9000\n"
    replay = ReplayChannel(Transcript.parse(recorded))
    asked = EXTERNAL_AUTHENTICATE[:20] + b"\x00" + EXTERNAL_AUTHENTICATE[21:]
    with pytest.raises(ReplayDiverged, match="exchange 1 differs from the recording in its data, from octet 20 on") as caught:
        replay.transmit(asked)
    assert caught.value.number == 1
    assert caught.value.hint
    assert CRYPTOGRAM.hex()[:8] not in str(caught.value).lower()
    assert not replay.finished


def test_another_command_is_told() -> None:
    replay = ReplayChannel(Transcript.parse(f"{title(Extent.WHOLE)}\n> 00B0810006\n< 9000\n"))
    with pytest.raises(ReplayDiverged, match="00 B0 81 00 Lc=0 Le=7 instead of 00 B0 81 00 Lc=0 Le=6"):
        replay.transmit(bytes.fromhex("00B0810007"))


def test_one_exchange_too_many() -> None:
    replay = ReplayChannel(Transcript.parse(f"{title(Extent.WHOLE)}\n> 00B0810006\n< 9000\n"))
    replay.transmit(bytes.fromhex("00B0810006"))
    with pytest.raises(ReplayDiverged, match="ends after 1 exchanges"):
        replay.transmit(bytes.fromhex("00B0810006"))


@pytest.mark.parametrize("kind", [CardRemoved, NoReader, TransmitFailed])
def test_a_recorded_failure_happens_again(tmp_path: Path, kind: type[ReaderError]) -> None:
    with TraceChannel(Scripted(kind("gone")), tmp_path / "t", Extent.WHOLE) as channel, pytest.raises(kind):
        channel.transmit(SELECT)
    replay = ReplayChannel.load(tmp_path / "t")
    with pytest.raises(kind, match="exchange 1 failed in the recording"):
        replay.transmit(SELECT)
    assert replay.finished


@pytest.mark.parametrize("size", [7, 9])
def test_random_octets_of_another_size_diverge(size: int) -> None:
    replay = ReplayChannel(Transcript((), drawn=(bytes(8),)))
    with pytest.raises(ReplayDiverged, match="random octets"):
        replay.random(size)


def test_more_random_octets_than_were_drawn_diverge() -> None:
    with pytest.raises(ReplayDiverged):
        ReplayChannel(Transcript(())).random(8)


# The file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", MalformedData, "no transcript"),
        ("# chipid transcript", MalformedData, "no transcript"),
        ("# chipid transcript 2 whole\n", UnsupportedFeature, "later version"),
        ("# chipid transcript 1 headers\n", UnsupportedFeature, "headers alone"),
        ("# chipid transcript 1 whole\n> zz\n", MalformedData, "line 2"),
        ("# chipid transcript 1 whole\n< 9000\n", MalformedData, "line 2 .* out of order"),
        ("# chipid transcript 1 whole\n> 00\n> 00\n", MalformedData, "line 3 .* out of order"),
        ("# chipid transcript 1 whole\n> 00\n~ 00\n", MalformedData, "out of order"),
        ("# chipid transcript 1 whole\n> 00\n", MalformedData, "no answer"),
        ("# chipid transcript 1 whole\n> 00\n! KeyError\n", MalformedData, "names no failure"),
        ("# chipid transcript 1 whole\n? 00\n", MalformedData, "no known mark"),
        ("# chipid transcript 1 whole\n= atr 3\n", MalformedData, "line 2"),
    ],
)
def test_what_is_no_transcript(text: str, kind: type[ChipIdError], message: str) -> None:
    with pytest.raises(kind, match=message):
        Transcript.parse(text)


def test_binary_is_no_transcript(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MalformedData, match="no transcript"):
        ReplayChannel.load(tmp_path / "t")


def test_an_unknown_property_of_the_channel_is_passed_over() -> None:
    assert Transcript.parse("# chipid transcript 1 whole\n= uid 00112233\n").atr is None


@given(st.text())
def test_any_text_is_a_transcript_or_malformed(text: str) -> None:
    try:
        Transcript.parse(text)
    except (MalformedData, UnsupportedFeature):
        return
    assert text.startswith("# chipid transcript 1 whole")


@given(st.text(alphabet=st.sampled_from("><!~=# \n09Aaz")))
def test_any_lines_are_a_transcript_or_malformed(lines: str) -> None:
    try:
        transcript = Transcript.parse(f"{title(Extent.WHOLE)}\n{lines}")
    except MalformedData:
        return
    assert len(transcript.exchanges) <= lines.count(">")


@given(st.lists(st.tuples(st.binary(), st.binary(), st.binary())))
def test_what_was_written_is_read(entries: list[tuple[bytes, bytes, bytes]]) -> None:
    lines = [title(Extent.WHOLE)]
    for drawn, command, answer in entries:
        lines += [drawn_line(drawn), command_line(command, Extent.WHOLE), answer_line(answer, Extent.WHOLE)]
    transcript = Transcript.parse("\n".join(lines))
    assert [(e.command, e.answer) for e in transcript.exchanges] == [(c, a) for _, c, a in entries]
    assert list(transcript.drawn) == [drawn for drawn, _, _ in entries]


def test_the_repr_of_a_transcript_holds_no_octets() -> None:
    transcript = Transcript.parse(f"{title(Extent.WHOLE)}\n~ C0FFEE00\n> {SELECT.hex()}\n< {CRYPTOGRAM.hex()}9000\n")
    for form in (repr(transcript), str(transcript), repr(ReplayChannel(transcript))):
        assert CRYPTOGRAM.hex() not in form.lower()
        assert repr(CRYPTOGRAM) not in form
        assert "C0\\xff" not in form
