# SPDX-License-Identifier: Apache-2.0
"""What a PKCS#11 module refuses, as errors of chipid that say what to do.

The errors of python-pkcs11 are told apart by name, so that this is readable where it is not installed.
"""

from __future__ import annotations

from typing import Final

from chipid.errors import AccessDenied, ChipIdError, NotAuthorised, PasswordBlocked, ReaderError, UnsupportedFeature, WrongPassword

PIN_HINT: Final = "Give the PIN of the token's user; a token blocks its PIN after a few wrong ones."
_UNBLOCK_HINT = "Unblock the PIN with the token's own tool, as its security officer."
_TRY_AGAIN_HINT = "Check that the module is connected and its service is running, and try again."
_MECHANISM_HINT = "Use another key, or a module that offers this mechanism with these parameters."

_ERRORS: Final[dict[str, tuple[type[ChipIdError], str, str]]] = {
    "PinIncorrect": (WrongPassword, "the PIN is wrong", PIN_HINT),
    "PinInvalid": (WrongPassword, "the PIN has characters that the token does not take", PIN_HINT),
    "PinLenRange": (WrongPassword, "the PIN is shorter or longer than the token's", PIN_HINT),
    "PinLocked": (PasswordBlocked, "the token has blocked its PIN", _UNBLOCK_HINT),
    "PinExpired": (AccessDenied, "the token's PIN has expired", "Set a new PIN with the token's own tool."),
    "UserPinNotInitialized": (AccessDenied, "the token's user has no PIN yet", "Set one with the token's own tool."),
    "UserNotLoggedIn": (NotAuthorised, "the session of the token has ended", "Open the key again."),
    "FunctionRejected": (NotAuthorised, "the token's user refused", "Confirm the use of the key at the token."),
    "MechanismInvalid": (UnsupportedFeature, "the token does not offer the mechanism", _MECHANISM_HINT),
    "MechanismParamInvalid": (UnsupportedFeature, "the token does not take these parameters", _MECHANISM_HINT),
    "ArgumentsBad": (UnsupportedFeature, "the token does not take these parameters", _MECHANISM_HINT),
    "FunctionNotSupported": (UnsupportedFeature, "the module cannot do that", _MECHANISM_HINT),
    "KeySizeRange": (UnsupportedFeature, "the key is too short or too long for that", _MECHANISM_HINT),
    "DataLenRange": (UnsupportedFeature, "the key is too short for that hash", _MECHANISM_HINT),
    "KeyTypeInconsistent": (UnsupportedFeature, "the key is of another kind", _MECHANISM_HINT),
    "DeviceRemoved": (ReaderError, "the token has been removed", "Insert the token and open the key again."),
    "TokenNotPresent": (ReaderError, "there is no token in the slot", "Insert the token and open the key again."),
    "SessionHandleInvalid": (ReaderError, "the session of the token has ended", "Open the key again."),
    "SessionClosed": (ReaderError, "the session of the token has ended", "Open the key again."),
    "SessionCount": (ReaderError, "the token has no session left", "Close other programs that use the token."),
}


def translate(name: str, during: str) -> ChipIdError:
    """The error for python-pkcs11's of class *name*, in the middle of *during*; its message is not repeated."""
    kind, what, hint = _ERRORS.get(name, (ReaderError, f"the module failed ({name})", _TRY_AGAIN_HINT))
    return kind(f"PKCS#11: {during}: {what}", hint=hint)
