# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers and proxies on loopback, and the program under test beside them."""
import os

# nginx and Squid live where the PATH of a user who is not root does not look.
os.environ["PATH"] = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
