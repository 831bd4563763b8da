# SPDX-License-Identifier: Apache-2.0
"""Any evidence comes back as it was; any octets are evidence or malformed."""

from __future__ import annotations

import contextlib
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import (
    AccessAttempt,
    ActiveAuthenticationTranscript,
    ChipAuthenticationTranscript,
    Evidence,
    FileFailure,
    Protocol,
    Result,
)
from chipid.iso7816.file_ids import FileId

texts = st.text(st.characters(codec="utf-8"), max_size=20)
octets = st.binary(max_size=40)
status_words = st.integers(0, 0xFFFF)
integers = st.integers(-(1 << 63), (1 << 63) - 1)
oids = st.lists(st.integers(0, 10**30), min_size=1, max_size=12).map(lambda arcs: ".".join(map(str, arcs)))
files = st.sampled_from(FileId)
attempts = st.builds(
    AccessAttempt,
    protocol=st.sampled_from(Protocol),
    password=texts,
    result=st.sampled_from(Result),
    source=texts,
    oid=st.none() | oids,
    parameter_id=st.none() | integers,
    reason=st.none() | texts,
)
evidences = st.builds(
    Evidence,
    read_at=st.datetimes(timezones=st.just(UTC)),
    files=st.dictionaries(files, octets),
    failures=st.dictionaries(files, st.builds(FileFailure, sw=st.none() | status_words, reason=st.none() | texts)),
    accesses=st.lists(attempts, max_size=3).map(tuple),
    active_authentication=st.none()
    | st.builds(ActiveAuthenticationTranscript, challenge=octets, response=octets, sw=status_words, challenge_source=texts),
    chip_authentication=st.none()
    | st.builds(
        ChipAuthenticationTranscript,
        oid=oids,
        key_id=st.none() | integers,
        private_key=octets,
        public_key=octets,
        command=octets,
        response=octets,
        sw=status_words,
    ),
    atr=st.none() | octets,
    reader=st.none() | texts,
    complete=st.booleans(),
    notes=st.lists(texts, max_size=3).map(tuple),
)


@given(evidences)
def test_round_trip(evidence: Evidence) -> None:
    raw = evidence.to_cbor()
    assert Evidence.from_cbor(raw) == evidence
    assert Evidence.from_cbor(raw).to_cbor() == raw


@given(evidences, st.data())
def test_a_damaged_file_gives_other_evidence_or_an_error_of_ours(evidence: Evidence, data: st.DataObject) -> None:
    raw = bytearray(evidence.to_cbor())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedData, UnsupportedFeature):
        assert Evidence.from_cbor(bytes(raw)).to_cbor() == bytes(raw)


@given(evidences, st.data())
def test_a_file_cut_off_is_malformed(evidence: Evidence, data: st.DataObject) -> None:
    raw = evidence.to_cbor()
    with pytest.raises(MalformedData):
        Evidence.from_cbor(raw[: data.draw(st.integers(0, len(raw) - 1))])


@given(st.binary(max_size=200))
def test_octets_of_any_kind_are_no_evidence(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        Evidence.from_cbor(raw)
