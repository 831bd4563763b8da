# SPDX-License-Identifier: Apache-2.0
"""Every reason code has its sentence, and the documentation has them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chipid.verification.reasons import REASONS, explain

ROOT = Path(__file__).resolve().parents[2]
# What a signed list is worth is told when it is imported, and in no verdict.
PKI = [path for path in ROOT.glob("chipid/pki/*.py") if path.name != "signed_list.py"]
SOURCES = [*ROOT.glob("chipid/verification/*.py"), *ROOT.glob("chipid/protocols/**/*.py"), *PKI]
CODE = re.compile(r'(?:Outcome\.[A-Z_]+|(?:Finding|Answer)\((?:True|False|None)|_undecided\(signer, at), "([a-z0-9-]+)"')
CODES = {code for source in SOURCES for code in CODE.findall(source.read_text(encoding="utf-8"))}


def test_the_search_finds_codes_of_every_kind() -> None:
    assert {"dg-hash-mismatch", "aa-length", "no-crl", "document-expired"} <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_has_a_sentence(code: str) -> None:
    assert explain(code) != code


def test_what_is_odd_in_a_revocation_list_has_a_sentence() -> None:
    text = (ROOT / "chipid/pki/crl.py").read_text(encoding="utf-8")
    codes = re.findall(r'^ +"([a-z-]+)": ', text, re.MULTILINE)
    assert {"next-update-too-late", "entry-extension", "freshest-crl"} <= set(codes)
    assert not [code for code in codes if explain(f"crl-{code}") == f"crl-{code}"]


def test_the_documentation_has_them_all() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", (ROOT / "docs/reasons.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == dict(REASONS)
