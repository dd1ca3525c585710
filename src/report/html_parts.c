/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html_parts.h"

#include <string.h>

#include "base/clock.h"

/* On a narrow screen each row becomes a card whose cells carry their column's name;
 * the roles in the table keep it a table for screen readers all the same. */
static const char style_sheet[] =
    ":root{color-scheme:light dark;--text:#1b1b1f;--soft:#55565c;--line:#d4d5da;--page:#fff;"
    "--band:#f5f6f8;--good:#176b2c;--bad:#b00020;--unsure:#7a5200;--link:#0b57d0;--differs:#fff1d6}"
    "@media (prefers-color-scheme:dark){:root{--text:#e7e7ea;--soft:#a9abb3;--line:#3c3e45;"
    "--page:#16171b;--band:#1e2025;--good:#7fd894;--bad:#ff8f88;--unsure:#f5c869;--link:#9dbfff;--"
    "differs:#43340f}}"
    "body{margin:0 auto;max-width:90rem;padding:1rem;background:var(--page);color:var(--text);"
    "font:1rem/1.45 system-ui,sans-serif}"
    "a{color:var(--link)}h1{font-size:1.4rem;margin:0}"
    "header p{margin:.25rem 0;color:var(--soft)}"
    "ul{list-style:none;margin:.75rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.5rem 1.25rem}"
    "table{border-collapse:collapse;width:100%}"
    "caption{text-align:left;padding:.5rem 0;color:var(--soft)}"
    "th,td{text-align:left;vertical-align:top;padding:.5rem .6rem;"
    "border-bottom:1px solid var(--line)}"
    "thead th{background:var(--band);font-size:.8rem}"
    "tbody{font-size:.92rem}tbody "
    "th{font-weight:600;min-width:8rem;max-width:16rem;overflow-wrap:anywhere}"
    "td:nth-child(4){min-width:20rem;width:50%;overflow-wrap:anywhere}"
    "td:nth-child(8){min-width:6rem;overflow-wrap:anywhere}small{display:block;font-"
    "weight:400;color:var(--soft)}"
    "form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end;margin:.75rem 0}"
    "label{display:flex;flex-direction:column;font-size:.85rem;color:var(--soft)}"
    "input,select,button{font:inherit;color:var(--text);background:var(--page);"
    "border:1px solid var(--soft);border-radius:.25rem;padding:.3rem .5rem}"
    ":focus-visible{outline:3px solid var(--link);outline-offset:2px}"
    "thead a{color:inherit}th[aria-sort=ascending] a::after{content:\" \\2191\"}"
    "th[aria-sort=descending] a::after{content:\" \\2193\"}"
    ".ok a,.fault a,.waiting a{color:inherit}"
    ".changes{padding-left:1.5rem}.changes li{margin:.35rem 0;overflow-wrap:anywhere}"
    "p{margin:.25rem 0}code,pre{font-size:.95em}pre{white-space:pre-wrap}time{font-size:.9em}"
    ".steps{table-layout:fixed}.steps td,.steps th{overflow-wrap:anywhere;max-width:none;"
    "min-width:0}.steps td:nth-child(n){width:auto;min-width:0}.steps thead "
    "th:first-child{width:9rem}"
    ".differs{background:var(--differs);box-shadow:inset .25rem 0 var(--unsure)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.75rem 0}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
    "details pre{background:var(--band);padding:.75rem;overflow-wrap:anywhere}"
    "time{white-space:nowrap}td time{white-space:normal}"
    ".skip{position:absolute;left:-99rem}.skip:focus{position:static}"
    "section{margin:1.5rem 0}h2{font-size:1.15rem;margin:.5rem 0}h3{font-size:1rem;margin:.5rem 0}"
    ".ok{color:var(--good)}.fault{color:var(--bad)}.waiting{color:var(--unsure)}"
    ".ok,.fault,.waiting{font-weight:600}"
    "@media (max-width:70rem){table,caption,tbody,tr,th,td{display:block}"
    "thead tr{display:flex;flex-wrap:wrap}thead th{border:0}"
    "tr{border:1px solid var(--line);border-radius:.4rem;margin:.75rem 0;padding:.25rem 0}"
    "tbody th,td,td:nth-child(n){border:0;padding:.25rem "
    ".6rem;min-width:0;max-width:none;width:auto}"
    "caption{padding:.25rem 0}.steps thead{display:none}dl{display:block}dd{margin:0 0 .4rem}"
    "td::before{content:attr(data-label) \": \";color:var(--soft);font-weight:400}}";

