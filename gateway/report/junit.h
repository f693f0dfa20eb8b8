/* junit.h -- what both reports in JUnit's XML share: the shape that Jenkins publishes and others read. */
#ifndef REPORT_JUNIT_H
#define REPORT_JUNIT_H

#include "base/buffer.h"

struct junit_suite {
    struct text name;
    size_t tests, failures;
    int64_t took;    /* nanoseconds; -1: not told */
    int64_t started; /* nanoseconds since 1970; 0: not told */
};

void junit_begin(struct buffer *out, struct text name, size_t tests, size_t failures, int64_t took);
void junit_suite(struct buffer *out, const struct junit_suite *suite);
void junit_case(struct buffer *out, struct text classname, struct text name, int64_t took);
/* What a case says, in this order; then its end. */
void junit_failure(struct buffer *out, struct text type, struct text message, struct text told);
void junit_output(struct buffer *out, struct text told);
void junit_end_case(struct buffer *out);
void junit_end_suite(struct buffer *out);
void junit_end(struct buffer *out);

#endif
