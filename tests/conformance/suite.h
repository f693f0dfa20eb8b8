/* suite.h -- what the conformance programs share: counting, and saying it as tests/run/suite.mjs wants it. */
#ifndef CONFORMANCE_SUITE_H
#define CONFORMANCE_SUITE_H

#include <stdarg.h>
#include <stdio.h>

struct suite {
    unsigned passed, failed, skipped;
};

__attribute__((format(printf, 3, 4))) static inline void
suite_failed(struct suite *s, const char *name, const char *format, ...)
{
    va_list arguments;

    s->failed++;
    printf("FAILED %s: ", name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static inline void
suite_skipped(struct suite *s, const char *name, const char *reason)
{
    s->skipped++;
    printf("skipped %s: %s\n", name, reason);
}

/* The last line, and the exit code. */
static inline int
suite_end(const struct suite *s)
{
    printf("%u passed, %u failed, %u skipped\n", s->passed, s->failed, s->skipped);
    return s->failed > 0;
}

#endif
