# SPDX-License-Identifier: Apache-2.0
"""The chip's end of Terminal Authentication (ICAO 9303-11 §7.1.5, BSI TR-03110-3 §B.3, §B.14)."""

from __future__ import annotations

from chipid.crypto import asn1
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData, TlvError, UnsupportedFeature
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.pki.cv_authorisation import DISCRETIONARY_DATA, HolderAuthorisation, Role
from chipid.pki.cv_chain import TrustedKey
from chipid.pki.cvc import CvCertificate, reference_text
from chipid.protocols.general_authenticate import CRYPTOGRAPHIC_MECHANISM, EPHEMERAL_PUBLIC_KEY, PUBLIC_KEY_REFERENCE
from chipid.protocols.object_identifiers import oid_octets
from chipid.protocols.terminal_auth.signed_data import AUXILIARY_DATA, CHALLENGE_SIZE, signed_data
from chipid.protocols.terminal_auth.trust import ChipTrust

_DISCRETIONARY_TEMPLATE = 0x73
_AUXILIARY_LIMIT = 1024
_COMPRESSED_KEY_LIMIT = 128


class TerminalAuthenticationChip:
    """The responder of one session: what it imports for a while is gone with it. Make a new one at each reset, and for each session
    that access control opens. Every command comes under secure messaging, which is the applet's matter, as a failure leaves that
    session alone (§7.1.3).

    :param trust: the memory that stays.
    :param id_ic: ID_IC: :func:`~chipid.protocols.terminal_auth.document_identifier` after BAC, after PACE the compressed ephemeral
        key of the chip.
    :param version: 1 or 2.
    :ivar rights: the effective authorisation of the terminal that has proven itself, ``None`` before.
    :ivar terminal_key: the terminal's ephemeral key, compressed. Version 1: the one that Chip Authentication or PACE-CAM has
        authenticated (:meth:`bind`); version 2: the one that the terminal announced, with which Chip Authentication has to follow.
    :ivar auxiliary_data: the data object 67 that a terminal of version 2 has signed, empty where there was none.
    :ivar refused: why the last certificate was refused, one of :data:`chipid.pki.cv_chain.REFUSALS` or ``cv-malformed``.
    """

    def __init__(self, trust: ChipTrust, id_ic: bytes, random: RandomSource, *, version: int = 1) -> None:
        self._trust, self._id_ic, self._random, self._version = trust, id_ic, random, version
        self._selected: TrustedKey | None = None
        self._imported: dict[Role, TrustedKey] = {}
        self._terminal: TrustedKey | None = None
        self._challenge: bytes | None = None
        self._announced: tuple[bytes, bytes] = b"", b""
        self._done = False
        self.rights: HolderAuthorisation | None = None
        self.terminal_key: bytes | None = None
        self.auxiliary_data = b""
        self.refused: str | None = None

    @property
    def data_groups(self) -> tuple[str, ...]:
        """The data groups that the terminal may read now, e.g. ``("DG3", "DG4")``."""
        return self.rights.data_groups if self.rights is not None else ()

    def bind(self, terminal_key: bytes) -> None:
        """Chip Authentication, or PACE-CAM, has authenticated the terminal's ephemeral key: Terminal Authentication version 1 may
        follow. Rights that were granted for another key end here (§7.1.3).

        :param terminal_key: compressed.
        """
        self.terminal_key = terminal_key
        self._challenge = self.rights = None

    def set_dst(self, data: bytes) -> int:
        """MSE:Set DST (§7.1.5.1): the key that shall verify the next certificates; the status word is the answer."""
        self._selected = None
        try:
            objects = TlvCursor(data)
            reference = reference_text(objects.expect(PUBLIC_KEY_REFERENCE).value)
            objects.finish()
        except TlvError:
            return SW.WRONG_DATA
        except MalformedData:
            return SW.REFERENCE_NOT_FOUND
        self._selected = self._trust.trust_point(reference) or self._temporary(reference)
        return SW.OK if self._selected is not None else SW.REFERENCE_NOT_FOUND

    def verify_certificate(self, data: bytes) -> int:
        """PSO:Verify Certificate (§7.1.5.2): body and signature; the status word is the answer, :attr:`refused` the reason."""
        self.refused = None
        issuer = self._selected
        if issuer is None:
            return SW.CONDITIONS_NOT_SATISFIED
        try:
            certificate = CvCertificate.parse_bare(data)
        except (MalformedData, UnsupportedFeature):
            self.refused = "cv-malformed"
            return SW.WRONG_DATA
        self.refused = self._trust.refusal(certificate, issuer)
        if self.refused is not None:
            return SW.AUTHENTICATION_FAILED
        key = self._trust.accept(certificate, issuer)
        if key.role is not Role.CVCA:
            # One of each kind: the terminal makes no use of any but the most recently imported key (§7.1.4.3.7).
            slot = Role.DOMESTIC_DV if key.role.is_verifier else Role.TERMINAL
            self._imported[slot] = key
        return SW.OK

    def set_at(self, data: bytes) -> int:
        """MSE:Set AT (§7.1.5.3, TR-03110-3 §B.14.1): the terminal's key, in version 2 with mechanism and ephemeral key."""
        self._terminal = self._challenge = None
        if self._done:
            return SW.SECURITY_STATUS
        try:
            objects = self._authentication_template(data)
        except MalformedData:
            return SW.WRONG_DATA
        try:
            reference = reference_text(objects[PUBLIC_KEY_REFERENCE])
        except MalformedData:
            return SW.REFERENCE_NOT_FOUND
        terminal = self._imported.get(Role.TERMINAL)
        if terminal is None or terminal.reference != reference:
            return SW.REFERENCE_NOT_FOUND
        if self._version != 1 and objects[CRYPTOGRAPHIC_MECHANISM] != oid_octets(terminal.key.oid):
            return SW.WRONG_DATA
        self._announced = objects.get(EPHEMERAL_PUBLIC_KEY, b""), objects.get(AUXILIARY_DATA, b"")
        self._terminal = terminal
        return SW.OK

    def get_challenge(self, le: int | None) -> tuple[bytes, int]:
        """GET CHALLENGE (§7.1.5.4). The new challenge replaces the one before."""
        self._challenge = None
        if le != CHALLENGE_SIZE:
            return b"", SW.WRONG_LENGTH
        self._challenge = self._random(CHALLENGE_SIZE)
        return self._challenge, SW.OK

    def external_authenticate(self, signature: bytes) -> int:
        """EXTERNAL AUTHENTICATE (§7.1.5.5). A challenge serves once, whatever comes of it."""
        challenge, self._challenge = self._challenge, None
        # 1. Once in a session, and in version 1 only for a key that the chip has met (§7.1.3)
        terminal_key, auxiliary_data = (self.terminal_key, b"") if self._version == 1 else self._announced
        if self._done or terminal_key is None:
            return SW.SECURITY_STATUS
        # 2. After MSE:Set AT and GET CHALLENGE
        if self._terminal is None or challenge is None:
            return SW.CONDITIONS_NOT_SATISFIED
        # 3. The terminal's signature
        if not self._terminal.key.verify(signed_data(self._id_ic, challenge, terminal_key, auxiliary_data), signature):
            return SW.AUTHENTICATION_FAILED
        self._done, self.rights = True, self._terminal.authorisation
        self.terminal_key, self.auxiliary_data = terminal_key, auxiliary_data
        return SW.OK

    def _temporary(self, reference: str) -> TrustedKey | None:
        return next((key for key in self._imported.values() if key.reference == reference), None)

    def _authentication_template(self, data: bytes) -> dict[int, bytes]:
        """The data objects by tag, in any order (TR-03110-3 §B.14); of 67 the whole object.

        :raises MalformedData: one missing, unknown, doubled or too long.
        """
        required = {PUBLIC_KEY_REFERENCE}
        if self._version != 1:
            required |= {CRYPTOGRAPHIC_MECHANISM, EPHEMERAL_PUBLIC_KEY}
        optional = {AUXILIARY_DATA} if self._version != 1 else set()
        found: dict[int, bytes] = {}
        for each in TlvCursor(data):
            if each.tag in found or each.tag not in required | optional:
                raise each.error("a data object that does not belong here")
            found[each.tag] = each.raw if each.tag == AUXILIARY_DATA else each.value
        if not required <= found.keys() or len(found.get(EPHEMERAL_PUBLIC_KEY, b"")) > _COMPRESSED_KEY_LIMIT:
            raise MalformedData("an authentication template is incomplete, or its key too long")
        if AUXILIARY_DATA in found:
            _check_auxiliary(found[AUXILIARY_DATA])
        return found


def _check_auxiliary(raw: bytes) -> None:
    """Authenticated auxiliary data (TR-03110-3 §A.6.5): templates of an object identifier and what belongs to it.

    :raises MalformedData: anything else.
    """
    cursor = TlvCursor(raw)
    outer = cursor.expect(AUXILIARY_DATA)
    if len(raw) > _AUXILIARY_LIMIT or raw != build_tlv(AUXILIARY_DATA, outer.value):
        raise outer.error("auxiliary data too long, or not in DER")
    for template in outer.children():
        if template.tag != _DISCRETIONARY_TEMPLATE:
            raise template.error("auxiliary data that are no template")
        objects = template.children()
        objects.expect(asn1.OBJECT_IDENTIFIER)
        objects.expect(DISCRETIONARY_DATA)
        objects.finish()
