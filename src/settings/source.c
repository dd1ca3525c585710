/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration file and what it @includes as one text, with a map from its
 * lines to files. libconfig could include by itself, but Debian 12's version
 * names included files otherwise than Debian 13's, and ends the program when one
 * is a directory. The text is followed as libconfig's scanner would, to know an
 * @include from one in a comment; so it can also say where a string, a comment
 * or a bracket that never ends was opened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "settings_internal.h"

enum {
  SOURCE_MAX_BYTES = 16 * 1024 * 1024,
  INCLUDE_DEPTH_MAX = 10,
  INCLUDES_MAX = 1000,
  BRACKET_DEPTH_MAX = 32,
  INCLUDE_NAME_MAX = 1024,
};
#define NOWHERE SIZE_MAX

enum state { STATE_CODE, STATE_LINE_COMMENT, STATE_COMMENT, STATE_STRING };

struct bracket {
  char opened;
  unsigned line;
};

struct identity {
  dev_t device;
  ino_t inode;
};

struct scanner {
  struct loader *loader;
  unsigned line;
  enum state state;
  unsigned state_line; /* where the state began */
  struct bracket brackets[BRACKET_DEPTH_MAX];
  size_t bracket_depth;
  size_t comma; /* offset of a ',' that only blanks and comments follow so far */
  struct identity files[INCLUDE_DEPTH_MAX + 1];
  size_t file_depth;
  size_t includes;
  bool stopped;
};

static void scan_file(struct scanner *scanner, const char *path, unsigned line);

/* Ends the scan: after a mistake here nothing that follows can be trusted. */
static void stop(struct scanner *scanner)
{
  scanner->stopped = true;
}

static void begin_segment(struct scanner *scanner, const char *file, unsigned file_line)
{
  struct source_text *source = &scanner->loader->source;
  struct source_segment *segments =
      realloc(source->segments, (source->segment_count + 1) * sizeof(*segments));
  if (segments == NULL) {
    scanner->loader->out_of_memory = true;
    stop(scanner);
    return;
  }
  source->segments = segments;
  segments[source->segment_count++] = (struct source_segment){scanner->line, file, file_line};
}

struct source source_at(const struct loader *loader, unsigned line)
{
  const struct source_text *source = &loader->source;
  if (line == 0 || source->segment_count == 0) {
    return (struct source){.file = loader->path};
  }
  size_t low = 0;
  size_t high = source->segment_count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (source->segments[middle].first_line <= line) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const struct source_segment *segment = &source->segments[low];
  return (struct source){.file = segment->file,
                         .line = segment->file_line + (line - segment->first_line)};
}

unsigned source_line(const struct loader *loader, const char *file, unsigned line)
{
  const struct source_text *source = &loader->source;
  for (size_t i = 0; i < source->segment_count; i++) {
    const struct source_segment *segment = &source->segments[i];
    bool last = i + 1 == source->segment_count;
    unsigned end = last ? source->line_count + 1 : segment[1].first_line;
    unsigned length = end > segment->first_line ? end - segment->first_line : 0;
    if (line >= segment->file_line && line - segment->file_line < length &&
        strcmp(segment->file, file) == 0) {
      return segment->first_line + (line - segment->file_line);
    }
  }
  return 0;
}

static const char *line_start(const struct source_text *source, unsigned line)
{
  const char *at = buffer_text(&source->text);
  for (unsigned i = 1; i < line && at != NULL; i++) {
    at = strchr(at, '\n');
    at = at != NULL ? at + 1 : NULL;
  }
  return at;
}

unsigned source_find_back(const struct loader *loader, unsigned first, unsigned line,
                          const char *text)
{
  const char *from = line_start(&loader->source, first);
  unsigned found = line;
  size_t length = strlen(text);
  for (unsigned i = first; from != NULL && i <= line; i++) {
    size_t rest = strcspn(from, "\n");
    if (memmem(from, rest, text, length) != NULL) {
      found = i;
    }
    from = from[rest] != '\0' ? from + rest + 1 : NULL;
  }
  return found;
}

static void open_bracket(struct scanner *scanner, char c)
{
  if (scanner->bracket_depth == BRACKET_DEPTH_MAX) {
    problems_add(scanner->loader, scanner->line, "brackets are nested more than %d deep",
                 BRACKET_DEPTH_MAX);
    stop(scanner);
    return;
  }
  scanner->brackets[scanner->bracket_depth++] = (struct bracket){c, scanner->line};
}

static void close_bracket(struct scanner *scanner, char c)
{
  static const char pairs[] = "{}()[]";
  if (scanner->bracket_depth == 0) {
    problems_add(scanner->loader, scanner->line, "\"%c\" closes nothing", c);
    stop(scanner);
    return;
  }
  const struct bracket *bracket = &scanner->brackets[--scanner->bracket_depth];
  char wanted = strchr(pairs, bracket->opened)[1];
  if (wanted != c) {
    struct source opened = source_at(scanner->loader, bracket->line);
    problems_add(scanner->loader, scanner->line, "\"%c\" where the \"%c\" of line %u needs \"%c\"",
                 c, bracket->opened, opened.line, wanted);
    stop(scanner);
  }
}

