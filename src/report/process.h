/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the system says of this process: the values behind process_*. Read from
 * /proc/self and getrlimit(2); negative where they cannot be read.
 */
#ifndef REPORT_PROCESS_H
#define REPORT_PROCESS_H

#include <stdint.h>

struct process_facts {
  double cpu_seconds;
  int64_t open_fds;
  int64_t max_fds;
  int64_t virtual_memory_bytes;
  int64_t virtual_memory_max_bytes;
  int64_t resident_memory_bytes;
  int64_t threads;
};

void process_read(struct process_facts *out);

#endif
