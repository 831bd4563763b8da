# SPDX-License-Identifier: Apache-2.0
"""A report as one JSON object (RFC 8259) in UTF-8."""

from __future__ import annotations

from typing import Any

import msgspec

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.report.schema import (
    SCHEMA,
    VERSION,
    DocumentReport,
    FileReport,
    IssueReport,
    ReadersReport,
    TerminalReport,
    VerdictReport,
)
from chipid.report.trust_schema import (
    TrustAuditReport,
    TrustChangeReport,
    TrustImportReport,
    TrustListReport,
    TrustObjectReport,
)

TrustReport = TrustImportReport | TrustListReport | TrustObjectReport | TrustAuditReport | TrustChangeReport
AnyReport = DocumentReport | VerdictReport | ReadersReport | FileReport | IssueReport | TerminalReport | TrustReport


def to_json(report: AnyReport) -> bytes:
    """*report*, indented, with a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def from_json(raw: bytes) -> AnyReport:
    """The report that :func:`to_json` made.

    :raises MalformedData: *raw* is none.
    :raises UnsupportedFeature: a later version wrote it.
    """
    try:
        head = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        raise MalformedData("this is no JSON object") from None
    if head.get("schema") != SCHEMA:
        raise MalformedData("this is no report of chipid")
    if head.get("version") != VERSION:
        raise UnsupportedFeature("another version of chipid wrote this report")
    try:
        report: AnyReport = msgspec.json.decode(raw, type=AnyReport)
    except msgspec.DecodeError:
        # The message would quote the path alone, but a value may stand in it.
        raise MalformedData("this report lacks a field, or has one of another type") from None
    return report


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of all reports."""
    return msgspec.json.schema(AnyReport)