/* A comma before the closing bracket is fine for libconfig 1.7 and an error for
 * 1.5: it is taken out, so that a file means the same everywhere. */
static void drop_comma(struct scanner *scanner)
{
  struct buffer *text = &scanner->loader->source.text;
  if (scanner->comma < text->length) {
    text->data[scanner->comma] = ' ';
  }
}

static void scan_code(struct scanner *scanner, char c, char next, size_t offset)
{
  bool comment = c == '#' || (c == '/' && (next == '/' || next == '*'));
  if (comment || c == '"') {
    scanner->state = c == '"'                  ? STATE_STRING
                     : c == '/' && next == '*' ? STATE_COMMENT
                                               : STATE_LINE_COMMENT;
    scanner->state_line = scanner->line;
  }
  if (c == '{' || c == '(' || c == '[') {
    open_bracket(scanner, c);
  } else if (c == '}' || c == ')' || c == ']') {
    if (c != '}') {
      drop_comma(scanner);
    }
    close_bracket(scanner, c);
  }
  if (c == ',') {
    scanner->comma = offset;
  } else if (!comment && strchr(" \t\r\n\f", c) == NULL) {
    scanner->comma = NOWHERE;
  }
}

/* Takes the byte at text[0], and more where one sign has two. Bytes taken. */
static size_t scan_bytes(struct scanner *scanner, const char *text, size_t length)
{
  char c = text[0];
  char next = '\0';
  if (length > 1) {
    next = text[1];
  }
  size_t taken = 1;
  switch (scanner->state) {
  case STATE_CODE:
    scan_code(scanner, c, next, scanner->loader->source.text.length);
    taken = scanner->state == STATE_COMMENT ? 2 : 1;
    break;
  case STATE_LINE_COMMENT:
    scanner->state = c == '\n' ? STATE_CODE : STATE_LINE_COMMENT;
    break;
  case STATE_COMMENT:
    if (c == '*' && next == '/') {
      scanner->state = STATE_CODE;
      taken = 2;
    }
    break;
  case STATE_STRING:
    if (c == '\\' && (next == '\\' || next == '"')) {
      taken = 2;
    } else if (c == '"') {
      scanner->state = STATE_CODE;
    }
    break;
  }
  scanner->line += c == '\n' ? 1 : 0;
  buffer_append(&scanner->loader->source.text, text, taken);
  return taken;
}

/* The directive, by libconfig's rule: ^[ \t]*@include[ \t]+"NAME". Its length;
 * 0: there is none; NOWHERE: it is not as it should be. libconfig must not see
 * either of the last two kinds. */
static size_t match_include(const char *text, char name[INCLUDE_NAME_MAX])
{
  static const char word[] = "@include";
  const char *at = text + strspn(text, " \t");
  if (strncmp(at, word, strlen(word)) != 0) {
    return 0;
  }
  at += strlen(word);
  size_t blanks = strspn(at, " \t");
  at += blanks;
  if (blanks == 0 || *at != '"') {
    return NOWHERE;
  }
  size_t used = 0;
  for (at++; *at != '\0' && *at != '"' && *at != '\n' && used < INCLUDE_NAME_MAX - 1; at++) {
    if (*at == '\\' && (at[1] == '\\' || at[1] == '"')) {
      at++;
    }
    name[used++] = *at;
  }
  name[used] = '\0';
  return *at == '"' && used > 0 ? (size_t)(at + 1 - text) : NOWHERE;
}

/* A file includes files, at most INCLUDE_DEPTH_MAX deep. NOLINTBEGIN(misc-no-recursion) */

/* Takes the directive at text, if there is one, and the file it names. */
static size_t scan_include(struct scanner *scanner, const char *path, const char *text)
{
  struct loader *loader = scanner->loader;
  char name[INCLUDE_NAME_MAX];
  size_t length = match_include(text, name);
  if (length == 0) {
    return 0;
  }
  if (length == NOWHERE) {
    problems_add(loader, scanner->line, "@include needs a file name in quotes on the same line");
    stop(scanner);
    return 0;
  }
  struct source here = source_at(loader, scanner->line);
  scan_file(scanner, file_resolve(loader, name), scanner->line);
  begin_segment(scanner, path, here.line);
  return length;
}

static void check_ends(struct scanner *scanner)
{
  struct loader *loader = scanner->loader;
  if (scanner->state == STATE_STRING) {
    problems_add(loader, scanner->state_line, "the string that begins here has no closing quote");
    stop(scanner);
  } else if (scanner->state == STATE_COMMENT) {
    problems_add(loader, scanner->state_line, "the comment that begins here has no \"*/\"");
    stop(scanner);
  }
}

