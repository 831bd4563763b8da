# SPDX-License-Identifier: Apache-2.0
"""What is worth knowing of each file of a chip, with nothing of its holder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from chipid.errors import UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.lds.com import EfCom
from chipid.lds.dg2 import Dg2
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SignedData
from chipid.report.biometric_facts import deviation_facts, picture_facts
from chipid.report.certificate_facts import signed_data_facts
from chipid.report.document import key_words, offers_of
from chipid.report.schema import Fact


def _com_facts(raw: bytes) -> Iterator[Fact]:
    com = EfCom.parse(raw)
    yield Fact(name="LDS version", value=com.lds_version)
    yield Fact(name="Unicode version", value=com.unicode_version)
    yield Fact(name="data groups", value=_numbers(com.data_groups))


def _sod_facts(raw: bytes) -> Iterator[Fact]:
    sod = EfSod.parse(raw)
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


def _dg2_facts(raw: bytes) -> Iterator[Fact]:
    dg2 = Dg2.parse(raw)
    yield from picture_facts("face", dg2.faces)
    yield from deviation_facts(dg2.deviations)


def _dg14_facts(raw: bytes) -> Iterator[Fact]:
    yield from offer_facts(Dg14.parse(raw).infos)


def _dg15_facts(raw: bytes) -> Iterator[Fact]:
    yield Fact(name="public key", value=key_words(Dg15.parse(raw).spki))


def offer_facts(infos: SecurityInfos) -> tuple[Fact, ...]:
    """The protocols that are offered, in their order."""
    facts = []
    for offer in offers_of(infos, "", signed=False):
        version = f", version {offer.protocol_version}" if offer.protocol_version is not None else ""
        parameters = f", {offer.parameters}" if offer.parameters else ""
        key = f", key {offer.key_id}" if offer.key_id is not None else ""
        facts.append(Fact(name="offers", value=f"{offer.algorithm}{version}{parameters}{key}"))
    return tuple(facts)


FACTS: dict[FileId, Callable[[bytes], Iterator[Fact]]] = {
    FileId.COM: _com_facts,
    FileId.SOD: _sod_facts,
    FileId.DG2: _dg2_facts,
    FileId.DG14: _dg14_facts,
    FileId.DG15: _dg15_facts,
}


def _numbers(groups: Iterable[int]) -> str:
    return ", ".join(f"DG{number}" for number in groups)
