/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t (*replaced_monotonic_ns)(void);
static int64_t (*replaced_wall_ns)(void);

static int64_t read_clock(clockid_t id)
{
  struct timespec now;
  (void)clock_gettime(id, &now);
  return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
  return replaced_monotonic_ns != NULL ? replaced_monotonic_ns() : read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
  return replaced_wall_ns != NULL ? replaced_wall_ns() : read_clock(CLOCK_REALTIME);
}

void clock_replace(int64_t (*monotonic_ns)(void), int64_t (*wall_ns)(void))
{
  replaced_monotonic_ns = monotonic_ns;
  replaced_wall_ns = wall_ns;
}