/* Text that ends without a newline gets one: libconfig 1.5 needs it after a
 * comment, and the next file begins on a line of its own. */
static void scan_text(struct scanner *scanner, const char *path, const char *text, size_t length)
{
  begin_segment(scanner, path, 1);
  for (size_t at = 0; at < length && !scanner->stopped;) {
    bool line_begins = at == 0 || text[at - 1] == '\n';
    if (scanner->state == STATE_CODE && line_begins) {
      at += scan_include(scanner, path, text + at);
    }
    if (at < length && !scanner->stopped) {
      at += scan_bytes(scanner, text + at, length - at);
    }
  }
  bool ended = length > 0 && text[length - 1] == '\n';
  if (!scanner->stopped && !ended && length > 0) {
    (void)scan_bytes(scanner, "\n", 1);
  }
  if (!scanner->stopped) {
    check_ends(scanner);
  }
}

/* The words for a file that cannot be had; line 0: the main file. */
static void refuse_file(struct scanner *scanner, const char *path, unsigned line, const char *why)
{
  if (line > 0) {
    char quote[256];
    problems_add(scanner->loader, line, "@include file \"%s\" %s",
                 text_excerpt(path, quote, sizeof(quote)), why);
  } else {
    problems_add(scanner->loader, 0, "%s", why);
  }
  stop(scanner);
}

static void refuse_unreadable(struct scanner *scanner, const char *path, unsigned line, int error)
{
  char why[160];
  char words[96];
  (void)snprintf(why, sizeof(why), "cannot be read: %s", strerror_r(error, words, sizeof(words)));
  refuse_file(scanner, path, line, why);
}

static bool enter_file(struct scanner *scanner, const char *path, unsigned line)
{
  struct stat status;
  if (stat(path, &status) != 0) {
    refuse_unreadable(scanner, path, line, errno);
    return false;
  }
  if (S_ISDIR(status.st_mode)) {
    refuse_unreadable(scanner, path, line, EISDIR);
    return false;
  }
  if (line > 0 && !S_ISREG(status.st_mode)) {
    refuse_file(scanner, path, line, "is not a regular file");
    return false;
  }
  for (size_t i = 0; i < scanner->file_depth; i++) {
    if (scanner->files[i].device == status.st_dev && scanner->files[i].inode == status.st_ino) {
      refuse_file(scanner, path, line, "includes itself");
      return false;
    }
  }
  if (scanner->file_depth > INCLUDE_DEPTH_MAX || scanner->includes > INCLUDES_MAX) {
    refuse_file(scanner, path, line, "is one too many: includes are nested too deep, or too many");
    return false;
  }
  scanner->files[scanner->file_depth++] = (struct identity){status.st_dev, status.st_ino};
  scanner->includes++;
  return true;
}

static void scan_file(struct scanner *scanner, const char *path, unsigned line)
{
  if (!enter_file(scanner, path, line)) {
    return;
  }
  struct buffer content;
  buffer_init(&content, SOURCE_MAX_BYTES + 1);
  int error = file_read(path, SOURCE_MAX_BYTES + 1, &content);
  const char *zero =
      content.length > 0 ? memchr(buffer_text(&content), '\0', content.length) : NULL;
  if (error != 0) {
    refuse_unreadable(scanner, path, line, error);
  } else if (content.length + scanner->loader->source.text.length > SOURCE_MAX_BYTES) {
    refuse_file(scanner, path, line, "is too large: the limit is 16 MiB with all includes");
  } else if (zero != NULL) {
    refuse_file(scanner, path, line, "is not a text file: it has a zero byte");
  } else {
    scan_text(scanner, path, buffer_text(&content), content.length);
  }
  buffer_deinit(&content);
  scanner->file_depth--;
}
/* NOLINTEND(misc-no-recursion) */

void source_read(struct loader *loader)
{
  struct scanner scanner = {.loader = loader, .line = 1, .state = STATE_CODE, .comma = NOWHERE};
  buffer_init(&loader->source.text, SOURCE_MAX_BYTES + INCLUDES_MAX + 1);
  scan_file(&scanner, loader->path, 0);
  loader->source.line_count = scanner.line > 1 ? scanner.line - 1 : 1;
  if (!scanner.stopped && scanner.bracket_depth > 0) {
    const struct bracket *bracket = &scanner.brackets[scanner.bracket_depth - 1];
    problems_add(loader, bracket->line, "the \"%c\" that opens here is never closed",
                 bracket->opened);
  }
  if (buffer_status(&loader->source.text) != STATUS_OK) {
    loader->out_of_memory = true;
  }
}

void source_deinit(struct source_text *source)
{
  buffer_deinit(&source->text);
  free(source->segments);
  *source = (struct source_text){.segments = NULL};
}
