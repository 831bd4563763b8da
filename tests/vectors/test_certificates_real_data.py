# SPDX-License-Identifier: Apache-2.0
"""Certificates of real issuers, and hostile ones, field by field as others read them."""

from __future__ import annotations

import csv
import re
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest
from asn1crypto import x509

from chipid.crypto.algorithms import scheme_from_algorithm_identifier
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, PssScheme, RsaPublicKey
from chipid.errors import CertificateError, MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import KeyUsage
from chipid.pki.master_list import SignedMasterList
from chipid.pki.names import COUNTRY, Name
from chipid.pki.profile import Role, profile_deviations
from chipid.pki.trust_store import read_certificates

pytestmark = pytest.mark.real_data
T = TypeVar("T")


def archived(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as files:
        for member in files.getmembers():
            content = files.extractfile(member)
            if content is not None:
                yield member.name, content.read()


@cache
def certificates(pki: Path) -> tuple[Certificate, ...]:
    """Each certificate that lists and files hold, once."""
    found = [Certificate.parse(raw) for _, raw in archived(pki / "icao_nonconformant" / "certs.tar.gz")]
    for path in (pki / "master_lists").iterdir():
        if path.suffix in (".ml", ".bin"):
            listed = SignedMasterList.parse(path.read_bytes()).master_list
            assert listed.refused == ()
            found += listed.certificates
    for folder in ("icao_pkd_sample", "icao_pkd_odd", "mock_certs", "csca_single", "dsc_single"):
        for path in sorted((pki / folder).rglob("*")):
            if path.suffix in (".cer", ".pem") and path.stem != DEVIATION_LIST:
                found += read_certificates(path.read_bytes())
    return tuple(dict.fromkeys(found))


DEVIATION_LIST = "IT_0CC70551C599A42D14300E47A4A83DD87AD62CF4"


# Field by field -------------------------------------------------------------------------------------------------------

Fields = dict[str, Callable[[Certificate, x509.Certificate], tuple[object, object]]]
_USAGES = [usage.name.lower() for usage in KeyUsage]
_DIRECT: Fields = {
    "serial": lambda ours, theirs: (ours.serial, theirs.serial_number),
    "version": lambda ours, theirs: (f"v{ours.version}", theirs["tbs_certificate"]["version"].native),
    "issuer": lambda ours, theirs: (ours.issuer.attributes, attributes(theirs.issuer)),
    "subject": lambda ours, theirs: (ours.subject.attributes, attributes(theirs.subject)),
    "begin": lambda ours, theirs: (ours.not_before, theirs.not_valid_before),
    "end": lambda ours, theirs: (ours.not_after, theirs.not_valid_after),
    "signature": lambda ours, theirs: (ours.signature, theirs.signature),
    "extensions": lambda ours, theirs: (
        [(each.oid, each.critical, each.value) for each in ours.extensions.values()],
        [(each["extn_id"].dotted, each["critical"].native, each["extn_value"].contents)
         for each in theirs["tbs_certificate"]["extensions"]],
    ),
}  # fmt: skip
# The other library writes these anew where they are BER.
_ENCODED: Fields = {
    "tbs": lambda ours, theirs: (ours.tbs, theirs["tbs_certificate"].dump()),
    "spki": lambda ours, theirs: (ours.spki, theirs.public_key.dump()),
    "inner algorithm": lambda ours, theirs: (ours.tbs_algorithm, theirs["tbs_certificate"]["signature"].dump()),
    "algorithm": lambda ours, theirs: (ours.algorithm, theirs["signature_algorithm"].dump()),
}
_EXTENSIONS: Fields = {
    "subject key": lambda ours, theirs: (ours.subject_key_id, theirs.key_identifier),
    "authority key": lambda ours, theirs: (ours.authority_key_id, theirs.authority_key_identifier),
    "key usage": lambda ours, theirs: (
        ours.key_usage,
        optional(theirs.key_usage_value, lambda value: frozenset(KeyUsage(_USAGES.index(usage)) for usage in value.native)),
    ),
    "constraints": lambda ours, theirs: (
        optional(ours.basic_constraints, lambda value: (value.ca, value.path_length)),
        optional(theirs.basic_constraints_value, lambda value: (value["ca"].native, value["path_len_constraint"].native)),
    ),
    "purposes": lambda ours, theirs: (
        ours.extended_key_usage,
        optional(theirs.extended_key_usage_value, lambda value: tuple(each.dotted for each in value)),
    ),
    "usage period": lambda ours, theirs: (
        optional(ours.usage_period, lambda value: (value.not_before, value.not_after)),
        optional(theirs.private_key_usage_period_value, lambda value: (value["not_before"].native, value["not_after"].native)),
    ),
}  # fmt: skip


def optional(value: T | None, read: Callable[[T], object]) -> object:
    return None if value is None else read(value)


def attributes(name: x509.Name) -> tuple[tuple[str, str], ...]:
    return tuple((each["type"].dotted, each["value"].native) for rdn in name.chosen for each in rdn)


def differences(certificate: Certificate, fields: Fields) -> Iterator[str]:
    theirs = x509.Certificate.load(certificate.raw)
    for name, read in fields.items():
        try:
            ours, others = read(certificate, theirs)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            continue  # the other library gives up where an extension or a name is malformed
        if ours != others:
            yield name


def test_every_field_is_as_another_library_reads_it(real_data: Path) -> None:
    found = certificates(real_data / "07_pki")
    assert len(found) == 1475
    differing = [(each.fingerprint, *difference) for each in found
                 if (difference := list(differences(each, _DIRECT | _ENCODED | _EXTENSIONS)))]  # fmt: skip
    assert differing == []


def test_hostile_certificates_are_read_as_another_library_reads_them_or_refused(real_data: Path) -> None:
    counted: Counter[str] = Counter()
    for name, data in archived(real_data / "10_fuzz" / "openssl_x509.tar.gz"):
        begin = time.process_time()
        try:
            certificate = Certificate.parse(data)
            codes = [profile_deviations(certificate, role) for role in ROLES]
        except MalformedData:
            counted["refused"] += 1
        else:
            assert all(codes), name
            fields = _DIRECT if "not-der" in certificate.deviations else _DIRECT | _ENCODED
            assert list(differences(certificate, fields)) == [], name
            counted["read"] += 1
        assert time.process_time() - begin < 1, name
    assert dict(counted) == {"read": 47, "refused": 458}


ROLES: tuple[Role, ...] = ("csca", "dsc", "list-signer")


# What others found out ------------------------------------------------------------------------------------------------

_WORDS = {
    "2.5.4.3": "Common Name", "2.5.4.4": "Surname", "2.5.4.5": "Serial Number", "2.5.4.6": "Country", "2.5.4.7": "Locality",
    "2.5.4.8": "State/Province", "2.5.4.10": "Organization", "2.5.4.11": "Organizational Unit",
    "2.5.4.9": "Street Address", "2.5.4.17": "Postal Code", "1.2.840.113549.1.9.1": "Email Address",
}  # fmt: skip


def in_words(name: Name) -> str:
    """``Common Name: X, Country: Y``: the country last, a kind once, semicolons between them where a comma stands in a value."""
    values: dict[str, list[str]] = {}
    for oid, text in name.attributes[:: 1 if name.attributes[-1][0] == COUNTRY else -1]:
        values.setdefault(_WORDS.get(oid, oid), []).append(text)
    joined = {kind: ", ".join(texts) for kind, texts in values.items()}
    return ("; " if any("," in text for text in joined.values()) else ", ").join(f"{kind}: {text}" for kind, text in joined.items())


def algorithm(certificate: Certificate) -> str:
    scheme = scheme_from_algorithm_identifier(certificate.tbs_algorithm)
    if isinstance(scheme, PssScheme):
        return f"rsassa_pss/{scheme.hash}/mgf1-{scheme.mgf_hash}/salt{scheme.salt_length}"
    return f"{scheme.hash}_{'ecdsa' if isinstance(scheme, EcdsaScheme) else 'rsa'}"


def key(certificate: Certificate) -> str:
    """``RSA-2048 e=65537``, ``EC named:NIST256p``, ``EC explicit:BRAINPOOLP256r1 no-cofactor``."""
    public = certificate.public_key
    if isinstance(public, RsaPublicKey):
        return f"RSA-{public.bits} e={public.e}"
    assert isinstance(public, EcPublicKey)
    curve = re.sub(r"secp(\d+)r1", r"NIST\1p", public.domain.name).replace("brainpool", "BRAINPOOL")
    lacking = " no-cofactor" if "dsc-cofactor-missing" in profile_deviations(certificate, "dsc") else ""
    return f"EC {'explicit' if public.explicit else 'named'}:{curve}{lacking}"


def test_the_sample_of_the_pkd_is_what_its_ground_truth_says(real_data: Path) -> None:
    sample = real_data / "07_pki" / "icao_pkd_sample"
    with (sample / "ground_truth.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 335
    for row in rows:
        certificate = Certificate.parse((sample / row["file"]).read_bytes())
        ours = {
            "sha256": certificate.fingerprint,
            "subject": in_words(certificate.subject),
            "issuer": in_words(certificate.issuer),
            "sigalg": algorithm(certificate),
            "not_before": f"{certificate.not_before:%Y-%m-%d %H:%M:%S}",
            "not_after": f"{certificate.not_after:%Y-%m-%d %H:%M:%S}",
            "skid": (certificate.subject_key_id or b"").hex(),
            "akid": (certificate.authority_key_id or b"").hex(),
            "ca": str(certificate.is_ca),
            "self_issued": str(certificate.issuer.raw == certificate.subject.raw),
            "key": key(certificate),
        }
        assert ours == {key: row[key] for key in ours}, row["file"]


def test_what_is_no_plain_der_is_read_or_told_what_it_is(real_data: Path) -> None:
    """Files are named by state and key: three are PEM, and one is no certificate at all."""
    for path in (real_data / "07_pki" / "icao_pkd_odd").glob("*.cer"):
        if path.stem == DEVIATION_LIST:
            with pytest.raises(CertificateError, match="a CMS object, and no certificate"):
                read_certificates(path.read_bytes())
            continue
        (certificate,) = read_certificates(path.read_bytes())
        country, key_id = path.stem.split("_")
        assert (certificate.subject.country, certificate.subject_key_id) == (country, bytes.fromhex(key_id))
