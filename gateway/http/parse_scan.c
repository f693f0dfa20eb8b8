/* parse_scan.c -- one short step per state. A step takes all bytes that its state allows and names the next state.
 *
 * Steps look at bytes below s->end only. Two of them (version, status) want some bytes at once and leave `at` where it
 * is until they have come. */
#include "http/parse_scan.h"

#include <endian.h>
#include <string.h>

enum step {
    STEP_ON,   /* the next state's turn */
    STEP_WAIT, /* bytes used up */
    STEP_BAD,
};

static enum step
bad(struct scan *s, enum parse_fault_kind kind)
{
    s->kind = kind;
    return STEP_BAD;
}

/* Take one byte and go to another state. */
static enum step
take(struct scan *s, enum scan_state next)
{
    s->at++;
    s->state = next;
    return STEP_ON;
}

/* Stay at this byte, in another state. */
static enum step
become(struct scan *s, enum scan_state next)
{
    s->state = next;
    return STEP_ON;
}

/* LF behind CR. */
static enum step
take_lf(struct scan *s, enum scan_state next)
{
    return s->data[s->at] == '\n' ? take(s, next) : bad(s, PARSE_FAULT_BARE_CR);
}

static enum step
begin(struct scan *s)
{
    return s->data[s->at] == '\r' ? take(s, SCAN_BEGIN_LF) : become(s, SCAN_METHOD);
}

static enum step
begin_lf(struct scan *s)
{
    return take_lf(s, SCAN_METHOD);
}

static enum step
method(struct scan *s)
{
    size_t at = s->at, start = s->data[0] == '\r' ? 2 : 0;

    while (at < s->end && byte_is(s->data[at], BYTE_TOKEN))
        at++;
    s->at = at;
    if (at == s->end)
        return STEP_WAIT;
    return s->data[at] == ' ' && at > start ? take(s, SCAN_TARGET_FIRST) : bad(s, PARSE_FAULT_METHOD_SYNTAX);
}

static enum step
target_first(struct scan *s)
{
    char byte = s->data[s->at];

    if (byte == ' ' || byte == '\r' || byte == '\n')
        return bad(s, PARSE_FAULT_TARGET_EMPTY);
    return become(s, SCAN_TARGET);
}

static enum step
target(struct scan *s)
{
    size_t at = s->at;

    while (at < s->end && byte_is(s->data[at], BYTE_TARGET))
        at++;
    s->at = at;
    if (at == s->end)
        return STEP_WAIT;
    switch (s->data[at]) {
    case ' ':
        return take(s, SCAN_VERSION);
    case '#':
        return bad(s, PARSE_FAULT_TARGET_FRAGMENT);
    case '\r':
    case '\n':
        return bad(s, PARSE_FAULT_VERSION_MISSING);
    default:
        return bad(s, PARSE_FAULT_TARGET_BYTE);
    }
}

/* Do the bytes fit the pattern, where '0' stands for any digit? */
static enum step
fit(struct scan *s, const char *pattern, size_t length, enum parse_fault_kind kind)
{
    size_t there = s->end - s->at < length ? s->end - s->at : length;

    for (size_t i = 0; i < there; i++) {
        char byte = s->data[s->at + i];

        if (pattern[i] == '0' ? byte < '0' || byte > '9' : byte != pattern[i]) {
            s->at += i;
            return bad(s, kind);
        }
    }
    return there == length ? STEP_ON : STEP_WAIT;
}

static enum step
any_version(struct scan *s, enum scan_state next)
{
    enum step step = fit(s, "HTTP/0.0", 8, PARSE_FAULT_VERSION_SYNTAX);
    const char *version = s->data + s->at;

    if (step != STEP_ON)
        return step;
    if (version[5] != '1' || version[7] > '1')
        return bad(s, PARSE_FAULT_VERSION_UNSUPPORTED);
    s->at += 8;
    return become(s, next);
}

static enum step
version(struct scan *s)
{
    return any_version(s, SCAN_VERSION_END);
}

static enum step
version_end(struct scan *s)
{
    if (s->data[s->at] == '\r')
        return take(s, SCAN_LINE_LF);
    return bad(s, s->data[s->at] == '\n' ? PARSE_FAULT_BARE_LF : PARSE_FAULT_VERSION_SYNTAX);
}

static enum step
answer_version(struct scan *s)
{
    return any_version(s, SCAN_STATUS);
}

static enum step
status(struct scan *s)
{
    enum step step = fit(s, " 000", 4, PARSE_FAULT_STATUS_SYNTAX);

    if (step != STEP_ON)
        return step;
    if (s->data[s->at + 1] < '1' || s->data[s->at + 1] > '5')
        return bad(s, PARSE_FAULT_STATUS_RANGE);
    s->at += 4;
    return become(s, SCAN_STATUS_END);
}

/* The space is owed even when no reason follows (RFC 9112 4), but servers forget it and nobody reads that
 * differently. */
