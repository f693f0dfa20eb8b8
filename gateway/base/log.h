/* log.h -- what Plumbline has to say while it runs: one line each, on standard error.
 *
 * A line is written whole by one write(2), so that lines of several threads (and processes) never mix. Any thread.
 * Whoever calls this belongs to the program band: lower parts return errors and stay silent.
 *
 *   2026-01-31T23:59:59.123Z warn  contracts/shop.yaml:84: …, keeping the previous rules
 *   {"time":"2026-01-31T23:59:59.123Z","level":"warn","message":"contracts/shop.yaml:84: …"}
 *
 * In text, control characters of the message become spaces, so that what a client sent cannot forge a line. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

enum log_level {
    LOG_ERROR, /* something does not work until somebody acts */
    LOG_WARN,  /* it goes on, otherwise than wanted */
    LOG_INFO,  /* it may be of interest */
    LOG_DEBUG, /* one client's doing, of interest to who looks for it */
};

enum log_format {
    LOG_TEXT,
    LOG_JSON,
};

/* Before threads start: what is said (levels up to this one; LOG_INFO at first), and how. */
void log_setup(enum log_level most, enum log_format format);

/* Where lines go; file descriptor 2 at first. For tests. */
void log_to(int fd);

/* A message longer than LOG_LINE is cut. */
#define LOG_LINE 4096
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_vline(enum log_level level, const char *format, va_list arguments);

/* An error's where and what, behind `doing` ("reloading the rules"; may be NULL). */
void log_error(enum log_level level, const char *doing, const struct error *err);

/* A line that is complete already (access lines), without its LF. */
void log_raw(struct text line);

#endif
