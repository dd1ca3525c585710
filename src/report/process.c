/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DIRECTORY_ENTRIES_MAX = 1 << 20 };

/* Fields of /proc/self/stat by their numbers in proc(5). The command's name, field 2, may hold
 * anything and ends at the last ')'; then comes the state, a letter, and after it numbers. */
enum {
  STAT_FIRST_NUMBER = 4,
  STAT_USER_TICKS = 14,
  STAT_SYSTEM_TICKS = 15,
  STAT_THREADS = 20,
  STAT_VIRTUAL_BYTES = 23,
  STAT_RESIDENT_PAGES = 24,
  STAT_FIELDS = 25,
};

static bool split_stat(const char *line, int64_t fields[STAT_FIELDS])
{
  const char *at = strrchr(line, ')');
  if (at == NULL || strlen(at) < sizeof(") S") - 1) {
    return false;
  }
  at += sizeof(") S") - 1;
  for (size_t field = STAT_FIRST_NUMBER; field < STAT_FIELDS; field++) {
    char *end = NULL;
    fields[field] = strtoll(at, &end, 10);
    if (end == at) {
      return false;
    }
    at = end;
  }
  return true;
}

static void read_stat(struct process_facts *out)
{
  FILE *file = fopen("/proc/self/stat", "re");
  if (file == NULL) {
    return;
  }
  char line[1024];
  size_t length = fread(line, 1, sizeof(line) - 1, file);
  (void)fclose(file);
  line[length] = '\0';
  int64_t fields[STAT_FIELDS];
  if (!split_stat(line, fields)) {
    return;
  }
  int64_t ticks = fields[STAT_USER_TICKS] + fields[STAT_SYSTEM_TICKS];
  out->cpu_seconds = (double)ticks / (double)sysconf(_SC_CLK_TCK);
  out->threads = fields[STAT_THREADS];
  out->virtual_memory_bytes = fields[STAT_VIRTUAL_BYTES];
  out->resident_memory_bytes = fields[STAT_RESIDENT_PAGES] * sysconf(_SC_PAGESIZE);
}

static int64_t count_open_fds(void)
{
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) {
    return -1;
  }
  int64_t count = -1; /* the directory's own */
  for (int i = 0; i < DIRECTORY_ENTRIES_MAX; i++) {
    const struct dirent *entry = readdir(directory);
    if (entry == NULL) {
      break;
    }
    if (entry->d_name[0] != '.') {
      count++;
    }
  }
  (void)closedir(directory);
  return count;
}

/* No limit is not a number. */
static int64_t limit_value(const struct rlimit *limit)
{
  return limit->rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit->rlim_cur;
}

static void read_limits(struct process_facts *out)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out->max_fds = limit_value(&limit);
  }
  if (getrlimit(RLIMIT_AS, &limit) == 0) {
    out->virtual_memory_max_bytes = limit_value(&limit);
  }
}

void process_read(struct process_facts *out)
{
  *out = (struct process_facts){.cpu_seconds = -1,
                                .max_fds = -1,
                                .virtual_memory_bytes = -1,
                                .virtual_memory_max_bytes = -1,
                                .resident_memory_bytes = -1,
                                .threads = -1};
  read_stat(out);
  out->open_fds = count_open_fds();
  read_limits(out);
}
