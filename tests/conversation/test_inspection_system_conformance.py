# SPDX-License-Identifier: Apache-2.0
"""What a chip must lead the inspection system to say, under both policies (BSI TR-03105-5.1, units ISO7816_A to G, LDS_F, G, J).

*Successful* is an accepted verdict. *Failed* is any other verdict, or the error that ends an inspection with nothing to judge.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from issuer import AT, signer
from reader_desk import (
    CA_1,
    CAM,
    GM,
    IM,
    POLICIES,
    Answers,
    PaceAnswers,
    can_keys,
    credentials,
    cvca,
    issue,
    judge,
    objects,
    pace_step,
    read,
    retagged,
    status,
    values,
    with_card_access,
    with_card_security,
    with_dg14,
    with_value,
)

import chipid
from chipid.crypto import asn1
from chipid.crypto.domain import EC_PARAMETER_IDS, EcDomain
from chipid.emulator import attacks, faults
from chipid.emulator.exchange import Exchange
from chipid.emulator.faults import Fault
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Result
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.issuing.cv_keys import CvKeyOptions
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.lds.dg14 import Dg14
from chipid.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    UnknownSecurityInfo,
)
from chipid.verification.verdict import CheckName, Outcome

MRZ_KEYS = ("X01234567", "740812", "320415")
GM_OID, CAM_OID = "0.4.0.127.0.7.2.2.4.2.2", "0.4.0.127.0.7.2.2.4.6.2"


def mrz_keys() -> chipid.AccessKeys:
    return chipid.AccessKeys.from_fields(*MRZ_KEYS)


def verdicts(*arguments: object, **options: object) -> list[bool]:
    """Whether each policy accepts."""
    try:
        evidence = read(*arguments, **options)  # type: ignore[arg-type]
    except chipid.ChipIdError:
        return [False, False]
    return [judge(evidence, policy).accepted for policy in POLICIES]


def assert_successful(*arguments: object, **options: object) -> chipid.Evidence:
    evidence = read(*arguments, **options)  # type: ignore[arg-type]
    for policy in POLICIES:
        verdict = judge(evidence, policy)
        assert verdict.accepted, (policy.name, verdict.reasons)
    return evidence


def assert_failed(*arguments: object, **options: object) -> None:
    """With the CAN, and with the MRZ, which the chip takes for BAC as well."""
    for keys in (can_keys(), mrz_keys()):
        assert verdicts(*arguments, keys=keys, **options) == [False, False]


# ISO7816_A, B, C: access and secure messaging ------------------------------------------------------------------------


def test_a_03_select_answers_with_an_error() -> None:
    for sw in (0x6A82, 0x6985, 0x6D00, 0x6F00):
        refused = Answers(INS.SELECT, lambda command, sw=sw: ResponseAPDU(b"", sw) if command.data == LDS1_AID else None)
        assert_failed(issue(), refused)


class BacAnswers(Fault):
    """Another answer to BAC's EXTERNAL AUTHENTICATE."""

    def __init__(self, change) -> None:
        object.__setattr__(self, "change", change)

    def after(self, exchange: Exchange) -> ResponseAPDU:
        mutual = exchange.command.ins == INS.EXTERNAL_AUTHENTICATE and not exchange.protected
        return self.change(exchange.response) if mutual else exchange.response


@pytest.mark.parametrize(
    "change",
    [
        lambda response: ResponseAPDU(response.data[:-1] + bytes((response.data[-1] ^ 1,)), 0x9000),
        lambda response: ResponseAPDU(bytes((response.data[0] ^ 1,)) + response.data[1:], 0x9000),
        lambda response: ResponseAPDU(response.data[:-8] + bytes(8), 0x9000),
        lambda response: ResponseAPDU(response.data[8:], 0x9000),
        status(0x6300),
        status(0x6A80),
        status(0x9000),
    ],
    ids=["B_01", "B_02", "B_01 zeros", "short", "B_03 6300", "B_03 6A80", "nothing"],
)
def test_b_mutual_authentication(change) -> None:
    bac_only = issue(pace=None, can=None, terminal_authentication=None)
    assert_successful(bac_only, keys=mrz_keys())
    assert verdicts(bac_only, BacAnswers(change), keys=mrz_keys()) == [False, False]


