# SPDX-License-Identifier: Apache-2.0
"""No command shows, logs or leaves personal data where nobody asked for them.

Every command runs as a process of its own, over a card whose holder's data, keys and portrait are all known; then stdout, stderr
and every file are searched for them, as text, in hexadecimal and in base64.
"""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from chipid.cli.keys import KINDS
from chipid.emulator import attacks
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.personalisation import personalise
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.profiles.vn_cccd import FIELDS, Dg13

MRZ_CAN = "345678"
PIN, SHORT_PIN, PUK, PASSWORD, WRONG = "918273", "4711", "8273645546", "correct-horse", "wrong-horse"
CHALLENGE, OTHER_CHALLENGE = "0123456789ABCDEF", "FEDCBA9876543210"
SECRETS = (PIN, PUK, PASSWORD, WRONG, CHALLENGE)
_IMPERSONAL = frozenset({"VNM", "ID", "M", "Nam", "Việt Nam", "Không"})
"""Values that say nothing of one person, or are words of the reports."""

_SHORTEST = 5
_NEEDLE = 24
"""Octets of a binary secret that are looked for: enough that nothing matches by chance."""


@dataclass(frozen=True)
class Person:
    """All that must not come out."""

    texts: frozenset[str]
    octets: frozenset[bytes]

    @classmethod
    def of(cls, image: CardImage, citizen: dict[str, Any]) -> Person:
        zone = Dg1.parse(image.files[FileId.DG1]).mrz
        dg13 = Dg13.parse(image.files[FileId.DG13])
        texts = {
            *_strings(citizen),
            *zone.lines,
            zone.document_number,
            zone.birth_date,
            zone.expiry_date,
            zone.optional_data,
            zone.primary_identifier,
            zone.secondary_identifier,
            image.mrz_information or "",
            image.can or "",
            *(text for number in FIELDS for text in dg13.texts(number)),
        }
        texts |= {unicodedata.normalize("NFD", text) for text in texts}
        face = Dg2.parse(image.files[FileId.DG2]).portrait
        assert face is not None
        keys = [image.active_authentication_key or b"", *image.chip_authentication_keys.values()]
        octets = {face.image[:_NEEDLE], face.image[-_NEEDLE:], *(key[-_NEEDLE:] for key in keys)}
        octets |= {image.files[file][10 : 10 + _NEEDLE] for file in (FileId.DG1, FileId.DG13)}
        kept = {text for text in texts if len(text) >= _SHORTEST and text not in _IMPERSONAL}
        return cls(frozenset(kept), frozenset(octets))

    def found_in(self, text: str) -> list[str]:
        """What of the person stands in *text*, in whatever form."""
        folded = text.casefold()
        return [form for form in self._forms() if form.casefold() in folded]

    def _forms(self) -> Iterator[str]:
        for text in self.texts:
            yield text
            yield from _encodings(text.encode())
            yield from _encodings(text.encode("utf-16-be"))
        for octets in self.octets:
            yield from _encodings(octets)


def _encodings(octets: bytes) -> Iterator[str]:
    yield octets.hex()
    yield octets.hex(" ")
    yield octets.hex(":")
    # Base64 of something longer that begins with it, or has it one or two octets in.
    for lead in range(3):
        encoded = base64.b64encode(bytes(lead) + octets).decode().rstrip("=")
        yield encoded[lead * 4 // 3 + bool(lead) : -1 if len(octets) > 4 else None]
    yield repr(octets)[2:-1]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _strings(entry)


@dataclass(frozen=True)
class Desk:
    folder: Path
    image: CardImage
    person: Person

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chipid.cli", *map(str, arguments)]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CHIPID_")}
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**clean, **environment, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def dump(self, *arguments: object, card: str = "card.image", **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("dump", "--card", card, "--number-file", "number", *arguments, **environment)

    def key_octets(self) -> bytes:
        """The end of the terminal's private key, where its number stands."""
        key = load_pem_private_key((self / "locked.pem").read_bytes(), PASSWORD.encode())
        assert isinstance(key, EllipticCurvePrivateKey)
        return key.private_numbers().private_value.to_bytes(32, "big")

    def silent(self, process: subprocess.CompletedProcess[str]) -> None:
        assert self.person.found_in(process.stdout) == []
        assert self.person.found_in(process.stderr) == []


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, chipid_card_image: CardImage, chipid_issuer: Any, chipid_issue: Any) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    chipid_card_image.save(folder / "card.image")
    chipid_issue(number="001199054321", name="Trần Thị Bình").save(folder / "other.image")
    (folder / "csca.pem").write_bytes(chipid_issuer.csca.certificate_pem())
    (folder / "number").write_text("099012345678\n")
    (folder / "wrong").write_text("001199054321\n")
    citizen = {"number": "099012345678", "name": "Nguyễn Văn An", "religion": "Không", "old": "012345678"}
    return Desk(folder, chipid_card_image, Person.of(chipid_card_image, citizen))


