# SPDX-License-Identifier: Apache-2.0
"""Passwords: what they are made from, and that nothing of it shows."""

from __future__ import annotations

import hashlib

import pytest

from chipid.errors import MalformedData
from chipid.protocols.password import Password, PasswordKind

MRZ_INFORMATION = "099012345999091733909171"


def test_an_mrz_is_hashed():
    password = Password.from_mrz_information(MRZ_INFORMATION)
    assert bytes(password.encoded) == hashlib.sha1(MRZ_INFORMATION.encode()).digest()
    assert (password.kind, password.source) == (PasswordKind.MRZ, "mrz")


@pytest.mark.parametrize("kind", [PasswordKind.CAN, PasswordKind.PIN, PasswordKind.PUK])
def test_digits_are_taken_as_they_are(kind):
    password = Password.from_text(kind, "012345")
    assert bytes(password.encoded) == b"012345"
    assert (password.kind, password.source) == (kind, kind.label)


def test_a_source_is_kept():
    assert Password.from_mrz_information(MRZ_INFORMATION, "qr expiry candidate 2").source == "qr expiry candidate 2"
    assert Password.from_text(PasswordKind.CAN, "012345", "number").source == "number"


def test_references_of_the_standard():
    assert [kind.value for kind in PasswordKind] == [1, 2, 3, 4]
    assert [kind.label for kind in PasswordKind] == ["mrz", "can", "pin", "puk"]


def test_bac_keys_come_from_16_octets_of_the_hash():
    keys = Password.from_mrz_information(MRZ_INFORMATION).bac_keys()
    assert keys.cipher == "3DES"
    assert (len(keys.ks_enc), len(keys.ks_mac)) == (16, 16)
    assert bytes(keys.ks_enc) != bytes(keys.ks_mac)


@pytest.mark.parametrize("kind", [PasswordKind.CAN, PasswordKind.PIN, PasswordKind.PUK])
def test_no_bac_keys_from_anything_but_the_mrz(kind):
    with pytest.raises(ValueError, match=kind.name):
        Password.from_text(kind, "012345").bac_keys()


@pytest.mark.parametrize("text", ["", "09901234\n", "số", "0990 12345", "abc", "０９９"])
def test_what_no_mrz_holds(text):
    with pytest.raises(MalformedData) as caught:
        Password.from_mrz_information(text)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("text", ["", "số 1", "０１２３４５"])
def test_what_no_can_holds(text):
    with pytest.raises(MalformedData) as caught:
        Password.from_text(PasswordKind.CAN, text)
    assert not text or text not in str(caught.value)


def test_nothing_of_it_shows():
    for password in (Password.from_mrz_information(MRZ_INFORMATION), Password.from_text(PasswordKind.CAN, "012345")):
        shown = repr(password) + str(password) + repr(password.encoded)
        assert "012345" not in shown
        assert bytes(password.encoded).hex() not in shown.lower()
        assert repr(bytes(password.encoded)) not in shown