class Stripped(Fault):
    """Protected answers without one of their data objects, or with a damaged one."""

    def __init__(self, change) -> None:
        object.__setattr__(self, "change", change)

    def sent(self, exchange: Exchange) -> bytes:
        if not exchange.protected or exchange.command.ins != 0xB0:
            return exchange.answer
        kept = [self.change(tlv) for tlv in TlvCursor(exchange.answer[:-2])]
        return b"".join(part for part in kept if part is not None) + exchange.answer[-2:]


@pytest.mark.parametrize(
    "change",
    [
        lambda tlv: None if tlv.tag == 0x8E else tlv.raw,
        lambda tlv: None if tlv.tag == 0x87 else tlv.raw,
        lambda tlv: None if tlv.tag == 0x99 else tlv.raw,
        lambda tlv: tlv.raw[:-1] + bytes((tlv.raw[-1] ^ 1,)) if tlv.tag == 0x87 else tlv.raw,
        lambda tlv: tlv.raw[:-1] + bytes((tlv.raw[-1] ^ 1,)) if tlv.tag == 0x8E else tlv.raw,
    ],
    ids=["B_05", "B_06", "B_07", "B_09", "wrong 8E"],
)
def test_b_secure_messaging(change) -> None:
    assert_failed(issue(), Stripped(change))


@pytest.mark.parametrize("file", [FileId.SOD, FileId.DG1, FileId.DG14])
def test_c_01_selecting_a_file_fails(file) -> None:
    assert_failed(issue(), faults.FileRefused(file=file, sw=0x6A82))


def test_c_04_c_05_c_07_the_end_of_a_file() -> None:
    assert_successful(issue(), faults.ReadPastEndRefused())
    assert_successful(issue(), faults.EndOfFileWarning())


# ISO7816_D: Chip Authentication --------------------------------------------------------------------------------------


def key(key_id: int | None, number: int, cipher: str = "AES-128") -> dict[str, object]:
    return {"key_id": key_id, "cipher": cipher, "parameter_id": number}


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ([key(None, 1)], None),
        ([key(None, 1, "3DES")], None),
        ([key(None, 13)], None),
        ([key(None, 13, "3DES")], None),
        ([key(1, 13)], 1),
        ([key(1, 13), key(2, 16, "AES-256")], 2),
        ([key(5, 1), key(200, 13)], 200),
        ([key(1, 2), key(2, 12), key(3, 17, "AES-256")], 3),
        ([key(0, 17, "AES-256"), key(128, 13), key(255, 12)], 0),
    ],
    ids=["D_01", "D_01 3DES", "D_02", "D_02 3DES", "D_03", "D_04", "D_04 both groups", "D_05", "D_05 ids"],
)
def test_d_one_two_and_three_keys(keys, chosen) -> None:
    evidence = assert_successful(issue(chip_authentication=keys))
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.key_id == chosen


def changed_key(make):
    def change(infos):
        return [make(info) if isinstance(info, ChipAuthenticationPublicKeyInfo) else info for info in infos]

    return change


def corrupted(info: ChipAuthenticationPublicKeyInfo) -> ChipAuthenticationPublicKeyInfo:
    return replace(info, spki=info.spki[:-1] + bytes((info.spki[-1] ^ 1,)))


def respelt(oid: str):
    """Another algorithm in the key's AlgorithmIdentifier."""

    def change(info: ChipAuthenticationPublicKeyInfo) -> ChipAuthenticationPublicKeyInfo:
        fields = asn1.parse(info.spki, asn1.SEQUENCE).children()
        algorithm = fields.read().children()
        algorithm.read()
        return replace(info, spki=asn1.sequence(asn1.sequence(asn1.oid(oid), algorithm.read().raw), fields.read().raw))

    return change


