/* parse_fields.c -- from field lines to headers, and from headers to framing (RFC 9112 6 and 9). */
#include "http/parse_fields.h"

#define FIELDS_FIRST 16 /* room at first; doubled when there are more */
#define OPTIONS_MOST 64 /* of Connection: each is looked for among all fields */

/* Ends here by its name alone (RFC 9110 7.6.1; the Proxy-… fields are between the client and its own proxies). */
static const bool hop_by_hop[HEADER_IDS] = {
    [HEADER_CONNECTION] = true,          [HEADER_KEEP_ALIVE] = true,       [HEADER_PROXY_AUTHENTICATE] = true,
    [HEADER_PROXY_AUTHORIZATION] = true, [HEADER_PROXY_CONNECTION] = true, [HEADER_TE] = true,
    [HEADER_TRANSFER_ENCODING] = true,   [HEADER_UPGRADE] = true,
};

/* If Connection could name these, a message would be checked with a field and sent on without it. */
static const bool never_named[HEADER_IDS] = {
    [HEADER_HOST] = true,
    [HEADER_CONTENT_LENGTH] = true,
    [HEADER_CONTENT_TYPE] = true,
    [HEADER_CONTENT_ENCODING] = true,
};

/* One line from *at on, behind its CRLF afterwards. The scan has made sure that the colon and the CR are there. */
static struct header
read_line(struct text lines, size_t *at)
{
    const char *name = lines.data + *at, *colon = memchr(name, ':', lines.length - *at), *value = colon + 1, *end, *cr;

    cr = end = memchr(value, '\r', lines.length - (size_t)(value - lines.data));
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *at = (size_t)(cr + 2 - lines.data);
    return (struct header){
        .name = { name, (size_t)(colon - name) },
        .value = { value, (size_t)(end - value) },
    };
}

enum parse_result
fields_read(struct text lines, uint32_t most, struct arena *arena, struct header **headers, uint32_t *count,
            enum parse_fault_kind *kind, size_t *place)
{
    struct header *list = NULL;
    uint32_t used = 0, room = 0;
    size_t at = 0;

    while (lines.data[at] != '\r') {
        struct header *h;

        *place = at;
        if (used == most) {
            *kind = PARSE_FAULT_FIELDS_MANY;
            return PARSE_BAD;
        }
        if (used == room) {
            uint32_t more = room == 0 ? FIELDS_FIRST : room * 2;

            list = arena_grow(arena, list, room * sizeof *list, more * sizeof *list);
            if (list == NULL) {
                *kind = PARSE_FAULT_NO_MEMORY;
                return PARSE_BAD;
            }
            room = more;
        }
        h = &list[used++];
        *h = read_line(lines, &at);
        h->id = (uint8_t)header_id_of(h->name);
        h->hop_by_hop = hop_by_hop[h->id];
    }
    *headers = list;
    *count = used;
    return PARSE_DONE;
}

/* What Connection and its relatives say. */
struct options {
    bool close;
    bool keep_alive;
    bool upgrade;
    bool upgrade_field;
    uint32_t named; /* options of Connection that are field names */
    uint32_t hosts, lengths, codings;
    const struct header *host, *length, *coding, *expect;
};

/* Every header that Connection names ends here too. False when it names one that must not. */
static bool
mark_named(struct message *m, struct text option)
{
    if (never_named[header_id_of(option)])
        return false;
    for (uint32_t i = 0; i < m->header_count; i++) {
        if (m->headers[i].name.length == option.length && text_equal_nocase(m->headers[i].name, option))
            m->headers[i].hop_by_hop = true;
    }
    return true;
}

static bool
read_connection(struct message *m, struct text value, struct options *o)
{
    struct text option;

    while (header_list_next(&value, &option)) {
        if (text_equal_nocase(option, TEXT("close")))
            o->close = true;
        else if (text_equal_nocase(option, TEXT("keep-alive")))
            o->keep_alive = true;
        else if (text_equal_nocase(option, TEXT("upgrade")))
            o->upgrade = true;
        else if (o->named++ == OPTIONS_MOST || !mark_named(m, option))
            return false;
    }
    return true;
}

/* RFC 9112 6.1: exactly one coding, and that chunked. Which fault it is otherwise tells a sender what to do about
 * it. */
static enum parse_result
judge_coding(const struct message *m, const struct options *o, enum parse_fault_kind *kind)
{
    struct text rest = o->coding->value, coding, last = { NULL, 0 };
    unsigned chunked = 0;

    if (o->lengths > 0)
        *kind = PARSE_FAULT_TE_AND_LENGTH;
    else if (m->minor == 0)
        *kind = PARSE_FAULT_TE_OLD;
    else if (o->codings > 1)
        *kind = PARSE_FAULT_TE_REPEATED;
    else if (text_equal_nocase(rest, TEXT("chunked")))
        return PARSE_DONE;
    else {
        while (header_list_next(&rest, &coding)) {
            last = coding;
            chunked += text_equal_nocase(coding, TEXT("chunked"));
        }
        *kind = chunked == 1 && text_equal_nocase(last, TEXT("chunked")) && o->coding->value.length > last.length &&
                        text_ends(o->coding->value, last)
                    ? PARSE_FAULT_TE_UNKNOWN
                    : PARSE_FAULT_TE_SYNTAX;
    }
    return PARSE_BAD;
}

