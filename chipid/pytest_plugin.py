# SPDX-License-Identifier: Apache-2.0
"""pytest fixtures for programs that use chipid: emulated cards, an issuer to trust, a virtual PC/SC reader.

Installed with chipid and found by pytest by itself; nothing of chipid is imported before a test asks for a fixture::

    def test_counter(emulated_cccd, chipid_keys, chipid_trust):
        evidence = chipid.read(chipid_keys, channel=emulated_cccd)
        assert chipid.verify(evidence, trust=chipid_trust).accepted

    def test_a_forged_card(chipid_card_factory, chipid_card_image, chipid_keys, chipid_trust):
        forged = attacks.with_bit_flipped(chipid_card_image, FileId.DG1)
        card = chipid_card_factory(image=forged)
        ...

    def test_a_revoked_signer(chipid_pki_fault, chipid_card_factory, chipid_keys):
        image, trust = chipid_pki_fault("dsc-revoked")
        evidence = chipid.read(chipid_keys, channel=chipid_card_factory(image=image))
        assert not chipid.verify(evidence, trust=trust).accepted

============================  ========  =======================================================================
fixture                       scope     what it gives
============================  ========  =======================================================================
``chipid_citizen``            test      the description of an invented citizen; change it and pass it on
``chipid_issuer``             session   a test CSCA and a document signer, made anew in each run
``chipid_trust``              session   a trust store that holds that CSCA and nothing else
``chipid_issue``              session   ``chipid_issue(**changes)`` personalises a card image; the same changes, the same image;
                                        ``chipid_issue(description, **changes)`` one of another description, a mapping or a file
``chipid_card_image``         session   the image of the invented citizen's CCCD
``chipid_card_factory``       test      ``chipid_card_factory(*faults, image=…, link=…, description=…, **changes)`` gives a
                                        powered card
``emulated_cccd``             test      a powered card with ``chipid_card_image``
``chipid_keys``               session   the access keys for it, from the number on the card
``chipid_pki_fault``          session   ``chipid_pki_fault(name)`` gives that card's image, and a trust store, of a PKI with one of
                                        the faults of :mod:`chipid.issuing.pki_faults`
``chipid_cv_pki``             session   the CVCA that ``emulated_eac_card`` trusts, a document verifier, a terminal
``chipid_terminal``           session   that terminal's credentials, with rights to DG3 and DG4, for ``terminal=``
``emulated_eac_card``         test      the same citizen's card, whose fingerprints need Terminal Authentication
``chipid_virtual_reader``     module    the name of vpcd's reader in a running pcscd; lay a card on it with
                                        :func:`chipid.emulator.vpcd.presented`. Skips where there is none.
============================  ========  =======================================================================
"""

# Imports stand where they are needed: pytest loads this file in every run of every project that has chipid installed.
# ruff: noqa: PLC0415

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from chipid.emulator.faults import Fault
    from chipid.emulator.icc import EmulatedCard
    from chipid.emulator.link import Link
    from chipid.issuing.card_image import CardImage
    from chipid.issuing.cv_pki import TestCvca, TestDocumentVerifier, TestTerminal
    from chipid.issuing.pki import DocumentSigner, TestCsca
    from chipid.pki.cv_credentials import TerminalCredentials
    from chipid.pki.trust_store import TrustStore
    from chipid.profiles.access_keys import AccessKeys

VIRTUAL_READER = "Virtual PCD 00 00"
_START_TIMEOUT = 15.0

_CITIZEN: dict[str, Any] = {
    "document": "cccd",
    "number": "099012345678",
    "name": "Nguyễn Văn An",
    "birth": "1999-09-17",
    "sex": "M",
    "issued": "2021-05-10",
    "expiry": "2039-09-17",
    "ethnicity": "Kinh",
    "religion": "Không",
    "place_of_origin": "An Bình, Thuận Thành, Bắc Ninh",
    "residence": "Thôn 1, An Bình, Thuận Thành, Bắc Ninh",
    "identifying_marks": "Nốt ruồi C:1cm trên mép trái",
    "parents": ["Nguyễn Văn Bình", "Trần Thị Cúc"],
    "spouses": ["Lê Thị Dung"],
    "old_number": "012345678",
    "chip_id": "0293ABCDEF012345",
}


