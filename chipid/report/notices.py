# SPDX-License-Identifier: Apache-2.0
"""What stands beside every result, because the chip cannot say it."""

from __future__ import annotations

from chipid.report.schema import Notice

LOSS_UNKNOWN = Notice(
    code="loss-unknown-offline",
    text="Whether the card has been reported lost, or its holder's card has been revoked, cannot be known offline.",
)
COMPARE_FACE = Notice(
    code="compare-face",
    text="The chip does not say who presents it: compare the portrait with the person.",
)
NO_PORTRAIT = Notice(
    code="no-portrait",
    text="No portrait has been read: the chip does not help to tell who presents it.",
)
PROOFS_ARE_OURS = Notice(
    code="proofs-convince-the-reader",
    text="That the chip was there convinces whoever read it: a file with its proofs can be made up by whoever holds it.",
)
RESIDENCE_AS_OF_ISSUE = Notice(
    code="residence-as-of-issue",
    text="The permanent residence is the one registered when the card was issued.",
)
NO_TEMPORARY_RESIDENCE = Notice(
    code="no-temporary-residence",
    text="The chip says nothing of temporary residence.",
)
DATA_UNVERIFIED = Notice(
    code="not-verified",
    text="These data have been read, not verified: anybody can make a chip that says so.",
)
INCOMPLETE = Notice(
    code="incomplete",
    text="Reading was broken off: what is missing here may be on the chip.",
)


def notices(*, cccd: bool, portrait: bool, complete: bool, judged: bool, challenged: bool = False) -> tuple[Notice, ...]:
    """The notices for a report.

    :param cccd: the document is a Vietnamese card, which tells a residence. :param portrait: a portrait was read.
    :param complete: nothing was broken off. :param judged: the report carries a verdict.
    :param challenged: Active Authentication has been verified over a challenge that whoever asks for the verdict chose.
    """
    every = (
        (not judged, DATA_UNVERIFIED),
        (not complete, INCOMPLETE),
        (cccd, RESIDENCE_AS_OF_ISSUE),
        (cccd, NO_TEMPORARY_RESIDENCE),
        (judged, LOSS_UNKNOWN),
        (judged and not challenged, PROOFS_ARE_OURS),
        (portrait, COMPARE_FACE),
        (judged and not portrait, NO_PORTRAIT),
    )
    return tuple(notice for applies, notice in every if applies)