static enum parse_result
judge_length(struct message *m, const struct options *o, enum parse_fault_kind *kind)
{
    if (o->lengths > 1)
        *kind = PARSE_FAULT_LENGTH_REPEATED;
    else if (!text_to_u64(o->length->value, &m->length) || m->length > INT64_MAX)
        *kind = PARSE_FAULT_LENGTH_SYNTAX;
    else {
        m->has_length = true;
        return PARSE_DONE;
    }
    return PARSE_BAD;
}

/* The order of RFC 9112 6.3. */
static enum parse_result
judge_framing(struct message *m, bool bodiless, const struct options *o, enum parse_fault_kind *kind)
{
    bool never = !m->is_request && (m->status < 200 || m->status == 204); /* not even a length may be announced */

    if (o->codings > 0 && judge_coding(m, o, kind) == PARSE_BAD)
        return PARSE_BAD;
    if (o->lengths > 0 && judge_length(m, o, kind) == PARSE_BAD)
        return PARSE_BAD;
    if (never && (o->codings > 0 || m->length > 0)) {
        *kind = o->codings > 0 ? PARSE_FAULT_TE_FORBIDDEN : PARSE_FAULT_LENGTH_FORBIDDEN;
        return PARSE_BAD;
    }
    if (bodiless)
        m->framing = FRAMING_NONE;
    else if (o->codings > 0)
        m->framing = FRAMING_CHUNKED;
    else if (m->has_length)
        m->framing = FRAMING_LENGTH;
    else
        m->framing = m->is_request ? FRAMING_NONE : FRAMING_CLOSE;
    return PARSE_DONE;
}

/* [ "[" address "]" / name ] [ ":" *digit ]; no userinfo: nobody would agree on which host is meant. */
bool
authority_valid(struct text t)
{
    size_t at = 0;

    if (t.length > 0 && t.data[0] == '[') {
        for (at = 1; at < t.length && t.data[at] != ']'; at++) {
            if (!byte_is(t.data[at], BYTE_HOST) || t.data[at] == '[')
                return false;
        }
        if (at < 3 || at++ == t.length)
            return false;
    } else {
        while (at < t.length && byte_is(t.data[at], BYTE_HOST) && t.data[at] != ':' && t.data[at] != '[' &&
               t.data[at] != ']')
            at++;
    }
    if (at == t.length)
        return true;
    if (t.data[at] != ':' || at == 0)
        return false;
    while (++at < t.length) {
        if (t.data[at] < '0' || t.data[at] > '9')
            return false;
    }
    return true;
}

static enum parse_result
judge_host(struct message *m, const struct options *o, enum parse_fault_kind *kind)
{
    bool absolute = m->authority.length > 0;

    if (o->hosts > 1)
        *kind = PARSE_FAULT_HOST_REPEATED;
    else if (o->hosts == 0 && m->minor > 0)
        *kind = PARSE_FAULT_HOST_MISSING;
    else if (o->hosts > 0 && !authority_valid(o->host->value))
        *kind = PARSE_FAULT_HOST_SYNTAX;
    else if (o->hosts > 0 && absolute && !text_equal_nocase(o->host->value, m->authority))
        *kind = PARSE_FAULT_HOST_DIFFERS;
    else {
        if (o->hosts > 0 && !absolute)
            m->authority = o->host->value;
        return PARSE_DONE;
    }
    return PARSE_BAD;
}

/* False when a Connection field is wrong; *at is it. */
static bool
collect(struct message *m, struct options *o, const struct header **at)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        switch (h->id) {
        case HEADER_HOST:
            o->hosts++;
            o->host = h;
            break;
        case HEADER_CONTENT_LENGTH:
            o->lengths++;
            o->length = h;
            break;
        case HEADER_TRANSFER_ENCODING:
            o->codings++;
            o->coding = h;
            break;
        case HEADER_UPGRADE:
            o->upgrade_field = true;
            break;
        case HEADER_EXPECT:
            if (o->expect == NULL || text_equal_nocase(o->expect->value, TEXT("100-continue")))
                o->expect = h;
            break;
        case HEADER_CONNECTION:
            *at = h;
            if (!read_connection(m, h->value, o))
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}

enum parse_result
fields_judge(struct message *m, bool bodiless, enum parse_fault_kind *kind, const struct header **at)
{
    struct options o = { .close = false };

    if (!collect(m, &o, at)) {
        *kind = o.named > OPTIONS_MOST ? PARSE_FAULT_FIELDS_MANY : PARSE_FAULT_CONNECTION_NAMES;
        return PARSE_BAD;
    }
    *at = o.host;
    if (m->is_request && judge_host(m, &o, kind) == PARSE_BAD)
        return PARSE_BAD;
    *at = o.codings > 0 ? o.coding : o.length;
    if (judge_framing(m, bodiless, &o, kind) == PARSE_BAD)
        return PARSE_BAD;
    *at = o.expect;
    if (m->is_request && o.expect != NULL && m->minor > 0) { /* from HTTP/1.0 it is ignored (RFC 9110 10.1.1) */
        if (!text_equal_nocase(o.expect->value, TEXT("100-continue"))) {
            *kind = PARSE_FAULT_EXPECT_UNKNOWN;
            return PARSE_BAD;
        }
        m->expect_continue = m->framing != FRAMING_NONE;
    }
    /* 9112 9.3; and a body until close leaves nothing to keep */
    m->keep_alive = !o.close && (m->minor > 0 || o.keep_alive) && m->framing != FRAMING_CLOSE;
    /* HTTP/1.0 cannot upgrade (RFC 9110 7.8) */
    m->upgrade = m->is_request ? o.upgrade && o.upgrade_field && m->minor > 0 : m->status == 101;
    return PARSE_DONE;
}
