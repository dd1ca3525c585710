/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/link.h"

#include <errno.h>

/* As deep as the chain. NOLINTNEXTLINE(misc-no-recursion) */
enum link_step link_connect(struct link *link)
{
  if (link->failed) {
    return LINK_FAILED;
  }
  if (link->connected) {
    return LINK_DONE;
  }
  if (link->below != NULL) {
    enum link_step step = link_connect(link->below);
    if (step == LINK_FAILED) {
      return link_fail_as_below(link);
    }
    if (step != LINK_DONE) {
      return step;
    }
  }
  enum link_step step = link->operations->connect(link);
  link->connected = step == LINK_DONE;
  return step;
}

enum link_step link_read(struct link *link, uint8_t *bytes, size_t capacity, size_t *count)
{
  *count = 0;
  return link->failed ? LINK_FAILED : link->operations->read(link, bytes, capacity, count);
}

enum link_step link_write(struct link *link, const uint8_t *bytes, size_t length, size_t *count)
{
  *count = 0;
  return link->failed ? LINK_FAILED : link->operations->write(link, bytes, length, count);
}

void link_destroy(struct link *link)
{
  while (link != NULL) {
    struct link *below = link->below;
    link->operations->destroy(link);
    link = below;
  }
}

enum link_step link_fail(struct link *link, enum ending ending, int system_error)
{
  if (!link->failed) {
    link->failed = true;
    link->ending = ending;
    link->system_error = system_error;
  }
  return LINK_FAILED;
}

enum link_step link_fail_as_below(struct link *link)
{
  return link_fail(link, link->below->ending, link->below->system_error);
}

enum ending ending_of_errno(int system_error)
{
  return system_error == ECONNRESET || system_error == EPIPE ? ENDING_RESET : ENDING_ERROR;
}
