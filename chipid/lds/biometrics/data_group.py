# SPDX-License-Identifier: Apache-2.0
"""What DG2, DG3 and DG4 have in common: templates of records, in whatever formats (ICAO 9303-10 §4.7.2–4.7.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv, parse_tlv
from chipid.lds.biometrics.records import BareImage, RawRecord, RecordFormat
from chipid.lds.biometrics.subtype import BiometricSubtype, Finger, Side
from chipid.lds.biometrics.template import (
    BIOMETRIC_SUBTYPE,
    BIOMETRIC_TYPE,
    BLOCK,
    CONSTRUCTED_BLOCK,
    CREATION_DATE,
    FORMAT_OWNER,
    FORMAT_OWNER_SC37,
    FORMAT_TYPE,
    GROUP,
    TEMPLATE,
    BiometricGroup,
    BiometricHeader,
    BiometricTemplate,
    EncodedImage,
    Record,
    read_group,
    read_template,
)
from chipid.lds.data_objects import counted
from chipid.lds.image import image_format

ISSUERS_CONTENT = 0x53


@dataclass(frozen=True)
class BiometricDataGroup(ABC):
    """A data group of biometric templates.

    :ivar templates: each with its header and its record, in the file's order.
    :ivar group_objects: other data objects in the group template 7F61, whole.
    :ivar objects: other data objects behind it, whole, such as the random number of an empty group.
    :ivar deviations: how the file it was parsed from deviates from the standard, as stable words.

        - of the file: ``no-cbeff`` (no template around the record or image), ``no-group``, ``trailing-objects``; ``no-faces``,
          ``no-fingers``, ``no-irises`` (no image that could be read); ``older-first`` (by the headers' dates);
        - of its templates: those of :func:`~chipid.lds.biometrics.template.read_group`; ``biometric-type``, ``format-owner``,
          ``format-type`` (the header announces another record), ``block-tag`` (ISO/IEC 19794 in 7F2E or 39794 in 5F2E; §4.5.6),
          ``biometric-subtype`` (missing or reserved), ``subtype-differs`` (the record says another finger or eye),
          ``several-images``;
        - of its records: ``format-unsupported`` (kept raw), ``no-images`` (none in it, or a representation that is none);
          ``no-face-record``, ``no-finger-record``, ``no-iris-record`` (a bare image); and all that the record's own format knows.
    """

    TAG: ClassVar[int]
    BIOMETRIC_TYPE: ClassVar[int]
    FEATURE: ClassVar[str]
    FEATURES: ClassVar[str]
    HAS_FINGERS: ClassVar[bool] = False
    OPTIONAL: ClassVar[bool] = False
    """Whether the file may be there without a template."""
    FORMATS: ClassVar[tuple[RecordFormat, ...]]

    templates: tuple[BiometricTemplate, ...]
    group_objects: tuple[bytes, ...] = field(default=(), repr=False)
    objects: tuple[bytes, ...] = field(default=(), repr=False)
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @property
    def images(self) -> tuple[EncodedImage, ...]:
        """Every image that could be read, whether in one template or several, whatever the format of its record."""
        return tuple(image for template in self.templates for image in template.record.images)

    @property
    def unsupported(self) -> tuple[BiometricTemplate, ...]:
        """The templates whose records are kept raw."""
        return tuple(template for template in self.templates if isinstance(template.record, RawRecord))

    @classmethod
    def of(cls, *images: Any) -> Self:
        """A data group with a template of its own for each image.

        :param images: of the classes that the records of this data group have.
        :raises LdsError: an image of another class.
        """
        return cls(tuple(cls.template_of(image) for image in images))

    @classmethod
    def template_of(cls, image: Any, *others: tuple[int, bytes]) -> BiometricTemplate:
        """A template with one image.

        :param others: further elements of its header.
        :raises LdsError: an image of a class that no record of this data group has.
        """
        found = next((one for one in cls.FORMATS if isinstance(image, one.image_type)), None)
        if found is None:
            raise LdsError(f"no record of this data group holds a {type(image).__name__}")
        header = BiometricHeader.of(cls.BIOMETRIC_TYPE, cls.subtype_of(image).encode(), found.format_type, *others)
        return BiometricTemplate(header, found.record_of(image), found.block_tag)

    @classmethod
    @abstractmethod
    def subtype_of(cls, image: Any) -> BiometricSubtype:
        """Which part of the body an image shows, as its record says."""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the file. A record or an image without its templates is taken, and flagged.

        :raises TlvError: the data objects are damaged.
        :raises LdsError: a record is damaged, or holds too much; more than 256 data objects in the file,
            its group or a template.
        """
        outer = parse_tlv(raw, cls.TAG)
        group, objects, deviations = cls._read(outer)
        found = cls(group.templates, group.objects, objects)
        everything = (
            *deviations,
            *(word for template in group.templates for word in cls._deviations_of(template)),
            *found._own_deviations(),
        )
        return cls(group.templates, group.objects, objects, tuple(dict.fromkeys(everything)))

    def build(self) -> bytes:
        """The file.

        :raises LdsError: more than 32 templates, or a record that cannot be built.
        """
        return build_tlv(self.TAG, BiometricGroup(self.templates, self.group_objects).build(), *self.objects)

    @classmethod
    def _read(cls, outer: Tlv) -> tuple[BiometricGroup, tuple[bytes, ...], tuple[str, ...]]:
        """The group, or one made up around what stands bare in the file, and what stands behind it."""
        if isinstance(record := cls._record(outer), RawRecord):
            cursor = outer.children()
            first, objects = cursor.read(), tuple(one.raw for one in counted(cursor))
            if first.tag == GROUP:
                group, deviations = read_group(first, cls._record)
                return group, objects, deviations
            if first.tag == TEMPLATE:
                template, deviations = read_template(first, cls._record)
                return BiometricGroup((template,)), objects, ("no-group", *deviations)
            if first.tag not in (BLOCK, CONSTRUCTED_BLOCK):
                raise first.error("neither biometric templates nor an image")
            record, tag = cls._record(first), first.tag
        else:
            objects, tag = (), next((one.block_tag for one in cls.FORMATS if one.recognises(outer)), BLOCK)
        return BiometricGroup((BiometricTemplate(BiometricHeader(), record, tag),)), objects, ("no-cbeff",)

    @classmethod
    def _record(cls, block: Tlv) -> Record:
        for known in cls.FORMATS:
            if known.recognises(block):
                return known.read(block)
        octets = block.value
        return RawRecord(octets) if image_format(octets) is None else BareImage(octets)

    @classmethod
    def _deviations_of(cls, template: BiometricTemplate) -> Iterator[str]:
        record = template.record
        yield from record.deviations
        if isinstance(record, BareImage):
            yield f"no-{cls.FEATURE}-record"
            return
        image = next(iter(record.images), None)
        known = next((one for one in cls.FORMATS if isinstance(image, one.image_type)), None)
        if known is None:
            return
        expected = (
            ("format-owner", FORMAT_OWNER, FORMAT_OWNER_SC37),
            ("format-type", FORMAT_TYPE, known.format_type),
            ("biometric-type", BIOMETRIC_TYPE, cls.BIOMETRIC_TYPE),
        )
        yield from (word for word, tag, value in expected if template.header.number(tag) not in (None, value))
        if template.block_tag != known.block_tag:
            yield "block-tag"
        yield from cls._subtype_deviations(template)

    @classmethod
    def _subtype_deviations(cls, template: BiometricTemplate) -> Iterator[str]:  # noqa: ARG003 - other features look at it
        """Nothing: a sub-type is demanded of fingers and irises."""
        yield from ()

    def _own_deviations(self) -> Iterator[str]:
        is_empty = self.OPTIONAL and not self.templates
        tags = [parse_tlv(raw).tag for raw in self.objects]
        if tags and not (is_empty and tags == [ISSUERS_CONTENT]):
            yield "trailing-objects"
        dates = [template.header.element(CREATION_DATE) for template in self.templates]
        known = [date for date in dates if date is not None]
        if known and dates[0] is not None and dates[0] < max(known):  # digits in BCD, the year first
            yield "older-first"
        if not (self.images or is_empty):
            yield f"no-{self.FEATURES}"


class OptionalFeatures(BiometricDataGroup):
    """Fingers or irises: there may be none, and which one is there has to be said."""

    OPTIONAL: ClassVar[bool] = True

    @classmethod
    def empty(cls, issuers_content: bytes = b"") -> Self:
        """The file of a holder without such features (ICAO 9303-10 §4.7.3.2.2, §4.7.4.2.2).

        :param issuers_content: by which the files of two holders differ, such as a random number.
        """
        return cls((), objects=(build_tlv(ISSUERS_CONTENT, issuers_content),) if issuers_content else ())

    @property
    def issuers_content(self) -> bytes | None:
        """What stands in data object 53, wherever it is."""
        found = (parse_tlv(raw) for raw in (*self.objects, *self.group_objects))
        return next((tlv.value for tlv in found if tlv.tag == ISSUERS_CONTENT), None)

    @classmethod
    def _subtype_deviations(cls, template: BiometricTemplate) -> Iterator[str]:
        octet = template.header.number(BIOMETRIC_SUBTYPE)
        announced = None if octet is None else BiometricSubtype.decode(octet)
        if announced is None or (announced.finger and not cls.HAS_FINGERS):
            yield "biometric-subtype"
        elif any(_contradict(announced, cls.subtype_of(image)) for image in template.record.images):
            yield "subtype-differs"
        if len(template.record.images) > 1:
            yield "several-images"


def _contradict(announced: BiometricSubtype, said: BiometricSubtype) -> bool:
    """Whether both say a side, or a finger, and not the same."""
    sides = Side.NOT_GIVEN not in (announced.side, said.side) and announced.side != said.side
    fingers = Finger.NOT_GIVEN not in (announced.finger, said.finger) and announced.finger != said.finger
    return sides or fingers
