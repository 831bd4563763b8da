# SPDX-License-Identifier: Apache-2.0
"""Wires to a chip: PC/SC readers, recordings, and a channel that records."""
