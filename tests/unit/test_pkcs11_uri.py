# SPDX-License-Identifier: Apache-2.0
"""``pkcs11:`` URIs (RFC 7512): what they name, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.signers import open_signer
from chipid.signers.pkcs11_uri import LENGTH_MAX, Pkcs11Uri


def test_everything_that_a_uri_names() -> None:
    uri = Pkcs11Uri.parse(
        "pkcs11:token=Terminal%20keys;serial=0123;manufacturer=Maker%3B;model=M%C3%BC;slot-id=7;object=IS%2001;id=%01%ffA;type=private"
        "?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/chipid/pin"
    )
    assert uri == Pkcs11Uri(
        token="Terminal keys",
        serial="0123",
        manufacturer="Maker;",
        model="Mü",
        slot_id=7,
        object="IS 01",
        id=b"\x01\xffA",
        module_path=Path("/usr/lib/softhsm/libsofthsm2.so"),
        pin_source=Path("/etc/chipid/pin"),
    )


def test_nothing_named_is_anything() -> None:
    assert Pkcs11Uri.parse("pkcs11:") == Pkcs11Uri()


@pytest.mark.parametrize("text", ["PKCS11:token=a", "Pkcs11:token=a", " pkcs11:token=a", "\tPKCS11:token=a\n"])
def test_capitals_of_the_scheme_and_spaces_around(text: str) -> None:
    assert Pkcs11Uri.parse(text) == Pkcs11Uri(token="a")


@pytest.mark.parametrize("text", ["PKCS11:token=x?pin-value=123456", " pkcs11:token=x?pin-value=123456"])
def test_a_uri_is_never_taken_for_a_file(text: str) -> None:
    """Its name would be in the message, with the PIN."""
    with pytest.raises(UnsupportedFeature, match="a PIN in the URI") as caught:
        open_signer(text)
    assert "123456" not in str(caught.value)


def test_unknown_attributes_of_the_query_are_passed_over() -> None:
    assert Pkcs11Uri.parse("pkcs11:token=a?vendor=x/y|z") == Pkcs11Uri(token="a")


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("file:/a/pin", "/a/pin"),
        ("file:///a/pin", "/a/pin"),
        ("file://localhost/a/pin", "/a/pin"),
        ("/a/pin", "/a/pin"),
        ("file:/a%20b", "/a b"),
    ],
)
def test_pin_sources(source: str, path: str) -> None:
    assert Pkcs11Uri.parse(f"pkcs11:?pin-source={source}").pin_source == Path(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token=a",
        "pkcs12:token=a",
        "pkcs11:token",
        "pkcs11:token=",
        "pkcs11:token=a;",
        "pkcs11:;token=a",
        "pkcs11:token=a;token=a",
        "pkcs11:=a",
        "pkcs11:to ken=a",
        "pkcs11:token=a b",
        "pkcs11:token=ü",
        "pkcs11:token=a%2",
        "pkcs11:token=a%GG",
        "pkcs11:token=a/b",
        "pkcs11:token=a\n;object=b",
        "pkcs11:token=%00",
        "pkcs11:token=a%0Ab",
        "pkcs11:token=%ff",
        "pkcs11:token=%ED%A0%80",
        "pkcs11:token=" + "a" * 256,
        "pkcs11:id=" + "a" * 256,
        "pkcs11:slot-id=-1",
        "pkcs11:slot-id=01",
        "pkcs11:slot-id=%31%20",
        "pkcs11:slot-id=18446744073709551616",
        "pkcs11:?",
        "pkcs11:token=a?",
        "pkcs11:?module-path=",
        "pkcs11:?module-path=libsofthsm2.so",
        "pkcs11:?module-path=//host/module.so",
        "pkcs11:?module-path=/a%00b",
        "pkcs11:?module-path=/a&module-path=/b",
        "pkcs11:?pin-source=file:pin",
        "pkcs11:?pin-source=file://host/pin",
        "pkcs11:?pin-source=file:",
        "pkcs11:?pin-source=//host/pin",
        "pkcs11:?pin-source=/" + "a" * 1024,
        "pkcs11:token=" + "a" * LENGTH_MAX,
    ],
)
def test_what_is_no_uri(text: str) -> None:
    with pytest.raises(MalformedData):
        Pkcs11Uri.parse(text)


def test_a_long_uri() -> None:
    text = "pkcs11:?v=" + "a" * (LENGTH_MAX - 10)
    assert Pkcs11Uri.parse(text) == Pkcs11Uri()
    with pytest.raises(MalformedData, match="more than"):
        Pkcs11Uri.parse(text + "a")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("pkcs11:library-version=3", "chipid looks at"),
        ("pkcs11:x-vendor=3", "chipid looks at"),
        ("pkcs11:type=public", "type=private"),
        ("pkcs11:type=cert", "type=private"),
        ("pkcs11:?module-name=softhsm2", "module-path"),
        ("pkcs11:?pin-value=1234", "pin-source"),
        ("pkcs11:?pin-source=|cat%20/etc/pin", "pin-source"),
        ("pkcs11:?pin-source=https://pins.example/1", "pin-source"),
        ("pkcs11:?pin-source=pin", "pin-source"),
    ],
)
def test_what_is_not_read_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        Pkcs11Uri.parse(text)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["pkcs11:?pin-value=4711", "pkcs11:?pin-value=4711&pin-value=4711", "pkcs11:?pin-value=4711 "])
def test_no_message_repeats_a_pin(text: str) -> None:
    with pytest.raises((MalformedData, UnsupportedFeature)) as caught:
        Pkcs11Uri.parse(text)
    assert "4711" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"object": "a\0"},
        {"serial": "s" * 256},
        {"id": b""},
        {"id": bytes(256)},
        {"slot_id": -1},
        {"slot_id": 1 << 64},
        {"module_path": Path("module.so")},
        {"pin_source": Path("pin")},
    ],
)
def test_values_are_checked_without_a_uri_too(wrong: dict[str, object]) -> None:
    with pytest.raises(MalformedData):
        Pkcs11Uri(**wrong)


NAMES = st.none() | st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)
PATHS = st.none() | st.lists(
    st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/"), min_size=1, max_size=9), min_size=1, max_size=4
).map(lambda parts: Path("/" + "/".join(parts)))
URIS = st.builds(
    Pkcs11Uri,
    token=NAMES,
    serial=NAMES,
    manufacturer=NAMES,
    model=NAMES,
    slot_id=st.none() | st.integers(0, (1 << 64) - 1),
    object=NAMES,
    id=st.none() | st.binary(min_size=1, max_size=40),
    module_path=PATHS,
    pin_source=PATHS,
)


@given(URIS)
def test_round_trip(uri: Pkcs11Uri) -> None:
    text = str(uri)
    assert text.isascii()
    assert Pkcs11Uri.parse(text) == uri


HOSTILE = st.text(max_size=60) | st.lists(
    st.sampled_from(
        ["token", "id", "slot-id", "pin-source", "module-path", "=", ";", "&", "?", "%", "%00", "%2F", "/", "file:", "//", "é", "9"]
    )
).map("".join)


@given(HOSTILE)
@example("token=a?pin-source=file://localhost//x")
def test_hostile_texts(text: str) -> None:
    """Nothing but our own errors; and what is read can be said again."""
    try:
        uri = Pkcs11Uri.parse("pkcs11:" + text)
    except (MalformedData, UnsupportedFeature):
        return
    assert Pkcs11Uri.parse(str(uri)) == uri
