/* parse.c -- heads: the scan (parse_scan.c) finds the end and accepts every byte, then the head is read.
 *
 * Reading begins only when the head is complete, so that bytes that trickle in cost nothing twice. Faults of grammar
 * are therefore found first, faults of meaning second: by the same order however the bytes came. */
#include "http/parse.h"

#include <limits.h>

#include "base/limits.h"
#include "http/parse_fields.h"
#include "http/parse_scan.h"

/* *seen holds the place of the scan, and its state in the uppermost bits. */
#define SEEN_SHIFT (sizeof(size_t) * CHAR_BIT - 5)
#define SEEN_PLACE (((size_t)1 << SEEN_SHIFT) - 1)

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Scan on from *seen. PARSE_DONE: s->at is the length of the head. */
static enum parse_result
scan_head(struct scan *s, struct text bytes, size_t *seen, enum scan_state first, const struct parse_limits *limits)
{
    size_t start = first == SCAN_BEGIN && bytes.length > 0 && bytes.data[0] == '\r' ? 2 : 0;
    size_t line = smaller(start + limits->line, limits->header), end;
    enum parse_result result;

    *s = (struct scan){ .data = bytes.data, .at = *seen & SEEN_PLACE, .state = (enum scan_state)(*seen >> SEEN_SHIFT) };
    if (*seen == 0)
        s->state = first;
    end = s->end = smaller(bytes.length, line);
    result = scan_run(s, SCAN_FIELD_FIRST);
    if (result == PARSE_DONE) {
        line = limits->header;
        end = s->end = smaller(bytes.length, line);
        result = scan_run(s, SCAN_DONE);
    }
    if (result == PARSE_MORE && end == line) {
        s->kind = s->state >= SCAN_FIELD_FIRST || line == limits->header ? PARSE_FAULT_HEAD_LARGE
                  : s->state == SCAN_METHOD                              ? PARSE_FAULT_METHOD_LONG
                                                                         : PARSE_FAULT_LINE_LONG;
        s->at = end;
        result = PARSE_BAD;
    }
    *seen = s->at | (size_t)s->state << SEEN_SHIFT;
    return result;
}

/* The part of the head up to the byte, which is there; *at behind it afterwards. */
static struct text
read_until(struct text head, size_t *at, char byte)
{
    size_t start = *at;
    const char *end = memchr(head.data + start, byte, head.length - start);

    *at = (size_t)(end + 1 - head.data);
    return text_make(head.data + start, *at - 1 - start);
}

/* An http or https URI (RFC 9112 3.2.2): fills in the authority, gives what is behind it in *rest. */
static bool
read_absolute(struct message *m, struct text *rest, enum parse_fault_kind *kind)
{
    struct text http = TEXT("http://"), https = TEXT("https://"), t = m->target;
    size_t end = 0;

    if (text_equal_nocase(text_slice(t, 0, http.length), http))
        t = text_from(t, http.length);
    else if (text_equal_nocase(text_slice(t, 0, https.length), https))
        t = text_from(t, https.length);
    else {
        *kind = PARSE_FAULT_TARGET_FORM;
        return false;
    }
    while (end < t.length && t.data[end] != '/' && t.data[end] != '?')
        end++;
    m->authority = text_slice(t, 0, end);
    *rest = text_from(t, end);
    if (m->authority.length == 0 || !authority_valid(m->authority)) {
        *kind = PARSE_FAULT_TARGET_AUTHORITY;
        return false;
    }
    return true;
}

/* Which form the target has, and its parts. False: *kind says what is wrong. */
static bool
read_target(struct message *m, enum parse_fault_kind *kind)
{
    struct text rest = m->target;
    size_t mark;

    if (text_equal(m->method, TEXT("CONNECT"))) {
        *kind = PARSE_FAULT_METHOD_CONNECT;
        return false;
    }
    if (text_equal(rest, TEXT("*"))) {
        *kind = PARSE_FAULT_TARGET_FORM;
        m->path = rest;
        return text_equal(m->method, TEXT("OPTIONS"));
    }
    if (rest.data[0] != '/' && !read_absolute(m, &rest, kind))
        return false;
    mark = text_find(rest, '?');
    m->path = mark > 0 ? text_slice(rest, 0, mark) : TEXT("/");
    m->has_query = mark < rest.length;
    m->query = text_from(rest, mark + 1);
    return true;
}

