# SPDX-License-Identifier: Apache-2.0
"""Drives one chip, and brings Evidence home."""
