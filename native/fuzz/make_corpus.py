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

EXPLICIT, CURVE, GROUP, PEER = range(4)

# RFC 5114 §2.1
P = int(
    "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B616073E28675A23D189838EF1E2EE652C013ECB4AEA906112324975C3CD49B83BF"
    "ACCBDD7D90C4BD7098488E9C219A73724EFFD6FAE5644738FAA31A4FF55BCCC0A151AF5F0DC8B4BD45BF37DF365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371",
    16,
)
G = int(
    "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31266FEA1E5C41564B777E690F5504F213160217B4B01B886A5E91547F9E2749F4"
    "D7FBD7D3B9A92EE1909D0D2263F80A76A6A24C087A091F531DBF0A0169B6A28AD662A4D18E73AFA32D779D5918D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5",
    16,
)
Q = 0xF518AA8781A8DF278ABA4E7D64B7CB9D49462353


def _numbers(*numbers: int) -> bytes:
    sizes = [(number.bit_length() + 7) // 8 for number in numbers]
    return b"".join(size.to_bytes(2, "big") + number.to_bytes(size, "big") for number, size in zip(numbers, sizes, strict=True))


GROUPS = {
    "explicit-standardised": (EXPLICIT, _numbers(P, G, Q)),
    "explicit-own-generator": (EXPLICIT, _numbers(P, G * G % P, Q)),
    "explicit-order-unknown": (EXPLICIT, _numbers(P, 2)),
    "explicit-composite": (EXPLICIT, _numbers(P + 2, G, Q)),
    "explicit-wrong-order": (EXPLICIT, _numbers(P, 2, Q)),
    "curve-secp192r1": (CURVE, b"\x02" * 48),
    "curve-secp224r1": (CURVE | 1 << 2, b"\x02" * 48),
    "curve-secp521r1": (CURVE | 4 << 2, b"\x03" * 96),
    "curve-brainpoolP320r1-one": (CURVE | 9 << 2, b"\x01"),
    "curve-too-long": (CURVE | 2 << 2, b"\x04" * 97),
    "group-0": (GROUP, b"\x05" * 144),
    "group-0-p-plus-1": (GROUP, (P + 1).to_bytes(144, "big")),
    "peer-0": (PEER, G.to_bytes(128, "big")),
    "peer-0-minus-1": (PEER, (P - 1).to_bytes(128, "big")),
}


def main() -> None:
    """Write one file for each entry."""
    for name, digits in TLV.items():
        (CORPUS / "tlv" / name).write_bytes(bytes.fromhex(digits))
    for name, (job, digits) in SM.items():
        (CORPUS / "sm" / name).write_bytes(bytes((job,)) + bytes.fromhex(digits))
    for name, (job, octets) in GROUPS.items():
        (CORPUS / "groups" / name).write_bytes(bytes((job,)) + octets)


if __name__ == "__main__":
    main()
