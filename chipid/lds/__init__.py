# SPDX-License-Identifier: Apache-2.0
"""The logical data structure: the files of an eMRTD, parsed and built (ICAO 9303-10)."""
