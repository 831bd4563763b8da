# SPDX-License-Identifier: Apache-2.0
"""Doors to the C core, used by both ends."""
