/* parse_body.c -- bodies by their framing; the chunk grammar of RFC 9112 7.1 as a table of small steps.
 *
 * Chunk extensions are read strictly and then forgotten (RFC 9112 7.1.1 lets a recipient ignore them). A trailer
 * section is copied to the arena as it comes, through the same scan as the fields of a head, and read when it is
 * complete. */
#include "base/limits.h"
#include "http/parse_fields.h"
#include "http/parse_scan.h"

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_NAME_FIRST, /* behind ';' */
    CHUNK_NAME,
    CHUNK_VALUE_FIRST, /* behind '=' */
    CHUNK_VALUE,
    CHUNK_QUOTED,
    CHUNK_QUOTED_PAIR,
    CHUNK_QUOTED_END,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER, /* + the state of the scan */
};

void
body_reader_init(struct body_reader *r, const struct message *m)
{
    *r = (struct body_reader){ .framing = m->framing, .state = CHUNK_SIZE };
    if (m->framing == FRAMING_LENGTH)
        r->left = m->length;
    r->done = m->framing == FRAMING_NONE || (m->framing == FRAMING_LENGTH && r->left == 0);
}

bool
body_reader_end(struct body_reader *r)
{
    if (r->framing == FRAMING_CLOSE)
        r->done = true;
    return r->done;
}

/* One byte of the size. False: *kind says why not. */
static bool
size_byte(struct body_reader *r, char byte, enum parse_fault_kind *kind)
{
    *kind = PARSE_FAULT_CHUNK_SIZE;
    if (byte_is(byte, BYTE_HEX)) {
        if (r->digits == 16)
            return false;
        r->left = r->left << 4 | (uint64_t)text_hex_digit(byte);
        r->digits++;
        return r->left <= INT64_MAX;
    }
    if (r->digits == 0)
        return false;
    if (byte == '\n')
        *kind = PARSE_FAULT_BARE_LF;
    if (byte != '\r' && byte != ';')
        return false;
    r->state = byte == ';' ? CHUNK_NAME_FIRST : CHUNK_SIZE_LF;
    return true;
}

/* chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ); no white space: RFC 9112 calls it bad, and parsers
 * differ there. */
static bool
extension_byte(struct body_reader *r, char byte, enum parse_fault_kind *kind)
{
    bool token = byte_is(byte, BYTE_TOKEN);

    *kind = byte == '\n' ? PARSE_FAULT_BARE_LF : PARSE_FAULT_CHUNK_EXTENSION;
    switch (r->state) {
    case CHUNK_QUOTED:
        if (byte == '"' || byte == '\\')
            r->state = byte == '"' ? CHUNK_QUOTED_END : CHUNK_QUOTED_PAIR;
        return byte_is(byte, BYTE_TEXT);
    case CHUNK_QUOTED_PAIR:
        r->state = CHUNK_QUOTED;
        return byte_is(byte, BYTE_TEXT);
    case CHUNK_NAME_FIRST:
        r->state = CHUNK_NAME;
        return token;
    case CHUNK_VALUE_FIRST:
        r->state = byte == '"' ? CHUNK_QUOTED : CHUNK_VALUE;
        return token || byte == '"';
    default:
        break;
    }
    if (token && r->state != CHUNK_QUOTED_END)
        return true;
    if (byte == '=' && r->state == CHUNK_NAME)
        r->state = CHUNK_VALUE_FIRST;
    else if (byte == ';')
        r->state = CHUNK_NAME_FIRST;
    else if (byte == '\r')
        r->state = CHUNK_SIZE_LF;
    else
        return false;
    return true;
}

/* One byte between the pieces of content. False: *kind says why not. */
static bool
line_byte(struct body_reader *r, char byte, enum parse_fault_kind *kind)
{
    switch (r->state) {
    case CHUNK_SIZE:
        return size_byte(r, byte, kind);
    case CHUNK_SIZE_LF:
        *kind = PARSE_FAULT_BARE_CR;
        r->state = r->left > 0 ? CHUNK_DATA : (uint8_t)(CHUNK_TRAILER + SCAN_FIELD_FIRST);
        return byte == '\n';
    case CHUNK_DATA_CR:
        *kind = PARSE_FAULT_CHUNK_END;
        r->state = CHUNK_DATA_LF;
        return byte == '\r';
    case CHUNK_DATA_LF:
        *kind = PARSE_FAULT_CHUNK_END;
        r->state = CHUNK_SIZE;
        r->digits = 0;
        r->line = 0;
        return byte == '\n';
    default:
        return extension_byte(r, byte, kind);
    }
}

/* These decide how a message is framed, routed, authenticated or read: too late behind the body (RFC 9110 6.5.1). */
static const bool never_trailer[HEADER_IDS] = {
    [HEADER_AUTHORIZATION] = true,
    [HEADER_CONNECTION] = true,
    [HEADER_CONTENT_ENCODING] = true,
    [HEADER_CONTENT_LENGTH] = true,
    [HEADER_CONTENT_TYPE] = true,
    [HEADER_COOKIE] = true,
    [HEADER_EXPECT] = true,
    [HEADER_HOST] = true,
    [HEADER_PROXY_AUTHORIZATION] = true,
    [HEADER_SET_COOKIE] = true,
    [HEADER_TE] = true,
    [HEADER_TRAILER] = true,
    [HEADER_UPGRADE] = true,
    [HEADER_TRANSFER_ENCODING] = true,
    [HEADER_PROXY_AUTHENTICATE] = true,
};