@pytest.mark.parametrize("number", [1, 13])
def test_d_08_a_corrupted_key(number) -> None:
    assert_failed(with_dg14(issue(chip_authentication=key(None, number)), changed_key(corrupted)))


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, respelt("1.2.840.10045.2.1")),
        (1, respelt("1.2.840.113549.1.1.1")),
        (1, lambda info: replace(info, oid="0.4.0.127.0.7.2.2.1.2")),
        (13, respelt("1.2.840.10046.2.1")),
        (13, respelt("1.2.840.113549.1.1.1")),
        (13, lambda info: replace(info, oid="0.4.0.127.0.7.2.2.1.1")),
        (13, lambda info: replace(info, spki=b"\x30\x00")),
    ],
    ids=["D_11 EC", "D_11 RSA", "D_11 called EC", "D_12 DH", "D_12 RSA", "D_12 called DH", "D_12 empty"],
)
def test_d_11_d_12_a_wrong_key_specification(number, change) -> None:
    assert_failed(with_dg14(issue(chip_authentication=key(None, number)), changed_key(change)))


class KeepsItsKeys(Fault):
    """Chip Authentication is answered, and changes no keys."""

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        agreed = exchange.protected and exchange.command.ins == INS.GENERAL_AUTHENTICATE
        return ResponseAPDU(b"\x7c\x00", 0x9000) if agreed else None


def test_d_09_the_old_keys_after_chip_authentication() -> None:
    assert_failed(issue(), KeepsItsKeys())


def test_d_13_key_ids_that_differ() -> None:
    chip = issue(chip_authentication=[key(1, 13), key(2, 12)])

    def change(infos):
        keys = ChipAuthenticationPublicKeyInfo
        return [replace(info, key_id=(info.key_id or 0) + 7) if isinstance(info, keys) else info for info in infos]

    assert_failed(with_dg14(chip, change))
    assert_failed(with_dg14(issue(), change))


def test_d_14_extended_length() -> None:
    plan = replace(chipid.ReadingPlan.everything(), extended_length=True)
    evidence = assert_successful(issue(chip_authentication=key(None, 2)), plan=plan)
    assert evidence.chip_authentication is not None


@pytest.mark.parametrize("sw", [0x6A88, 0x6A80, 0x6A86, 0x6300, 0x6982, 0x6985])
def test_d_15_status_words_for_an_unknown_key(sw) -> None:
    def refuse(command):
        return ResponseAPDU(b"", sw) if command.p1 == 0x41 else None

    assert_failed(issue(), Answers(INS.MANAGE_SECURITY_ENVIRONMENT, refuse))


# ISO7816_E: Terminal Authentication ----------------------------------------------------------------------------------


def eac(authority: TestCvca, **changes: object):
    return replace(issue(**changes), trust_points=(authority.raw,))


def pki(key: CvKeyOptions, *data_groups: int):
    profile = CvProfile(AT.date() - timedelta(days=20), data_groups=data_groups or (3, 4))
    authority = TestCvca.create("DETESTCVCA00004", profile=profile, key=key)
    verifier = authority.issue_verifier(profile=profile)
    return authority, verifier.issue_terminal(profile=profile).credentials(verifier)


@pytest.mark.parametrize(
    ("kind", "mechanism"),
    [
        ("rsa-1024", "id-TA-RSA-v1-5-SHA-256"),
        ("rsa-1024", "id-TA-RSA-PSS-SHA-1"),
        ("rsa-1024", "id-TA-RSA-PSS-SHA-256"),
        ("secp256r1", "id-TA-ECDSA-SHA-1"),
        ("brainpoolP256r1", "id-TA-ECDSA-SHA-224"),
        ("rsa-1024", "id-TA-RSA-v1-5-SHA-512"),
        ("rsa-2048", "id-TA-RSA-PSS-SHA-512"),
    ],
    ids=["E_02", "E_03", "E_04", "E_05", "E_06", "E_35", "E_36"],
)
def test_e_mechanisms(kind, mechanism) -> None:
    authority, terminal = pki(CvKeyOptions(kind, mechanism))
    evidence = assert_successful(eac(authority), terminal=terminal)
    assert FileId.DG3 in evidence.files


