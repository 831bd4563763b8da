# SPDX-License-Identifier: Apache-2.0
"""Each forgery changes what it says and nothing else; what a verifier makes of it is the verification's test."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from chipid.crypto.random import system_random
from chipid.emulator import attacks
from chipid.errors import SecureMessagingError
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import protected
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.protocols.active_auth import active_authentication, evaluate_active_authentication
from chipid.protocols.chip_auth import evaluate_chip_authentication
from chipid.protocols.pace import select_pace


def changed(before, after) -> set[FileId]:
    return {file for file in before.files.keys() | after.files.keys() if before.files.get(file) != after.files.get(file)}


def test_one_bit(chip_image) -> None:
    forged = attacks.with_bit_flipped(chip_image, FileId.DG1, octet=5, bit=3)
    assert changed(chip_image, forged) == {FileId.DG1}
    differing = [a ^ b for a, b in zip(chip_image.files[FileId.DG1], forged.files[FileId.DG1], strict=True) if a != b]
    assert differing == [8]
    with pytest.raises(IndexError):
        attacks.with_bit_flipped(chip_image, FileId.DG1, octet=5000)


def test_files_replaced_and_dropped(chip_image) -> None:
    donor = replace(chip_image, files={**chip_image.files, FileId.DG13: b"\x6d\x00", FileId.DG1: b"\x61\x00"})
    assert changed(chip_image, attacks.with_file_of(chip_image, donor, FileId.DG13)) == {FileId.DG13}
    assert changed(chip_image, attacks.with_file(chip_image, FileId.SOD, b"")) == {FileId.SOD}
    dropped = attacks.without_file(chip_image, FileId.SOD)
    assert changed(chip_image, dropped) == {FileId.SOD}
    assert FileId.SOD not in dropped.files


def test_lengths(chip_image) -> None:
    raw = chip_image.files[FileId.SOD]
    longer = attacks.with_announced_length(chip_image, FileId.SOD, 70000).files[FileId.SOD]
    assert (longer[:5].hex(), longer[5:]) == ("7783011170", raw[4:])
    indefinite = attacks.with_indefinite_length(chip_image, FileId.SOD).files[FileId.SOD]
    assert indefinite == b"\x77\x80" + raw[4:] + b"\x00\x00"


def test_sod_signed_anew_covers_the_data_groups_as_they_are(chip_image) -> None:
    seen = {}

    def sign_sod(groups):
        seen.update(groups)
        return b"\x77\x00"

    forged = attacks.with_sod_signed_anew(attacks.with_bit_flipped(chip_image, FileId.DG1), sign_sod)
    assert forged.files[FileId.SOD] == b"\x77\x00"
    assert sorted(seen) == [1, 2, 3, 14, 15]
    assert seen[1] == forged.files[FileId.DG1] != chip_image.files[FileId.DG1]


def test_pace_hidden(chip_image) -> None:
    assert select_pace(CardAccess.parse(chip_image.files[FileId.CARD_ACCESS]).infos) is not None
    forged = attacks.with_pace_hidden(chip_image)
    assert changed(chip_image, forged) == {FileId.CARD_ACCESS}
    infos = CardAccess.parse(forged.files[FileId.CARD_ACCESS]).infos
    assert select_pace(infos) is None
    assert len(infos.infos) == 2


def active(t, spki) -> bool | None:
    transcript = t.within(active_authentication(system_random, extended=True))
    return evaluate_active_authentication(spki, None, transcript).ok


def chip(t) -> bool | None:
    infos = Dg14.parse(t.card.image.files[FileId.DG14]).infos
    run_ = t.chip_authentication()
    seen = []
    if run_.session is not None:
        command = CommandAPDU(0, 0xB0, 0x81, 0, le=1)
        with suppress(SecureMessagingError):
            run(protected(command, run_.session, lambda *both: seen.append(both)), t.card)
    transcript = run_.confirmed_by(*seen[0]) if seen else run_.transcript
    return evaluate_chip_authentication(infos, transcript).ok


def test_the_genuine_chip_proves_itself(terminal, chip_keys, way: str) -> None:
    assert active(terminal().open(way), chip_keys.active_authentication_spki) is True
    assert chip(terminal().open(way)) is True


def test_a_clone_without_keys_proves_nothing(terminal, chip_image, chip_keys, way: str) -> None:
    clone = attacks.cloned(chip_image)
    assert clone.files == chip_image.files
    assert active(terminal(image=clone).open(way), chip_keys.active_authentication_spki) is not True
    assert chip(terminal(image=clone).open(way)) is not True


def test_a_clone_with_keys_of_its_own_is_found_out(terminal, chip_image, chip_keys, way: str) -> None:
    clone = attacks.cloned_with_own_keys(chip_image)
    assert clone.files == chip_image.files
    assert active(terminal(image=clone).open(way), chip_keys.active_authentication_spki) is False
    assert chip(terminal(image=clone).open(way)) is False


def test_dg15_swapped_answers_for_itself(terminal, chip_image, chip_keys, way: str) -> None:
    forger = attacks.with_foreign_active_authentication_key(chip_image)
    forger = attacks.with_file(forger, FileId.DG15, b"\x6f\x00")
    forged = attacks.with_dg15_swapped(chip_image, forger)
    assert changed(chip_image, forged) == {FileId.DG15}
    assert active(terminal(image=forged).open(way), chip_keys.active_authentication_spki) is False


def test_a_replayed_answer_fits_no_new_challenge(terminal, chip_keys, way: str) -> None:
    t = terminal().open(way)
    once = t.within(active_authentication(system_random, extended=True))
    assert evaluate_active_authentication(chip_keys.active_authentication_spki, None, once).ok is True
    replaying = terminal(attacks.ReplayedActiveAuthentication(once.response)).open(way)
    assert active(replaying, chip_keys.active_authentication_spki) is False


def test_the_genuine_image_stays(chip_image) -> None:
    before = dict(chip_image.files)
    for forge in (attacks.cloned, attacks.cloned_with_own_keys, attacks.with_pace_hidden):
        forge(chip_image)
    assert chip_image.files == before
    assert chip_image.active_authentication_key is not None


def test_a_card_without_keys_has_none_to_exchange(chip_image) -> None:
    bare = attacks.cloned(chip_image)
    assert attacks.cloned_with_own_keys(bare) == bare
