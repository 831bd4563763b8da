# SPDX-License-Identifier: Apache-2.0
"""``python -m chipid.cli`` is ``chipid``."""

from chipid.cli import main

main()
