/* http_node.c -- tells how requests are read here, for http_node.mjs, which has Node's HTTP server read the same.
 *
 * Standard input: messages, each behind its length (4 bytes, big-endian). Standard output: one line of JSON for each:
 *
 *     {"fault": "bare-lf" | "open" | null,
 *      "requests": [{"method", "target", "headers": [[name, value]…], "trailers": […], "body", "wire", "sent": [[name,
 * value]…]}]}
 *
 * All texts are base64. `wire` is the request written anew, as a proxy would send it on, `sent` its fields. */
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/limits.h"
#include "http/parse.h"
#include "json/write.h"

static void
write_bytes(struct json_writer *w, struct text t)
{
    struct buffer b;

    buffer_init(&b, 64 * LIMIT_MIB);
    base64_write(&b, t);
    json_string(w, buffer_text(&b));
    buffer_release(&b);
}

static void
write_pair(struct json_writer *w, struct text name, struct text value)
{
    json_array(w);
    write_bytes(w, name);
    write_bytes(w, value);
    json_end_array(w);
}

static void
write_fields(struct json_writer *w, const struct header *list, uint32_t count)
{
    json_array(w);
    for (uint32_t i = 0; i < count; i++)
        write_pair(w, list[i].name, list[i].value);
    json_end_array(w);
}

static void
send_field(struct json_writer *w, struct buffer *wire, struct text name, struct text value)
{
    buffer_print(wire, "%.*s: ", TEXT_PRINT(name));
    buffer_add(wire, value);
    buffer_add(wire, TEXT("\r\n"));
    write_pair(w, name, value);
}

static void
send_body(const struct message *m, struct text body, struct buffer *wire)
{
    if (m->framing == FRAMING_CHUNKED && body.length > 0) {
        buffer_print(wire, "%zx\r\n", body.length);
        buffer_add(wire, body);
        buffer_add(wire, TEXT("\r\n"));
    } else {
        buffer_add(wire, body);
    }
    if (m->framing == FRAMING_CHUNKED) {
        buffer_add(wire, TEXT("0\r\n"));
        for (uint32_t i = 0; i < m->trailer_count; i++)
            buffer_print(wire, "%.*s: %.*s\r\n", TEXT_PRINT(m->trailers[i].name), TEXT_PRINT(m->trailers[i].value));
        buffer_add(wire, TEXT("\r\n"));
    }
}

/* The request as a proxy would send it on: without what ends here, with framing of its own. */
static void
write_sent(struct json_writer *w, const struct message *m, struct text body)
{
    struct buffer wire;
    char length[32];

    buffer_init(&wire, 64 * LIMIT_MIB);
    buffer_print(&wire, "%.*s %.*s HTTP/1.%u\r\n", TEXT_PRINT(m->method), TEXT_PRINT(m->target), m->minor);
    JSON_KEY(w, "sent");
    json_array(w);
    for (uint32_t i = 0; i < m->header_count; i++) {
        if (!m->headers[i].hop_by_hop && m->headers[i].id != HEADER_CONTENT_LENGTH)
            send_field(w, &wire, m->headers[i].name, m->headers[i].value);
    }
    snprintf(length, sizeof length, "%zu", body.length);
    if (m->framing == FRAMING_CHUNKED)
        send_field(w, &wire, TEXT("Transfer-Encoding"), TEXT("chunked"));
    else if (m->framing == FRAMING_LENGTH)
        send_field(w, &wire, TEXT("Content-Length"), text_of(length));
    json_end_array(w);
    buffer_add(&wire, TEXT("\r\n"));
    send_body(m, body, &wire);
    JSON_KEY(w, "wire");
    write_bytes(w, buffer_text(&wire));
    buffer_release(&wire);
}

static void
write_request(struct json_writer *w, const struct message *m, struct text body)
{
    json_object(w);
    JSON_KEY(w, "method");
    write_bytes(w, m->method);
    JSON_KEY(w, "target");
    write_bytes(w, m->target);
    JSON_KEY(w, "headers");
    write_fields(w, m->headers, m->header_count);
    JSON_KEY(w, "trailers");
    write_fields(w, m->trailers, m->trailer_count);
    JSON_KEY(w, "body");
    write_bytes(w, body);
    write_sent(w, m, body);
    json_end_object(w);
}

/* The whole body of m into *out; PARSE_MORE when bytes are missing. *at moves on. */
static enum parse_result
read_body(struct message *m, struct text bytes, size_t *at, struct arena *arena, struct buffer *out,
          struct parse_fault *fault)
{
    struct body_reader r;
    enum parse_result result;

    body_reader_init(&r, m);
    do {
        struct text piece;
        size_t used;

        result = body_reader_feed(&r, text_from(bytes, *at), &parse_limits_default, arena, m, &used, &piece, fault);
        if (result == PARSE_BAD)
            return result;
        buffer_add(out, piece);
        *at += used;
    } while (result == PARSE_MORE && *at < bytes.length);
    return result;
}

static void
tell(struct text bytes, struct buffer *out)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct json_writer w;
    struct parse_fault fault = { .id = NULL };
    enum parse_result result = PARSE_DONE;
    bool more = true;
    size_t at = 0;

    json_begin(&w, out, 0);
    json_object(&w);
    JSON_KEY(&w, "requests");
    json_array(&w);
    while (arena != NULL && more && at < bytes.length) {
        struct message m;
        struct buffer body;
        size_t seen = 0, used = 0;

        result = parse_request(text_from(bytes, at), &seen, &parse_limits_default, arena, &m, &used, &fault);
        if (result != PARSE_DONE)
            break;
        at += used;
        buffer_init(&body, 64 * LIMIT_MIB);
        result = read_body(&m, bytes, &at, arena, &body, &fault);
        if (result == PARSE_DONE)
            write_request(&w, &m, buffer_text(&body));
        buffer_release(&body);
        more = result == PARSE_DONE && m.keep_alive && !m.upgrade;
    }
    json_end_array(&w);
    JSON_KEY(&w, "fault");
    if (result == PARSE_DONE)
        json_null(&w);
    else
        json_string(&w, text_of(result == PARSE_BAD ? fault.id : "open"));
    json_end_object(&w);
    buffer_byte(out, '\n');
    arena_free(arena);
}

int
main(void)
{
    unsigned char prefix[4];
    struct buffer out;

    buffer_init(&out, SIZE_MAX);
    while (fread(prefix, 1, sizeof prefix, stdin) == sizeof prefix) {
        size_t length = (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
        char *bytes = malloc(length + 1);

        if (bytes == NULL || fread(bytes, 1, length, stdin) != length) {
            free(bytes);
            return 3;
        }
        tell(text_make(bytes, length), &out);
        free(bytes);
    }
    (void)fwrite(buffer_text(&out).data, 1, buffer_length(&out), stdout);
    buffer_release(&out);
    return 0;
}
