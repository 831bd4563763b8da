#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that chipid's set-up needs and that are missing; says exactly which where it may not install.
set -eu

missing=""
need() { # need PACKAGE TEST…: PACKAGE is missing unless TEST succeeds
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: this is no Debian: see README.md, 'Other systems', for what to install by hand" >&2
    exit 0
fi

python=${PYTHON:-python3}
need gcc command -v gcc
need make command -v make
need libc6-dev test -e /usr/include/stdio.h
need libssl-dev installed libssl-dev
need libpcsclite-dev installed libpcsclite-dev
need pcscd installed pcscd
need vsmartcard-vpcd installed vsmartcard-vpcd
need opensc installed opensc
need softhsm2 installed softhsm2
need valgrind command -v valgrind
need python3-venv "$python" -c 'import ensurepip, venv'
need python3-dev "$python" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")'

[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "setup: these Debian packages are missing, and there is neither root nor sudo to install them. Have them installed with:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
echo "setup: installing$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086  # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
