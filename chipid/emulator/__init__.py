# SPDX-License-Identifier: Apache-2.0
"""A card image that answers APDUs, in process or through the virtual PC/SC reader (ICAO 9303-10 and -11, the chip)."""
