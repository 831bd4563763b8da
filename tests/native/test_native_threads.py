# SPDX-License-Identifier: Apache-2.0
"""The core from many threads at once, and in an interpreter that ends."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Callable

import oracle
import pytest

from chipid._native import DhDomain, EcDomain, NativeError, Secret, SecureMessaging, ecdsa_sign, ecdsa_verify, rsa_recover

THREADS, ROUNDS = 6, 30


def _run(work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def guarded(index: int) -> None:
        try:
            work(index)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_one_session_protects_for_many_threads() -> None:
    """Each message is whole and has a counter of its own, whoever came first; large ones run without the GIL."""
    session = SecureMessaging("AES-128", bytes(16), bytes(16), bytes(16))
    sizes = (2, 100, 5000)
    made: list[bytes] = []

    def work(index: int) -> None:
        for turn in range(ROUNDS):
            made.append(session.protect_response(bytes((index,)) * sizes[turn % len(sizes)] + b"\x90\x00"))

    _run(work)
    assert int.from_bytes(session.ssc, "big") == THREADS * ROUNDS == len(set(made))
    open_ones = set(made)
    for count in range(THREADS * ROUNDS):
        terminal = SecureMessaging("AES-128", bytes(16), bytes(16), count.to_bytes(16, "big"))
        chip = oracle.SecureMessaging("AES-128", bytes(16), bytes(16), (count + 1).to_bytes(16, "big"))
        (mine,) = (message for message in open_ones if message[-10:-2] == chip.mac(b"", message[:-12]))
        data = terminal.unprotect_response(mine)[:-2]
        assert data == data[:1] * len(data)
        open_ones.remove(mine)


def test_one_session_closed_under_many_threads() -> None:
    session = SecureMessaging("3DES", bytes(16), bytes(16), bytes(8))
    refused = []

    def work(index: int) -> None:
        for turn in range(ROUNDS):
            try:
                if (index, turn) == (3, ROUNDS // 2):
                    session.close()
                session.protect_response(bytes(7000) + b"\x90\x00")
                session.ssc = session.ssc
            except NativeError as error:
                refused.append(error.code)

    _run(work)
    assert session.closed
    assert set(refused) == {"sm-closed"}


def test_one_session_refuses_under_many_threads() -> None:
    session = SecureMessaging("AES-256", bytes(32), bytes(32), bytes(16))
    codes = []

    def work(_: int) -> None:
        try:
            session.unprotect_response(bytes(5000) + b"\x90\x00")
        except NativeError as error:
            codes.append(error.code)

    _run(work)
    assert sorted(codes) == ["sm-closed"] * (THREADS - 1) + ["sm-malformed"]


def test_one_domain_in_many_threads() -> None:
    domain = EcDomain.named("brainpoolP256r1")
    wanted = bytes(domain.agree(b"\x07", domain.public_key(b"\x05")))

    def work(_: int) -> None:
        for _turn in range(5):
            assert bytes(domain.agree(b"\x05", domain.public_key(b"\x07"))) == wanted
            assert not ecdsa_verify(domain, domain.generator, bytes(32), b"\x01", b"\x01")
            assert domain.map_generic(b"\x05", domain.generator).generator == domain.public_key(b"\x06")
            signature = ecdsa_sign(domain, b"\x05", bytes(32))
            assert ecdsa_verify(domain, domain.public_key(b"\x05"), bytes(32), signature[:32], signature[32:])

    _run(work)


def test_one_finite_field_in_many_threads() -> None:
    """Domains that are mapped from one share its numbers, and each gives them up in its own thread."""
    domain = DhDomain.standardised(2)
    p, g, q = domain.parameters
    own = DhDomain.explicit(p, domain.public_key(b"\x03"), q)
    wanted = bytes(own.agree(b"\x07", own.public_key(b"\x05")))

    def work(index: int) -> None:
        for turn in range(5):
            assert bytes(own.agree(b"\x05", own.public_key(b"\x07"))) == wanted
            assert own.map_generic(b"\x05", own.generator).generator == own.public_key(b"\x06")
            random = bytes((index + 1, turn)) * 128
            assert domain.map_integrated(random).generator == own.map_integrated(random).generator
            assert DhDomain.explicit(p, g, None).name == "modp2048-256"

    _run(work)


def test_inputs_are_pinned_while_others_run() -> None:
    """A bytearray that is being worked on cannot be resized under the core."""
    stop = threading.Event()
    number = bytearray(b"\x7f" * 1024)

    def shrink() -> None:
        while not stop.is_set():
            try:
                number.append(0)
                number.pop()
            except BufferError:
                pass

    thread = threading.Thread(target=shrink)
    thread.start()
    try:
        for _ in range(ROUNDS):
            try:
                rsa_recover(b"\xff" * 1024, b"\xff" * 8, number)
            except NativeError as error:
                assert error.code == "rsa-range"  # noqa: PT017
    finally:
        stop.set()
        thread.join()


def _another_thread_ran(work: Callable[[], object]) -> bool:
    """Whether *work* gave up the GIL: with an endless switch interval nobody else gets it otherwise."""
    gate, ran = threading.Lock(), threading.Event()

    def wait() -> None:
        with gate:
            ran.set()

    gate.acquire()
    thread = threading.Thread(target=wait)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        gate.release()
        work()
        seen = ran.is_set()
    finally:
        sys.setswitchinterval(interval)
    thread.join()
    return seen


def _messages(size: int) -> tuple[SecureMessaging, bytes]:
    maker, session = (SecureMessaging("3DES", bytes(16), bytes(16), bytes(8)) for _ in range(2))
    return session, maker.protect_response(bytes(size) + b"\x90\x00")


def test_a_mutable_message_keeps_the_gil() -> None:
    """Between the check of its MAC and its decryption nobody may change it: only bytes are worked on without the GIL."""
    for keeps in (bytearray, memoryview, Secret):
        session, message = _messages(60000)
        buffer = keeps(message)
        assert not _another_thread_ran(lambda session=session, buffer=buffer: session.unprotect_response(buffer))  # type: ignore[misc]


@pytest.mark.parametrize(
    "call", [
        "secure messaging", "ecdsa", "ecdsa signature", "rsa", "agreement", "mapping", "integrated mapping",
        "dh parameters", "dh element", "dh key", "dh agreement", "dh shared element", "dh mapping", "dh integrated mapping",
    ],
)  # fmt: skip
def test_long_work_gives_up_the_gil(call: str) -> None:
    domain = EcDomain.named("brainpoolP512r1")
    group = DhDomain.standardised(2)
    p, _, q = group.parameters
    session, message = _messages(60000)
    work = {
        "secure messaging": lambda: session.protect_response(message),
        "ecdsa": lambda: ecdsa_verify(domain, domain.generator, bytes(64), b"\x05", b"\x05"),
        "rsa": lambda: rsa_recover(b"\xff" * 1024, b"\xff" * 8, bytes(1023) + b"\x02"),
        "agreement": lambda: domain.agree(b"\x05" * 60, domain.generator),
        "mapping": lambda: domain.map_generic(b"\x05" * 60, domain.generator),
        "ecdsa signature": lambda: ecdsa_sign(domain, b"\x05" * 60, bytes(64)),
        "integrated mapping": lambda: domain.map_integrated(b"\x05" * 100),
        "dh parameters": lambda: oracle.answer(DhDomain.explicit, p, b"\x02", q),
        "dh element": lambda: group.check_element(group.generator),
        "dh key": lambda: group.public_key(b"\x05" * 32),
        "dh agreement": lambda: group.agree(b"\x05" * 32, group.generator),
        "dh shared element": lambda: group.agree_element(b"\x05" * 32, group.generator),
        "dh mapping": lambda: group.map_generic(b"\x05" * 32, group.generator),
        "dh integrated mapping": lambda: group.map_integrated(b"\x05" * 300),
    }[call]
    assert any(_another_thread_ran(work) for _ in range(200))


def test_instances_give_their_types_back() -> None:
    types = (Secret, SecureMessaging, EcDomain, DhDomain)
    before = [sys.getrefcount(kind) for kind in types]
    for _ in range(100):
        Secret(b"")
        SecureMessaging("3DES", bytes(16), bytes(16), bytes(8))
        EcDomain.named("secp256r1")
        DhDomain.standardised(0)
    assert [sys.getrefcount(kind) for kind in types] == before


END = """
import chipid._native as n
kept = [n.Secret(b"x" * 40), n.SecureMessaging("3DES", bytes(16), bytes(16), bytes(8))]
kept += [n.EcDomain.named("secp256r1"), n.DhDomain.standardised(0)]
kept.append(kept)
class AtTheEnd:
    def __del__(self):
        kept[1].protect_response(b"\\x90\\x00")
        kept[2].public_key(b"\\x05")
        kept[3].map_integrated(b"\\x05").public_key(b"\\x05")
        n.ecdsa_sign(kept[2], b"\\x05", bytes(32))
