# SPDX-License-Identifier: Apache-2.0
"""Writes the hand-made part of the corpus: ``python native/fuzz/make_corpus.py``. Files named by a hash were found by libFuzzer."""

from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"

TLV = {
    "definite": "7F4E0C5F0E0341424304815F1F0100",
    "indefinite": "3080" "310330000A" "3080" "0500" "0000" "0000",
    "nested": "3080" * 33 + "0000" * 33,
    "long-lengths": "0484000000" "02AABB" "048100" "0482FFFF",
    "bad-tag": "5F80015F8181818100",
    "truncated": "60145F0104303130365F36063034303030305C02",
}

RESPONSE, COMMAND, SEALED, BOTH_ENDS = 0, 4, 8, 12
DES, AES_128, AES_192, AES_256 = range(4)

# ICAO 9303-11 Appendix D.4; the keys of the target differ, so these end at the MAC.
SM = {
    "response-3des": (RESPONSE | DES, "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"),
    "response-status-alone": (RESPONSE | AES_128, "6700"),
    "response-no-mac": (RESPONSE | AES_128, "990290009000"),
    "command-3des": (COMMAND | DES, "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800"),
    "command-extended": (
        COMMAND | AES_128,
        "0C102030000021" "871101CC30C03DBE01213486B74CE1F48F5C49" "97020000" "8E08E694D258BC80A23F" "0000",
    ),
    "command-odd": (COMMAND | AES_256, "0CB1000020" "8510CC30C03DBE01213486B74CE1F48F5C499701008E08E694D258BC80A23F00"),
    "sealed-status": (SEALED | AES_192, "99029000"),
    "sealed-status-differs": (SEALED | DES, "99026A82"),
    "sealed-cryptogram": (SEALED | DES, "8709019FF0EC34F992265199029000"),
    "sealed-cryptogram-tlv": (SEALED | AES_128, "8510CC30C03DBE01213486B74CE1F48F5C4999029000"),
    "sealed-two": (SEALED | DES, "9902900099029000"),
    "both-case-1": (BOTH_ENDS | AES_128, "10102030"),
    "both-case-2": (BOTH_ENDS | DES, "00B0000004"),
    "both-case-3": (BOTH_ENDS | AES_256, "00A4020C02011E"),
    "both-case-4": (BOTH_ENDS | AES_192, "00B10000045402000000"),
    "both-case-4-extended": (BOTH_ENDS | AES_128, "00102030000004D0D1D2D30000"),
    "both-becomes-extended": (BOTH_ENDS | AES_128, "00D60000F8" + "80" * 0xF8 + "00"),
}


def main() -> None:
    """Write one file for each entry."""
    for name, digits in TLV.items():
        (CORPUS / "tlv" / name).write_bytes(bytes.fromhex(digits))
    for name, (job, digits) in SM.items():
        (CORPUS / "sm" / name).write_bytes(bytes((job,)) + bytes.fromhex(digits))


if __name__ == "__main__":
    main()