static const char *condition_class(enum condition condition)
{
  switch (condition) {
  case CONDITION_OK:
    return "ok";
  case CONDITION_FAULT:
    return "fault";
  case CONDITION_WAITING:
    return "waiting";
  }
  return "";
}

/* "2026-11-24 03:44:33 UTC", for machines as RFC 3339; "-" for never. */
void html_time(struct buffer *out, int64_t ns)
{
  char iso[ISO_TIME_BYTES];
  format_iso_time(ns / NS_PER_SECOND, iso);
  if (ns == 0 || strlen(iso) != strlen("2026-11-24T03:44:33Z")) {
    buffer_append_char(out, '-');
    return;
  }
  buffer_append_format(out, "<time datetime=\"%s\">%.10s %.8s UTC</time>", iso, iso, iso + 11);
}

void html_head(struct buffer *out, const char *title)
{
  buffer_append_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width,"
                          "initial-scale=1\">\n<title>");
  escape_html(out, title);
  buffer_append_format(out, "%smtls_exporter</title>\n<style>%s</style>\n</head>\n",
                       title[0] != '\0' ? " - " : "", style_sheet);
}

void html_percent_encoded(struct buffer *out, const char *text)
{
  static const char unreserved[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (; *text != '\0'; text++) {
    if (strchr(unreserved, *text) != NULL) {
      buffer_append_char(out, *text);
    } else {
      buffer_append_format(out, "%%%02X", (unsigned char)*text);
    }
  }
}

void html_target_path(struct buffer *out, const char *name)
{
  buffer_append_text(out, "/targets/");
  html_percent_encoded(out, name);
}

static void append_diagnosis(struct buffer *out, const struct diagnosis *diagnosis)
{
  buffer_append_text(out, "<code>");
  escape_html(out, diagnosis->reason);
  buffer_append_text(out, "</code>");
  if (diagnosis->fault != FAULT_NONE) {
    buffer_append_format(out, " (%s)", fault_name(diagnosis->fault));
  }
}

void html_change(struct buffer *out, const struct diagnosis *before, const struct diagnosis *now)
{
  append_diagnosis(out, before);
  buffer_append_text(out, " became ");
  append_diagnosis(out, now);
}

void html_verdict(struct buffer *out, const struct route_view *route)
{
  enum condition condition = view_condition(route);
  buffer_append_format(out, "<span class=\"%s\">", condition_class(condition));
  switch (condition) {
  case CONDITION_OK:
    buffer_append_text(out, "ok");
    break;
  case CONDITION_FAULT:
    buffer_append_format(out, "fault: %s", fault_name(view_fault(route)));
    break;
  case CONDITION_WAITING:
    buffer_append_text(out, "waiting");
    break;
  }
  buffer_append_text(out, "</span>");
}

static void append_paragraph(struct buffer *out, const char *before, const char *text)
{
  if (text != NULL && text[0] != '\0') {
    buffer_append_format(out, "<p>%s", before);
    escape_html(out, text);
    buffer_append_text(out, "</p>");
  }
}

void html_reason(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  if (verdict == NULL) {
    buffer_append_text(out, "not probed yet");
    return;
  }
  buffer_append_text(out, "<code>");
  escape_html(out, verdict->reason);
  buffer_append_text(out, "</code>");
  append_paragraph(out, "", verdict->explanation);
  append_paragraph(out, "<strong>What to do:</strong> ", verdict->remedy);
}

void html_policy(struct buffer *out, const struct route_view *route)
{
  const struct verdict *verdict = route->snapshot.verdict;
  if (verdict != NULL && verdict->proxy_policy != NULL) {
    buffer_append_text(out, "<details open><summary>Policy for the proxy</summary><pre>");
    escape_lines(out, "", verdict->proxy_policy, escape_html);
    buffer_append_text(out, "</pre></details>");
  }
}
