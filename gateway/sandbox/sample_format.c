/* sample_format.c -- texts in a format, out of templates.
 *
 * In a template "~" begins a piece that is made up: ~w a word, ~d a digit, ~h a hexadecimal digit, ~m a month, ~D a
 * day, ~H an hour, ~M a minute, ~b a number from 1 to 254, ~* as many letters as the least length asks for. */
#include "sandbox/sample_make.h"

#define FORMAT_TEMPLATES 3

struct template_row {
    const char *format;
    const char *templates[FORMAT_TEMPLATES]; /* the usual ones first; the last is the shortest */
};

static const struct template_row rows[] = {
    { "date-time", { "2025-~m-~DT~H:~M:~MZ", "2025-~m-~DT~H:~M:~M.~d~d~dZ" } },
    { "date", { "2025-~m-~D" } },
    { "time", { "~H:~M:~MZ" } },
    { "duration", { "P~dDT~dH", "PT1~dM", "P1D" } },
    { "email", { "~w.~w~*@example.com", "~w~*@example.com", "a~*@b.co" } },
    { "idn-email", { "~w.~w~*@example.com", "~w~*@example.com", "a~*@b.co" } },
    { "hostname", { "~w~*.example.com", "~w.example.com", "a~*" } },
    { "idn-hostname", { "~w~*.example.com", "~w.example.com", "a~*" } },
    { "ipv4", { "192.0.2.~b", "10.0.0.1" } },
    { "ipv6", { "2001:db8::~h~h~h", "2001:db8:0:0:0:0:0:1", "::1" } },
    { "uri", { "https://example.com/~w/~w~*", "https://example.com/~w~*", "x:~*" } },
    { "uri-reference", { "/~w/~w~*", "/~w~*", "~*" } },
    { "iri", { "https://example.com/~w/~w~*", "https://example.com/~w~*", "x:~*" } },
    { "iri-reference", { "/~w/~w~*", "/~w~*", "~*" } },
    { "uri-template", { "/~w/{~w}/~w~*", "/{~w}~*", "~*" } },
    { "url", { "https://example.com/~w/~w~*", "https://example.com/~w~*", "http://a.b/~*" } },
    { "uuid", { "~h~h~h~h~h~h~h~h-~h~h~h~h-4~h~h~h-a~h~h~h-~h~h~h~h~h~h~h~h~h~h~h~h" } },
    { "json-pointer", { "/~w/~d~*", "/~w~*", "" } },
    { "relative-json-pointer", { "1/~w~*", "0#", "0" } },
    { "regex", { "^[a-z]+~*$", "~*" } },
    { "byte", { "c2FtcGxl", "YQ==", "" } },
    { "password", { "~w-~w-~d~d~*", "~w~d~*", "~*" } },
};

static const char *const words[] = {
    "amber", "basalt", "cedar", "delta",  "ember", "fjord", "grove", "harbor",  "indigo", "jade",   "kelp",   "lagoon",
    "maple", "nectar", "onyx",  "pebble", "quill", "ridge", "slate", "thicket", "umber",  "violet", "willow", "zephyr",
};

struct text
sample_word(struct sample_maker *m)
{
    return text_of(words[random_below(&m->random, sizeof(words) / sizeof(words[0]))]);
}

static void
add_number(struct sample_maker *m, struct buffer *out, unsigned from, unsigned to, int digits)
{
    buffer_print(out, "%0*u", digits, from + (unsigned)random_below(&m->random, to - from + 1));
}

static void
add_piece(struct sample_maker *m, char kind, struct buffer *out)
{
    switch (kind) {
    case 'w':
        buffer_add(out, sample_word(m));
        break;
    case 'd':
        add_number(m, out, 0, 9, 1);
        break;
    case 'h':
        buffer_byte(out, "0123456789abcdef"[random_below(&m->random, 16)]);
        break;
    case 'm':
        add_number(m, out, 1, 12, 2);
        break;
    case 'D':
        add_number(m, out, 1, 28, 2);
        break;
    case 'H':
        add_number(m, out, 0, 23, 2);
        break;
    case 'M':
        add_number(m, out, 0, 59, 2);
        break;
    case 'b':
        add_number(m, out, 1, 254, 1);
        break;
    default:
        break;
    }
}

/* The template, up to `end` if it is not NULL. */
static void
fill(struct sample_maker *m, const char *template, const char *end, struct buffer *out)
{
    for (const char *c = template; *c != '\0' && c != end; c++) {
        if (*c == '~')
            add_piece(m, *++c, out);
        else
            buffer_byte(out, *c);
    }
}

/* Is the text long enough and not too long? What is missing goes where the template says ~*. */
static bool
fill_between(struct sample_maker *m, const char *template, uint64_t least, uint64_t most, struct buffer *out)
{
    const char *gap = strstr(template, "~*");
    size_t start = buffer_length(out), before, length;
    struct text tail;

    fill(m, template, gap, out);
    before = buffer_length(out);
    if (gap != NULL)
        fill(m, gap + 2, NULL, out);
    tail = arena_text(m->plans, text_from(buffer_text(out), before));
    length = buffer_length(out) - start;
    buffer_truncate(out, before);
    for (; gap != NULL && length < least; length++)
        buffer_byte(out, (char)('a' + (int)random_below(&m->random, 26)));
    buffer_add(out, tail);
    return length >= least && length <= most && !buffer_failed(out);
}

bool
sample_format(struct sample_maker *m, struct text format, uint64_t least, uint64_t most, struct buffer *out)
{
    size_t start = buffer_length(out);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!text_equal(format, text_of(rows[i].format)))
            continue;
        for (int k = 0; k < FORMAT_TEMPLATES && rows[i].templates[k] != NULL; k++) {
            if (k == 0 && rows[i].templates[1] != NULL && sample_perhaps(m, 30))
                continue;
            if (fill_between(m, rows[i].templates[k], least, most, out))
                return true;
            buffer_truncate(out, start);
        }
    }
    return false;
}
