# SPDX-License-Identifier: Apache-2.0
"""What Doc 9303-12 §7.1.1 asks of the certificates of CSCAs, document signers and signers of lists: one departure at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier
from chipid.crypto.random import system_random
from chipid.crypto.spki import RSA_ENCRYPTION, RSASSA_PSS, build_spki
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Period, Subject
from chipid.issuing.signing_keys import SigningKey
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import KeyUsage
from chipid.pki.profile import Role, profile_deviations
from chipid.verification.reasons import explain

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
END, DAY = BEGIN + timedelta(days=4000), timedelta(days=1)
RSA = SigningKey.generate("rsa-2048", system_random)
KEY, OTHER = (SigningKey.generate("secp256r1", system_random) for _ in range(2))
CSCA, SIGNER = Subject("VN", "Test CSCA", "chipid test PKI"), Subject("VN", "Signer", "chipid test PKI")
PRINTABLE, UTF_8, TELETEX, IA5 = 0x13, 0x0C, 0x14, 0x16
MASTER_LIST_SIGNER = "2.23.136.1.1.3"
Values = Mapping[str, bytes | None]


def name(*attributes: tuple[str, int, bytes]) -> bytes:
    parts = (asn1.sequence(asn1.oid(oid), asn1.encode(tag, text)) for oid, tag, text in attributes)
    return asn1.sequence(*(asn1.set_of(part) for part in parts))


def usual(role: Role, link: bool) -> dict[str, bytes]:
    """The extensions that the profile asks of *role*, each encoded, by object identifier."""
    subject, usage = CSCA if role == "csca" else SIGNER, Period(BEGIN, BEGIN + 90 * DAY)
    above = KEY if role == "csca" and not link else OTHER
    listed = build.common_extensions(subject, CSCA, KEY.public, above.public, usage)
    special = {
        "csca": (build.key_usage([KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN]), build.authority()),
        "dsc": (build.key_usage([KeyUsage.DIGITAL_SIGNATURE]), build.document_type_list(["P", "ID"])),
        "list-signer": (build.key_usage([KeyUsage.DIGITAL_SIGNATURE]), build.extended_key_usage([MASTER_LIST_SIGNER])),
    }
    return {ext.parse_extension(asn1.Reader(each).read()).oid: each for each in (*listed, *special[role])}


def certificate(
    role: Role,
    values: Values,
    *,
    link: bool = False,
    issuer: bytes = CSCA.build(),
    subject: bytes | None = None,
    validity: tuple[datetime, datetime] = (BEGIN, END),
    spki: bytes = build_spki(KEY.public),
    algorithm: bytes | None = None,
    serial: int = 1,
) -> Certificate:
    """A certificate of *role* with these extensions instead of the usual ones; ``None`` leaves one out."""
    extensions = usual(role, link) | values
    signing = KEY if role == "csca" and not link else OTHER
    algorithm = algorithm or build_algorithm_identifier(signing.scheme)
    tbs = asn1.sequence(
        asn1.encode(0xA0, asn1.integer(2)),
        asn1.integer(serial),
        algorithm,
        issuer,
        asn1.sequence(*map(asn1.time, validity)),
        subject or (CSCA if role == "csca" else SIGNER).build(),
        spki,
        asn1.encode(0xA3, asn1.sequence(*(each for each in extensions.values() if each is not None))),
    )
    return Certificate.parse(asn1.sequence(tbs, algorithm, asn1.bit_string(signing.sign(tbs))))


def found(role: Role, values: Values = MappingProxyType({}), **given: object) -> set[str]:
    codes = profile_deviations(certificate(role, values, **given), role)  # type: ignore[arg-type]
    for code in codes:
        assert explain(code) != code
    assert len(set(codes)) == len(codes)
    return {code.removeprefix(f"{role}-") for code in codes}


ROLES: tuple[Role, ...] = ("csca", "dsc", "list-signer")


@pytest.mark.parametrize(("role", "link"), [("csca", False), ("csca", True), ("dsc", False), ("list-signer", False)])
def test_what_keeps_to_the_profile_has_no_deviations(role: Role, link: bool) -> None:
    assert found(role, link=link) == set()


# The table ------------------------------------------------------------------------------------------------------------

# Label, extension, a value; for authority, document signer, list signer: Mandatory, Optional, eXcluded; whether it is critical.
TABLE = [
    ("subject-key-identifier", ext.SUBJECT_KEY_IDENTIFIER, b"", "moo", False),
    ("key-usage", ext.KEY_USAGE, b"", "mmm", True),
    ("usage-period", ext.PRIVATE_KEY_USAGE_PERIOD, b"", "mmo", False),
    ("certificate-policies", ext.CERTIFICATE_POLICIES, b"\x30\x00", "ooo", False),
    ("policy-mappings", "2.5.29.33", b"\x30\x00", "xxx", False),
    ("subject-alternative-name", ext.SUBJECT_ALT_NAME, b"", "mmm", False),
    ("issuer-alternative-name", ext.ISSUER_ALT_NAME, b"", "mmm", False),
    ("subject-directory-attributes", "2.5.29.9", b"\x30\x00", "xxx", False),
    ("basic-constraints", ext.BASIC_CONSTRAINTS, bytes.fromhex("30060101FF020100"), "mxx", True),
    ("name-constraints", "2.5.29.30", b"\x30\x00", "xxx", False),
    ("policy-constraints", "2.5.29.36", b"\x30\x00", "xxx", False),
    ("extended-key-usage", ext.EXTENDED_KEY_USAGE, asn1.sequence(asn1.oid(MASTER_LIST_SIGNER)), "xxm", True),
    ("crl-distribution-points", ext.CRL_DISTRIBUTION_POINTS, b"", "mmm", False),
    ("inhibit-any-policy", "2.5.29.54", asn1.integer(0), "xxx", False),
    ("freshest-crl", "2.5.29.46", b"\x30\x00", "xxx", False),
    ("name-change", "2.23.136.1.1.6.1", asn1.null(), "oxx", False),
    ("document-types", "2.23.136.1.1.6.2", bytes.fromhex("30080201003103130150"), "xmx", False),
    ("netscape-certificate-type", "2.16.840.1.113730.1.1", bytes.fromhex("03020007"), "xxx", False),
]


def value_of(encoded: bytes) -> bytes:
    return ext.parse_extension(asn1.Reader(encoded).read()).value


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("label", "oid", "value", "presence", "critical"), TABLE, ids=[row[0] for row in TABLE])
def test_an_extension_is_there_or_not_and_critical_or_not(
    label: str, oid: str, value: bytes, presence: str, critical: bool, role: Role
) -> None:
    wanted, ordinary = presence[ROLES.index(role)], usual(role, link=False).get(oid)
    value = value if ordinary is None else value_of(ordinary)
    assert found(role, {oid: None}) == ({f"{label}-missing"} if wanted == "m" else set())
    assert found(role, {oid: build.extension(oid, value, critical=critical)}) == ({f"{label}-present"} if wanted == "x" else set())
    other_way = {f"{label}-present"} if wanted == "x" else {f"{label}-not-critical" if critical else f"{label}-critical"}
    assert found(role, {oid: build.extension(oid, value, critical=not critical)}) == other_way


@pytest.mark.parametrize(("role", "link", "wanted"), [("csca", False, False), ("csca", True, True), ("dsc", False, True),
                                                      ("list-signer", False, True)])  # fmt: skip
def test_only_a_self_signed_certificate_may_leave_out_its_issuers_key(role: Role, link: bool, wanted: bool) -> None:
    oid = ext.AUTHORITY_KEY_IDENTIFIER
    assert found(role, {oid: None}, link=link) == ({"authority-key-identifier-missing"} if wanted else set())
    value = value_of(usual(role, link)[oid])
    assert found(role, {oid: build.extension(oid, value, critical=True)}, link=link) == {"authority-key-identifier-critical"}


# Values ---------------------------------------------------------------------------------------------------------------


def extension(oid: str, value: bytes) -> dict[str, bytes]:
    critical = oid in (ext.KEY_USAGE, ext.BASIC_CONSTRAINTS, ext.EXTENDED_KEY_USAGE)
    return {oid: build.extension(oid, value, critical=critical)}


def period(first: datetime | None, last: datetime | None) -> dict[str, bytes]:
    ends = ((0x80, first), (0x81, last))
    encoded = (asn1.encode(tag, asn1.generalized_time(end)) for tag, end in ends if end is not None)
    return extension(ext.PRIVATE_KEY_USAGE_PERIOD, asn1.sequence(*encoded))


def state(text: bytes) -> bytes:
    return asn1.encode(0xA4, name(("2.5.4.7", PRINTABLE, text)))


def alternatives(*names: bytes) -> dict[str, bytes]:
    value = asn1.sequence(*names)
    return extension(ext.SUBJECT_ALT_NAME, value) | extension(ext.ISSUER_ALT_NAME, value)


def both(code: str) -> set[str]:
    return {f"{whose}-alternative-name-{code}" for whose in ("subject", "issuer")}


MAIL, VNM = asn1.encode(0x81, b"pki@vn.example"), state(b"VNM")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("values", "codes"),
    [
        pytest.param(period(None, None), {"usage-period-empty"}, id="period without ends"),
        pytest.param(period(BEGIN, None), set(), id="period without end"),
        pytest.param(period(None, END - DAY), set(), id="period without beginning"),
        pytest.param(period(BEGIN - DAY, END - DAY), {"usage-period-outside-validity"}, id="period before validity"),
        pytest.param(period(BEGIN, END), {"usage-period-as-long-as-validity"}, id="period as long as validity"),
        pytest.param(period(BEGIN, END + DAY), {"usage-period-outside-validity", "usage-period-as-long-as-validity"}, id="longer"),
        pytest.param(period(BEGIN + DAY, BEGIN), {"usage-period-reversed"}, id="period reversed"),
        pytest.param(extension(ext.PRIVATE_KEY_USAGE_PERIOD, asn1.sequence(asn1.encode(0x80, b"20260701000000.5Z"))),
                     {"usage-period-encoding"}, id="fraction"),
        pytest.param(extension(ext.AUTHORITY_KEY_IDENTIFIER, b"\x30\x00"), {"authority-key-identifier-without-key"}, id="no id"),
        pytest.param(extension(ext.AUTHORITY_KEY_IDENTIFIER, b"\x30"), {"authority-key-identifier-malformed"}, id="no sequence"),
        pytest.param(extension(ext.SUBJECT_KEY_IDENTIFIER, b"\x04\x00"), {"subject-key-identifier-malformed"}, id="empty id"),
        pytest.param(extension(ext.CRL_DISTRIBUTION_POINTS, b"\x30\x00"), {"crl-distribution-points-form"}, id="no address"),
        pytest.param(extension(ext.CRL_DISTRIBUTION_POINTS, b"\x05\x00"), {"crl-distribution-points-malformed"}, id="no points"),
        pytest.param(alternatives(MAIL), both("without-state"), id="no state"),
        pytest.param(alternatives(VNM), both("without-contact"), id="no contact"),
        pytest.param(alternatives(MAIL, state(b"DEU")), both("country"), id="another state"),
        pytest.param(alternatives(MAIL, state(b"VN")), both("country"), id="two letters"),
        pytest.param(alternatives(MAIL, state(b"vnm")), both("country"), id="small letters"),
        pytest.param(extension(ext.SUBJECT_ALT_NAME, b"\x05\x00") | extension(ext.ISSUER_ALT_NAME, b"\x05\x00"), both("malformed"),
                     id="no names"),
        pytest.param(extension(ext.KEY_USAGE, bytes.fromhex("03020182")), {"key-usage-bits"}, id="more bits"),
        pytest.param(extension(ext.KEY_USAGE, b"\x05\x00"), {"key-usage-malformed"}, id="no bits"),
    ],
)  # fmt: skip
def test_values_of_any_role(values: Values, codes: set[str], role: Role) -> None:
    assert found(role, values) == codes


@pytest.mark.parametrize(
    ("role", "values", "codes"),
    [
        ("csca", {ext.KEY_USAGE: build.key_usage([KeyUsage.KEY_CERT_SIGN])}, {"key-usage-bits"}),
        ("csca", extension(ext.BASIC_CONSTRAINTS, bytes.fromhex("30030101FF")), {"path-length"}),
        ("csca", extension(ext.BASIC_CONSTRAINTS, bytes.fromhex("30060101FF020101")), {"path-length"}),
        ("csca", extension(ext.BASIC_CONSTRAINTS, b"\x30\x00"), {"not-an-authority", "path-length", "default-value-encoded"}),
        ("csca", extension(ext.SUBJECT_ALT_NAME, asn1.sequence(VNM, MAIL)), {"alternative-names-differ"}),
        ("csca", extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, b"x"))),
         {"authority-key-identifier-differs"}),
        ("csca", {ext.NAME_CHANGE: build.extension(ext.NAME_CHANGE, b"\x30\x00")}, {"name-change-malformed"}),
        ("dsc", extension(ext.SUBJECT_ALT_NAME, asn1.sequence(VNM, MAIL)), set()),
        ("dsc", extension(ext.BASIC_CONSTRAINTS, b"\x30\x00"),
         {"basic-constraints-present", "path-length", "default-value-encoded"}),
        ("dsc", extension(ext.DOCUMENT_TYPE_LIST, bytes.fromhex("3008020101310313 0150")), {"document-types-encoding"}),
        ("dsc", extension(ext.DOCUMENT_TYPE_LIST, bytes.fromhex("130150")), {"document-types-malformed"}),
    ],
)  # fmt: skip
def test_values_of_one_role(role: Role, values: Values, codes: set[str]) -> None:
    assert found(role, values) == codes


def test_a_link_may_name_another_key_and_other_addresses_than_its_own() -> None:
    assert found("csca", extension(ext.SUBJECT_ALT_NAME, asn1.sequence(VNM, MAIL)), link=True) == set()


def test_a_link_to_another_name_says_that_the_name_changed() -> None:
    renamed = Subject("VN", "New CSCA", "chipid test PKI").build()
    assert found("csca", link=True, subject=renamed) == {"name-change-missing"}
    assert found("csca", {ext.NAME_CHANGE: build.name_change()}, link=True, subject=renamed) == set()


# Names ----------------------------------------------------------------------------------------------------------------

C, O, CN, SERIAL, EMAIL = "2.5.4.6", "2.5.4.10", "2.5.4.3", "2.5.4.5", "1.2.840.113549.1.9.1"  # noqa: E741
COUNTRY, NAMED = (C, PRINTABLE, b"VN"), (CN, UTF_8, "Hà Nội".encode())


@pytest.mark.parametrize("whose", ["", "issuer-"])
@pytest.mark.parametrize(
    ("attributes", "codes"),
    [
        ((COUNTRY, NAMED, (SERIAL, PRINTABLE, b"001"), (O, PRINTABLE, b"State of 'X' (1)"), (EMAIL, IA5, b"a@vn.example")), set()),
        ((NAMED,), {"country-missing"}),
        ((), {"country-missing", "common-name-missing"}),
        (((C, PRINTABLE, b"vn"), NAMED), {"country-encoding"}),
        (((C, UTF_8, b"VN"), NAMED), {"country-encoding"}),
        (((C, PRINTABLE, b"VNM"), NAMED), {"country-encoding"}),
        ((COUNTRY,), {"common-name-missing"}),
        ((COUNTRY, (CN, TELETEX, b"Name")), {"name-encoding"}),
        ((COUNTRY, (CN, PRINTABLE, b"a_b")), {"name-encoding"}),
        ((COUNTRY, (CN, UTF_8, b"\xff")), {"name-encoding"}),
        ((COUNTRY, (CN, IA5, b"Name")), {"name-encoding"}),
        ((COUNTRY, NAMED, (SERIAL, UTF_8, b"001")), {"name-encoding"}),
        ((COUNTRY, NAMED, (EMAIL, IA5, b"\xff")), {"name-encoding"}),
    ],
)
def test_names(whose: str, attributes: Iterable[tuple[str, int, bytes]], codes: set[str]) -> None:
    place = "issuer" if whose else "subject"
    # Without a country an alternative name is of another state than its name.
    lost = {f"{place}-alternative-name-country"} if "country-missing" in codes else set()
    assert found("dsc", **{place: name(*attributes)}) == {whose + code for code in codes} | lost


def test_both_names_are_of_one_country() -> None:
    german = Subject("DE", "Signer", "chipid test PKI")
    own = {ext.SUBJECT_ALT_NAME: build.extension(ext.SUBJECT_ALT_NAME, german.build_alternative())}
    assert found("dsc", own, subject=german.build()) == {"country-differs"}
    assert "country-differs" not in found("dsc", subject=name((C, PRINTABLE, b"vn"), NAMED))
    assert {"country-differs", "country-encoding"} <= found("dsc", subject=name((C, PRINTABLE, b"V1"), NAMED))


# Key, signature, dates ------------------------------------------------------------------------------------------------


def explicit_curve(change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    algorithm, point = asn1.parse(build_spki(KEY.public), asn1.SEQUENCE).children()
    oid, parameters = algorithm.children()
    changed = asn1.sequence(*change([each.raw for each in parameters.children()]))
    return asn1.sequence(asn1.sequence(oid.raw, changed), point.raw)


def named_curve() -> bytes:
    return build_spki(SigningKey.of(KEY.private, explicit_parameters=False).public)


@pytest.mark.parametrize(
    ("spki", "code"),
    [(lambda: explicit_curve(lambda fields: fields[:-1]), {"cofactor-missing"}), (named_curve, {"named-curve"}),
     (lambda: explicit_curve(lambda fields: [*fields, asn1.null()]), set()),
     (lambda: build_spki(RSA.public), set()),
     (lambda: build_spki(RSA.public).replace(asn1.oid(RSA_ENCRYPTION), asn1.oid(RSASSA_PSS)), {"key-algorithm"}),
     (lambda: build_spki(KEY.public).replace(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.840.10045.2.9")), {"key-algorithm"}),
     (lambda: asn1.sequence(asn1.sequence(), asn1.bit_string(b"\0")), {"key-algorithm"})],
)  # fmt: skip
def test_the_key_is_named_and_its_curve_is_spelt_out(spki: Callable[[], bytes], code: set[str]) -> None:
    assert found("dsc", spki=spki()) == code


def test_the_algorithm_of_the_signature_is_one_of_doc_9303() -> None:
    sha_1 = build_algorithm_identifier(SigningKey.of(OTHER.private, hash_name="sha1").scheme)
    assert found("dsc", algorithm=sha_1) == {"sha1-signature"}
    assert found("dsc", algorithm=asn1.sequence(asn1.oid("1.2.840.113549.1.1.4"), asn1.null())) == {"signature-algorithm"}


def test_a_certificate_begins_before_it_ends() -> None:
    values = {ext.PRIVATE_KEY_USAGE_PERIOD: None}
    assert found("list-signer", values, validity=(END, BEGIN)) == {"validity-reversed"}
    assert found("list-signer", values, validity=(BEGIN, BEGIN)) == set()


def test_a_certificates_own_deviations_are_told_for_its_role() -> None:
    assert profile_deviations(certificate("dsc", {}, serial=0), "dsc") == ("dsc-serial-not-positive",)
