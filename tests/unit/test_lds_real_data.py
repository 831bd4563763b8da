# SPDX-License-Identifier: Apache-2.0
"""The LDS over files of real chips and of other people's test documents."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asn1crypto import cms

from chipid.errors import LdsError, MalformedData, UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.lds.card_access import CardAccess
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.displayed_images import Dg7
from chipid.lds.files import FILES, parse_file
from chipid.lds.image import ImageFormat, ImageHeader, read_image_header
from chipid.lds.security_infos import ID_PACE, PaceInfo, SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject

pytestmark = pytest.mark.real_data

# What a listing of the files shows: PACE, PACE domain parameters, CA, CA domain parameters, CA keys, AA, TA, unknown.
SECURITY_INFOS = {
    "card_access_AusweisApp2_92674ee1.bin": (1, 0, 1, 1, 0, 0, 1, 2),
    "card_access_de.persosim.simulator_5260bcd5.bin": (1, 0, 2, 2, 2, 0, 1, 5),
    "card_access_de.persosim.simulator_60a29c9d.bin": (1, 0, 1, 1, 1, 0, 1, 6),
    "card_access_de.persosim.simulator_6d7b78ec.bin": (1, 0, 1, 1, 1, 0, 1, 4),
    "card_access_de.persosim.simulator_7de2f637.bin": (1, 0, 1, 1, 1, 0, 1, 6),
    "card_access_de.persosim.simulator_7e2151a2.bin": (1, 0, 1, 1, 1, 0, 1, 6),
    "card_access_de.persosim.simulator_af9aa70f.bin": (1, 0, 1, 1, 1, 0, 1, 5),
    "card_access_de.persosim.simulator_f37903ad.bin": (1, 0, 1, 1, 1, 0, 1, 6),
    "card_access_gmrtd_06ab0a0c.bin": (2, 0, 1, 1, 2, 0, 1, 0),
    "card_access_gmrtd_6943fe54.bin": (0, 0, 0, 0, 1, 0, 0, 0),
    "card_access_gmrtd_fff732f9.bin": (2, 0, 1, 0, 1, 0, 1, 0),
    "ef_cardaccess_ca3.bin": (2, 0, 2, 2, 0, 0, 1, 3),
    "ef_cardaccess_dan.bin": (1, 0, 2, 2, 0, 0, 1, 1),
    "ef_cardaccess_old_testcard.bin": (1, 1, 1, 1, 0, 0, 1, 1),
    "tc_ecdh_ef_cardaccess.bin": (1, 0, 1, 1, 0, 0, 1, 2),
    "dg14_gmrtd_0bdf42c0.bin": (2, 0, 1, 0, 1, 0, 1, 0),
    "dg14_gmrtd_56139d69.bin": (0, 0, 1, 0, 1, 0, 1, 0),
    "dg14_gmrtd_aff8c921.bin": (1, 0, 1, 0, 1, 0, 1, 0),
    "dg14_pymrtd_91269369.bin": (0, 0, 1, 0, 1, 0, 1, 0),
    "spec_sample_encoded_dg14.bin": (0, 0, 1, 0, 1, 0, 1, 0),
}
PARSERS = (*((file.tag or 0x61, kind.parse) for file, kind in FILES.items()), (0x30, LDSSecurityObject.parse))
SIZE_LIMIT = 20_000


@pytest.fixture(scope="session")
def mustermann(real_data: Path) -> Path:
    return real_data / "05_lds/bsi2008_mustermann"


def infos_in(path: Path) -> SecurityInfos:
    raw = path.read_bytes()
    if path.parent.name == "card_access":
        access = CardAccess.parse(raw)
        assert access.build() == raw
        return access.infos
    dg14 = Dg14.parse(raw)
    assert dg14.build() == raw
    return dg14.infos


def test_security_infos(real_data: Path) -> None:
    paths = [*(real_data / "05_lds/card_access").glob("*.bin"), *(real_data / "05_lds/dg14").glob("*.bin")]
    found = {}
    for path in paths:
        infos = infos_in(path)
        kinds = (
            infos.pace,
            infos.pace_domain_parameters,
            infos.chip_authentication,
            infos.chip_authentication_domain_parameters,
            infos.chip_authentication_public_keys,
            infos.active_authentication,
            infos.terminal_authentication,
            infos.unknown,
        )
        found[path.name] = tuple(map(len, kinds))
        assert not [odd for odd in infos.unknown if odd.malformed], path.name
        assert SecurityInfos.of(infos.infos) == infos, path.name  # all of these are DER
    assert found == SECURITY_INFOS


def test_particular_security_infos(real_data: Path) -> None:
    folder = real_data / "05_lds"
    german = infos_in(folder / "dg14/dg14_gmrtd_0bdf42c0.bin")
    assert german.pace == (PaceInfo(f"{ID_PACE}.2.2", 2, 13), PaceInfo(f"{ID_PACE}.6.2", 2, 13))
    assert german.chip_authentication[0].key_id == 0xC3
    assert infos_in(folder / "card_access/ef_cardaccess_old_testcard.bin").pace == (PaceInfo(f"{ID_PACE}.2.2", 1),)


def test_dg15(real_data: Path) -> None:
    paths = sorted((real_data / "05_lds/dg15").glob("*.bin"))
    assert len(paths) == 5
    for path in paths:
        dg15 = Dg15.parse(path.read_bytes())
        assert dg15.build() == path.read_bytes()
        assert dg15.spki[0] == 0x30


def test_the_files_of_a_whole_document(mustermann: Path) -> None:
    raw = {path.stem: path.read_bytes() for path in mustermann.glob("*.bin")}
    com = EfCom.parse(raw["EF_COM"])
    assert (com.lds_version, com.unicode_version, com.data_groups) == ("0107", "040000", (1, 2, 3, 14))
    dg1 = Dg1.parse(raw["Datagroup1"])
    assert (dg1.mrz.format.name, dg1.mrz.issuing_state, dg1.mrz.check_digit_errors) == ("TD3", "D", ())
    dg14, dg15 = Dg14.parse(raw["Datagroup14"]), Dg15.parse(raw["Datagroup15"])
    assert len(dg14.infos.infos) == 3
    for name, parsed in {"EF_COM": com, "Datagroup1": dg1, "Datagroup14": dg14, "Datagroup15": dg15}.items():
        assert parsed.build() == raw[name]


def test_portrait_of_a_whole_document(mustermann: Path) -> None:
    raw = (mustermann / "Datagroup2.bin").read_bytes()
    dg2 = Dg2.parse(raw)
    assert dg2.portrait is not None
    assert dg2.portrait.format is ImageFormat.JPEG2000
    assert read_image_header(dg2.portrait.image) == ImageHeader(ImageFormat.JPEG2000, 413, 531, boxed=True)
    assert dg2.deviations == ("image-size",)  # the record says 337 × 449
    assert dg2.build() == raw


def test_sods(real_data: Path) -> None:
    """Tampered ones are for the hashes and the signature to tell; their CMS may be broken, the outer layer is not."""
    paths = sorted((real_data / "04_sod").glob("*.sod.bin"))
    assert len(paths) == 26
    listed = {}
    for path in paths:
        raw = path.read_bytes()
        sod = EfSod.parse(raw)
        assert sod.indefinite_length or sod.build() == raw, path.name
        if "tampered" not in path.name:
            content = cms.ContentInfo.load(sod.cms)["content"]["encap_content_info"]["content"].native
            found = listed[path.name] = LDSSecurityObject.parse(content)
            assert {1, 2} <= set(found.hashes), path.name
            assert "hash-length" in found.deviations or found.build() == content, path.name
    assert len(listed) == 17
    odd = {name: found.deviations for name, found in listed.items() if set(found.deviations) - {"hash-parameters"}}
    assert odd == {
        "mock_de_sha256_ecdsa_1.sod.bin": ("hash-length", "hash-parameters")
    }  # SHA-224 values that call themselves SHA-256


def test_additional_personal_details(real_data: Path) -> None:
    folder = real_data / "05_lds"
    raw = (folder / "dg11/dg11_NFCPassportReader_9acd3357.bin").read_bytes()
    dg11 = Dg11.parse(raw)
    assert dg11 == Dg11(full_name="Test<<Tester", full_date_of_birth="19701201", place_of_birth=("Northampton",))
    assert (dg11.deviations, dg11.build()) == ((), raw)
    raw = (folder / "tsemrtd/EF_DG11.bin").read_bytes()
    dg11 = Dg11.parse(raw)
    assert (dg11.full_name, dg11.other_names, dg11.full_date_of_birth) == ("Doe John", ("William",), "19700101")
    assert (dg11.place_of_birth, dg11.permanent_address) == (("TEST", "TEST"), ("TEST", "TEST"))
    assert (dg11.personal_number, dg11.telephone, dg11.proof_of_citizenship) == ("123", "123", b"\0")
    assert (dg11.other_valid_td_numbers, dg11.custody_information) == (("123", "123"), "TEST")
    assert (dg11.profession, dg11.title, dg11.personal_summary) == ("TEST",) * 3
    assert dg11.deviations == ("date-encoding", "tag-list")  # a birth date in BCD; 5F17 is there, and not listed
    assert dg11.build() == raw


def test_a_dg12_that_is_none(real_data: Path) -> None:
    """Domain parameters in the data object of DG12, cut off within."""
    raw = (real_data / "05_lds/dg12/dg12_de.persosim.simulator_29f8fd3f.bin").read_bytes()
    dg12 = Dg12.parse(raw)
    assert dg12.deviations == ("no-tag-list", "unknown-object")
    assert (dg12.issue_date, len(dg12.unknown), dg12.build()) == (None, 1, raw)


def test_signature(real_data: Path) -> None:
    raw = (real_data / "05_lds/tsemrtd/EF_DG7.bin").read_bytes()
    dg7 = Dg7.parse(raw)
    assert (dg7.deviations, dg7.build()) == ((), raw)
    assert read_image_header(dg7.images[0]) == ImageHeader(ImageFormat.JPEG2000, 550, 142, boxed=True)


def test_persons_to_notify(real_data: Path) -> None:
    raw = (real_data / "05_lds/dg16/dg16_gmrtd_c598ef92.bin").read_bytes()
    dg16 = Dg16.parse(raw)
    assert dg16.persons == (
        Person(
            date_recorded="20020101",
            name="SMITH<<CHARLES<R",
            telephone="19525551212",
            address=("123 MAPLE RD", "ANYTOWN", "MN", "55100"),
        ),
        Person(
            date_recorded="20020315",
            name="BROWN<<MARY<J",
            telephone="14155551212",
            address=("49 REDWOOD LN", "OCEAN BREEZE", "CA", "94000"),
        ),
    )
    assert (dg16.announced, dg16.deviations) == (3, ("person-count",))
    assert dg16.build() == raw


def test_every_file_is_built_as_it_was(real_data: Path) -> None:
    """All of ``05_lds`` through the table of files."""
    folder = real_data / "05_lds"
    kinds = {
        **{f"{name}/*.bin": FileId.from_label(name.upper()) for name in ("dg11", "dg12", "dg14", "dg15", "dg16")},
        **{f"bsi2008_mustermann/Datagroup{n}.bin": FileId.from_data_group(n) for n in (1, 2, 3, 4, 14, 15)},
        **{f"tsemrtd/EF_DG{n}.bin": FileId.from_data_group(n) for n in (7, 11)},
        "bsi2008_mustermann/EF_COM.bin": FileId.COM,
        "bsi2008_mustermann/EF_SOD.bin": FileId.SOD,
        "card_access/*.bin": FileId.CARD_ACCESS,
        "card_security/*.bin": FileId.CARD_SECURITY,
    }
    paths = {path: file for pattern, file in kinds.items() for path in folder.glob(pattern)}
    assert set(paths) == set(folder.rglob("*.bin"))
    changed = [path.name for path, file in paths.items() if parse_file(file, path.read_bytes()).build() != path.read_bytes()]
    assert changed == []


def test_face_record_with_the_wrong_image_type(real_data: Path) -> None:
    folder = real_data / "06_biometrics"
    dg2 = Dg2.parse(build_tlv(0x75, (folder / "ISO19794_Test1_Data.bin").read_bytes()))
    assert dg2.deviations == ("no-cbeff", "image-format")  # declared as JPEG 2000, and JPEG with EXIF
    assert dg2.portrait is not None
    assert dg2.portrait.image == (folder / "ISO19794_Test1_Face.jpg").read_bytes()
    assert (dg2.portrait.width, dg2.portrait.height) == (148, 70)


def test_an_image_of_its_own_becomes_a_dg2(real_data: Path) -> None:
    image = (real_data / "06_biometrics/silver.jp2").read_bytes()
    dg2 = Dg2.parse(Dg2.from_image(image).build())
    assert dg2.deviations == ()
    assert dg2.portrait is not None
    assert (dg2.portrait.image, dg2.portrait.width, dg2.portrait.height) == (image, 413, 531)


def test_conformance_images(real_data: Path) -> None:
    sizes = {
        path.stem: (header.width, header.height)
        for path in (real_data / "06_biometrics/jpeg2000_conformance").glob("*.j2k")
        for header in [read_image_header(path.read_bytes())]
    }
    assert sizes == {
        "p0_06": (513, 129), "p0_12": (3, 5), "p0_13": (1, 1), "p0_15": (256, 256), "p1_01": (122, 99), "p1_06": (12, 12),
    }  # fmt: skip


def test_hostile_images(real_data: Path) -> None:
    """Read as an image, or LdsError."""
    outcomes: Counter[str] = Counter()
    for path in (real_data / "10_fuzz/jpeg2000").iterdir():
        try:
            read_image_header(path.read_bytes())
        except LdsError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    assert outcomes["read"] > 20
    assert outcomes["refused"] > 3


def corpus(folder: Path) -> Iterator[bytes]:
    """Loose files, and the first thousand of each archive."""
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                members = [member for member in archive if member.isfile() and member.size < SIZE_LIMIT][:1_000]
                yield from (file.read() for member in members if (file := archive.extractfile(member)))
        elif path.is_file() and path.stat().st_size < SIZE_LIMIT:
            yield path.read_bytes()


def test_fuzz_corpora(real_data: Path) -> None:
    """Other people's fuzzing corpora against every parser, as they are and in the right data object: malformed, or parsed."""
    count = 0
    for count, raw in enumerate(corpus(real_data / "10_fuzz"), 1):  # noqa: B007
        for tag, parse in PARSERS:
            outcome(parse, raw)
            outcome(parse, build_tlv(tag, raw))
    assert count > 2_000


def outcome(parse: Callable[[bytes], object], raw: bytes) -> object:
    try:
        return parse(raw)
    except (MalformedData, UnsupportedFeature) as error:
        return error
