/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target once over every file named, and every file in the
 * directories named, without libFuzzer: so the corpora are tests with any
 * compiler. Fails when it has replayed nothing.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "support/fuzz.h"

enum { INPUT_MAX_BYTES = 16 * 1024 * 1024 };

static int replay_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    return 1;
  }
  int failed = 1;
  struct stat facts;
  uint8_t *bytes = NULL;
  if (fstat(fileno(file), &facts) != 0 || facts.st_size > INPUT_MAX_BYTES) {
    (void)fprintf(stderr, "%s: cannot be read or is too large\n", path);
    goto done;
  }
  size_t length = (size_t)facts.st_size;
  bytes = malloc(length != 0 ? length : 1);
  if (bytes == NULL || fread(bytes, 1, length, file) != length) {
    (void)fprintf(stderr, "%s: cannot be read\n", path);
    goto done;
  }
  (void)fprintf(stderr, "%s\n", path);
  (void)LLVMFuzzerTestOneInput(bytes, length);
  failed = 0;
done:
  free(bytes);
  (void)fclose(file);
  return failed;
}

static int replay_directory(const char *path, size_t *replayed)
{
  DIR *directory = opendir(path);
  if (directory == NULL) {
    perror(path);
    return 1;
  }
  int failed = 0;
  struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    char file[4096];
    (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
    failed |= replay_file(file);
    (*replayed)++;
  }
  closedir(directory);
  return failed;
}

int main(int argc, char **argv)
{
  size_t replayed = 0;
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    struct stat facts;
    if (stat(argv[i], &facts) == 0 && S_ISDIR(facts.st_mode)) {
      failed |= replay_directory(argv[i], &replayed);
    } else {
      failed |= replay_file(argv[i]);
      replayed++;
    }
  }
  (void)fprintf(stderr, "%zu inputs replayed\n", replayed);
  return failed || replayed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