/* The fields from `at` on, and what they say of the message. */
static enum parse_result
read_fields(struct text head, size_t at, const struct parse_limits *limits, struct arena *arena, bool bodiless,
            struct message *m, struct parse_fault *fault)
{
    enum parse_fault_kind kind = PARSE_FAULT_NO_MEMORY;
    const struct header *wrong = NULL;
    size_t place = 0;

    if (fields_read(text_from(head, at), limits->fields, arena, &m->headers, &m->header_count, &kind, &place) ==
        PARSE_BAD)
        return parse_refuse(fault, kind, at + place, m->is_request);
    if (fields_judge(m, bodiless, &kind, &wrong) == PARSE_BAD)
        return parse_refuse(fault, kind, wrong != NULL ? (size_t)(wrong->name.data - head.data) : head.length - 2,
                            m->is_request);
    return PARSE_DONE;
}

enum parse_result
parse_request(struct text bytes, size_t *seen, const struct parse_limits *limits, struct arena *arena,
              struct message *m, size_t *used, struct parse_fault *fault)
{
    enum parse_fault_kind kind = PARSE_FAULT_TARGET_FORM;
    struct scan s;
    enum parse_result result = scan_head(&s, bytes, seen, SCAN_BEGIN, limits);
    struct text head = { bytes.data, s.at };
    size_t at;

    if (result == PARSE_BAD)
        return parse_refuse(fault, s.kind, s.at, true);
    if (result == PARSE_MORE)
        return PARSE_MORE;
    at = bytes.data[0] == '\r' ? 2 : 0;
    *m = (struct message){ .is_request = true };
    m->method = read_until(head, &at, ' ');
    m->target = read_until(head, &at, ' ');
    m->minor = (uint8_t)(bytes.data[at + 7] - '0');
    if (!read_target(m, &kind))
        return parse_refuse(fault, kind,
                            (size_t)((kind == PARSE_FAULT_METHOD_CONNECT ? m->method : m->target).data - bytes.data),
                            true);
    if (read_fields(head, at + 10, limits, arena, false, m, fault) == PARSE_BAD)
        return PARSE_BAD;
    *used = head.length;
    return PARSE_DONE;
}

enum parse_result
parse_response(struct text bytes, size_t *seen, const struct parse_limits *limits, struct arena *arena,
               struct text request_method, struct message *m, size_t *used, struct parse_fault *fault)
{
    struct scan s;
    enum parse_result result = scan_head(&s, bytes, seen, SCAN_ANSWER_VERSION, limits);
    struct text head = { bytes.data, s.at };
    size_t at = 12; /* behind "HTTP/1.1 200" */
    bool bodiless;

    if (result == PARSE_BAD)
        return parse_refuse(fault, s.kind, s.at, false);
    if (result == PARSE_MORE)
        return PARSE_MORE;
    *m = (struct message){ .is_request = false };
    m->minor = (uint8_t)(bytes.data[7] - '0');
    m->status = (uint16_t)((bytes.data[9] - '0') * 100 + (bytes.data[10] - '0') * 10 + (bytes.data[11] - '0'));
    if (bytes.data[at] == ' ')
        at++;
    m->reason = read_until(head, &at, '\r');
    bodiless = m->status < 200 || m->status == 204 || m->status == 304 || text_equal(request_method, TEXT("HEAD"));
    if (read_fields(head, at + 1, limits, arena, bodiless, m, fault) == PARSE_BAD)
        return PARSE_BAD;
    *used = head.length;
    return PARSE_DONE;
}

#define MUCH (8 * LIMIT_KIB) /* fewer bytes are copied faster than looked through */

size_t
parse_head_guess(struct text bytes)
{
    const char *end = bytes.length > MUCH ? memmem(bytes.data, bytes.length, "\r\n\r\n", 4) : NULL;

    return end != NULL ? (size_t)(end - bytes.data) + 4 : bytes.length;
}
