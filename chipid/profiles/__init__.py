# SPDX-License-Identifier: Apache-2.0
"""What differs from document to document, and the keys to a chip in the forms in which people have them."""
