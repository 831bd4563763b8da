# SPDX-License-Identifier: Apache-2.0
"""A whole PKI for one test document: what the operator of a terminal has of it, and who signs the document.

The workshop makes each part sound; whoever wants a fault says which part shall be otherwise (:mod:`chipid.issuing.pki_faults`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from chipid.crypto.random import RandomSource, system_random
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.pki import DocumentSigner, KeyOptions, TestCsca
from chipid.issuing.revocation_lists import RevocationListProfile
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignedData
from chipid.pki.countries import alpha_2
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.defect_list import DEFECT_LIST, DefectList
from chipid.pki.deviation_list import DEVIATION_LIST, DeviationList
from chipid.pki.trust_store import TrustStore
from chipid.protocols.card_security import card_security_infos

KEY = KeyOptions("secp256r1")
"""What signs where the key does not matter: the quickest of those that Doc 9303 allows."""

Files = Mapping[FileId, bytes]
SignSod = Callable[[Mapping[int, bytes]], bytes]

_COUNTRIES = ("DE", "FR")

# When the parts begin, before the moment of the inspection: the document signer's key is in its usage period at that moment.
_CSCA_AGE, _SIGNER_AGE, _LIST_AGE = timedelta(days=900), timedelta(days=60), timedelta(days=10)


def _unchanged(files: Files) -> Files:
    return files


@dataclass(frozen=True)
class DocumentPki:
    """What the operator has, DER, and what signs a card.

    :ivar certificates: CSCA and link certificates, and document signers that EF.SOD leaves out.
    :ivar revocation_lists: of their authorities; :ivar signed_lists: deviation and defect lists.
    :ivar signer: of EF.SOD and EF.CardSecurity; :ivar sign_sod: EF.SOD over data groups by number, by the signer where ``None``.
    :ivar prepare: what is done to a card's files before they are signed.
    """

    certificates: tuple[bytes, ...] = field(repr=False)
    revocation_lists: tuple[bytes, ...] = field(repr=False)
    signer: DocumentSigner
    signed_lists: tuple[bytes, ...] = field(default=(), repr=False)
    sign_sod: SignSod | None = None
    prepare: Callable[[Files], Files] = _unchanged

    def trust(self) -> TrustStore:
        """What the operator has, as a trust store. The lists in it are taken for good, as a store's are."""
        listed = [SignedData.parse(raw) for raw in self.signed_lists]
        return TrustStore(
            map(Certificate.parse, self.certificates),
            map(CertificateRevocationList.parse, self.revocation_lists),
            deviation_lists=[
                DeviationList.parse(each.content or b"").of_country(alpha_2(each.certificates[0].subject.country or ""))
                for each in listed
                if each.content_type == DEVIATION_LIST
            ],
            defect_lists=[DefectList.parse(each.content or b"") for each in listed if each.content_type == DEFECT_LIST],
        )

    def save(self, folder: str | PathLike[str]) -> tuple[Path, ...]:
        """Write what the operator has into *folder*, a file each; returns them. What another PKI left there so goes.

        :raises OSError: the folder cannot be made, or a file not written.
        """
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        kinds = (
            ("certificate-{}.cer", self.certificates),
            ("revocation-list-{}.crl", self.revocation_lists),
            ("signed-list-{}.cms", self.signed_lists),
        )
        written = []
        for name, objects in kinds:
            for left in path.glob(name.format("*")):
                left.unlink()
            for number, raw in enumerate(objects, 1):
                written.append(path / name.format(number))
                written[-1].write_bytes(raw)
        return tuple(written)

    def sign(self, files: Files) -> dict[FileId, bytes]:
        """A card's *files* with an EF.SOD of this PKI, and an EF.CardSecurity where there was one.

        :raises MalformedData: there was one, and it is damaged.
        """
        prepared = dict(self.prepare(files))
        if FileId.CARD_SECURITY in prepared:
            infos = card_security_infos(prepared[FileId.CARD_SECURITY])
            prepared[FileId.CARD_SECURITY] = self.signer.sign_card_security(infos)
        groups = {file.data_group: raw for file, raw in prepared.items() if file.data_group is not None}
        sign_sod: SignSod = self.sign_sod or self.signer.sign_sod
        return {**prepared, FileId.SOD: sign_sod(groups)}

    def sign_card(self, image: CardImage) -> CardImage:
        """*image* with the files of :meth:`sign`."""
        return replace(image, files=self.sign(image.files))


class PkiWorkshop:
    """Makes the parts of one PKI.

    :param at: the moment of the inspection, with a time zone: all that is not told otherwise is in date then.
    :param country: two letters. :param random: of EC keys and serial numbers.
    """

    def __init__(self, at: datetime, country: str = "VN", random: RandomSource = system_random) -> None:
        self.at = at
        self.country = country
        self._random = random

    @property
    def other_country(self) -> str:
        """Of another state."""
        return next(country for country in _COUNTRIES if country != self.country.upper())

    @cached_property
    def csca(self) -> TestCsca:
        """The authority, where nothing is said of it."""
        return self.authority()

    def authority(self, **options: Any) -> TestCsca:
        """Another one of the same name; *options* as for :meth:`TestCsca.create`."""
        chosen: dict[str, Any] = {"country": self.country, "at": self.at - _CSCA_AGE, "key": KEY, "random": self._random} | options
        return TestCsca.create(**chosen)

    def signer(self, csca: TestCsca | None = None, **options: Any) -> DocumentSigner:
        """A document signer under *csca*; *options* as for :meth:`TestCsca.issue_document_signer`."""
        chosen: dict[str, Any] = {"at": self.at - _SIGNER_AGE, "key": KEY, "random": self._random} | options
        return (csca or self.csca).issue_document_signer(**chosen)

    def revocation_list(
        self, csca: TestCsca | None = None, *revoked: Certificate, age: timedelta = _LIST_AGE, **profile: Any
    ) -> bytes:
        """A revocation list of *csca*; :param profile: as for :class:`RevocationListProfile`."""
        serials = [certificate.serial for certificate in revoked]
        return (csca or self.csca).issue_revocation_list(serials, at=self.at - age, profile=RevocationListProfile(**profile))

    def pki(
        self,
        csca: TestCsca | None = None,
        signer: DocumentSigner | None = None,
        *,
        certificates: tuple[bytes, ...] | None = None,
        revocation_lists: tuple[bytes, ...] | None = None,
        **rest: Any,
    ) -> DocumentPki:
        """The whole; what is left out is sound. *rest* as for :class:`DocumentPki`.

        :param certificates: the *csca*'s where ``None``; so :param revocation_lists:
        """
        authority = csca or self.csca
        return DocumentPki(
            (authority.certificate,) if certificates is None else certificates,
            (self.revocation_list(authority),) if revocation_lists is None else revocation_lists,
            signer or self.signer(authority),
            **rest,
        )
