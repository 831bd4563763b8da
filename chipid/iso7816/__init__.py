# SPDX-License-Identifier: Apache-2.0
"""APDUs, TLV, secure messaging and dialogues."""