static enum step
status_end(struct scan *s)
{
    switch (s->data[s->at]) {
    case ' ':
        return take(s, SCAN_REASON);
    case '\r':
        return take(s, SCAN_LINE_LF);
    case '\n':
        return bad(s, PARSE_FAULT_BARE_LF);
    default:
        return bad(s, PARSE_FAULT_STATUS_SYNTAX);
    }
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes at a time as long as none of them is a control character or DEL (Bit Twiddling Hacks: "hasless",
 * "haszero"). The first byte that is marked is one indeed; marks behind it may be carries. */
static size_t
skip_text(const char *data, size_t at, size_t end)
{
    while (end - at >= sizeof(uint64_t)) {
        uint64_t word, del, marks;

        memcpy(&word, data + at, sizeof word);
        word = le64toh(word);
        del = word ^ EACH_BYTE(0x7f);
        marks = (((word - EACH_BYTE(0x20)) & ~word) | ((del - EACH_BYTE(0x01)) & ~del)) & EACH_BYTE(0x80);
        if (marks == 0) {
            at += sizeof word;
            continue;
        }
        at += (size_t)__builtin_ctzll(marks) / 8;
        if (data[at] != '\t')
            return at;
        at++;
    }
    while (at < end && byte_is(data[at], BYTE_TEXT))
        at++;
    return at;
}

/* Text up to a CR. */
static enum step
text_run(struct scan *s, enum scan_state next, enum parse_fault_kind kind)
{
    s->at = skip_text(s->data, s->at, s->end);
    if (s->at == s->end)
        return STEP_WAIT;
    if (s->data[s->at] == '\r')
        return take(s, next);
    return bad(s, s->data[s->at] == '\n' ? PARSE_FAULT_BARE_LF : kind);
}

static enum step
reason(struct scan *s)
{
    return text_run(s, SCAN_LINE_LF, PARSE_FAULT_REASON_BYTE);
}

static enum step
line_lf(struct scan *s)
{
    return take_lf(s, SCAN_FIELD_FIRST);
}

static enum step
field(struct scan *s)
{
    switch (s->data[s->at]) {
    case '\r':
        return take(s, SCAN_LAST_LF);
    case ' ':
    case '\t':
        return bad(s, s->state == SCAN_FIELD_FIRST ? PARSE_FAULT_SPACE_FIRST : PARSE_FAULT_OBS_FOLD);
    case ':':
        return bad(s, PARSE_FAULT_NAME_EMPTY);
    default:
        return become(s, SCAN_NAME);
    }
}

static enum step
name(struct scan *s)
{
    size_t at = s->at;

    while (at < s->end && byte_is(s->data[at], BYTE_TOKEN))
        at++;
    s->at = at;
    if (at == s->end)
        return STEP_WAIT;
    switch (s->data[at]) {
    case ':':
        return take(s, SCAN_VALUE);
    case ' ':
    case '\t':
        return bad(s, PARSE_FAULT_NAME_SPACE);
    case '\r':
        return bad(s, PARSE_FAULT_COLON_MISSING);
    case '\n':
        return bad(s, PARSE_FAULT_BARE_LF);
    default:
        return bad(s, PARSE_FAULT_NAME_BYTE);
    }
}

static enum step
value(struct scan *s)
{
    return text_run(s, SCAN_VALUE_LF, PARSE_FAULT_VALUE_BYTE);
}

static enum step
value_lf(struct scan *s)
{
    return take_lf(s, SCAN_FIELD);
}

static enum step
last_lf(struct scan *s)
{
    return take_lf(s, SCAN_DONE);
}

static enum step (*const steps[])(struct scan *) = {
    [SCAN_BEGIN] = begin,
    [SCAN_BEGIN_LF] = begin_lf,
    [SCAN_METHOD] = method,
    [SCAN_TARGET_FIRST] = target_first,
    [SCAN_TARGET] = target,
    [SCAN_VERSION] = version,
    [SCAN_VERSION_END] = version_end,
    [SCAN_ANSWER_VERSION] = answer_version,
    [SCAN_STATUS] = status,
    [SCAN_STATUS_END] = status_end,
    [SCAN_REASON] = reason,
    [SCAN_LINE_LF] = line_lf,
    [SCAN_FIELD_FIRST] = field,
    [SCAN_FIELD] = field,
    [SCAN_NAME] = name,
    [SCAN_VALUE] = value,
    [SCAN_VALUE_LF] = value_lf,
    [SCAN_LAST_LF] = last_lf,
};

enum parse_result
scan_run(struct scan *s, enum scan_state stop)
{
    while (s->state < stop) {
        enum step step = s->at < s->end ? steps[s->state](s) : STEP_WAIT;

        if (step == STEP_WAIT)
            return PARSE_MORE;
        if (step == STEP_BAD)
            return PARSE_BAD;
    }
    return PARSE_DONE;
}
