#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An invented citizen's card is issued, laid on the virtual PC/SC reader, read and verified, as at a counter. Then a passport, whose
# fingerprints a terminal with rights alone can read.
set -eu
cd "$(dirname "$0")/.."
chipid=.venv/bin/chipid
out=demo-out
mkdir -p "$out"
chmod 700 "$out"
service=""
card=""
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
PATH=$PATH:/usr/sbin:/sbin
cleanup() {
    [ -z "$card" ] || kill "$card" 2>/dev/null || true
    [ -z "$service" ] || $as_root kill "$service" 2>/dev/null || true
    wait 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM
say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }

if ! $chipid readers >/dev/null 2>&1; then
    say "Starting the PC/SC service"
    if [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
        echo "demo: no PC/SC service answers, and there is neither root nor sudo to start one. Have it started with:" >&2
        echo "    pcscd --foreground" >&2
        exit 3
    fi
    $as_root pcscd --foreground >"$out/pcscd.log" 2>&1 &
    service=$!
fi
tries=0
until $chipid readers 2>/dev/null | grep -q 'Virtual PCD'; do
    tries=$((tries + 1))
    if [ "$tries" -gt 50 ]; then
        echo "demo: the PC/SC service shows no virtual reader; chipid readers says:" >&2
        $chipid readers >&2 || true
        echo "demo: is vsmartcard-vpcd installed? A pcscd that ran before it was must be started anew. See $out/pcscd.log" >&2
        exit 3
    fi
    sleep 0.2
done

say "Issuing a card for an invented citizen, by a test CSCA"
$chipid issue fixtures/cards/citizen_2021.json --out "$out/card.image" --trust-out "$out/csca.pem" --force

lay() {
    $chipid emulate "$1" &
    card=$!
    tries=0
    until $chipid readers 2>/dev/null | grep -q 'Virtual PCD.*card'; do
        tries=$((tries + 1))
        [ "$tries" -le 50 ] || { echo "demo: the emulated card did not arrive in the reader" >&2; exit 3; }
        sleep 0.2
    done
}
take_off() {
    kill "$card"
    wait "$card" 2>/dev/null || true
    card=""
    while $chipid readers 2>/dev/null | grep -q 'Virtual PCD.*card'; do sleep 0.2; done
}

say "Laying it on the virtual reader"
lay "$out/card.image"

say "chipid dump: reading it with the number printed on it"
# The number is a secret of the card's holder: it comes by standard input, not in the command line.
printf '099012345678\n' | $chipid dump --reader 'Virtual PCD 00 00' --number-file - --show-personal \
    --portrait "$out/portrait.jpg" --out "$out/card.evidence" --force

say "chipid trust import: keeping whom we trust, the test CSCA alone"
rm -f "$out/trust.db"
$chipid trust import "$out/csca.pem" --store "$out/trust.db"
$chipid trust list --store "$out/trust.db"

say "chipid verify: judging what was read, by that trust store"
$chipid verify "$out/card.evidence" --trust "$out/trust.db"
take_off

say "Issuing a passport with fingerprints, and a terminal with the right to read them"
$chipid issue-terminal --out "$out/terminals" --force
$chipid issue fixtures/cards/passport_eac.json --trust-out "$out/passport-csca.pem" \
    --cvca "$out/terminals/DETESTCVCA00001.cvcert" --out "$out/passport.image" --force
lay "$out/passport.image"

say "chipid dump: without rights the chip keeps its fingerprints (DG3) and irises (DG4), with them it gives them away"
printf '234567\n' | $chipid dump --reader 'Virtual PCD 00 00' --can-file - --files everything | grep -E '^  DG[34] '
printf '234567\n' | $chipid dump --reader 'Virtual PCD 00 00' --can-file - --verify --trust "$out/passport-csca.pem" \
    --terminal-cert "$out/terminals" --terminal-key "$out/terminals/DETESTISDE00001.pem"
