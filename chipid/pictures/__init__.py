# SPDX-License-Identifier: Apache-2.0
"""Pictures: portraits, fingerprints and irises decoded, QR codes read and drawn.

An image comes from a chip or from a stranger's telephone, and image decoders are large: each image is decoded in a process of its
own, which gives up its rights beforehand and is killed when its time is up (:mod:`chipid.pictures.sandbox`).
"""

from __future__ import annotations

from chipid.pictures.picture import Picture, decode
from chipid.pictures.qr_codes import draw_qr, read_qr_codes
from chipid.pictures.sandbox import Limits

__all__ = ["Limits", "Picture", "decode", "draw_qr", "read_qr_codes"]
