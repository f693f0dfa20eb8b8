/* Any bytes against every format; what is one thing must also be the wider thing. */
#include <stdint.h>
#include <stdlib.h>

#include "schema/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
    "date-time", "date",          "time",   "duration",     "email",        "idn-email",
    "hostname",  "idn-hostname",  "ipv4",   "ipv6",         "uri",          "uri-reference",
    "iri",       "iri-reference", "uuid",   "uri-template", "json-pointer", "relative-json-pointer",
    "regex",     "byte",          "binary", "password",     "int32",
};

static bool
is(const char *name, struct text t)
{
    return format_check_text(format_find(text_of(name), true), t);
}

static void
implies(const char *narrow, const char *wide, struct text t)
{
    if (is(narrow, t) && !is(wide, t))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = text_make((const char *)data, size);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)is(names[i], t);
    implies("uri", "uri-reference", t);
    implies("uri", "iri", t);
    implies("uri-reference", "iri-reference", t);
    implies("iri", "iri-reference", t);
    implies("email", "idn-email", t);
    implies("hostname", "idn-hostname", t);
    implies("ipv4", "hostname", t);
    if (is("date-time", t) && (!is("date", text_slice(t, 0, 10)) || !is("time", text_from(t, 11))))
        abort();
    return 0;
}
