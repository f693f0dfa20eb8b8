#include "report/junit.h"

#include "base/time_text.h"
#include "report/markup.h"

#define SECONDS(ns) ((double)(ns) / 1e9)

static void
add_time(struct buffer *out, int64_t took)
{
    if (took >= 0)
        buffer_print(out, " time=\"%.3f\"", SECONDS(took));
}

static void
add_counts(struct buffer *out, size_t tests, size_t failures, int64_t took)
{
    buffer_print(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\"", tests, failures);
    add_time(out, took);
}

void
junit_begin(struct buffer *out, struct text name, size_t tests, size_t failures, int64_t took)
{
    MARKUP(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\"", name);
    add_counts(out, tests, failures, took);
    MARKUP_RAW(out, ">\n");
}

void
junit_suite(struct buffer *out, const struct junit_suite *suite)
{
    MARKUP(out, "  <testsuite name=\"{}\"", suite->name);
    add_counts(out, suite->tests, suite->failures, suite->took);
    MARKUP_RAW(out, " skipped=\"0\"");
    if (suite->started != 0) /* without a zone, as the readers of old want it */
        MARKUP(out, " timestamp=\"{}\"", text_slice(time_text_rfc3339(suite->started, 0), 0, 19));
    MARKUP_RAW(out, ">\n");
}

void
junit_case(struct buffer *out, struct text classname, struct text name, int64_t took)
{
    MARKUP(out, "    <testcase classname=\"{}\" name=\"{}\"", classname, name);
    add_time(out, took);
    MARKUP_RAW(out, ">\n");
}

void
junit_failure(struct buffer *out, struct text type, struct text message, struct text told)
{
    MARKUP(out, "      <failure type=\"{}\" message=\"{}\">{}</failure>\n", type, message, told);
}

void
junit_output(struct buffer *out, struct text told)
{
    if (told.length > 0)
        MARKUP(out, "      <system-out>{}</system-out>\n", told);
}

void
junit_end_case(struct buffer *out)
{
    MARKUP_RAW(out, "    </testcase>\n");
}

void
junit_end_suite(struct buffer *out)
{
    MARKUP_RAW(out, "  </testsuite>\n");
}

void
junit_end(struct buffer *out)
{
    MARKUP_RAW(out, "</testsuites>\n");
}