static bool
hold(struct body_reader *r, struct arena *arena, struct text piece)
{
    if (r->trailer + piece.length > r->held_size) {
        size_t size = r->held_size == 0 ? 256 : (size_t)r->held_size * 2;
        char *grown;

        while (size < r->trailer + piece.length)
            size *= 2;
        if ((grown = arena_grow(arena, r->held, r->held_size, size)) == NULL)
            return false;
        r->held = grown;
        r->held_size = (uint32_t)size;
    }
    memcpy(r->held + r->trailer, piece.data, piece.length);
    r->trailer += (uint32_t)piece.length;
    return true;
}

static enum parse_result
read_trailers(struct body_reader *r, uint32_t most, struct arena *arena, struct message *m, enum parse_fault_kind *kind,
              size_t *place)
{
    struct text lines = { r->held, r->trailer };

    if (fields_read(lines, most, arena, &m->trailers, &m->trailer_count, kind, place) == PARSE_BAD)
        return PARSE_BAD;
    for (uint32_t i = 0; i < m->trailer_count; i++) {
        if (never_trailer[m->trailers[i].id]) {
            *kind = PARSE_FAULT_TRAILER_FORBIDDEN;
            *place = (size_t)(m->trailers[i].name.data - lines.data);
            return PARSE_BAD;
        }
    }
    r->done = true;
    return PARSE_DONE;
}

/* Lines behind the last chunk, up to the empty one. *place is an offset in the trailer section. */
static enum parse_result
trailer_bytes(struct body_reader *r, struct text bytes, const struct parse_limits *limits, struct arena *arena,
              struct message *m, size_t *used, enum parse_fault_kind *kind, size_t *place)
{
    size_t room = limits->trailer > r->trailer ? limits->trailer - r->trailer : 0;
    struct scan s = { .data = bytes.data, .state = (enum scan_state)(r->state - CHUNK_TRAILER) };
    enum parse_result result;

    s.end = bytes.length < room ? bytes.length : room;
    result = scan_run(&s, SCAN_DONE);
    *place = r->trailer + s.at;
    *kind = s.kind;
    if (result == PARSE_BAD)
        return PARSE_BAD;
    if (result == PARSE_MORE && s.end == room) {
        *kind = PARSE_FAULT_TRAILER_LARGE;
        return PARSE_BAD;
    }
    r->state = (uint8_t)(CHUNK_TRAILER + s.state);
    *used = s.at;
    *kind = PARSE_FAULT_NO_MEMORY;
    if (!hold(r, arena, text_slice(bytes, 0, s.at)))
        return PARSE_BAD;
    return result == PARSE_DONE ? read_trailers(r, limits->fields, arena, m, kind, place) : PARSE_MORE;
}

/* Content up to the end of the body or chunk. */
static void
content_bytes(struct body_reader *r, struct text bytes, size_t *used, struct text *piece)
{
    size_t length = r->left < bytes.length ? (size_t)r->left : bytes.length;

    *piece = text_slice(bytes, *used, length);
    *used += piece->length;
    r->left -= piece->length;
}

static enum parse_result
chunked_bytes(struct body_reader *r, struct text bytes, const struct parse_limits *limits, struct arena *arena,
              struct message *m, size_t *used, struct text *piece, struct parse_fault *fault)
{
    enum parse_fault_kind kind = PARSE_FAULT_CHUNK_LINE;
    size_t at = 0, place = 0, taken = 0;

    while (at < bytes.length && r->state < CHUNK_TRAILER && r->state != CHUNK_DATA) {
        kind = PARSE_FAULT_CHUNK_LINE;
        if ((r->state < CHUNK_DATA && r->line++ >= LIMIT_CHUNK_LINE) || !line_byte(r, bytes.data[at], &kind))
            return parse_refuse(fault, kind, (size_t)r->taken + at, m->is_request);
        at++;
    }
    if (r->state == CHUNK_DATA) {
        content_bytes(r, bytes, &at, piece);
        if (r->left == 0)
            r->state = CHUNK_DATA_CR;
    } else if (r->state >= CHUNK_TRAILER && at < bytes.length) {
        uint64_t before = r->taken + at - r->trailer;

        if (trailer_bytes(r, text_from(bytes, at), limits, arena, m, &taken, &kind, &place) == PARSE_BAD)
            return parse_refuse(fault, kind, (size_t)before + place, m->is_request);
        at += taken;
    }
    *used = at;
    return r->done ? PARSE_DONE : PARSE_MORE;
}

enum parse_result
body_reader_feed(struct body_reader *r, struct text bytes, const struct parse_limits *limits, struct arena *arena,
                 struct message *m, size_t *used, struct text *piece, struct parse_fault *fault)
{
    enum parse_result result = PARSE_DONE;

    *used = 0;
    *piece = (struct text){ NULL, 0 };
    if (r->done)
        return PARSE_DONE;
    switch (r->framing) {
    case FRAMING_CHUNKED:
        result = chunked_bytes(r, bytes, limits, arena, m, used, piece, fault);
        break;
    case FRAMING_LENGTH:
        content_bytes(r, bytes, used, piece);
        r->done = r->left == 0;
        result = r->done ? PARSE_DONE : PARSE_MORE;
        break;
    case FRAMING_CLOSE:
        *piece = bytes;
        *used = bytes.length;
        result = PARSE_MORE;
        break;
    case FRAMING_NONE:
        break;
    }
    r->taken += *used;
    return result;
}
