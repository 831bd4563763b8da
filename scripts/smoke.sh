#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the wheel, installs it alone into a new environment, and issues, emulates, reads and verifies a card from an empty folder.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$here/.venv/bin/python" -m build --wheel --outdir "$work/dist" "$here" >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    exit 1
}
wheel=$(ls "$work"/dist/*.whl)
case $wheel in
*-cp311-abi3-*) ;;
*) echo "smoke: not an abi3 wheel: $wheel" >&2 && exit 1 ;;
esac
"$here/.venv/bin/python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
mkdir "$work/empty"
cp "$here/tests/smoke.py" "$here/fixtures/cards/citizen_2021.json" "$work/empty/"
cd "$work/empty"
"$work/venv/bin/python" -W error smoke.py citizen_2021.json
"$work/venv/bin/chipid" --version
