# SPDX-License-Identifier: Apache-2.0
"""EF.CVCA (ICAO 9303-11 Appendix K)."""

from __future__ import annotations

import pytest

from chipid.errors import LdsError, MalformedData
from chipid.lds.cvca import FILE_SIZE, CvcaReferences

ONE = b"\x42\x0fDETESTCVCA00001"
TWO = b"\x42\x0fDETESTCVCA00002"


def padded(raw: bytes) -> bytes:
    return raw.ljust(FILE_SIZE, b"\0")


@pytest.mark.parametrize(
    ("raw", "references"),
    [
        (padded(ONE), ("DETESTCVCA00001",)),
        (padded(TWO + ONE), ("DETESTCVCA00002", "DETESTCVCA00001")),
        (b"\x42\x10DETEST_LINKDE007\x42\x10DETEST_LINKDE008", ("DETEST_LINKDE007", "DETEST_LINKDE008")),
        (padded(b"\x42\x01\xc9"), ("É",)),
    ],
)
def test_there_and_back(raw, references):
    assert CvcaReferences.parse(raw) == CvcaReferences(references)
    assert CvcaReferences(references).build() == raw


@pytest.mark.parametrize(
    "raw",
    [
        bytes(FILE_SIZE),
        padded(b"\x42\x00"),
        padded(ONE + b"\x42\x00"),
        padded(b"\x42\x09DECV00001\x42\x09DECV00002\x42\x09DECV00003"),
        padded(b"\x42\x11DETEST_LINKXDE007"),
        padded(ONE + b"\0\x42\x02XY"),
        padded(ONE + b"\x43\x02XY"),
        padded(ONE)[:-1] + b"\1",
        b"\x42\x22" + b"A" * 34,
        ONE + b"\x42\x20" + b"A" * 17,
        ONE,
        padded(ONE) + b"\0",
        b"",
    ],
)
def test_others_are_refused(raw):
    with pytest.raises(MalformedData):
        CvcaReferences.parse(raw)


@pytest.mark.parametrize("references", [(), ("DEA00001", "DEB00001", "DEC00001"), ("",), ("A" * 17,), ("Đ00001",)])
def test_others_are_not_built(references):
    with pytest.raises(LdsError):
        CvcaReferences(references).build()


def test_references_are_not_told():
    with pytest.raises(LdsError) as caught:
        CvcaReferences.parse(padded(b"\x42\x11SECRETSECRETSECRE"))
    assert "SECRET" not in str(caught.value)
    assert caught.value.offset == 0