@pytest.mark.parametrize(("number", "kind"), [(2, "rsa-1024"), (11, "brainpoolP256r1")], ids=["E_27", "E_28"])
def test_e_27_e_28_keys_of_other_sizes(number, kind) -> None:
    mechanism = "id-TA-RSA-v1-5-SHA-256" if kind.startswith("rsa") else "id-TA-ECDSA-SHA-256"
    authority, terminal = pki(CvKeyOptions(kind, mechanism))
    evidence = assert_successful(eac(authority, chip_authentication=key(None, number, "3DES")), terminal=terminal)
    assert FileId.DG3 in evidence.files


def terminal_fails(*arguments: object, **options: object) -> str:
    """The strict policy fails; the document itself is as good as it was. Why, in a word."""
    evidence = read(*arguments, **options)  # type: ignore[arg-type]
    counter, strict = POLICIES
    assert judge(evidence, counter).accepted
    assert not judge(evidence, strict).accepted
    assert FileId.DG3 not in evidence.files
    record = evidence.terminal_authentication
    assert record is not None
    assert record.result is not Result.DONE
    return record.reason or ""


def bac_eac(**changes: object):
    return issue(pace=None, can=None, **changes)


class AnotherEfCvca(Fault):
    """By its short identifier, inside the application: outside, that is EF.CardAccess's."""

    def __init__(self, raw: bytes) -> None:
        object.__setattr__(self, "raw", raw.ljust(36, b"\0"))

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        here = exchange.protected and exchange.command.ins == 0xB0 and exchange.command.p1 == 0x80 | FileId.CVCA.sfi
        return ResponseAPDU(self.raw, 0x9000) if here else None


@pytest.mark.parametrize(
    "raw",
    [b"\x42\x0fDETESTCVCA00002", b"\x42\x00", b"", b"\x42\x09DECV00001\x42\x09DECV00002\x42\x09DECV00003"],
    ids=["E_08", "E_09", "LDS_G_02", "E_10"],
)
def test_e_authorities_in_ef_cvca(raw) -> None:
    reason = terminal_fails(bac_eac(), AnotherEfCvca(raw), keys=mrz_keys(), terminal=credentials())
    assert reason == ("ta-no-chain" if raw.endswith(b"CVCA00002") else "ta-no-authority")


def test_e_13_a_challenge_of_nine_octets() -> None:
    nine = Answers(INS.GET_CHALLENGE, lambda _command: ResponseAPDU(bytes(9), 0x9000))
    assert terminal_fails(issue(), nine, terminal=credentials()) == "ta-challenge-malformed"


@pytest.mark.parametrize("rights", [(4,), (3,), ()], ids=["E_14", "E_15", "E_16"])
def test_e_without_a_right_the_verdict_stands(rights) -> None:
    profile = CvProfile(AT.date() - timedelta(days=20), data_groups=rights)
    verifier = cvca().issue_verifier(profile=profile)
    terminal = verifier.issue_terminal(profile=profile).credentials(verifier)
    evidence = assert_successful(issue(iris=True), terminal=terminal)
    for number in (3, 4):
        assert (FileId.from_data_group(number) in evidence.files) is (number in rights)


@pytest.mark.parametrize("who", ["verifier", "terminal"])
def test_e_17_e_18_a_wrong_signature(who) -> None:
    profile = CvProfile(AT.date() - timedelta(days=20))
    verifier = cvca().issue_verifier(profile=profile)
    terminal = verifier.issue_terminal(profile=profile)
    broken = {"verifier": verifier, "terminal": terminal}[who]
    damaged = replace(broken, raw=broken.raw[:-1] + bytes((broken.raw[-1] ^ 1,)))
    pair = (damaged, terminal) if who == "verifier" else (verifier, damaged)
    reason = terminal_fails(issue(), terminal=pair[1].credentials(pair[0]))
    # The terminal knows its verifier's key, and presents no certificate that it has not signed.
    assert reason == {"verifier": "ta-certificate-refused", "terminal": "ta-no-chain"}[who]