class Issuer(NamedTuple):
    """A country signing CA for tests, and a document signer under it."""

    csca: TestCsca
    signer: DocumentSigner


class FaultyCard(NamedTuple):
    """A card that a PKI with a fault signed, and what the operator of a terminal has of that PKI."""

    image: CardImage
    trust: TrustStore


class CvPki(NamedTuple):
    """Those who give a terminal its rights, and the terminal."""

    cvca: TestCvca
    verifier: TestDocumentVerifier
    terminal: TestTerminal


@pytest.fixture
def chipid_citizen() -> dict[str, Any]:
    """An invented citizen, as :func:`chipid.issuing.personalisation.personalise` takes it; the copy is the test's own."""
    return copy.deepcopy(_CITIZEN)


@pytest.fixture(scope="session")
def chipid_issuer() -> Issuer:
    """A test CSCA and its document signer, both valid since yesterday."""
    from datetime import UTC, datetime, timedelta

    from chipid.issuing.pki import TestCsca

    yesterday = datetime.now(UTC) - timedelta(days=1)
    csca = TestCsca.create(at=yesterday)
    return Issuer(csca, csca.issue_document_signer(at=yesterday))


@pytest.fixture(scope="session")
def chipid_trust(chipid_issuer: Issuer) -> TrustStore:
    """Trust in the test CSCA alone."""
    from chipid.pki.trust_store import TrustStore

    return TrustStore.from_bytes(chipid_issuer.csca.certificate)


@pytest.fixture(scope="session")
def chipid_issue(chipid_issuer: Issuer) -> Callable[..., CardImage]:
    """Personalises the invented citizen, or whom a description describes, with changes: ``chipid_issue(expiry=None)``,
    ``chipid_issue("cards/passport.json", bac=False)``. A portrait's file is looked for beside the JSON file, or where pytest runs.
    """
    from chipid.issuing.personalisation import personalise

    issued: dict[tuple[str, str], CardImage] = {}

    def issue(described: Mapping[str, object] | str | PathLike[str] | None = None, /, **changes: object) -> CardImage:
        entries, folder = _entries(_CITIZEN if described is None else described)
        description = {**entries, **changes}
        if isinstance(portrait := description.get("portrait"), str | PathLike) and portrait not in ("drawn", "none"):
            folder, description["portrait"] = (found := (folder / portrait).resolve()).parent, found.name
        name = (str(folder), json.dumps(description, sort_keys=True))
        if name not in issued:
            issued[name] = personalise(description, chipid_issuer.signer, portraits=folder)
        return issued[name]

    return issue


def _entries(described: Mapping[str, object] | str | PathLike[str]) -> tuple[Mapping[str, object], Path]:
    """A description's entries, and the folder that files in it are relative to."""
    if isinstance(described, Mapping):
        return described, Path()
    path = Path(described)
    return json.loads(path.read_text(encoding="utf-8")), path.parent


@pytest.fixture(scope="session")
def chipid_card_image(chipid_issue: Callable[..., CardImage]) -> CardImage:
    """The invented citizen's card; :mod:`chipid.emulator.attacks` makes forgeries of it."""
    return chipid_issue()


@pytest.fixture
def chipid_card_factory(chipid_issue: Callable[..., CardImage]) -> Callable[..., EmulatedCard]:
    """Powers cards: with faults of :mod:`chipid.emulator.faults`, with another image, of another description, or of a changed
    citizen.
    """
    from chipid.emulator.icc import EmulatedCard

    def power(
        *faults: Fault,
        image: CardImage | None = None,
        link: Link | None = None,
        description: Mapping[str, object] | str | PathLike[str] | None = None,
        **changes: object,
    ) -> EmulatedCard:
        return EmulatedCard(chipid_issue(description, **changes) if image is None else image, faults=faults, link=link)

    return power


@pytest.fixture
def emulated_cccd(chipid_card_factory: Callable[..., EmulatedCard]) -> EmulatedCard:
    """A genuine CCCD without quirks, freshly powered."""
    return chipid_card_factory()


@pytest.fixture(scope="session")
def chipid_keys() -> AccessKeys:
    """What opens ``emulated_cccd``: its number."""
    from chipid.profiles.access_keys import AccessKeys

    return AccessKeys.from_number(_CITIZEN["number"])


