/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ProtocolVersion of RFC 5246 and RFC 8446, as far as we speak it. In base because
 * those who read the wire and those who keep what was read both need it.
 */
#ifndef BASE_TLS_VERSION_H
#define BASE_TLS_VERSION_H

enum tls_version {
  TLS_VERSION_UNKNOWN = 0,
  TLS_VERSION_1_2 = 0x0303,
  TLS_VERSION_1_3 = 0x0304,
};

#endif
