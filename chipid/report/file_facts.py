# SPDX-License-Identifier: Apache-2.0
"""What is worth knowing of each file of a chip, with nothing of its holder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chipid.errors import UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.lds.atr_info import AtrInfo
from chipid.lds.biometrics.data_group import BiometricDataGroup
from chipid.lds.com import EfCom
from chipid.lds.cvca import CvcaReferences
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.dg16 import Dg16
from chipid.lds.dir import EfDir
from chipid.lds.features import Dg8, Dg9, Dg10
from chipid.lds.files import deviations_of
from chipid.lds.security_infos import SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SignedData
from chipid.report.biometric_facts import deviation_facts, picture_facts
from chipid.report.certificate_facts import signed_data_facts
from chipid.report.document import offers_of
from chipid.report.images import images_of
from chipid.report.notation import key_words
from chipid.report.printable import printable
from chipid.report.schema import Fact


def facts_of(file: FileId, parsed: Any) -> tuple[Fact, ...]:
    """What is worth knowing of *file*.

    :param parsed: as :func:`chipid.lds.files.parse_file` gives it.
    """
    own = _FACTS[file](parsed) if file in _FACTS else iter(())
    return (*own, *deviation_facts(deviations_of(parsed)))


def _com_facts(com: EfCom) -> Iterator[Fact]:
    yield Fact(name="LDS version", value=com.lds_version)
    yield Fact(name="Unicode version", value=com.unicode_version)
    yield Fact(name="data groups", value=_numbers(com.data_groups))


def _sod_facts(sod: EfSod) -> Iterator[Fact]:
    signed = SignedData.parse(sod.cms)
    if sod.indefinite_length:
        yield Fact(name="encoding", value="BER with indefinite lengths")
    yield from signed_data_facts(signed)
    if signed.content is None:
        return
    try:
        content = LDSSecurityObject.parse(signed.content)
    except UnsupportedFeature as error:
        yield Fact(name="data groups", value=str(error))
        return
    yield Fact(name="hash algorithm", value=content.hash_algorithm)
    yield Fact(name="data groups", value=_numbers(content.hashes))
    if content.lds_version is not None:
        yield Fact(name="LDS version", value=content.lds_version)


def _biometric_facts(group: BiometricDataGroup) -> Iterator[Fact]:
    yield from picture_facts(group.FEATURE, group.images)
    if not group.images:
        yield Fact(name=group.FEATURES, value="none that could be read" if group.templates else "none in it")


def _feature_facts(features: Dg8 | Dg9 | Dg10) -> Iterator[Fact]:
    yield Fact(name="instances", value=str(features.instances))


def _image_facts(file: FileId) -> Callable[[object], Iterator[Fact]]:
    def facts(parsed: object) -> Iterator[Fact]:
        for each in images_of(file, parsed):
            yield Fact(name=each.shows.replace("-", " "), value=f"{each.count} {each.format}, {each.size} octets")

    return facts


def _dg14_facts(dg14: Dg14) -> Iterator[Fact]:
    yield from offer_facts(dg14.infos)


def _dg15_facts(dg15: Dg15) -> Iterator[Fact]:
    yield Fact(name="public key", value=key_words(dg15.spki))


def _dg16_facts(dg16: Dg16) -> Iterator[Fact]:
    yield Fact(name="persons", value=str(len(dg16.persons)))


def _dir_facts(directory: EfDir) -> Iterator[Fact]:
    for application in directory.applications:
        label = f", {printable(application.label)}" if application.label is not None else ""
        yield Fact(name="application", value=application.aid.hex().upper() + label)
    yield from _unknown_facts(directory.unknown)


def _atr_info_facts(info: AtrInfo) -> Iterator[Fact]:
    if info.capabilities is not None:
        yield Fact(name="extended length", value=_yes(info.capabilities.extended_length))
        yield Fact(name="command chaining", value=_yes(info.capabilities.command_chaining))
    if info.lengths is not None:
        yield Fact(name="longest command", value=f"{info.lengths.command} octets")
        yield Fact(name="longest response", value=f"{info.lengths.response} octets")
    if info.service_data is not None:
        yield Fact(name="card service data", value=info.service_data.hex().upper())
    yield from _unknown_facts(info.unknown)


def _cvca_facts(cvca: CvcaReferences) -> Iterator[Fact]:
    for reference in cvca.references:
        yield Fact(name="authority", value=printable(reference))


def _unknown_facts(objects: Iterable[bytes]) -> Iterator[Fact]:
    """Data objects of a file that is the card's alone."""
    for raw in objects:
        yield Fact(name="unknown object", value=raw.hex().upper())


def offer_facts(infos: SecurityInfos) -> tuple[Fact, ...]:
    """The protocols that are offered, in their order."""
    facts = []
    for offer in offers_of(infos, "", signed=False):
        version = f", version {offer.protocol_version}" if offer.protocol_version is not None else ""
        parameters = f", {offer.parameters}" if offer.parameters else ""
        key = f", key {offer.key_id}" if offer.key_id is not None else ""
        facts.append(Fact(name="offers", value=f"{offer.algorithm}{version}{parameters}{key}"))
    return tuple(facts)


_FACTS: dict[FileId, Callable[[Any], Iterator[Fact]]] = {
    FileId.DIR: _dir_facts,
    FileId.ATR_INFO: _atr_info_facts,
    FileId.CVCA: _cvca_facts,
    FileId.COM: _com_facts,
    FileId.SOD: _sod_facts,
    **dict.fromkeys((FileId.DG2, FileId.DG3, FileId.DG4), _biometric_facts),
    **dict.fromkeys((FileId.DG8, FileId.DG9, FileId.DG10), _feature_facts),
    **{file: _image_facts(file) for file in (FileId.DG5, FileId.DG7, FileId.DG11, FileId.DG12)},
    FileId.DG14: _dg14_facts,
    FileId.DG15: _dg15_facts,
    FileId.DG16: _dg16_facts,
}


def _numbers(groups: Iterable[int]) -> str:
    return ", ".join(f"DG{number}" for number in groups)


def _yes(so: bool) -> str:
    return "yes" if so else "no"
