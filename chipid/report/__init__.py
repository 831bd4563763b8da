# SPDX-License-Identifier: Apache-2.0
"""What a person or a program is told of evidence, verdicts and files. Personal data are hidden unless asked for."""
