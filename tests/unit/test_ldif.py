# SPDX-License-Identifier: Apache-2.0
"""LDIF of the ICAO PKD: records, what is refused of them, and that nothing is fetched."""

from __future__ import annotations

import base64
import contextlib
import io
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import CertificateError, ChipIdError, UnsupportedFeature
from chipid.pki import ldif
from chipid.pki.ldif import LdifRecord, RefusedRecord, read_ldif


def read(text: str | bytes) -> list[LdifRecord | RefusedRecord]:
    return list(read_ldif(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def one(text: str | bytes) -> LdifRecord:
    (record,) = read(text)
    assert isinstance(record, LdifRecord), record
    return record


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


COLLECTION = f"""version: 1

# a document signer, folded
dn: cn=a signer,o=dsc,c=UT
 O,dc=data,dc=download,dc=pkd,dc=example
objectClass: pkdDownload
userCertificate;binary:: {b64(b"certificate")[:5]}
 {b64(b"certificate")[5:]}
pkdConformanceCode: ERR:CSCA.CDP.14
pkdConformanceText: a sentence

# a comment that is
 folded: too
dn:: {b64("cn=Gemäß,o=crl".encode())}
certificateRevocationList;binary:: {b64(b"list")}


dn: cn=ml
PKDMASTERLISTCONTENT:: {b64(b"new")}
CscaMasterListData::{b64(b"old")}
cACertificate;binary;x-own::  {b64(b"csca")}
sn:
"""


@pytest.mark.parametrize("text", [COLLECTION, COLLECTION.replace("\n", "\r\n"), COLLECTION.rstrip("\n"), "\ufeff" + COLLECTION])
def test_a_collection_is_read(text: str) -> None:
    signer, revocation, lists = read(text)
    assert isinstance(signer, LdifRecord)
    assert isinstance(revocation, LdifRecord)
    assert isinstance(lists, LdifRecord)
    assert (signer.line, signer.dn) == (3, "cn=a signer,o=dsc,c=UTO,dc=data,dc=download,dc=pkd,dc=example")
    assert signer.objects == (("certificate", b"certificate"),)
    assert signer.conformance == ("ERR:CSCA.CDP.14", "a sentence")
    assert signer.values("OBJECTCLASS") == (b"pkdDownload",)
    assert (revocation.dn, revocation.objects) == ("cn=Gemäß,o=crl", (("revocation-list", b"list"),))
    assert lists.objects == (("master-list", b"new"), ("master-list", b"old"), ("certificate", b"csca"))
    assert lists.attributes[-1] == ("sn", b"")


@pytest.mark.parametrize("text", ["version: 1", "version: 1\n\n", "version:1\r\n\r\n", "", "\n\n"])
def test_a_collection_without_records_is_one(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize("text", ["version: 2\ndn: x", "\x30\x82\x01\x00", "cn: x\n", "-----BEGIN CERTIFICATE-----\n", "dn"])
def test_other_files_are_no_ldif(text: str) -> None:
    with pytest.raises(CertificateError, match="LDIF"):
        read(text)


def test_names_and_values_may_be_plain_utf_8() -> None:
    record = one("dn: cn=Đặng\ncn: Đặng")
    assert (record.dn, record.attributes) == ("cn=Đặng", (("cn", "Đặng".encode()),))


def test_records_that_add_an_entry_are_read_as_entries() -> None:
    assert one("dn: x\ncontrol: 1.2.3 true\nchangetype: add\ncn: y").attributes == (("cn", b"y"),)


@pytest.mark.parametrize(
    ("record", "kind", "message"),
    [
        ("dn: x\ncn", CertificateError, "no attribute"),
        ("dn: x\nc n: x", CertificateError, "no attribute"),
        ("dn: x\nc@: x", CertificateError, "no attribute"),
        ("dn: x\ncn" + ";a" * 9 + ": x", CertificateError, "no attribute"),
        ("cn: x", CertificateError, "without a name"),
        ("dn:: /w==\ncn: x", CertificateError, "not UTF-8"),
        ("dn: x\ncn:: a", CertificateError, "cn is not base64"),
        ("dn: x\ncn:: AA*==", CertificateError, "cn is not base64"),
        (" x\ndn: x", CertificateError, "middle of a line"),
        ("dn: x\nuserCertificate;binary:< file:///etc/passwd", UnsupportedFeature, "nothing is fetched"),
        ("dn: x\ncn:<http://pki.example", UnsupportedFeature, "nothing is fetched"),
        ("dn:< file:///etc/passwd", UnsupportedFeature, "nothing is fetched"),
        ("dn: x\nchangetype: delete", UnsupportedFeature, "does not add"),
        ("dn: x\nchangetype: modify\nadd: cn\ncn: y", UnsupportedFeature, "does not add"),
    ],
)
def test_a_record_is_refused_alone_and_with_the_reason(record: str, kind: type[ChipIdError], message: str) -> None:
    first, refused, last = read(f"dn: a\n\n{record}\n\ndn: b")
    assert isinstance(refused, RefusedRecord)
    assert type(refused.error) is kind
    assert message in str(refused.error)
    assert refused.line == 3
    assert [each.dn for each in (first, last) if isinstance(each, LdifRecord)] == ["a", "b"]


def test_nothing_is_opened_for_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    assert isinstance(read("version: 1\ndn: x\ncn:< file:///dev/null")[0], RefusedRecord)


@pytest.mark.parametrize(
    "long", ["cn: " + "x" * 100, "cn: " + "x" * 78 + "\ncn: y", "cn: x" + "\n x" * 60, "a:\n" * 20]
)
def test_records_that_are_too_long_are_refused_alone(long: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldif, "RECORD_LIMIT", 80)
    monkeypatch.setattr(ldif, "LINE_COUNT_LIMIT", 10)
    monkeypatch.setattr(ldif, "_CHUNK", 16)
    first, refused, last = read(f"version: 1\ndn: a\n\ndn: x\n{long}\n\ndn: b")
    assert isinstance(refused, RefusedRecord)
    assert "more than" in str(refused.error)
    assert [each.dn for each in (first, last) if isinstance(each, LdifRecord)] == ["a", "b"]


def test_comments_do_not_count_towards_the_limits() -> None:
    assert one("# a comment\n x\n" * 1000 + "version: 1\n" + "#\n" * 1000 + "dn: a").dn == "a"


def test_a_line_without_an_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldif, "RECORD_LIMIT", 1 << 16)
    source = io.BytesIO(b"version: 1\ndn: a\ncn: " + b"x" * (1 << 24))
    tracemalloc.start()
    try:
        (refused,) = read_ldif(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(refused, RefusedRecord)
    assert peak < 1 << 20


def test_reading_takes_memory_for_one_record_and_time_in_proportion() -> None:
    record = f"dn: cn=a\nuserCertificate;binary:: {'QUFB' * 400}\n\n".encode()

    def spent(count: int) -> float:
        source = io.BytesIO(record * count)
        begin = time.process_time()
        assert sum(len(each.objects) for each in read_ldif(source) if isinstance(each, LdifRecord)) == count
        return time.process_time() - begin

    assert spent(10_000) < 60 * max(spent(1_000), 0.001)
    source = io.BytesIO(record * 5_000)
    tracemalloc.start()
    try:
        for _ in read_ldif(source):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}(;binary)?", fullmatch=True).filter(lambda name: name not in {"control", "changetype"})


@given(
    st.lists(st.tuples(st.text(max_size=20), st.lists(st.tuples(NAMES, st.binary(max_size=60)), max_size=4)), max_size=4),
    st.integers(2, 30),
    st.sampled_from(("\n", "\r\n")),
)
def test_records_come_back_as_they_were_written(
    records: list[tuple[str, list[tuple[str, bytes]]]], width: int, end: str
) -> None:
    blocks = []
    for dn, attributes in records:
        lines = [f"dn:: {b64(dn.encode())}", *(f"{name}:: {b64(value)}" for name, value in attributes)]
        blocks.append(end.join(fold(line, width, end) for line in lines))
    found = read((end * 2).join(["version: 1", *blocks]))
    assert [(each.dn, list(each.attributes)) for each in found if isinstance(each, LdifRecord)] == records


def fold(line: str, width: int, end: str) -> str:
    return f"{end} ".join(line[i : i + width] for i in range(0, len(line), width))


PARTS = ("dn:", "dn: x", ":", " ", "\n", "\r\n", "cn:: AA==", "#", "a:<", "-")


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PARTS)).map("".join).map(str.encode)))
def test_hostile_octets_are_read_or_refused(data: bytes) -> None:
    for text in (data, b"version: 1\n" + data):
        with contextlib.suppress(CertificateError):
            repr(read(text))
