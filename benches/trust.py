# SPDX-License-Identifier: Apache-2.0
"""``make bench``: what a verdict costs in a new process, against Python's own start, with a trust store of 600 CSCAs and without.

Whole processes are timed, in turn, so that a machine that is busy for a while is busy for all of them; each ratio is of one round.
The modules' bytecode is cached, as it is where chipid is installed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import TestCsca
from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, certificate_index
from chipid.trust.provenance import Import, Voucher

HERE = Path(__file__).resolve().parent
CSCAS, ROUNDS = 600, 25
NOW = datetime.now(UTC)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER = "099012345678"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        commands = prepare(Path(folder))
        with bytecode(Path(folder)) as environment:
            times = measure(commands, environment)
    rows = [figure(name, times) for name in commands]
    out = HERE / "results" / "trust.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"at": NOW.isoformat(timespec="seconds"), "rounds": ROUNDS, "figures": rows}, indent=1) + "\n")
    print(f"{'':52}{'ms':>8}{'to Python':>11}  (min … max)  {'to --no-trust':>14}  (min … max)")
    for row in rows:
        start, bare = row["to_python"], row["to_no_trust"]
        print(
            f"{row['name']:52}{row['ms']:>8.1f}{start[1]:>11.2f}  ({start[0]:.2f} … {start[2]:.2f})"
            f"{bare[1]:>14.2f}  ({bare[0]:.2f} … {bare[2]:.2f})"
        )
    return 0


def prepare(folder: Path) -> dict[str, list[str]]:
    """Evidence of an invented citizen's card, his CSCA alone and among 600, and the commands that judge by them."""
    csca = TestCsca.create(at=NOW - timedelta(days=900))
    signer = csca.issue_document_signer(at=NOW - timedelta(days=800))
    card = EmulatedCard(personalise(json.loads((HERE.parent / "fixtures" / "cards" / "citizen_2021.json").read_text()), signer))
    evidence, alone, store = folder / "card.evidence", folder / "csca.pem", folder / "trust.db"
    chipid.read(chipid.AccessKeys.from_number(NUMBER), channel=card).save(evidence)
    alone.write_bytes(csca.certificate_pem())
    fill(store, [csca, *(TestCsca.create(LETTERS[n % 26] + LETTERS[n // 26], at=NOW) for n in range(1, CSCAS))])
    verify = [sys.executable, "-m", "chipid.cli", "verify", str(evidence)]
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "chipid verify --no-trust": [*verify, "--no-trust"],
        "chipid verify --trust csca.pem": [*verify, "--trust", str(alone)],
        f"chipid verify --trust trust.db ({CSCAS} CSCAs)": [*verify, "--trust", str(store)],
    }


def fill(path: Path, cscas: list[TestCsca]) -> None:
    with TrustDatabase.create(path) as database, database.transaction():
        for csca in cscas:
            certificate = csca.parsed
            stored, _ = database.add_object(Kind.CERTIFICATE, certificate.raw, certificate_index(certificate))
            made = Import(NOW, "bench.pem", certificate.fingerprint, Voucher.OPERATOR)
            database.add_origin(stored, database.add_import(made), "")


@contextmanager
def bytecode(folder: Path) -> Iterator[dict[str, str]]:
    """An environment in which modules are compiled once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CHIPID"))}
    yield {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "XDG_DATA_HOME": str(folder)}


def measure(commands: dict[str, list[str]], environment: dict[str, str]) -> dict[str, list[float]]:
    """Seconds, one figure a round, of each command; the first round fills caches, and does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            start = perf_counter()
            done = subprocess.run(command, env=environment, capture_output=True, check=False)
            took = perf_counter() - start
            expected = 5 if "--no-trust" in command else 0
            if done.returncode != expected:
                raise SystemExit(f"{name}: ended with {done.returncode}: {done.stderr.decode()}")
            if number:
                times[name].append(took)
    return times


def figure(name: str, times: dict[str, list[float]]) -> dict[str, object]:
    start, bare, *_ = times.values()
    return {
        "name": name,
        "ms": statistics.median(times[name]) * 1000,
        "to_python": ratios(times[name], start),
        "to_no_trust": ratios(times[name], bare),
    }


def ratios(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Least, median and greatest."""
    found = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    return found[0], statistics.median(found), found[-1]


if __name__ == "__main__":
    sys.exit(main())