# The search itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        "099012345678",
        "nguyễn văn an",
        "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<",
        "IDVNM012345678",
        "012345678",
        "390917",
        b"099012345678".hex(),
        base64.b64encode(b"x099012345678x").decode(),
        base64.b64encode("Thôn 1, An Bình, Thuận Thành, Bắc Ninh".encode()).decode(),
        "0293ABCDEF012345",
        "Lê Thị Dung",
        "Nốt ruồi C:1cm trên mép trái",
        MRZ_CAN,
    ],
)
def test_the_search_finds(desk: Desk, form: str) -> None:
    assert desk.person.found_in(f"before {form} after")


def test_the_search_finds_nothing_in_what_is_harmless(desk: Desk) -> None:
    assert (
        desk.person.found_in("ACCEPTED  Virtual PCD 00 00  brainpoolP256r1  2026-11-23T10:00:00Z  6D/30/31 at offset 123456") == []
    )


@pytest.mark.parametrize("octets", [slice(0, 40), slice(-40, None)])
def test_the_search_finds_the_portrait(desk: Desk, octets: slice) -> None:
    face = Dg2.parse(desk.image.files[FileId.DG2]).portrait
    assert face is not None
    assert desk.person.found_in(face.image[octets].hex())
    assert desk.person.found_in(base64.b64encode(face.image[octets]).decode())


def test_shown_on_purpose_it_is_there(desk: Desk) -> None:
    process = desk.dump("--show-personal")
    assert process.returncode == 0
    found = desk.person.found_in(process.stdout)
    assert {"099012345678", "Nguyễn Văn An", "Lê Thị Dung"} <= set(found)
    assert desk.person.found_in(process.stderr) == []


# Commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("files", ["identity", "portrait", "everything"])
def test_dump(desk: Desk, form: tuple[str, ...], files: str) -> None:
    process = desk.dump("--files", files, *form)
    assert process.returncode == 0
    desk.silent(process)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_dump_with_verdict(desk: Desk, form: tuple[str, ...]) -> None:
    process = desk.dump("--verify", "--trust", "csca.pem", *form)
    assert process.returncode == 0
    desk.silent(process)


