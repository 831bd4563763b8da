# SPDX-License-Identifier: Apache-2.0
"""Fixtures with emulated cards."""
