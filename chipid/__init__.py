# SPDX-License-Identifier: Apache-2.0
"""Read and verify chip ID cards."""
