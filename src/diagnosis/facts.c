/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts.h"

#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/text.h"

enum { SENTENCE_LIMIT_BYTES = 16384, TEXT_SHOWN_BYTES = 160 };

void add_text(struct buffer *out, const char *text, const char *otherwise)
{
  char shown[TEXT_SHOWN_BYTES + 1];
  bool known = text != NULL && text[0] != '\0';
  buffer_append_text(out, known ? text_excerpt(text, shown, sizeof(shown)) : otherwise);
}

void add_quoted(struct buffer *out, const char *text)
{
  buffer_append_char(out, '"');
  add_text(out, text, "?");
  buffer_append_char(out, '"');
}

void add_date(struct buffer *out, int64_t seconds)
{
  time_t moment = (time_t)seconds;
  struct tm parts;
  char text[64] = "an unknown date";
  if (gmtime_r(&moment, &parts) != NULL) {
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  }
  buffer_append_text(out, text);
}

void add_timeout(struct buffer *out, const struct scene *scene)
{
  char text[64];
  duration_format(scene->input->target->probe.timeout_ms, text, sizeof(text));
  buffer_append_text(out, text);
}

void add_alert(struct buffer *out, int alert)
{
  buffer_append_format(out, "alert %s (%d)", alert_name(alert), alert);
}

void add_certificate(struct buffer *out, const struct certificate *certificate)
{
  if (certificate == NULL || certificate->subject == NULL) {
    buffer_append_text(out, "that could not be read");
    return;
  }
  add_quoted(out, certificate->subject);
  buffer_append_text(out, " issued by ");
  add_quoted(out, certificate->issuer);
}

static const struct fact *find_fact(const char *name, size_t length)
{
  static const struct fact *const lists[] = {route_facts, peer_facts, service_facts, own_facts};
  for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
    for (const struct fact *fact = lists[l]; fact->name != NULL; fact++) {
      if (strlen(fact->name) == length && strncmp(fact->name, name, length) == 0) {
        return fact;
      }
    }
  }
  return NULL;
}

/* Writes the fact whose name is at form, up to the closing brace; how long the name is. */
static size_t write_fact(const char *form, const struct scene *scene, struct buffer *out)
{
  size_t length = strcspn(form, "}");
  const struct fact *fact = find_fact(form, length);
  if (fact != NULL) {
    fact->write(scene, out);
  } else {
    buffer_append_text(out, "{unknown fact}"); /* a test looks for it in every row */
  }
  return length;
}

char *sentence(const char *form, const struct diagnosis_input *input, const struct verdict *verdict)
{
  const struct scene scene = {
      .input = input,
      .verdict = verdict,
      .observation = main_observation(input),
      .seen = certificate_observation(input->observations),
  };
  struct buffer out;
  buffer_init(&out, SENTENCE_LIMIT_BYTES);
  while (*form != '\0') {
    size_t plain = strcspn(form, "{");
    buffer_append(&out, form, plain);
    form += plain;
    if (*form == '{') {
      form += 1 + write_fact(form + 1, &scene, &out);
      form += *form == '}';
    }
  }
  char *text = buffer_take(&out);
  buffer_deinit(&out);
  return text;
}
