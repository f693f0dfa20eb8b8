/* drive.h -- feeds the parser like a connection does, cut into pieces anywhere, and writes down what was read.
 *
 * What the parser may look at always ends at an unreadable page, and lies somewhere else for every call. The record is
 * one line per fact, so that two ways of cutting the same bytes can be compared as texts, and with the cases under
 * tests/cases/http. */
#ifndef HTTP_DRIVE_H
#define HTTP_DRIVE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "http/parse.h"

#define DRIVE_ROOM (1024 * 1024)

struct drive {
    struct text bytes;
    bool is_request;
    struct text method; /* of the request that a response answers */
    const size_t *cuts; /* ascending; where a piece ends. The last piece ends with the bytes */
    size_t cut_count;
    struct parse_limits limits;
};

struct drive_state {
    const struct drive *d;
    struct arena *arena;
    size_t next_cut;
    size_t there; /* how many bytes have come */
    size_t at;    /* how many were used */
    bool refused;
    struct buffer *out;
};

/* The bytes, moved to the end of the last readable page. */
static struct text
drive_place(struct text t)
{
    static char *room;

    if (room == NULL) {
        long page = sysconf(_SC_PAGESIZE);

        room = mmap(NULL, DRIVE_ROOM + (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED || mprotect(room + DRIVE_ROOM, (size_t)page, PROT_NONE) != 0)
            abort();
    }
    if (t.length > DRIVE_ROOM)
        abort();
    if (t.length > 0)
        memcpy(room + DRIVE_ROOM - t.length, t.data, t.length);
    return text_make(room + DRIVE_ROOM - t.length, t.length);
}

static void
drive_text(struct buffer *out, const char *key, struct text t)
{
    buffer_print(out, "%s ", key);
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if (c >= 0x20 && c <= 0x7e && c != '\\')
            buffer_byte(out, (char)c);
        else
            buffer_print(out, "\\x%02x", c);
    }
    buffer_byte(out, '\n');
}

static void
drive_fields(struct buffer *out, const char *key, const struct header *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_print(out, "%s %.*s", key, TEXT_PRINT(list[i].name));
        drive_text(out, list[i].hop_by_hop ? " (hop):" : ":", list[i].value);
    }
}

static void
drive_head(struct buffer *out, const struct message *m)
{
    static const char *const framings[] = { "none", "length", "chunked", "close" };

    if (m->is_request) {
        drive_text(out, "method", m->method);
        drive_text(out, "target", m->target);
        drive_text(out, "path", m->path);
        if (m->has_query)
            drive_text(out, "query", m->query);
        drive_text(out, "authority", m->authority);
    } else {
        buffer_print(out, "status %u\n", m->status);
        drive_text(out, "reason", m->reason);
    }
    buffer_print(out, "version 1.%u\n", m->minor);
    drive_fields(out, "header", m->headers, m->header_count);
    buffer_print(out, "framing %s\n", framings[m->framing]);
    if (m->has_length)
        buffer_print(out, "length %llu\n", (unsigned long long)m->length);
    buffer_print(out, "flags%s%s%s\n", m->keep_alive ? " keep-alive" : "", m->expect_continue ? " expect" : "",
                 m->upgrade ? " upgrade" : "");
}

/* Another piece comes. False: there is none. */
static bool
drive_more(struct drive_state *s)
{
    if (s->there == s->d->bytes.length)
        return false;
    s->there = s->next_cut < s->d->cut_count ? s->d->cuts[s->next_cut++] : s->d->bytes.length;
    return true;
}

static void
drive_fault(struct drive_state *s, const struct parse_fault *fault)
{
    s->refused = true;
    buffer_print(s->out, "fault %s %u\nplace %zu\n", fault->id, fault->status, fault->place);
}

static bool
drive_body(struct drive_state *s, struct message *m)
{
    struct buffer body;
    struct body_reader r;
    struct parse_fault fault = { .id = NULL };
    enum parse_result result;
    bool complete = true;

    buffer_init(&body, DRIVE_ROOM);
    body_reader_init(&r, m);
    for (;;) {
        struct text bytes = drive_place(text_slice(s->d->bytes, s->at, s->there - s->at)), piece;
        size_t used;

        result = body_reader_feed(&r, bytes, &s->d->limits, s->arena, m, &used, &piece, &fault);
        if (result == PARSE_BAD)
            break;
        buffer_add(&body, piece);
        s->at += used;
        if (result == PARSE_DONE)
            break;
        if (bytes.length > 0 && used == 0) {
            buffer_print(s->out, "stuck\n");
            break;
        }
        if (s->at == s->there && !drive_more(s)) {
            complete = body_reader_end(&r);
            break;
        }
    }
    drive_text(s->out, "body", buffer_text(&body));
    drive_fields(s->out, "trailer", m->trailers, m->trailer_count);
    if (result == PARSE_BAD)
        drive_fault(s, &fault);
    else if (!complete)
        buffer_print(s->out, "open body\n");
    buffer_release(&body);
    return result == PARSE_DONE;
}

/* One message; false when there is nothing more to be read. */
static bool
drive_message(struct drive_state *s)
{
    struct message m;
    struct parse_fault fault = { .id = NULL };
    size_t seen = 0, used = 0;
    enum parse_result result;

    arena_reset(s->arena);
    do {
        struct text bytes = drive_place(text_slice(s->d->bytes, s->at, s->there - s->at));

        result = s->d->is_request
                     ? parse_request(bytes, &seen, &s->d->limits, s->arena, &m, &used, &fault)
                     : parse_response(bytes, &seen, &s->d->limits, s->arena, s->d->method, &m, &used, &fault);
    } while (result == PARSE_MORE && drive_more(s));
    if (result == PARSE_MORE)
        buffer_print(s->out, "open head\n");
    if (result == PARSE_BAD)
        drive_fault(s, &fault);
    if (result != PARSE_DONE)
        return false;
    drive_head(s->out, &m);
    s->at += used;
    return drive_body(s, &m) && m.keep_alive && !m.upgrade;
}

/* All messages in the bytes, until one is refused, incomplete, or ends the connection. The caller releases *out. */
static void
drive_run(const struct drive *d, struct buffer *out)
{
    struct drive_state s = { .d = d, .out = out, .arena = arena_new(0, LIMIT_EXCHANGE_ARENA) };

    if (s.arena == NULL)
        abort();
    (void)drive_more(&s);
    do
        buffer_print(out, "message\n");
    while (drive_message(&s) && s.at < d->bytes.length);
    if (s.at < d->bytes.length && !s.refused)
        buffer_print(out, "rest %zu\n", d->bytes.length - s.at);
    arena_free(s.arena);
}

#endif
