/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DIRECTORY_ENTRIES_MAX = 1 << 20 };

/* The command's name, which may hold anything, ends at the last ')'. */
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
  const char *fields = strrchr(line, ')');
  unsigned long user_ticks = 0;
  unsigned long system_ticks = 0;
  long threads = 0;
  unsigned long virtual_bytes = 0;
  long resident_pages = 0;
  /* proc(5): state is field 3; utime 14, stime 15, num_threads 20, vsize 23, rss 24 */
  if (fields == NULL ||
      sscanf(fields + 1,
             " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u "
             "%lu %ld",
             &user_ticks, &system_ticks, &threads, &virtual_bytes, &resident_pages) != 5) {
    return;
  }
  out->cpu_seconds = (double)(user_ticks + system_ticks) / (double)sysconf(_SC_CLK_TCK);
  out->threads = threads;
  out->virtual_memory_bytes = (int64_t)virtual_bytes;
  out->resident_memory_bytes = (int64_t)resident_pages * sysconf(_SC_PAGESIZE);
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
