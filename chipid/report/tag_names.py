# SPDX-License-Identifier: Apache-2.0
"""The names of data objects, each at its place: one tag means different things in different templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chipid.iso7816.file_ids import FileId
from chipid.lds.biometrics import template
from chipid.lds.biometrics.data_group import ISSUERS_CONTENT
from chipid.lds.biometrics.framework_39794 import STANDARD_FORMAT
from chipid.lds.details import NAMES, Details
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg16 import PERSON_TAGS, Person
from chipid.lds.dg16 import TAG as DG16
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.fields import Field
from chipid.lds.tag_list import TAG_LIST

_Path = tuple[int, ...]
_IMAGE_DATA_BLOCKS = {FileId.DG2: (0x65, "face"), FileId.DG3: (0x64, "finger"), FileId.DG4: (0x66, "iris")}
"""ISO/IEC 39794: the application class, and the number of the part."""


def name_of(path: _Path) -> str | None:
    """The name of the data object at *path*, the tags around it and its own, from the file's outermost one; ``None`` for none."""
    return _NAMES.get(path) or _UNIVERSAL.get(path[-1])


_UNIVERSAL = {
    0x01: "BOOLEAN",
    0x02: "INTEGER",
    0x03: "BIT STRING",
    0x04: "OCTET STRING",
    0x05: "NULL",
    0x06: "OBJECT IDENTIFIER",
    0x0C: "UTF8String",
    0x13: "PrintableString",
    0x14: "TeletexString",
    0x16: "IA5String",
    0x17: "UTCTime",
    0x18: "GeneralizedTime",
    0x30: "SEQUENCE",
    0x31: "SET",
}
_HEADER = {
    template.VERSION: "version of the header",
    template.BIOMETRIC_TYPE: "biometric type",
    template.BIOMETRIC_SUBTYPE: "biometric subtype",
    template.CREATION_DATE: "creation date and time",
    template.VALIDITY_PERIOD: "validity period",
    template.CREATOR: "creator",
    template.FORMAT_OWNER: "format owner",
    template.FORMAT_TYPE: "format type",
}


def _biometric(file: int, block: int, feature: str) -> Iterator[tuple[_Path, str]]:
    group = (file, template.GROUP)
    one = (*group, template.TEMPLATE)
    yield group, "biometric information group template"
    yield one, "biometric information template"
    yield (*one, template.HEADER), "biometric header template"
    yield from (((*one, template.HEADER, tag), name) for tag, name in _HEADER.items())
    yield (*one, template.BLOCK), "biometric data block"
    yield (*one, template.CONSTRUCTED_BLOCK), "biometric data block"
    yield (*one, template.CONSTRUCTED_BLOCK, STANDARD_FORMAT), "standard format"
    yield (*one, template.CONSTRUCTED_BLOCK, STANDARD_FORMAT, block), f"{feature} image data block"
    yield (file, ISSUERS_CONTENT), "discretionary data"


def _fields(template_path: _Path, fields: Iterable[Field]) -> Iterator[tuple[_Path, str]]:
    return (((*template_path, each.tag), each.attribute.replace("_", " ")) for each in fields)


def _details(kind: type[Details]) -> Iterator[tuple[_Path, str]]:
    yield (kind.TAG, TAG_LIST), "tag list"
    yield (kind.TAG, NAMES, kind.NAME_TAG), "name"
    yield from _fields((kind.TAG,), kind.FIELDS)


_NAMES: dict[_Path, str] = {
    **{(file.tag,): file.label for file in FileId if file.tag is not None},
    (0x60, 0x5F01): "LDS version",
    (0x60, 0x5F36): "Unicode version",
    (0x60, TAG_LIST): "tag list",
    (0x61, 0x5F1F): "machine readable zone",
    **{
        path: name
        for file, (block, feature) in _IMAGE_DATA_BLOCKS.items()
        if file.tag is not None
        for path, name in _biometric(file.tag, block, feature)
    },
    (Dg5.TAG, Dg5.IMAGE_TAG): "displayed portrait",
    (Dg7.TAG, Dg7.IMAGE_TAG): "displayed signature or usual mark",
    **dict(_details(Dg11)),
    **dict(_details(Dg12)),
    **{(DG16, tag): f"person {number}" for number, tag in enumerate(PERSON_TAGS, 1)},
    **dict(item for tag in PERSON_TAGS for item in _fields((DG16, tag), Person.FIELDS)),
}