last = AtTheEnd()
"""


def test_objects_outlive_their_module() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", END], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


AGAIN = """
import importlib.util, sys, gc
import chipid._native as first
def load():
    spec = importlib.util.spec_from_file_location("chipid._native", first.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
second = load()
assert second is not first and second.Secret is not first.Secret
domain = second.EcDomain.named("secp256r1")
try:
    first.ecdsa_verify(domain, b"", b"", b"", b"")
except TypeError:
    pass
else:
    raise SystemExit("a domain of another module's")
assert first.Secret(b"a") == second.Secret(b"a")
del second
gc.collect()
assert domain.public_key(b"\\x01") == domain.generator
for _ in range(20):
    load()
"""


def test_modules_have_states_of_their_own() -> None:
    done = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("count", [2000])
def test_nothing_leaks(count: int) -> None:
    """Resident memory after many objects, and many refusals, is what it was after a few."""

    def turn() -> None:
        session = SecureMessaging("AES-128", bytes(16), bytes(16), bytes(16))
        oracle.answer(session.unprotect_response, bytes(3000))
        domain = EcDomain.named("secp256r1").map_generic(b"\x05", bytes.fromhex(
            "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
            "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
        ))  # fmt: skip
        oracle.answer(domain.check_point, bytes(65))
        oracle.answer(EcDomain.named("secp256r1").map_integrated, b"\x01")
        group = DhDomain.standardised(0).map_integrated(b"\x05" * 144)
        oracle.answer(group.check_element, b"\x02")
        oracle.answer(DhDomain.explicit, *group.parameters[:2], b"\x0b" * 20)
        oracle.answer(rsa_recover, b"\xff" * 128, b"\x03", b"\xff" * 128)
        Secret(bytes(10000))

    for _ in range(count // 4):
        turn()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(count):
        turn()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2048  # kB; one Secret a turn would be 20,000
