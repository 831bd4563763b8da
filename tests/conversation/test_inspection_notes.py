# SPDX-License-Identifier: Apache-2.0
"""What the reader notes of a chip that does not answer as specified, where that proves nothing against it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reader_desk import CA_2, CAM, AgreementAnswers, assert_accepted, assert_rejected, credentials, issue, judge, read, status

from chipid.evidence import FileFailure
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.report.document import document_report
from chipid.report.text import document_text

IRREGULAR = "chip-authentication-answer-irregular"


@pytest.mark.parametrize("data", [b"", b"\x7c\x02\x80\x00", b"\x04\x00"])
def test_an_irregular_answer_to_chip_authentication_is_noted_and_shown(data: bytes) -> None:
    evidence = read(issue(), AgreementAnswers(lambda _response: ResponseAPDU(data, 0x9000)))
    assert evidence.notes == (IRREGULAR,)
    assert IRREGULAR in document_text(document_report(evidence, judge(evidence)))
    assert_accepted(evidence)


def test_an_answer_without_the_token_is_noted_in_version_2() -> None:
    chip = issue(chip_authentication=CA_2, terminal_authentication={"version": 2})
    evidence = read(chip, AgreementAnswers(lambda _response: ResponseAPDU(b"\x7c\x00", 0x9000)), terminal=credentials())
    assert IRREGULAR in evidence.notes
    assert_rejected(evidence, "ca-wrong-token")


@pytest.mark.parametrize("version_2", [False, True])
def test_a_regular_answer_and_a_refusal_are_not_noted(version_2: bool) -> None:
    chip = issue(chip_authentication=CA_2, terminal_authentication={"version": 2}) if version_2 else issue()
    terminal = credentials() if version_2 else None
    assert IRREGULAR not in read(chip, terminal=terminal).notes
    assert IRREGULAR not in read(chip, AgreementAnswers(status(0x6A80)), terminal=terminal).notes


def test_a_card_security_shorter_than_it_announces_is_told_as_any_file_is() -> None:
    chip = issue(pace=[CAM])
    content = chip.files[FileId.CARD_SECURITY]
    evidence = read(replace(chip, files={**chip.files, FileId.CARD_SECURITY: content[:-1]}))
    assert evidence.failures[FileId.CARD_SECURITY] == FileFailure(reason="length-lies")
