# SPDX-License-Identifier: Apache-2.0
"""report/text.py: what a person sees first, and that columns stand below each other."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from chipid.report import schema
from chipid.report.notation import rfc3339
from chipid.report.notices import notices
from chipid.report.text import Role, document_text, file_text, readers_text, verdict_text
from chipid.report.verdict import verdict_part
from chipid.verification.policy import Policy
from chipid.verification.reasons import explain
from chipid.verification.verdict import Check, CheckName, Outcome

OK = tuple(Check(name, Outcome.SUCCESSFUL, "ok") for name in CheckName)


def report_on(*changed: Check) -> schema.VerdictReport:
    checks = {check.name: check for check in (*OK, *changed)}
    verdict = verdict_part(Policy.counter().decide(checks.values()))
    said = notices(cccd=True, portrait=False, complete=True, judged=True)
    return schema.VerdictReport(verdict=verdict, read_at="2026-11-23T10:00:00Z", complete=True, notices=said)


def document(**changes: object) -> schema.DocumentReport:
    empty = schema.DocumentReport(
        read_at="2026-11-23T10:00:00Z",
        reader=None,
        atr=None,
        complete=True,
        profile="icao",
        access=(),
        offers=(),
        files=(),
        proofs=(),
        holder=(),
        portrait=None,
        troubles=(),
        notes=(),
        notices=(),
    )
    return msgspec.structs.replace(empty, **changes)


FAILED = Check(CheckName.DATA_GROUP_INTEGRITY, Outcome.FAILED, "dg-hash-mismatch", "DG1 is not what was signed.")
UNREAD = Check(CheckName.DATA_GROUP_INTEGRITY, Outcome.UNDETERMINED, "dg-withheld", "DG2 was kept back.")
EXPIRED = Check(CheckName.DOCUMENT_EXPIRY, Outcome.FAILED, "document-expired", "The document has expired.")
UNKNOWN = Check(CheckName.TRUST_STATUS, Outcome.UNDETERMINED, "no-trust-anchor", "No trusted CSCA certificate was given.")


@pytest.mark.parametrize(
    ("changed", "head"),
    [
        ((), ["ACCEPTED"]),
        ((FAILED,), ["REJECTED", "because of:", "dg-hash-mismatch"]),
        ((UNKNOWN,), ["INCONCLUSIVE", "because of:", "no-trust-anchor"]),
        # What rejects goes before what leaves it open, in whatever order the checks stand.
        ((FAILED, UNKNOWN), ["REJECTED", "because of:", "dg-hash-mismatch", "no-trust-anchor"]),
        ((UNREAD, EXPIRED), ["REJECTED", "because of:", "document-expired", "dg-withheld"]),
    ],
)
def test_the_decision_stands_first_and_why_second_with_what_it_means(changed: tuple[Check, ...], head: list[str]) -> None:
    section = verdict_text(report_on(*changed)).split("\n\n")[0].splitlines()
    assert [line.split("  ")[1] if line.startswith("  ") else line for line in section] == head
    assert all(line.endswith(f"  {explain(code)}") for line, code in zip(section[2:], head[2:], strict=True))


def test_a_report_that_lists_no_decisions_names_the_reasons_all_the_same() -> None:
    report = report_on(FAILED)
    bare = msgspec.structs.replace(report, verdict=msgspec.structs.replace(report.verdict, decisions=()))
    assert verdict_text(bare).startswith("REJECTED\nbecause of:\n  dg-hash-mismatch\n")


SIGNERS = tuple(schema.Signer(file=file, subject=f"CN={file}", issuer="CN=CSCA") for file in ("EF.SOD", "EF.CardSecurity"))


@pytest.mark.parametrize(
    ("changed", "signed", "said"),
    [
        ((), ["EF.SOD", "EF.CardSecurity"], []),
        ((UNKNOWN,), ["EF.CardSecurity"], ["EF.SOD"]),
        ((Check(CheckName.SOD_SIGNATURE, Outcome.FAILED, "signature-invalid"),), ["EF.CardSecurity"], ["EF.SOD"]),
        ((Check(CheckName.REVOCATION, Outcome.FAILED, "dsc-revoked"),), ["EF.CardSecurity"], ["EF.SOD"]),
        ((Check(CheckName.REVOCATION, Outcome.UNDETERMINED, "no-crl"),), ["EF.SOD", "EF.CardSecurity"], []),
        ((Check(CheckName.CARD_SECURITY, Outcome.UNDETERMINED, "no-trust-anchor"),), ["EF.SOD"], ["EF.CardSecurity"]),
    ],
)
def test_who_only_says_that_he_signed_stands_apart(changed: tuple[Check, ...], signed: list[str], said: list[str]) -> None:
    sections = verdict_text(msgspec.structs.replace(report_on(*changed), signers=SIGNERS)).rstrip().split("\n\n")
    found = {title: [row.split()[0] for row in rows] for title, *rows in map(str.splitlines, sections)}
    assert (found.get("Signed by", []), found.get("Says that it was signed by", [])) == (signed, said)


def test_what_was_not_judged_only_says_who_signed_it() -> None:
    text = document_text(document(signers=SIGNERS))
    assert "Says that it was signed by\n  EF.SOD" in text
    assert "\nSigned by" not in text


def test_when_it_was_judged() -> None:
    moment = "2020-01-01T00:00:00Z"
    report = msgspec.structs.replace(report_on(), judged_at=moment)
    assert f"Read 2026-11-23T10:00:00Z\nJudged as of {moment}\n" in verdict_text(report)
    assert f"Judged as of  {moment}" in document_text(document(judged_at=moment))
    assert "Judged" not in document_text(document())


def test_each_check_has_a_line() -> None:
    lines = verdict_text(report_on(FAILED)).splitlines()
    for name in CheckName:
        assert any(name.value in line for line in lines)
    line = next(line for line in lines if "data group integrity" in line)
    assert line.split("  ")[1] == "FAILED"
    assert line.endswith("dg-hash-mismatch  DG1 is not what was signed.")


def test_deviations_are_said() -> None:
    odd = replace(OK[1], deviations=("not-der",))
    assert "deviations: not-der" in verdict_text(report_on(odd))


def test_what_the_screen_must_say() -> None:
    text = verdict_text(report_on())
    assert "The permanent residence is the one registered when the card was issued." in text
    assert "The chip says nothing of temporary residence." in text
    assert "reported lost" in text


@pytest.mark.parametrize(
    ("circumstances", "codes"),
    [
        (
            {"cccd": True, "portrait": True, "complete": True, "judged": True},
            "residence-as-of-issue no-temporary-residence loss-unknown-offline proofs-convince-the-reader compare-face",
        ),
        (
            {"cccd": False, "portrait": False, "complete": True, "judged": True},
            "loss-unknown-offline proofs-convince-the-reader no-portrait",
        ),
        ({"cccd": False, "portrait": False, "complete": False, "judged": False}, "not-verified incomplete"),
    ],
)
def test_notices_go_with_the_document(circumstances: dict[str, bool], codes: str) -> None:
    assert [notice.code for notice in notices(**circumstances)] == codes.split()


def test_what_was_not_verified_says_so() -> None:
    (notice, *_) = notices(cccd=False, portrait=False, complete=True, judged=False)
    assert notice.code == "not-verified"


def test_colours_change_nothing_but_colours() -> None:
    def coloured(text: str, role: Role) -> str:
        return f"\x1b[1m{text}\x1b[0m"

    report = report_on(FAILED, UNKNOWN)
    shown = verdict_text(report, coloured)
    assert "\x1b[1mREJECTED\x1b[0m" in shown
    assert shown.replace("\x1b[1m", "").replace("\x1b[0m", "") == verdict_text(report)


def test_columns_stand_below_each_other_whatever_the_letters() -> None:
    residence = "Nơi thường trú"
    labels = ("Sex", residence, unicodedata.normalize("NFD", residence), "姓名")
    fields = tuple(schema.PersonalField(source="DG13", name="x", label=label, value="|") for label in labels)
    lines = [line for line in document_text(document(holder=fields)).splitlines() if line.endswith("|")]
    assert [line.index("|") for line in lines] == [24, 24, 29, 22]  # two cells for a han character, none for a mark


ADDRESS = " ".join(["Số 1, Ngõ 2, Thôn Mẫu,"] * 13)


@pytest.mark.parametrize("value", [ADDRESS, ADDRESS.replace(" ", ""), unicodedata.normalize("NFD", ADDRESS), "名" * 300])
def test_a_value_too_long_for_its_line_stands_below_its_label_and_is_whole(value: str) -> None:
    fields = tuple(schema.PersonalField(source="DG13", name="x", label=label, value=value) for label in ("Residence", "Sex"))
    lines = document_text(document(holder=fields)).splitlines()
    start, end = lines.index("  DG13  Residence"), lines.index("  DG13  Sex")
    shown = lines[start + 1 : end]
    assert len(shown) < 12
    assert all(line.startswith("      ") for line in shown)
    assert "".join(shown).replace(" ", "") == value.replace(" ", "")
    composed = [unicodedata.normalize("NFC", line) for line in shown]
    widths = [len(line) + sum(unicodedata.east_asian_width(letter) == "W" for letter in line) for line in composed]
    assert 70 < max(widths) <= 80


def test_a_value_that_just_fits_stands_beside_its_label() -> None:
    long, longer = (schema.PersonalField(source="DG13", name="x", label="Name", value="x" * size) for size in (66, 67))
    lines = document_text(document(holder=(long, longer))).splitlines()
    assert f"  DG13  Name  {'x' * 66}" in lines
    assert lines[lines.index("  DG13  Name") + 1] == "      " + "x" * 67


def test_the_zone_has_a_line_for_each_of_its_lines_and_no_other_value_has() -> None:
    zone = schema.PersonalField(source="DG1", name="mrz", label="Zone", value="A<<B\nC<<<")
    forged = schema.PersonalField(source="DG13", name="x", label="Name", value="An\nACCEPTED")
    lines = document_text(document(holder=(zone, forged))).splitlines()
    assert [line.rstrip() for line in lines if "DG1" in line or line.startswith("      ")] == [
        "  DG1   Zone",
        "      A<<B",
        "      C<<<",
        "  DG13  Name  An\\u{a}ACCEPTED",
    ]


def test_the_text_of_an_unknown_field_stands_between_quotation_marks() -> None:
    field = schema.PersonalField(source="DG13", name="unknown", label="Unknown field 22", value="30", text="A\x1b+")
    assert '  DG13  Unknown field 22  "A\\u{1b}+"' in document_text(document(holder=(field,)))


def test_hidden_fields_and_how_to_see_them() -> None:
    field = schema.PersonalField(source="DG1", name="sex", label="Sex", redacted=True)
    text = document_text(document(holder=(field,)))
    assert "Holder (--show-personal shows what is hidden)" in text
    assert "  DG1  Sex  [hidden]" in text
    assert "--show-personal" not in document_text(document(holder=(msgspec.structs.replace(field, redacted=False),)))


def test_hostile_values_cannot_steer_the_terminal() -> None:
    field = schema.PersonalField(source="DG13", name="x", label="Name", value="An\x1b]0;owned\x07")
    assert "\x1b" not in document_text(document(holder=(field,)))


def test_a_broken_off_reading_is_said() -> None:
    assert "was broken off" in document_text(document(complete=False))


def test_files_and_why_they_are_not_there() -> None:
    files = (
        schema.File(name="DG1", state="read", size=95),
        schema.File(name="DG3", state="refused", reason="not-authorised"),
        schema.File(name="DG4", state="not-asked", reason="not-asked"),
        schema.File(name="DG5", state="missing", sw="6A82"),
    )
    text = document_text(document(files=files))
    for line in ("  DG1  95 octets", "  DG3  refused (not-authorised)", "  DG4  not-asked", "  DG5  missing (6A82)"):
        assert line in text.splitlines()


def test_an_access_attempt_tells_all() -> None:
    attempt = schema.Access(
        protocol="PACE", password="can", source="qr", result="failed", algorithm="PACE-X", parameters="curve", reason="wrong"
    )
    assert "  PACE  with CAN from qr  failed: wrong  PACE-X, curve" in document_text(document(access=(attempt,)))
    plain = msgspec.structs.replace(attempt, source="can", algorithm=None, parameters=None, reason=None, result="done")
    assert "  PACE  with CAN  done\n" in document_text(document(access=(plain,)))


def test_proofs_and_offers() -> None:
    proofs = (
        schema.Proof(protocol="AA", done=True, sw="9000", challenge="random"),
        schema.Proof(protocol="CA", done=False, sw="6985"),
    )
    offer = schema.Offer(protocol="CA", algorithm="CA-X", file="DG14", signed=True, protocol_version=1, key_id=7, parameters="p")
    lines = document_text(document(proofs=proofs, offers=(offer,))).splitlines()
    assert "  AA  answered (9000)   challenge random" in lines
    assert "  CA  no answer (6985)" in lines
    assert "  DG14  CA-X, p, version 1, key 7" in lines


def test_readers_without_any() -> None:
    assert readers_text(schema.ReadersReport(readers=())) == "\n"


def test_a_tree_shows_offset_tag_name_length_and_value() -> None:
    leaf = schema.Node(tag="5F01", name="LDS version", offset=2, length=4, value="0107")
    hidden = schema.Node(tag="04", name=None, offset=9, length=3, redacted=True)
    root = schema.Node(tag="60", name="EF.COM", offset=0, length=10, children=(leaf, hidden))
    report = schema.FileReport(type="EF.COM", title="EF.COM", size=12, structure=(root,), truncated=True)
    assert file_text(report).splitlines() == [
        "EF.COM, 12 octets",
        "",
        "     0  60 EF.COM, 10 octets",
        "     2    5F01 LDS version, 4 octets  0107",
        "     9    04, 3 octets  [hidden]",
        "",
        "… and more",
    ]


def test_times_are_in_utc() -> None:
    assert rfc3339(datetime(2026, 11, 23, 10, 0, 30, 999, UTC)) == "2026-11-23T10:00:30Z"
    assert rfc3339(datetime.fromisoformat("2026-11-23T17:00:30+07:00")) == "2026-11-23T10:00:30Z"
