# SPDX-License-Identifier: Apache-2.0
"""The files' identifiers."""

from __future__ import annotations

from collections import Counter

import pytest

from chipid.iso7816.file_ids import FileId


@pytest.mark.parametrize("in_mf", [True, False])
def test_a_dedicated_file_holds_no_identifier_twice(in_mf: bool) -> None:
    files = [file for file in FileId if file.in_mf is in_mf]
    assert files
    for identifiers in (Counter(file.fid for file in files), Counter(file.sfi for file in files)):
        assert set(identifiers.values()) == {1}
    assert all(1 <= file.sfi <= 30 for file in files)


def test_each_file_is_found_by_its_label_and_its_tag() -> None:
    assert [FileId.from_label(file.label) for file in FileId] == list(FileId)
    tagged = [file for file in FileId if file.tag is not None]
    assert [FileId.from_tag(file.tag) for file in tagged if file.tag is not None] == tagged
    with pytest.raises(KeyError):
        FileId.from_label("DG17")


def test_ef_cvca_lies_in_the_application_under_the_identifier_of_ef_card_access() -> None:
    """ICAO 9303-11 Appendix K: 011C, short 1C, no data object around it."""
    cvca, card_access = FileId.CVCA, FileId.CARD_ACCESS
    assert (cvca.label, cvca.fid, cvca.sfi, cvca.tag, cvca.in_mf) == ("EF.CVCA", 0x011C, 0x1C, None, False)
    assert (card_access.fid, card_access.sfi, card_access.in_mf) == (cvca.fid, cvca.sfi, True)
    assert cvca.data_group is None
