# SPDX-License-Identifier: Apache-2.0
"""The chip's protocols (ICAO 9303-11): the terminal's dialogue and the chip's responder of each, next to each other."""