FORGERIES = {
    "dg1-bit": lambda image, donor: attacks.with_bit_flipped(image, FileId.DG1),
    "dg13-other": lambda image, donor: attacks.with_file_of(image, donor, FileId.DG13),
    "dg15-other": attacks.with_dg15_swapped,
    "clone": lambda image, donor: attacks.cloned(image),
    "dg1-cut": lambda image, donor: attacks.with_file(image, FileId.DG1, image.files[FileId.DG1][:-3]),
    "dg1-text": lambda image, donor: attacks.with_file(image, FileId.DG1, image.files[FileId.DG1].replace(b"NGUYEN", b"nguyen")),
    "dg13-cut": lambda image, donor: attacks.with_announced_length(image, FileId.DG13, 200),
    "dg2-cut": lambda image, donor: attacks.with_announced_length(image, FileId.DG2, 9000),
    "sod-gone": lambda image, donor: attacks.without_file(image, FileId.SOD),
    "pace-hidden": lambda image, donor: attacks.with_pace_hidden(image),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_or_damaged_card(desk: Desk, forgery: str) -> None:
    FORGERIES[forgery](desk.image, CardImage.load(desk / "other.image")).save(desk / "forged.image")
    for form in ((), ("--json",)):
        process = desk.dump("--verify", "--trust", "csca.pem", "--out", "forged.evidence", "--force", *form, card="forged.image")
        assert process.returncode in (1, 4, 5, 6)
        desk.silent(process)
    if (desk / "forged.evidence").exists():
        desk.silent(desk.run("verify", "forged.evidence", "--trust", "csca.pem"))
        desk.silent(desk.run("inspect", "forged.evidence"))
        (desk / "forged.evidence").unlink()


@pytest.mark.parametrize(
    "fault", ["lose-card-at:n=25", "wrong-mac", "plaintext-answer", "raw-answer:octets=6F00", "pace-fails", "file-refused:file=DG1"]
)
def test_a_card_with_faults(desk: Desk, fault: str) -> None:
    for debug in ("0", "1"):
        process = desk.dump("--fault", fault, "--verify", CHIPID_DEBUG=debug)
        assert process.returncode != 0
        desk.silent(process)


def test_a_wrong_number(desk: Desk) -> None:
    process = desk.run("dump", "--card", "card.image", "--number-file", "wrong", CHIPID_DEBUG="1")
    assert process.returncode == 4
    assert "001199054321" not in process.stderr
    assert "054321" not in process.stderr
    desk.silent(process)


def test_evidence_verified_and_inspected(desk: Desk) -> None:
    assert desk.dump("--out", "card.evidence", "--force").returncode == 0
    for command in (["verify", "--trust", "csca.pem"], ["verify"], ["inspect"]):
        for form in ((), ("--json",)):
            process = desk.run(*command, "card.evidence", *form)
            assert process.returncode in (0, 5)
            desk.silent(process)


@pytest.mark.parametrize("file", FileId)
def test_each_file_inspected(desk: Desk, file: FileId) -> None:
    raw = desk.image.files.get(file)
    if raw is None:
        assert file not in (FileId.DG1, FileId.DG2, FileId.DG13, FileId.SOD)
        return
    for content, form in ((raw, ()), (raw, ("--json",)), (raw[:-2], ()), (raw[5:], ("--json",))):
        (desk / "file").write_bytes(content)
        process = desk.run("inspect", "file", *form)
        assert process.returncode in (0, 6)
        desk.silent(process)


def test_a_card_image_inspected(desk: Desk) -> None:
    for form in ((), ("--json",), ("--show-personal",)):
        process = desk.run("inspect", "card.image", *form)
        assert process.returncode == 0
        desk.silent(process)


def test_a_trace_of_headers(desk: Desk) -> None:
    assert desk.dump("--trace", "trace.txt").returncode == 0
    assert desk.person.found_in((desk / "trace.txt").read_text()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("dump", "099012345678"),
        ("dump", "--number", "099012345678"),
        ("dump", "--number=099012345678"),
        ("dump", "--number-file", "099012345678"),
        ("dump", "--number-file=099012345678"),
        ("dump", "--can", MRZ_CAN),
        ("dump", "--can-file", MRZ_CAN),
        ("dump", "--mrz", "IDVNM0123456784099012345678<<0"),
        ("dump", "--document", "012345678 990917 390917"),
        ("dump", "--qr", "099012345678|012345678|Nguyễn Văn An|17091999|Nam|Thôn 1|10052021"),
        ("dump", "--timeout", "099012345678x"),
        ("dump", "--pin", PIN),
        ("dump", f"--pin={PIN}"),
        ("dump", "--pin-file", PIN),
        ("dump", "--pin-file", SHORT_PIN),
        ("dump", "--puk-file", PUK),
        ("dump", "--terminal-key", "locked.pem", "--terminal-secret-file", PASSWORD),
        ("dump", "--terminal-key", f"pkcs11:token=x;object=y?pin-value={PASSWORD}", "--terminal-cert", "certificates"),
        ("dump", "--challenge", CHALLENGE[:-1]),
        ("verify", "--challenge", CHALLENGE + "00"),
        ("verify", "099012345678", "--number-file", "-"),
        ("099012345678",),
    ],
)
def test_a_secret_in_the_wrong_place_of_the_command_line(desk: Desk, arguments: tuple[str, ...]) -> None:
    process = desk.run(*arguments)
    assert process.returncode == 2
    desk.silent(process)
    for secret in (*SECRETS, SHORT_PIN, CHALLENGE[:-1]):
        assert secret not in process.stderr


# PIN, PUK, the terminal's key, a server's challenge ----------------------------------------------------------------


