# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule says about a line."""
from typing import NamedTuple


class Finding(NamedTuple):
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"
