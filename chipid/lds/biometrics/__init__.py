# SPDX-License-Identifier: Apache-2.0
"""Biometric information templates, and the face, finger and iris records of ISO/IEC 19794 and 39794 in them."""
