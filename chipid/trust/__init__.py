# SPDX-License-Identifier: Apache-2.0
"""The operator's trust store: a file with what he trusts and where it came from, and what goes into it."""
