/* message.c -- looking things up in a message. */
#include "http/message.h"

#include "http/parse_table.h"

static const struct text names[HEADER_IDS] = {
    [HEADER_ACCEPT_ENCODING] = { "accept-encoding", 15 },
    [HEADER_AUTHORIZATION] = { "authorization", 13 },
    [HEADER_CONNECTION] = { "connection", 10 },
    [HEADER_CONTENT_ENCODING] = { "content-encoding", 16 },
    [HEADER_CONTENT_LENGTH] = { "content-length", 14 },
    [HEADER_CONTENT_TYPE] = { "content-type", 12 },
    [HEADER_COOKIE] = { "cookie", 6 },
    [HEADER_DATE] = { "date", 4 },
    [HEADER_EXPECT] = { "expect", 6 },
    [HEADER_FORWARDED] = { "forwarded", 9 },
    [HEADER_HOST] = { "host", 4 },
    [HEADER_KEEP_ALIVE] = { "keep-alive", 10 },
    [HEADER_LOCATION] = { "location", 8 },
    [HEADER_PLUMBLINE_INJECT] = { "plumbline-inject", 16 },
    [HEADER_PROXY_AUTHENTICATE] = { "proxy-authenticate", 18 },
    [HEADER_PROXY_AUTHORIZATION] = { "proxy-authorization", 19 },
    [HEADER_PROXY_CONNECTION] = { "proxy-connection", 16 },
    [HEADER_SET_COOKIE] = { "set-cookie", 10 },
    [HEADER_TE] = { "te", 2 },
    [HEADER_TRACEPARENT] = { "traceparent", 11 },
    [HEADER_TRAILER] = { "trailer", 7 },
    [HEADER_TRANSFER_ENCODING] = { "transfer-encoding", 17 },
    [HEADER_UPGRADE] = { "upgrade", 7 },
    [HEADER_X_FORWARDED_FOR] = { "x-forwarded-for", 15 },
    [HEADER_X_FORWARDED_HOST] = { "x-forwarded-host", 16 },
    [HEADER_X_FORWARDED_PROTO] = { "x-forwarded-proto", 17 },
};

/* The only field that a name of this length can be, told apart by one letter where there are several. */
static enum header_id
candidate(struct text name)
{
    unsigned first = name.length > 0 ? (unsigned char)name.data[0] | 0x20u : 0;

    switch (name.length) {
    case 2:
        return HEADER_TE;
    case 4:
        return first == 'h' ? HEADER_HOST : HEADER_DATE;
    case 6:
        return first == 'c' ? HEADER_COOKIE : HEADER_EXPECT;
    case 7:
        return first == 't' ? HEADER_TRAILER : HEADER_UPGRADE;
    case 8:
        return HEADER_LOCATION;
    case 9:
        return HEADER_FORWARDED;
    case 10:
        return first == 'c' ? HEADER_CONNECTION : first == 'k' ? HEADER_KEEP_ALIVE : HEADER_SET_COOKIE;
    case 11:
        return HEADER_TRACEPARENT;
    case 12:
        return HEADER_CONTENT_TYPE;
    case 13:
        return HEADER_AUTHORIZATION;
    case 14:
        return HEADER_CONTENT_LENGTH;
    case 15:
        return first == 'a' ? HEADER_ACCEPT_ENCODING : HEADER_X_FORWARDED_FOR;
    case 16:
        if (first == 'c' || first == 'x')
            return first == 'c' ? HEADER_CONTENT_ENCODING : HEADER_X_FORWARDED_HOST;
        return ((unsigned char)name.data[1] | 0x20u) == 'l' ? HEADER_PLUMBLINE_INJECT : HEADER_PROXY_CONNECTION;
    case 17:
        return first == 't' ? HEADER_TRANSFER_ENCODING : HEADER_X_FORWARDED_PROTO;
    case 18:
        return HEADER_PROXY_AUTHENTICATE;
    case 19:
        return HEADER_PROXY_AUTHORIZATION;
    default:
        return HEADER_OTHER;
    }
}

/* Eight bytes of a name and of a known one in small letters: bit 0x20 makes letters small, and letters are what has bit
 * 0x40. */
static bool
same_word(const char *name, const char *known)
{
    uint64_t a, b;

    memcpy(&a, name, sizeof a);
    memcpy(&b, known, sizeof b);
    return (a | (b & UINT64_C(0x4040404040404040)) >> 1) == b;
}

enum header_id
header_id_of(struct text name)
{
    enum header_id id = candidate(name);
    const char *known = names[id].data;
    size_t at = 0;

    if (id == HEADER_OTHER)
        return HEADER_OTHER;
    if (name.length < sizeof(uint64_t))
        return text_equal_nocase(name, names[id]) ? id : HEADER_OTHER;
    for (; name.length - at > sizeof(uint64_t); at += sizeof(uint64_t)) {
        if (!same_word(name.data + at, known + at))
            return HEADER_OTHER;
    }
    at = name.length - sizeof(uint64_t); /* the last eight, some of them for the second time */
    return same_word(name.data + at, known + at) ? id : HEADER_OTHER;
}

const struct header *
message_header(const struct message *m, enum header_id id)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        if (m->headers[i].id == id)
            return &m->headers[i];
    }
    return NULL;
}

const struct header *
message_header_named(const struct message *m, struct text name)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        if (text_equal_nocase(m->headers[i].name, name))
            return &m->headers[i];
    }
    return NULL;
}

struct text
message_value(const struct message *m, enum header_id id)
{
    const struct header *h = message_header(m, id);

    return h != NULL ? h->value : (struct text){ NULL, 0 };
}

struct text
authority_host(struct text authority)
{
    size_t end = authority.length;

    while (end > 0 && authority.data[end - 1] >= '0' && authority.data[end - 1] <= '9')
        end--;
    return end > 0 && authority.data[end - 1] == ':' ? text_slice(authority, 0, end - 1) : authority;
}

bool
header_is_token(struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        if (!byte_is(t.data[i], BYTE_TOKEN))
            return false;
    }
    return t.length > 0;
}

size_t
header_part_end(struct text t, char separator)
{
    bool quoted = false;
    size_t i;

    for (i = 0; i < t.length; i++) {
        if (quoted && t.data[i] == '\\')
            i++;
        else if (t.data[i] == '"')
            quoted = !quoted;
        else if (t.data[i] == separator && !quoted)
            break;
    }
    return i < t.length ? i : t.length;
}

bool
header_list_next(struct text *rest, struct text *member)
{
    while (rest->length > 0) {
        size_t end = header_part_end(*rest, ',');

        *member = text_trim(text_slice(*rest, 0, end));
        *rest = text_from(*rest, end + 1);
        if (member->length > 0)
            return true;
    }
    return false;
}
