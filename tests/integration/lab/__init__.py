# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers and proxies on loopback, and the program under test beside them."""
