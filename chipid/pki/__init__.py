# SPDX-License-Identifier: Apache-2.0
"""Certificates, signed objects and the way from a document signer to a trusted CSCA (ICAO 9303-12)."""
