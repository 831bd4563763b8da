# SPDX-License-Identifier: Apache-2.0
"""A sound PKI is accepted; each fault of the catalogue, one at a time, has an answer of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from issuer import AT
from pki_desk import verdict, workshop
from reader_desk import CAM, issue, read

from chipid import open_trust
from chipid.crypto import asn1
from chipid.errors import UnsupportedFeature
from chipid.issuing.certificates import Departures, extension
from chipid.issuing.document_pki import DocumentPki, PkiWorkshop
from chipid.issuing.pki import KeyOptions
from chipid.issuing.pki_faults import PKI_FAULTS, pki_fault
from chipid.issuing.signed_data import SignatureOptions
from chipid.pki import extensions as ext
from chipid.trust.database import TrustDatabase
from chipid.trust.importing import import_paths
from chipid.verification import CheckName, Outcome, Policy, Verdict, reasons, verify
from chipid.verification.policy import POLICIES
from chipid.verification.reasons import explain

NAMES = sorted(PKI_FAULTS)
NOT_OF_THE_PKI = {
    **dict.fromkeys(
        ("sod-missing", "sod-malformed", "dg1-missing", "dg1-malformed"),
        "the file is not there, or damaged: unit/test_passive_auth.py",
    ),
    **dict.fromkeys(
        (
            "no-signer", "signer-malformed", "content-missing", "content-is-attributes",
            "content-type-missing", "content-type-mismatch", "duplicate-attribute", "message-digest-missing",
        ),
        "the CMS object is malformed, whoever signed it: unit/test_cms.py",
    ),
}  # fmt: skip
"""Reason codes of the same checks that need another fault than one of a PKI, and where they are tested."""


@cache
def sound() -> Verdict:
    return verdict(workshop().pki())


@cache
def found(name: str, policy: str) -> Verdict:
    return verdict(_built(name), policy)


@cache
def _built(name: str) -> DocumentPki:
    return PKI_FAULTS[name].build(workshop())


def answers(verdict: Verdict) -> set[tuple[CheckName, Outcome, str, frozenset[str]]]:
    return {(check.name, check.outcome, check.reason, frozenset(check.deviations)) for check in verdict.checks}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_sound_pki_is_accepted(policy: str) -> None:
    accepted = verdict(workshop().pki(), policy)
    assert (accepted.decision.value, accepted.reasons, accepted.deviations) == ("accepted", (), ())


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_has_the_expected_answer(name: str) -> None:
    expected, counter, strict = PKI_FAULTS[name].expected, found(name, "counter"), found(name, "strict")
    check = counter.check(CheckName(expected.check))
    assert (check.outcome.value, check.reason) == (expected.outcome, expected.reason)
    assert set(counter.deviations) - set(sound().deviations) == expected.deviations
    assert (counter.decision.value, strict.decision.value) == (expected.counter, expected.strict)


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_never_looks_like_a_sound_pki(name: str) -> None:
    counter, strict = found(name, "counter"), found(name, "strict")
    assert answers(counter) != answers(sound())
    assert not strict.accepted
    for code in (*counter.reasons, *counter.deviations):
        assert explain(code) != code


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_is_one_whatever_the_state_and_wherever_it_is_judged(name: str) -> None:
    """A server that gets the files alone decides as the counter does, as far as the PKI goes."""
    assert found(name, "data-only").decision is found(name, "counter").decision
    german = verdict(PKI_FAULTS[name].build(workshop("DE")), state="D")
    assert answers(german) == answers(found(name, "counter"))
    assert german.decision is found(name, "counter").decision


def test_no_two_faults_have_one_answer_but_where_the_catalogue_says_why() -> None:
    alike = defaultdict(list)
    for fault in PKI_FAULTS.values():
        alike[fault.expected.check, fault.expected.reason, fault.expected.deviations].append(fault)
    for faults in alike.values():
        assert sum(not fault.alike for fault in faults) == 1, [fault.name for fault in faults]


def test_the_catalogue_is_as_long_as_it_must_be() -> None:
    assert len(PKI_FAULTS) >= 100
    assert len({(fault.expected.check, fault.expected.reason, fault.expected.deviations) for fault in PKI_FAULTS.values()}) >= 80


def test_every_reason_about_certificates_and_revocation_is_reached() -> None:
    """A code of certificates may stand behind the prefix of whose certificate it is."""
    codes = {check.reason for name in NAMES for check in found(name, "counter").checks}
    reached = codes | {reasons.stem(code) for code in codes}
    wanted = {*reasons._CERTIFICATES, *reasons._REVOCATION, *reasons._ISSUING_STATE, *reasons._SOD_SIGNATURE}
    assert wanted - reached == set(NOT_OF_THE_PKI)


def test_an_unknown_fault_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        pki_fault("csca-expird")
    assert re.fullmatch(r"The nearest are csca-expired, [a-z-]+, [a-z-]+\.", str(caught.value.hint))
    assert pki_fault("dsc-expired") is PKI_FAULTS["dsc-expired"]


# What is sound ---------------------------------------------------------------------------------------------------------


def _over_a_link(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority()
    return shop.pki(new, certificates=(shop.csca.certificate, shop.csca.issue_link(new)))


def _over_a_new_name(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority(common_name="New CSCA")
    lists = (shop.revocation_list(), shop.revocation_list(new))
    return shop.pki(new, certificates=(shop.csca.certificate, shop.csca.issue_link(new)), revocation_lists=lists)


def _one_name_of_three_keys(shop: PkiWorkshop) -> DocumentPki:
    authorities = [shop.authority() for _ in range(3)]
    return shop.pki(authorities[1], certificates=tuple(each.certificate for each in authorities))


def _one_key_identifier_of_two_keys(shop: PkiWorkshop) -> DocumentPki:
    own = shop.csca.parsed.extensions[ext.SUBJECT_KEY_IDENTIFIER].value
    shared = {oid: extension(oid, own) for oid in (ext.SUBJECT_KEY_IDENTIFIER,)}
    shared[ext.AUTHORITY_KEY_IDENTIFIER] = extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(b"\x80" + own[1:]))
    other = shop.authority(common_name="Another CSCA", departures=Departures(extensions=shared))
    return shop.pki(certificates=(other.certificate, shop.csca.certificate))


def _list_by_the_next_key(shop: PkiWorkshop) -> DocumentPki:
    new = shop.authority()
    return shop.pki(certificates=(shop.csca.certificate, new.certificate), revocation_lists=(shop.revocation_list(new),))


def _another_signer_revoked(shop: PkiWorkshop) -> DocumentPki:
    return shop.pki(revocation_lists=(shop.revocation_list(None, shop.signer().parsed),))


def _certificate_with_the_operator(shop: PkiWorkshop) -> DocumentPki:
    signer = shop.signer()
    options = SignatureOptions(include_certificate=False)
    certificates = (shop.csca.certificate, signer.certificate)
    return shop.pki(signer=signer, certificates=certificates, sign_sod=lambda groups: signer.sign_sod(groups, options=options))


def _named_by_key_identifier(shop: PkiWorkshop) -> DocumentPki:
    signer, options = shop.signer(), SignatureOptions(by_key_identifier=True)
    return shop.pki(signer=signer, sign_sod=lambda groups: signer.sign_sod(groups, options=options))


def _keys(csca: KeyOptions, signer: KeyOptions) -> Callable[[PkiWorkshop], DocumentPki]:
    return lambda shop: shop.pki(own := shop.authority(key=csca), shop.signer(own, key=signer))


PSS = KeyOptions("rsa-2048", rsa_padding="pss", hash_name="sha512")
SOUND = {
    "link": _over_a_link,
    "new name": _over_a_new_name,
    "one name, three keys": _one_name_of_three_keys,
    "one key identifier, two keys": _one_key_identifier_of_two_keys,
    "revocation list by the next key": _list_by_the_next_key,
    "another signer revoked": _another_signer_revoked,
    "certificate with the operator": _certificate_with_the_operator,
    "signer named by key identifier": _named_by_key_identifier,
    "PSS, PKCS1": _keys(PSS, KeyOptions("rsa-2048")),
    "brainpoolP384r1, secp521r1": _keys(KeyOptions(), KeyOptions("secp521r1")),
}


@pytest.mark.parametrize("variant", SOUND)
def test_what_is_sound_in_another_way_is_accepted_too(variant: str) -> None:
    accepted = verdict(SOUND[variant](workshop()), "strict")
    assert (accepted.decision.value, accepted.reasons, accepted.deviations) == ("accepted", (), ())


def test_card_security_is_signed_anew_too() -> None:
    """Another PKI's word for the chip's key would not be believed."""
    image = issue(pace=[CAM], chip_authentication=None, terminal_authentication=None)
    pki = workshop().pki()
    judged = verify(read(pki.sign_card(image)), pki.trust(), Policy.counter(), at=AT)
    assert judged.accepted
    assert judged.check(CheckName.CARD_SECURITY).reason == "ok"
    assert not verify(read(image), pki.trust(), Policy.counter(), at=AT).accepted


# Through the trust store -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_trust_store_gives_the_same_answer(name: str, tmp_path: Path) -> None:
    """What the operator has is written to files and imported. A damaged revocation list does not get into a store at all."""
    with TrustDatabase.create(tmp_path / "trust.db") as database:
        report = import_paths(database, _built(name).save(tmp_path / "files"), at=AT)
    refused, kept = [refusal.reason for refusal in report.refused], verdict(_built(name), trust=open_trust(tmp_path / "trust.db"))
    if name == "crl-malformed":
        assert (refused, kept.check(CheckName.REVOCATION).reason) == (["malformed-crl"], "no-crl")
    else:
        assert (refused, kept) == ([], found(name, "counter"))
