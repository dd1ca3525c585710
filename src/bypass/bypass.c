/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bypass/bypass.h"

#include "bypass_internal.h"

const char *bypass_format_name(enum bypass_format format)
{
  switch (format) {
  case BYPASS_CPL:
    return "cpl";
  case BYPASS_SQUID:
    return "squid";
  case BYPASS_MITMPROXY:
    return "mitmproxy";
  }
  return "";
}

const char *bypass_deployment_name(enum bypass_deployment deployment)
{
  switch (deployment) {
  case BYPASS_EXPLICIT:
    return "explicit";
  case BYPASS_TRANSPARENT:
    return "transparent";
  }
  return "";
}

static const struct bypass_writer *writer_of(enum bypass_format format)
{
  static const struct bypass_writer *const writers[] = {
      [BYPASS_CPL] = &cpl_writer,
      [BYPASS_SQUID] = &squid_writer,
      [BYPASS_MITMPROXY] = &mitmproxy_writer,
  };
  return writers[format];
}

enum status bypass_write(const struct target *targets, size_t count, enum bypass_format format,
                         enum bypass_deployment deployment, struct buffer *out, struct error *error)
{
  const struct bypass_writer *writer = writer_of(format);
  struct destinations destinations;
  enum status status = destinations_collect(targets, count, deployment, &destinations, error);
  if (status != STATUS_OK) {
    return status;
  }
  writer->comments(deployment, out);
  buffer_append_char(out, '\n');
  writer->rules(&destinations, deployment, out);
  destinations_deinit(&destinations);
  return STATUS_OK;
}

void bypass_write_rules(const struct target *target, struct buffer *out)
{
  struct destinations destinations;
  if (destinations_collect(target, 1, BYPASS_EXPLICIT, &destinations, NULL) != STATUS_OK) {
    return;
  }
  buffer_append_text(out, "; Edge SWG\n");
  cpl_writer.rules(&destinations, BYPASS_EXPLICIT, out);
  buffer_append_text(out, "# Squid: before the rules that authenticate or bump\n");
  squid_writer.rules(&destinations, BYPASS_EXPLICIT, out);
  destinations_deinit(&destinations);
}
