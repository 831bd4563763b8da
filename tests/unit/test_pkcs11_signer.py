# SPDX-License-Identifier: Apache-2.0
"""The terminal's key in a token, against SoftHSM 2: signatures, and everything that is not as it should be.

The tokens lie in a folder of their own. SoftHSM reads where once per process: every test here uses the same two.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, RsaPublicKey, verify
from chipid.crypto.spki import CURVE_OIDS, build_ec_parameters
from chipid.errors import (
    AccessDenied,
    ChipIdError,
    MalformedData,
    NotAuthorised,
    PasswordBlocked,
    ReaderError,
    UnsupportedFeature,
    WrongPassword,
)
from chipid.signers import Pkcs11Signer, Pkcs11Uri, open_signer
from chipid.signers import pkcs11 as signer_module
from chipid.signers import pkcs11_session as session_module
from chipid.signers.pkcs11_errors import _ERRORS, translate

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install '.[hsm]'")

pytestmark = pytest.mark.hsm

MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]
PIN, TOKEN = "271828", "Terminal keys"
HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
SIZES = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
MESSAGE = b"ID_IC, r_IC and the compressed key"
SHA256 = Pkcs1Scheme("sha256")


@dataclass
class Tokens:
    """Two tokens with the same PIN; keys are made in the first, each under a label that is its id too."""

    module: Path
    folder: Path
    made: set[str] = field(default_factory=set)

    def session(self, **kwargs: Any) -> Any:
        return pkcs11.lib(str(self.module)).get_token(token_label=TOKEN).open(user_pin=PIN, **kwargs)

    def uri(self, label: str, **changes: Any) -> Pkcs11Uri:
        return replace(Pkcs11Uri(token=TOKEN, object=label, module_path=self.module), **changes)

    def rsa(self, label: str, bits: int = 2048, **kwargs: Any) -> Pkcs11Uri:
        return self._make(label, lambda session: session.generate_keypair(pkcs11.KeyType.RSA, bits, **self._names(label), **kwargs))

    def ec(self, label: str, curve: str = "secp256r1", *, explicit: bool = False) -> Pkcs11Uri:
        return self.ec_by(label, build_ec_parameters(EcDomain.named(curve), explicit=explicit))

    def ec_by(self, label: str, parameters: bytes, key_type: str = "EC", mechanism: str = "EC_KEY_PAIR_GEN") -> Pkcs11Uri:
        def make(session: Any) -> None:
            attributes = {pkcs11.Attribute.EC_PARAMS: parameters}
            domain = session.create_domain_parameters(pkcs11.KeyType[key_type], attributes, local=True)
            domain.generate_keypair(mechanism=pkcs11.Mechanism[mechanism], **self._names(label))

        return self._make(label, make)

    def destroy(self, label: str, kind: str) -> None:
        session = self.session(rw=True)
        template = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass[kind], pkcs11.Attribute.LABEL: label}
        for found in list(session.get_objects(template)):
            found.destroy()
        session.close()

    def _make(self, label: str, make: Callable[[Any], Any]) -> Pkcs11Uri:
        if label not in self.made:
            session = self.session(rw=True)
            make(session)
            session.close()
            self.made.add(label)
        return self.uri(label)

    def _names(self, label: str) -> dict[str, Any]:
        return {"store": True, "label": label, "id": label.encode()}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tokens]:
    module = next((path for path in MODULES if path.is_file()), None)
    if module is None:
        pytest.skip("no SoftHSM 2: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        for label in (TOKEN, "Other keys"):
            command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "31415926", "--pin", PIN]
            subprocess.run(command, check=True, capture_output=True)
        # Another module of tests may have loaded it for other tokens.
        pkcs11.lib(str(module)).reinitialize()
        yield Tokens(module, folder)
        # Loaded anew, it looks where the next module of tests says.
        pkcs11.lib(str(module)).finalize()


@pytest.fixture(autouse=True)
def no_login_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    assert session_module._LOGINS == {}


def signed(uri: Pkcs11Uri, scheme: Any) -> bool:
    with Pkcs11Signer.open(uri, PIN) as signer:
        return verify(signer.public_key, scheme, MESSAGE, signer.sign(scheme, MESSAGE))


# Signatures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa(tokens: Tokens, hash_name: Any) -> None:
    with Pkcs11Signer.open(tokens.rsa("rsa"), PIN) as signer:
        assert isinstance(signer.public_key, RsaPublicKey)
        assert signer.public_key.bits == 2048
        for scheme in (
            Pkcs1Scheme(hash_name),
            PssScheme(hash_name, hash_name, SIZES[hash_name]),
            PssScheme(hash_name, hash_name, 0),
        ):
            signature = signer.sign(scheme, MESSAGE)
            assert len(signature) == 256
            assert verify(signer.public_key, scheme, MESSAGE, signature)
            assert not verify(signer.public_key, scheme, MESSAGE + b"\0", signature)


@pytest.mark.parametrize("bits", [1024, 3072])
def test_lengths_of_rsa_keys(tokens: Tokens, bits: int) -> None:
    assert signed(tokens.rsa(f"rsa-{bits}", bits), SHA256)


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("curve", list(CURVE_OIDS.values()))
def test_ecdsa(tokens: Tokens, curve: str, explicit: bool) -> None:
    """SoftHSM knows every curve, by name and spelt out."""
    with Pkcs11Signer.open(tokens.ec(f"{curve}-{explicit}", curve, explicit=explicit), PIN) as signer:
        key = signer.public_key
        assert isinstance(key, EcPublicKey)
        assert (key.domain.name, key.explicit) == (curve, explicit)
        for hash_name in HASHES:
            plain = signer.sign(EcdsaScheme(hash_name, plain=True), MESSAGE)
            assert len(plain) == 2 * len(key.domain.order)
            assert verify(key, EcdsaScheme(hash_name, plain=True), MESSAGE, plain)
            assert verify(key, EcdsaScheme(hash_name), MESSAGE, signer.sign(EcdsaScheme(hash_name), MESSAGE))


@pytest.mark.parametrize(
    ("label", "scheme"),
    [
        ("rsa", EcdsaScheme("sha256")),
        ("ec", SHA256),
        ("ec", PssScheme("sha256", "sha256", 32)),
        ("rsa", PssScheme("sha256", "sha1", 32)),  # SoftHSM wants one hash for both
        ("rsa", PssScheme("sha256", "sha256", -1)),
        ("rsa", PssScheme("sha256", "sha256", 1 << 20)),
        ("rsa-1024", PssScheme("sha512", "sha512", 64)),
    ],
)
def test_schemes_that_the_token_does_not_take(tokens: Tokens, label: str, scheme: Any) -> None:
    uri = tokens.ec("ec") if label == "ec" else tokens.rsa(label, 1024 if label == "rsa-1024" else 2048)
    with Pkcs11Signer.open(uri, PIN) as signer:
        with pytest.raises((UnsupportedFeature, ReaderError)):
            signer.sign(scheme, MESSAGE)
        # The session goes on.
        other = EcdsaScheme("sha256") if label == "ec" else SHA256
        assert verify(signer.public_key, other, MESSAGE, signer.sign(other, MESSAGE))


class Offering:
    """A token that offers some mechanisms alone."""

    def __init__(self, token: Any, without: set[str]) -> None:
        self.slot = self
        self._token, self._without = token, without

    def get_mechanisms(self) -> set[Any]:
        return {each for each in self._token.slot.get_mechanisms() if getattr(each, "name", "") not in self._without}


@pytest.mark.parametrize(
    ("label", "scheme", "mechanisms"),
    [
        ("rsa", Pkcs1Scheme("sha1"), ["RSA_PKCS", "SHA1_RSA_PKCS"]),
        ("rsa", Pkcs1Scheme("sha384"), ["RSA_PKCS", "SHA384_RSA_PKCS"]),
        ("rsa", PssScheme("sha256", "sha256", 32), ["RSA_PKCS_PSS", "SHA256_RSA_PKCS_PSS"]),
    ],
)
def test_a_token_without_the_raw_mechanism(tokens: Tokens, label: str, scheme: Any, mechanisms: list[str]) -> None:
    raw, whole = mechanisms
    with Pkcs11Signer.open(tokens.rsa(label), PIN) as signer:
        login = signer._login
        token = login.token
        login.token = Offering(token, {raw})
        assert verify(signer.public_key, scheme, MESSAGE, signer.sign(scheme, MESSAGE))
        login.token = Offering(token, {raw, whole})
        with pytest.raises(UnsupportedFeature, match=f"CKM_{raw} nor CKM_{whole}") as caught:
            signer.sign(scheme, MESSAGE)
        assert caught.value.hint
        login.token = token


def test_a_token_without_ecdsa(tokens: Tokens) -> None:
    with Pkcs11Signer.open(tokens.ec("ec"), PIN) as signer:
        token, signer._login.token = signer._login.token, Offering(signer._login.token, {"ECDSA"})
        with pytest.raises(UnsupportedFeature, match="CKM_ECDSA nor CKM_ECDSA_SHA224"):
            signer.sign(EcdsaScheme("sha224"), MESSAGE)
        signer._login.token = token


def test_a_key_that_wants_the_pin_each_time(tokens: Tokens) -> None:
    uri = tokens.rsa("each time", private_template={pkcs11.Attribute.ALWAYS_AUTHENTICATE: True})
    with Pkcs11Signer.open(uri, PIN) as signer:
        for _ in range(2):
            assert verify(signer.public_key, SHA256, MESSAGE, signer.sign(SHA256, MESSAGE))


def test_threads(tokens: Tokens) -> None:
    with Pkcs11Signer.open(tokens.ec("ec"), PIN) as signer, ThreadPoolExecutor(4) as pool:
        scheme = EcdsaScheme("sha256", plain=True)
        signatures = list(pool.map(lambda number: signer.sign(scheme, bytes((number,))), range(40)))
        assert all(verify(signer.public_key, scheme, bytes((number,)), each) for number, each in enumerate(signatures))


# The key -------------------------------------------------------------------------------------------------------------


def test_a_uri_and_a_pin_in_a_file(tokens: Tokens, tmp_path: Path) -> None:
    tokens.rsa("rsa")
    (tmp_path / "pin").write_text(PIN + "\n")
    text = (
        f"pkcs11:token={TOKEN.replace(' ', '%20')};id=rsa;type=private?module-path={tokens.module}&pin-source=file:{tmp_path}/pin"
    )
    with open_signer(text) as signer:
        assert isinstance(signer, Pkcs11Signer)
        assert verify(signer.public_key, SHA256, MESSAGE, signer.sign(SHA256, MESSAGE))
    (tmp_path / "pin").write_text("000000")
    with pytest.raises(WrongPassword):
        open_signer(text)
    with open_signer(text, PIN) as signer:
        assert signer.public_key.bits == 2048
    (tmp_path / "pin").unlink()
    with pytest.raises(FileNotFoundError):
        open_signer(text)


@pytest.mark.parametrize("content", [b"", b"\n", b"12\n34", b"\xff", b"1\0", b"1" * 1025])
def test_a_file_that_holds_no_pin(tokens: Tokens, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pin").write_bytes(content)
    with pytest.raises(MalformedData):
        Pkcs11Signer.open(tokens.uri("rsa", pin_source=tmp_path / "pin"))


def test_every_way_to_name_a_token(tokens: Tokens) -> None:
    uri = tokens.rsa("rsa")
    token = pkcs11.lib(str(tokens.module)).get_token(token_label=TOKEN)
    exact = {
        "serial": token.serial.decode(),
        "manufacturer": "SoftHSM project",
        "model": "SoftHSM v2",
        "slot_id": token.slot.slot_id,
    }
    assert signed(replace(uri, **exact), SHA256)
    assert signed(replace(uri, token=None, serial=exact["serial"]), SHA256)
    for name, value in exact.items():
        other = value + 1 if isinstance(value, int) else value + "?"
        with pytest.raises(ReaderError, match="no token"):
            Pkcs11Signer.open(replace(uri, **{name: other}), PIN)


def test_no_token_and_several(tokens: Tokens) -> None:
    with pytest.raises(ReaderError, match="no token matches") as caught:
        Pkcs11Signer.open(tokens.uri("rsa", token="Absent"), PIN)
    assert TOKEN in caught.value.hint
    assert "Other keys" in caught.value.hint
    with pytest.raises(ReaderError, match="2 tokens match") as caught:
        Pkcs11Signer.open(tokens.uri("rsa", token=None), PIN)
    assert "serial" in caught.value.hint


def test_no_key_and_several(tokens: Tokens) -> None:
    tokens.rsa("rsa")
    tokens.ec("ec")
    with pytest.raises(ReaderError, match="no private key") as caught:
        Pkcs11Signer.open(tokens.uri("absent"), PIN)
    assert "object and id" in caught.value.hint
    with pytest.raises(ReaderError, match="several private keys") as caught:
        Pkcs11Signer.open(tokens.uri("rsa", object=None), PIN)
    assert "id" in caught.value.hint
    with pytest.raises(ReaderError, match="no private key"):
        Pkcs11Signer.open(tokens.uri("rsa", id=b"ec"), PIN)
    assert signed(tokens.uri("rsa", object=None, id=b"rsa"), SHA256)


def test_an_elliptic_key_without_its_public_half(tokens: Tokens) -> None:
    uri = tokens.ec("alone")
    tokens.destroy("alone", "PUBLIC_KEY")
    with pytest.raises(ReaderError, match="no public key") as caught:
        Pkcs11Signer.open(uri, PIN)
    assert "same id" in caught.value.hint


def test_an_rsa_key_needs_no_public_object(tokens: Tokens) -> None:
    uri = tokens.rsa("alone, RSA")
    tokens.destroy("alone, RSA", "PUBLIC_KEY")
    assert signed(uri, SHA256)


def test_two_public_keys_with_one_id(tokens: Tokens) -> None:
    uri = tokens.ec("twice")
    session = tokens.session(rw=True)
    domain = session.create_domain_parameters(
        pkcs11.KeyType.EC,
        {pkcs11.Attribute.EC_PARAMS: build_ec_parameters(EcDomain.named("secp256r1"), explicit=False)},
        local=True,
    )
    _public, private = domain.generate_keypair(
        mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN, store=True, id=b"twice", label="the second"
    )
    private.destroy()
    session.close()
    with pytest.raises(ReaderError, match="several public keys"):
        Pkcs11Signer.open(uri, PIN)
    # Left alone, it is another's: no signature of the private key is handed out.
    tokens.destroy("twice", "PUBLIC_KEY")
    with Pkcs11Signer.open(uri, PIN) as signer, pytest.raises(ReaderError, match="not of the public key") as caught:
        signer.sign(EcdsaScheme("sha256"), MESSAGE)
    assert "same id" in caught.value.hint


def test_keys_of_other_kinds(tokens: Tokens) -> None:
    edwards = tokens.ec_by("edwards", asn1.oid("1.3.101.112"), "EC_EDWARDS", "EC_EDWARDS_KEY_PAIR_GEN")
    with pytest.raises(UnsupportedFeature, match="neither RSA nor"):
        Pkcs11Signer.open(edwards, PIN)
    with pytest.raises(UnsupportedFeature, match=r"curve 1\.3\.132\.0\.10"):
        Pkcs11Signer.open(tokens.ec_by("koblitz", asn1.oid("1.3.132.0.10")), PIN)


def test_a_key_that_may_not_sign(tokens: Tokens) -> None:
    uri = tokens.rsa("not for signing", private_template={pkcs11.Attribute.SIGN: False})
    with pytest.raises(UnsupportedFeature, match="CKA_SIGN"):
        Pkcs11Signer.open(uri, PIN)


@pytest.mark.parametrize(("modulus", "exponent"), [(None, b"\x03"), (b"\x05", None), (b"\x03", b"\x05"), (b"", b"")])
def test_an_rsa_key_that_is_none(modulus: bytes | None, exponent: bytes | None) -> None:
    with pytest.raises(MalformedData):
        signer_module._rsa_key(modulus, exponent)


def test_both_forms_of_a_point() -> None:
    domain = EcDomain.named("secp256r1")
    named = build_ec_parameters(domain, explicit=False)
    for value in (domain.generator, asn1.octet_string(domain.generator)):
        assert signer_module._ec_key(named, value).point == domain.generator
    for wrong in (None, b"", domain.generator[:-1], asn1.octet_string(domain.generator) + b"\0", bytes(65)):
        with pytest.raises(MalformedData):
            signer_module._ec_key(named, wrong)
    with pytest.raises(MalformedData):
        signer_module._ec_key(None, domain.generator)


@given(st.binary(max_size=100), st.binary(max_size=140))
def test_hostile_attributes(parameters: bytes, point: bytes) -> None:
    for given_parameters in (parameters, build_ec_parameters(EcDomain.named("secp192r1"), explicit=False)):
        try:
            key = signer_module._ec_key(given_parameters, point)
        except (MalformedData, UnsupportedFeature):
            continue
        assert key.domain.check_point(key.point) == key.point


# Modules and logins --------------------------------------------------------------------------------------------------


def test_python_pkcs11_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(UnsupportedFeature, match="not installed") as caught:
        Pkcs11Signer.open(Pkcs11Uri(module_path=Path("/module.so")), PIN)
    assert "'.[hsm]'" in caught.value.hint


def test_the_package_imports_without_python_pkcs11() -> None:
    script = "import sys; import chipid.signers; print('pkcs11' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_modules_that_are_none(tokens: Tokens, tmp_path: Path) -> None:
    (tmp_path / "module.so").write_text("no module")
    for path in (tmp_path / "absent.so", tmp_path / "module.so", tmp_path):
        with pytest.raises(ReaderError, match="cannot be loaded") as caught:
            Pkcs11Signer.open(tokens.uri("rsa", module_path=path), PIN)
        assert "module-path" in caught.value.hint
    with pytest.raises(UnsupportedFeature, match="without its module"):
        Pkcs11Signer.open(tokens.uri("rsa", module_path=None), PIN)


@pytest.mark.parametrize("pin", ["000000", "27182", "", "x" * 300, "271828 ", "\ud800"])
def test_a_wrong_pin(tokens: Tokens, pin: str) -> None:
    with pytest.raises(WrongPassword, match="PIN") as caught:
        Pkcs11Signer.open(tokens.rsa("rsa"), pin)
    assert "PIN" in caught.value.hint
    assert caught.value.attempts_left is None
    assert signed(tokens.rsa("rsa"), SHA256)


def test_no_pin(tokens: Tokens) -> None:
    with pytest.raises(AccessDenied, match="wants a PIN") as caught:
        Pkcs11Signer.open(tokens.rsa("rsa"))
    assert not isinstance(caught.value, WrongPassword)


class Slot:
    """A slot whose token has these flags and refuses every PIN."""

    def __init__(self, flags: Any, refusal: type[Exception] = pkcs11.PinIncorrect) -> None:
        self.flags, self.refusal, self.opened_with, self.slot = flags, refusal, [], self

    def get_token(self) -> Slot:
        return self

    def open(self, user_pin: Any = None) -> Any:
        self.opened_with.append(user_pin)
        raise self.refusal


def test_what_a_token_tells_about_wrong_pins() -> None:
    flag = pkcs11.TokenFlag
    with pytest.raises(WrongPassword) as caught:
        session_module._open(Slot(flag.LOGIN_REQUIRED | flag.USER_PIN_FINAL_TRY), "1")
    assert caught.value.attempts_left == 1
    with pytest.raises(PasswordBlocked):
        session_module._open(Slot(flag.LOGIN_REQUIRED | flag.USER_PIN_LOCKED), "1")
    with pytest.raises(PasswordBlocked):
        session_module._open(Slot(flag.LOGIN_REQUIRED, pkcs11.PinLocked), "1")


def test_a_pin_pad_asks_by_itself() -> None:
    slot = Slot(pkcs11.TokenFlag.LOGIN_REQUIRED | pkcs11.TokenFlag.PROTECTED_AUTHENTICATION_PATH, pkcs11.DeviceRemoved)
    with pytest.raises(ReaderError, match="removed"):
        session_module._open(slot, None)
    assert slot.opened_with == [pkcs11.PROTECTED_AUTH]


def test_signers_of_one_token_share_its_login(tokens: Tokens) -> None:
    first = Pkcs11Signer.open(tokens.rsa("rsa"), PIN)
    second = Pkcs11Signer.open(tokens.ec("ec"), PIN)
    first.close()
    first.close()
    assert verify(second.public_key, EcdsaScheme("sha256"), MESSAGE, second.sign(EcdsaScheme("sha256"), MESSAGE))
    with pytest.raises(ReaderError, match="closed"):
        first.sign(SHA256, MESSAGE)
    second.close()
    # Nobody is logged in any more: private keys are hidden.
    session = pkcs11.lib(str(tokens.module)).get_token(token_label=TOKEN).open()
    assert list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})) == []
    session.close()


@pytest.mark.parametrize("pin", ["000000", None])
def test_a_login_is_joined_with_its_own_pin(tokens: Tokens, pin: str | None) -> None:
    uri = tokens.ec("ec")
    with Pkcs11Signer.open(tokens.rsa("rsa"), PIN) as signer:
        with pytest.raises(WrongPassword):
            Pkcs11Signer.open(uri, pin)
        assert signer.sign(SHA256, MESSAGE)


def test_the_login_of_somebody_else_in_the_process(tokens: Tokens) -> None:
    uri = tokens.rsa("rsa")
    theirs = tokens.session()
    assert signed(uri, SHA256)
    keys = list(theirs.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}))
    assert keys, "they are logged in still"
    signer = Pkcs11Signer.open(uri, PIN)
    theirs.close()
    with pytest.raises((NotAuthorised, ReaderError)) as caught:
        signer.sign(SHA256, MESSAGE)
    assert caught.value.hint
    signer.close()


def test_a_failed_search_leaves_no_login(tokens: Tokens) -> None:
    with pytest.raises(ReaderError):
        Pkcs11Signer.open(tokens.uri("absent"), PIN)
    assert session_module._LOGINS == {}


def test_nothing_of_a_pin_shows(tokens: Tokens) -> None:
    with Pkcs11Signer.open(tokens.rsa("rsa"), PIN) as signer:
        assert PIN not in f"{signer!r} {signer._login!r}"


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(_ERRORS))
def test_the_names_are_those_of_python_pkcs11(name: str) -> None:
    assert issubclass(getattr(pkcs11, name), pkcs11.PKCS11Error)
    error = translate(name, "signing")
    assert isinstance(error, ChipIdError)
    assert str(error).startswith("PKCS#11: signing: ")
    assert error.hint


def test_an_error_that_is_not_in_the_table() -> None:
    error = translate("GeneralError", "signing")
    assert isinstance(error, ReaderError)
    assert "GeneralError" in str(error)
    with pytest.raises(ReaderError, match="looking"), session_module.translated("looking"):
        raise pkcs11.DeviceError
