# SPDX-License-Identifier: Apache-2.0
"""Randomness as a parameter, so that published examples can be replayed."""

from __future__ import annotations

import secrets
from collections.abc import Callable

RandomSource = Callable[[int], bytes]
"""``source(n)`` gives *n* octets. Every protocol takes one; the default is the operating system's."""

system_random: RandomSource = secrets.token_bytes
