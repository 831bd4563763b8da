# SPDX-License-Identifier: Apache-2.0
"""``make bench``: every figure beside its limit, measured in the same run.

The limits are bare libcrypto calls, made by ``core_bench.c``; what Python adds is measured here, round by round around it.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter_ns

import subjects

from chipid import _native

HERE = Path(__file__).resolve().parent
ROUNDS = 15


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = limits(build(Path(folder)))
    for name, (call, calls) in subjects.python_side().items():
        figures[name]["ours"] = measure(call, calls)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "openssl": _native.OPENSSL_VERSION,
        "figures": [figure(name, values) for name, values in figures.items()],
    }
    out = HERE / "results" / "latest.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{'':52}{'limit µs':>11}{'ours µs':>11}{'ratio':>8}  (min … max)")
    for line in report["figures"]:
        print(
            f"{line['name']:52}{line['limit_us']:>11.2f}{line['ours_us']:>11.2f}{line['ratio']:>8.2f}"
            f"  ({line['ratio_min']:.2f} … {line['ratio_max']:.2f})"
        )
    return 0


def build(folder: Path) -> Path:
    """Compile the C side against the core's own sources, as a release build does."""
    native = HERE.parent / "native"
    program = folder / "core_bench"
    sources = sorted(str(source) for source in (native / "src").glob("*.c"))
    flags = ["-O2", "-std=c11", "-D_GNU_SOURCE", "-Wno-deprecated-declarations", f"-I{native / 'include'}"]
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *flags, str(HERE / "core_bench.c"), *sources, "-lcrypto", "-o", str(program)], check=True)
    return program


def limits(program: Path) -> dict[str, dict[str, list[float]]]:
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    rows = (json.loads(line) for line in done.stdout.splitlines())
    return {row.pop("name"): row for row in rows}


def measure(call: Callable[[], object], calls: int) -> list[float]:
    """Nanoseconds a call, one figure a round."""
    call()
    rounds = []
    for _ in range(ROUNDS):
        start = perf_counter_ns()
        for _ in range(calls):
            call()
        rounds.append((perf_counter_ns() - start) / calls)
    return rounds


def figure(name: str, values: dict[str, list[float]]) -> dict[str, object]:
    limit = statistics.median(values["limit"])
    ratios = sorted(ours / beside for ours, beside in zip(values["ours"], values["limit"], strict=True))
    return {
        "name": name,
        "limit_us": limit / 1000,
        "ours_us": statistics.median(values["ours"]) / 1000,
        "ratio": statistics.median(ratios),
        "ratio_min": ratios[0],
        "ratio_max": ratios[-1],
    }


if __name__ == "__main__":
    sys.exit(main())
