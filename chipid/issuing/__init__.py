# SPDX-License-Identifier: Apache-2.0
"""Test documents: authorities, signers, and the personalisation of synthetic citizens."""