@pytest.fixture(scope="session")
def chipid_pki_fault(chipid_card_image: CardImage) -> Callable[[str], FaultyCard]:
    """The invented citizen's card, signed anew by a PKI with the fault of that name, and the trust store that goes with it."""
    from datetime import UTC, datetime
    from functools import cache

    from chipid.issuing.document_pki import PkiWorkshop
    from chipid.issuing.pki_faults import pki_fault

    @cache
    def issue(name: str) -> FaultyCard:
        pki = pki_fault(name).build(PkiWorkshop(datetime.now(UTC)))
        return FaultyCard(pki.sign_card(chipid_card_image), pki.trust())

    return issue


# Terminal Authentication -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chipid_cv_pki() -> CvPki:
    """A certification authority for terminals, a document verifier and a terminal, valid since yesterday."""
    from datetime import UTC, datetime, timedelta

    from chipid.issuing.cv_pki import CvProfile, TestCvca

    profile = CvProfile(datetime.now(UTC).date() - timedelta(days=1))
    cvca = TestCvca.create(profile=profile)
    verifier = cvca.issue_verifier(profile=profile)
    return CvPki(cvca, verifier, verifier.issue_terminal(profile=profile))


@pytest.fixture(scope="session")
def chipid_terminal(chipid_cv_pki: CvPki) -> TerminalCredentials:
    """What a terminal with rights to DG3 and DG4 proves them with."""
    return chipid_cv_pki.terminal.credentials(chipid_cv_pki.cvca, chipid_cv_pki.verifier)


@pytest.fixture(scope="session")
def _chipid_eac_image(chipid_issuer: Issuer, chipid_cv_pki: CvPki) -> CardImage:
    from chipid.issuing.personalisation import personalise

    cvca = chipid_cv_pki.cvca
    description = {**_CITIZEN, "fingerprints": True, "terminal_authentication": {"version": 1}}
    return personalise(description, chipid_issuer.signer, trust_points=[cvca.raw], chip_date=cvca.certificate.effective)


@pytest.fixture
def emulated_eac_card(chipid_card_factory: Callable[..., EmulatedCard], _chipid_eac_image: CardImage) -> EmulatedCard:
    """A card that gives DG3 to ``chipid_terminal``, and to nobody else; freshly powered."""
    return chipid_card_factory(image=_chipid_eac_image)


# The virtual reader ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chipid_virtual_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The virtual reader of the PC/SC service that runs, or of one for the length of the module.

    There is one slot: modules that run side by side wait for each other.
    """
    with virtual_reader(tmp_path_factory.mktemp("pcscd") / "pcscd.log") as name:
        yield name


@contextmanager
def virtual_reader(log: Path) -> Iterator[str]:
    """What :func:`chipid_virtual_reader` gives, where there is no test: *log* is what a service started for it says."""
    with _alone():
        if _listens():
            yield VIRTUAL_READER
        else:
            yield from _with_service(log)


def _with_service(log: Path) -> Iterator[str]:
    import subprocess
    import time
    from shutil import which

    pcscd = which("pcscd")
    if pcscd is None:
        pytest.skip("pcscd is not installed")
    with log.open("wb") as output:
        process = subprocess.Popen([pcscd, "--foreground"], stdout=output, stderr=output)  # noqa: S603  # the system's own
        try:
            deadline = time.monotonic() + _START_TIMEOUT
            while not _listens():
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.skip(f"no virtual reader: is vsmartcard-vpcd installed, and root the user? See {log}")
                time.sleep(0.1)
            yield VIRTUAL_READER
        finally:
            process.terminate()
            process.wait(_START_TIMEOUT)


def _listens() -> bool:
    """Whether the driver listens, without a connection, which it would take for a card that comes and goes."""
    import socket

    from chipid.emulator.vpcd import DEFAULT_HOST, DEFAULT_PORT

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((DEFAULT_HOST, DEFAULT_PORT))
        except OSError:
            return True
    return False


@contextmanager
def _alone() -> Iterator[None]:
    """Hold this user's lock on the virtual reader."""
    import os
    from tempfile import gettempdir

    try:
        import fcntl
    except ImportError:
        pytest.skip("the virtual reader needs a POSIX system")
    path = Path(gettempdir()) / f"chipid-virtual-reader-{os.getuid()}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
