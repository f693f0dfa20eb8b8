/* inject_message.c -- messages changed: by what their contract says, in their framing, into none. */
#include "proxy/inject_internal.h"

#include "base/hash.h"
#include "base/limits.h"
#include "http/problem.h"
#include "proxy/forward.h"
#include "proxy/worker.h"

/* The message that goes on: the altered one, which at first is like the one that came. */
static struct message *
altered(struct transit *t, enum side side)
{
    struct message *m = &t->injection->altered[side];

    if (t->altered[side] == NULL) {
        *m = side == SIDE_REQUEST ? t->exchange.request : t->exchange.response;
        m->body = (struct text){ NULL, 0 };
        m->body_state = BODY_NONE; /* it goes on as it came */
        t->altered[side] = m;
    }
    return m;
}

/* Fields about a body that is no longer there. */
static bool
is_of_the_body(const struct header *h)
{
    static const char *const names[] = { "Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "Trailer" };

    if (h->id == HEADER_CONTENT_LENGTH || h->id == HEADER_CONTENT_ENCODING)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal_nocase(h->name, text_of(names[i])))
            return true;
    return false;
}

/* Of `drop`, those are left out; with room for one more. False: no memory. */
static bool
copy_fields(struct message *m, struct arena *arena, bool (*drop)(const struct header *h))
{
    struct header *copy = ARENA_ARRAY(arena, struct header, m->header_count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; copy != NULL && i < m->header_count; i++)
        if (drop == NULL || !drop(&m->headers[i]))
            copy[count++] = m->headers[i];
    if (copy == NULL)
        return false;
    m->headers = copy;
    m->header_count = count;
    return true;
}

static bool
set_body(struct message *m, struct arena *arena, struct text body)
{
    struct text length = arena_print(arena, "%zu", body.length);

    if (length.data == NULL || !copy_fields(m, arena, is_of_the_body))
        return false;
    m->headers[m->header_count++] =
        (struct header){ .name = TEXT("Content-Length"), .value = length, .id = HEADER_CONTENT_LENGTH };
    m->framing = FRAMING_LENGTH;
    m->length = m->body_bytes = body.length;
    m->has_length = true;
    m->trailer_count = 0;
    m->body = body;
    m->body_state = BODY_WHOLE;
    return true;
}

static bool
set_content_type(struct message *m, struct arena *arena, struct text type)
{
    if (!copy_fields(m, arena, NULL))
        return false;
    for (uint32_t i = 0; i < m->header_count; i++)
        if (m->headers[i].id == HEADER_CONTENT_TYPE) {
            m->headers[i].value = type;
            return true;
        }
    m->headers[m->header_count++] =
        (struct header){ .name = TEXT("Content-Type"), .value = type, .id = HEADER_CONTENT_TYPE };
    return true;
}

/* ---- by the contract ---- */

static struct text
told(const struct mutated *done, struct arena *arena)
{
    bool breaks = done->breaks < VIOLATION_IDS;

    return arena_print(arena, "%s%s%.*s%s%s%s%.*s%s", mutation_name(done->mutation),
                       done->place.length > 0 ? " at " : "", TEXT_PRINT(done->place), breaks ? " (" : "",
                       breaks ? violation_name(done->breaks) : "", breaks && done->keyword.length > 0 ? " " : "",
                       TEXT_PRINT(done->keyword), breaks ? ")" : "");
}

static bool
apply(struct transit *t, enum side side, const struct mutated *done)
{
    struct arena *arena = t->exchange.arena;
    struct message *m = altered(t, side);
    struct document document;

    if (done->body_changed && !set_body(m, arena, done->body))
        return false;
    if (done->body_changed)
        t->injection->bodies[side] =
            document_parse(&document, done->body, NULL, arena, NULL) == 0 ? document.root : NULL;
    if (done->content_type.length > 0 && !set_content_type(m, arena, done->content_type))
        return false;
    if (done->status != 0) {
        m->status = done->status;
        m->reason = status_reason(done->status);
    }
    return true;
}

static void
mutate_once(struct transit *t, enum side side, const struct fault_firing *f)
{
    const struct message *now = t->altered[side] != NULL ? t->altered[side]
                                : side == SIDE_REQUEST   ? &t->exchange.request
                                                         : &t->exchange.response;
    const struct mutate_input in = { .operation = t->route.match.operation,
                                     .side = side,
                                     .status = now->status,
                                     .content_type = message_value(now, HEADER_CONTENT_TYPE),
                                     .body = inject_body(t, side),
                                     .random = f->random,
                                     .scratch = t->worker->scratch,
                                     .arena = t->exchange.arena };
    struct mutated done;

    if (in.operation == NULL || !mutate(f->rule->mutation, &in, &done) || !apply(t, side, &done))
        return;
    inject_note(t, f->rule, side, told(&done, t->exchange.arena));
    if (side == SIDE_REQUEST)
        inject_alters(t);
}

void
inject_mutate(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;

    for (uint32_t i = 0; i < inj->counts[side]; i++)
        if (inj->firings[side][i].rule->effect == FAULT_MUTATE)
            mutate_once(t, side, &inj->firings[side][i]);
}

/* ---- by HTTP ---- */

static bool
is_length(const struct header *h)
{
    return h->id == HEADER_CONTENT_LENGTH;
}

bool
inject_rechunk(struct transit *t, enum side side)
{
    struct message *m = altered(t, side);

    if (m->framing == FRAMING_NONE || !copy_fields(m, t->exchange.arena, is_length))
        return false;
    m->framing = FRAMING_CHUNKED;
    m->has_length = false;
    return true;
}

#define GARBAGE_WORDS 16

struct text
inject_garbage(struct transit *t, uint64_t random)
{
    struct buffer out;
    struct text bytes;

    buffer_init(&out, LIMIT_KIB);
    buffer_byte(&out, '\x16'); /* neither a status line nor a method begins so */
    for (uint64_t i = 0; i < GARBAGE_WORDS; i++) {
        uint64_t word = hash_mix(random, i);

        buffer_add(&out, text_make((const char *)&word, sizeof word));
    }
    buffer_add(&out, TEXT("\r\n\r\n")); /* whoever waits for the end of a head has it */
    bytes = arena_text(t->exchange.arena, buffer_text(&out));
    buffer_release(&out);
    return bytes;
}
