# SPDX-License-Identifier: Apache-2.0
"""Data group 2, the portrait (ICAO 9303-10 §4.7.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self, Unpack

from chipid.iso7816.tlv import Tlv, build_tlv, parse_tlv
from chipid.lds.biometrics.face_19794 import (
    FACE_RECORD_FORMAT,
    FACIAL_FEATURES,
    ICAO_FORMAT_OWNER,
    RECORD_START,
    RECORD_VERSION,
    FaceFields,
    FaceImage,
    build_face_record,
    read_bare_image,
    read_face_record,
)
from chipid.lds.biometrics.template import (
    BIOMETRIC_TYPE,
    BLOCK,
    CONSTRUCTED_BLOCK,
    FORMAT_OWNER,
    FORMAT_TYPE,
    GROUP,
    TEMPLATE,
    BiometricHeader,
    BiometricTemplate,
    build_group,
    read_group,
    read_template,
)
from chipid.lds.image import image_format
from chipid.lds.octets import OctetReader

TAG = 0x75


@dataclass(frozen=True)
class Dg2:
    """The holder's portraits, the most recent interoperable one first.

    :ivar faces: every face that could be read, whether in one template or several.
    :ivar unsupported: templates in another format than ISO/IEC 19794-5:2005, kept raw.
    :ivar deviations: how the file it was parsed from deviates from the standard, as stable words: those of
        :func:`~chipid.lds.biometrics.template.read_group`, :func:`~chipid.lds.biometrics.face_19794.read_face_record` and
        :attr:`FaceImage.deviations <chipid.lds.biometrics.face_19794.FaceImage.deviations>`; ``no-cbeff`` (no template around
        the record or image), ``no-group``, ``no-face-record`` (a bare image), ``no-faces``, ``biometric-type``,
        ``format-owner``, ``format-type``, ``format-unsupported``, ``trailing-objects``.
    """

    faces: tuple[FaceImage, ...]
    unsupported: tuple[BiometricTemplate, ...] = ()
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @property
    def portrait(self) -> FaceImage | None:
        """The first face, ``None`` where there is none that could be read."""
        return self.faces[0] if self.faces else None

    @classmethod
    def from_image(cls, image: bytes, **about: Unpack[FaceFields]) -> Self:
        """A DG2 with one portrait from a JPEG or JPEG 2000 file.

        :raises LdsError: as :meth:`FaceImage.from_image <chipid.lds.biometrics.face_19794.FaceImage.from_image>`.
        """
        return cls((FaceImage.from_image(image, **about),))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DG2. A record or an image without its templates is taken, and flagged.

        :raises TlvError: the data objects are damaged.
        :raises LdsError: a facial record is damaged, or holds too much.
        """
        outer = parse_tlv(raw, TAG)
        templates, deviations = _templates(outer)
        faces: list[FaceImage] = []
        unsupported: list[BiometricTemplate] = []
        for template in templates:
            found, more = _faces(raw, template, outer.path)
            deviations += more
            faces += found
            if "format-unsupported" in more:
                unsupported.append(template)
        if not faces:
            deviations += ("no-faces",)
        return cls(tuple(faces), tuple(unsupported), tuple(dict.fromkeys(deviations)))

    def build(self) -> bytes:
        """EF.DG2 with a template of its own for each face, then the unsupported ones.

        :raises LdsError: more than 32 templates.
        """
        templates = (BiometricTemplate(face.header, build_face_record((face,)), face.block_tag) for face in self.faces)
        return build_tlv(TAG, build_group((*templates, *self.unsupported)))


def _templates(outer: Tlv) -> tuple[tuple[BiometricTemplate, ...], tuple[str, ...]]:
    """The templates of a DG2, or made up around what stands bare in it."""
    if outer.value.startswith(RECORD_START) or image_format(outer.value) is not None:
        return (BiometricTemplate(BiometricHeader(), outer.value, BLOCK, outer.value_start),), ("no-cbeff",)
    cursor = outer.children()
    first = cursor.read()
    trailing = () if cursor.at_end else ("trailing-objects",)
    if first.tag == GROUP:
        templates, deviations = read_group(first)
        return templates, deviations + trailing
    if first.tag == TEMPLATE:
        template, deviations = read_template(first)
        return (template,), ("no-group", *deviations, *trailing)
    if first.tag in (BLOCK, CONSTRUCTED_BLOCK):
        bare = BiometricTemplate(BiometricHeader(), first.value, first.tag, first.value_start)
        return (bare,), ("no-cbeff", *trailing)
    raise first.error("neither biometric templates nor an image")


def _faces(raw: bytes, template: BiometricTemplate, path: tuple[int, ...]) -> tuple[tuple[FaceImage, ...], tuple[str, ...]]:
    """The faces in one template, with their deviations and its own."""
    block = template.block
    if block.startswith(RECORD_START + RECORD_VERSION):
        start = template.block_offset
        octets = OctetReader(raw, start, start + len(block), (*path, template.block_tag))
        faces, deviations = read_face_record(octets)
        deviations += _header_deviations(template.header)
    elif image_format(block) is not None:
        faces, deviations = (read_bare_image(block),), ("no-face-record",)
    else:
        return (), ("format-unsupported",)
    faces = tuple(replace(face, header=template.header, block_tag=template.block_tag) for face in faces)
    return faces, deviations + tuple(deviation for face in faces for deviation in face.deviations)


def _header_deviations(header: BiometricHeader) -> tuple[str, ...]:
    """Whether the header announces a facial record, as one lies under it."""
    expected = (
        ("format-owner", FORMAT_OWNER, (None, ICAO_FORMAT_OWNER)),
        ("format-type", FORMAT_TYPE, (None, FACE_RECORD_FORMAT)),
        ("biometric-type", BIOMETRIC_TYPE, (None, FACIAL_FEATURES)),
    )
    return tuple(name for name, tag, allowed in expected if header.number(tag) not in allowed)