@pytest.fixture(scope="module")
def eac_desk(desk: Desk, chipid_issuer: Any, chipid_cv_pki: Any, chipid_citizen_description: dict[str, Any]) -> Desk:
    cvca, verifier, terminal = chipid_cv_pki
    (desk / "certificates").mkdir()
    for holder in (cvca, verifier, terminal):
        (desk / f"certificates/{holder.reference}.cvcert").write_bytes(holder.raw)
    private = load_pem_private_key(terminal.key.to_pem(), None)
    encryption = BestAvailableEncryption(PASSWORD.encode())
    (desk / "locked.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    (desk / "locked.pem").chmod(0o600)
    for name, secret in {"pin": PIN, "puk": PUK, "password": PASSWORD, "wrong-secret": WRONG}.items():
        (desk / name).write_text(secret)
    description = {**chipid_citizen_description, "pin": PIN, "puk": PUK, "terminal_authentication": {"version": 1}}
    image = personalise(description, chipid_issuer.signer, trust_points=[cvca.raw], chip_date=cvca.certificate.effective)
    image.save(desk / "eac.image")
    return desk


@pytest.fixture(scope="module")
def chipid_citizen_description() -> dict[str, Any]:
    return {
        "number": "099012345678",
        "name": "Nguyễn Văn An",
        "birth": "1999-09-17",
        "issued": "2021-05-10",
        "expiry": "2039-09-17",
    }


TERMINAL = ("--terminal-cert", "certificates", "--terminal-key", "locked.pem", "--terminal-secret-file")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--pin-file", "pin"), 0),
        (("--puk-file", "puk"), 0),
        (("--pin-file", "wrong-secret"), 2),
        (("--pin-file", "puk"), 4),
        (("--number-file", "number", *TERMINAL, "password"), 0),
        (("--number-file", "number", *TERMINAL, "wrong-secret"), 2),
        (("--number-file", "number", "--challenge", CHALLENGE), 0),
        (("--number-file", "number", "--challenge", CHALLENGE, "--verify"), 5),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",), ("--show-personal",)])
def test_secrets_of_holder_terminal_and_server(
    eac_desk: Desk, arguments: tuple[str, ...], code: int, form: tuple[str, ...]
) -> None:
    process = eac_desk.run("dump", "--card", "eac.image", *arguments, *form, CHIPID_DEBUG="1")
    assert process.returncode == code, process.stderr
    for secret in (*SECRETS, CHALLENGE.lower(), eac_desk.key_octets().hex()):
        assert secret not in process.stdout
        assert secret not in process.stderr
    if form != ("--show-personal",):
        eac_desk.silent(process)


def test_a_servers_challenge_on_evidence(eac_desk: Desk) -> None:
    made = eac_desk.run("dump", "--card", "eac.image", "--number-file", "number", "--challenge", CHALLENGE, "--out", "eac.evidence")
    assert made.returncode == 0
    for challenge, code in ((CHALLENGE, 0), (OTHER_CHALLENGE, 1)):
        for form in ((), ("--json",)):
            judged = eac_desk.run("verify", "eac.evidence", "--trust", "csca.pem", "--challenge", challenge, *form)
            assert judged.returncode == code
            eac_desk.silent(judged)
            assert not {CHALLENGE.lower(), OTHER_CHALLENGE.lower()} & {word.lower() for word in judged.stdout.split()}


def test_test_terminals_show_no_keys(desk: Desk) -> None:
    for form in ((), ("--json",)):
        process = desk.run("issue-terminal", "--out", "made", "--force", *form)
        assert process.returncode == 0
        keys = [path.read_text().split("-----")[2].strip() for path in (desk / "made").glob("*.pem")]
        assert len(keys) == 3
        assert not any(line in process.stdout + process.stderr for key in keys for line in key.splitlines())
        for path in (desk / "made").glob("*.pem"):
            inspected = desk.run("inspect", f"made/{path.name}", *form)
            assert inspected.returncode == 0
            assert not any(line in inspected.stdout for key in keys for line in key.splitlines())


@pytest.mark.parametrize("variable", [kind.variable for kind in KINDS])
def test_a_key_in_the_environment_that_is_none(desk: Desk, variable: str) -> None:
    for text in ("099012345678 Nguyễn Văn An", "IDVNM0123456784099012345678<<0", "12 990917 390917x"):
        process = desk.run("dump", "--card", "card.image", "--keys-from-env", CHIPID_DEBUG="1", **{variable: text})
        assert process.returncode in (2, 4)
        assert text not in process.stderr
        desk.silent(process)


# Files -----------------------------------------------------------------------------------------------------------


def test_files_with_personal_data_are_private(desk: Desk, tmp_path: Path) -> None:
    names = {"--out": "e", "--portrait": "p", "--trace-whole": "t"}
    arguments = [part for option, name in names.items() for part in (option, tmp_path / name)]
    old = os.umask(0)
    try:
        assert desk.dump(*arguments).returncode == 0
    finally:
        os.umask(old)
    assert {path.name for path in tmp_path.iterdir()} == set(names.values())
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_nothing_else_is_left_behind(desk: Desk) -> None:
    before = set(desk.folder.iterdir())
    assert desk.dump().returncode == 0
    assert set(desk.folder.iterdir()) == before