def test_e_19_a_chain_that_has_expired_for_the_chip() -> None:
    profile = CvProfile(AT.date() - timedelta(days=20), expiration=AT.date() - timedelta(days=1))
    verifier = cvca().issue_verifier(profile=profile)
    terminal = verifier.issue_terminal(profile=profile).credentials(verifier)
    assert terminal_fails(issue(), terminal=terminal) == "ta-certificate-refused"


def test_e_24_a_terminal_without_certificates_reads_no_fingerprints() -> None:
    evidence = read(issue())
    assert evidence.failures[FileId.DG3].reason == "not-authorised"
    assert judge(evidence).check(CheckName.TERMINAL_AUTHENTICATION).outcome is Outcome.NOT_PERFORMED


def test_e_29_e_30_one_of_both_groups() -> None:
    assert FileId.DG3 in assert_successful(issue(), terminal=credentials(3)).files
    assert FileId.DG4 in assert_successful(issue(fingerprints=False, iris=True), terminal=credentials(4)).files


@pytest.mark.parametrize("links", [1, 2, 0], ids=["E_32", "E_33", "E_34"])
def test_e_links(links) -> None:
    profile = CvProfile(AT.date() - timedelta(days=20))
    authorities = [cvca()]
    for number in range(2, 4):
        authorities.append(authorities[-1].issue_link(f"DETESTCVCA0000{number}", profile=profile))
    verifier = authorities[links].issue_verifier(profile=profile)
    terminal = verifier.issue_terminal(profile=profile).credentials(verifier, *authorities[1:])
    evidence = assert_successful(issue(), terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert len(evidence.terminal_authentication.certificates) == 2 + links
    assert FileId.DG3 in evidence.files


# ISO7816_G: PACE -----------------------------------------------------------------------------------------------------


SEVERAL = [GM, {**GM, "cipher": "AES-256", "parameter_id": 16}, IM]


@pytest.mark.parametrize(
    "offers",
    [[GM], [IM], [CAM], [{**GM, "cipher": "3DES"}], SEVERAL, [{**GM, "parameter_id": 1}]],
    ids=["G_01", "G_03", "G_34", "G_04", "G_06", "G_02 DH"],
)
def test_g_chips_that_are_as_they_should_be(offers) -> None:
    assert_successful(issue(pace=offers))


@pytest.mark.parametrize("number", list(EC_PARAMETER_IDS))
def test_g_41_mapping_with_every_curve(number) -> None:
    chip = issue(pace=[{**CAM, "parameter_id": number}], chip_authentication=None, terminal_authentication=None)
    evidence = assert_successful(chip)
    assert judge(evidence).check(CheckName.CHIP_AUTHENTICATION_MAPPING).outcome is Outcome.SUCCESSFUL


UNKNOWN = UnknownSecurityInfo("1.2.3.4", asn1.sequence(asn1.oid("1.2.3.4"), asn1.integer(5)))
DH_CAM = PaceInfo("0.4.0.127.0.7.2.2.4.5.2", 2, 1)


@pytest.mark.parametrize(
    "more", [UNKNOWN, DH_CAM, PaceInfo(GM_OID, 1, 13), PaceInfo(GM_OID, 2, 5)], ids=["G_05", "G_36", "version", "reserved"]
)
def test_g_05_g_36_more_that_nobody_speaks(more) -> None:
    chip = with_dg14(with_card_access(issue(), lambda infos: [*infos, more]), lambda infos: [*infos, more])
    evidence = assert_successful(chip)
    assert evidence.accesses[0].oid == GM_OID


def test_g_07_two_ways_and_parameters_of_its_own() -> None:
    evidence = assert_successful(issue(pace=[{**GM, "cipher": "3DES"}, {**GM, "explicit": True}]))
    assert evidence.accesses[0].parameter_id == 32


def flipped(tag: int):
    return with_value(tag, lambda value: value[:-1] + bytes((value[-1] ^ 1,)))


@pytest.mark.parametrize(
    "offer", [GM, IM, CAM, {**GM, "parameter_id": 1}, {**IM, "parameter_id": 1}], ids=["GM", "IM", "CAM", "DH-GM", "DH-IM"]
)
def test_g_09_to_g_26_chips_that_are_not(offer) -> None:
    chip = issue(pace=[offer])
    cases = {
        "G_09": (1, flipped(0x80)),
        "G_10": (1, status(0x6A80)),
        "G_11": (1, retagged(0x80, 0x90)),
        "G_12": (2, status(0x6A80)),
        "G_13": (2, retagged(0x82, 0x92)),
        "G_18": (3, status(0x6A80)),
        "G_19": (3, retagged(0x84, 0x94)),
        "G_20": (3, objects((0x84, b"\x04" + bytes(20)))),
        "G_21": (3, flipped(0x84)),
        "G_24": (4, status(0x6300)),
        "G_25": (4, retagged(0x86, 0x96)),
        "G_26": (4, flipped(0x86)),
        "no data": (1, lambda _response: ResponseAPDU(b"", 0x9000)),
        "cut off": (3, lambda response: ResponseAPDU(response.data[:-1], 0x9000)),
    }
    for name, (step, change) in cases.items():
        for keys in (can_keys(), mrz_keys()):
            assert verdicts(chip, PaceAnswers(step, change), keys=keys) == [False, False], name


def test_g_14_bad_mapping_data() -> None:
    bad = [b"", bytes(65), EcDomain.named("secp256r1").generator, b"\x02" + bytes(32), b"\x04" + bytes(64), b"\x00"]
    for value in bad:
        assert_failed(issue(), PaceAnswers(2, objects((0x82, value))))
    assert_failed(issue(pace=[IM]), PaceAnswers(2, objects((0x82, b"\x01"))))


class Echo(Fault):
    """The chip sends the terminal's own key of one step back."""

    def __init__(self, step: int) -> None:
        object.__setattr__(self, "step", step)

    def after(self, exchange: Exchange) -> ResponseAPDU:
        if pace_step(exchange.command) != self.step:
            return exchange.response
        tag, (own,) = 0x80 + 2 * (self.step - 1), values(ResponseAPDU(exchange.command.data, 0x9000)).values()
        return objects((tag, own))(exchange.response)


@pytest.mark.parametrize("step", [2, 3])
def test_g_23_the_terminals_own_key(step) -> None:
    assert_failed(issue(), Echo(step))
    assert_failed(issue(pace=[{**GM, "parameter_id": 1}]), Echo(step))


@pytest.mark.parametrize("octets", [b"\x31\x03\x30\x05\x06", b"\x30\x05", b"", b"\x31\x84\x7f\xff\xff\xff"])
def test_g_27_an_ef_card_access_that_is_none(octets) -> None:
    assert_failed(attacks.with_file(issue(), FileId.CARD_ACCESS, octets))


@pytest.mark.parametrize(
    "change",
    [
        with_value(0x8A, lambda _proof: None),
        with_value(0x8A, lambda proof: proof[:-1]),
        with_value(0x8A, lambda proof: build_tlv(0x04, proof)),
        retagged(0x8A, 0x8B),
        with_value(0x8A, lambda _proof: b""),
        with_value(0x8A, lambda proof: bytes(len(proof))),
        with_value(0x8A, lambda proof: bytes((proof[0] ^ 1,)) + proof[1:]),
    ],
    ids=["G_29", "G_30", "G_30 wrapped", "G_32", "G_33", "zeros", "another number"],
)
def test_g_29_to_g_33_the_mappings_proof(change) -> None:
    assert_failed(issue(pace=[CAM]), PaceAnswers(4, change))


def test_g_31_another_static_key() -> None:
    assert_failed(attacks.with_foreign_chip_authentication_key(issue(pace=[CAM])))


@pytest.mark.parametrize("offer", [GM, IM])
def test_g_35_a_proof_where_none_was_asked_for(offer) -> None:
    assert_failed(issue(pace=[offer]), PaceAnswers(4, with_value(0x8A, lambda _nothing: bytes(48))))


# LDS_F: DG14 -----------------------------------------------------------------------------------------------------------


def with_raw_dg14(image, raw: bytes):
    changed = attacks.with_file(image, FileId.DG14, raw)
    return attacks.with_sod_signed_anew(changed, signer().sign_sod)


def test_lds_f_tags_and_lengths() -> None:
    raw = issue().files[FileId.DG14]
    size = raw.index(b"\x31")
    for changed in (
        b"\x6f" + raw[1:],
        raw[: size - 1] + bytes((raw[size - 1] - 1,)) + raw[size:],
        raw[: size - 1] + bytes((raw[size - 1] + 1,)) + raw[size:],
        raw[:-1],
    ):
        assert_failed(with_raw_dg14(issue(), changed))


CA_OID = "0.4.0.127.0.7.2.2.3.2.2"


@pytest.mark.parametrize(
    "other",
    [
        UnknownSecurityInfo("1.2", asn1.sequence(asn1.integer(1))),
        ChipAuthenticationInfo(CA_OID, 10, 1),
        UnknownSecurityInfo(CA_OID, asn1.sequence(asn1.oid(CA_OID))),
    ],
    ids=["F_05", "F_06", "F_07"],
)
def test_lds_f_chip_authentication_info(other) -> None:
    def change(infos):
        return [other if isinstance(info, ChipAuthenticationInfo) else info for info in infos]

    image = issue(terminal_authentication=None)
    infos = change(Dg14.parse(image.files[FileId.DG14]).infos.infos)
    chip = with_raw_dg14(image, build_tlv(0x6E, asn1.set_of(*(info.build() for info in infos))))
    if isinstance(other, UnknownSecurityInfo) and other.oid == CA_OID:
        # As good as none: chips of EAC 1.11 have none, and run 3DES. That this one does is told.
        evidence = read(chip)
        assert "ca-protocol-undeclared" in judge(evidence).deviations
        assert not judge(evidence, chipid.Policy.strict()).accepted
    else:
        assert_failed(chip)


# LDS_J: EF.CardSecurity ------------------------------------------------------------------------------------------------


def test_lds_j_01_more_than_is_asked_for() -> None:
    assert_successful(with_card_security(issue(pace=[CAM]), lambda infos: [*infos, UNKNOWN]))


def test_lds_j_03_other_parameters_than_in_ef_card_access() -> None:
    def change(infos):
        return [
            replace(info, parameters=asn1.sequence(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.3.36.3.3.2.8.1.1.5")))
            if isinstance(info, PaceDomainParameterInfo)
            else info
            for info in infos
        ]

    chip = issue(pace=[{**CAM, "explicit": True}])
    assert_successful(chip)
    assert_failed(with_card_security(chip, change))


def test_lds_j_04_a_key_without_its_protocol() -> None:
    def change(infos):
        return [
            UnknownSecurityInfo("1.2", asn1.sequence(info.spki)) if isinstance(info, ChipAuthenticationPublicKeyInfo) else info
            for info in infos
        ]

    assert_failed(with_card_security(issue(pace=[CAM]), change))


def test_the_plans_chip_is_successful_to_begin_with() -> None:
    """What the cases above change is the only thing that is wrong with their chips."""
    for keys in (can_keys(), mrz_keys()):
        for offers in ([GM], [CAM], [IM], [CAM, GM]):
            assert_successful(issue(pace=offers), keys=keys)
    assert_successful(bac_eac(), keys=mrz_keys(), terminal=credentials())
    assert EmulatedCard(issue(chip_authentication=CA_1)).image.bac
