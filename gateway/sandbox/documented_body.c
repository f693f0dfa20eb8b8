/* documented_body.c -- making the body, and writing it. */
#include "sandbox/documented_body.h"

#include <string.h>

#include "base/limits.h"
#include "http/problem.h"
#include "json/write.h"
#include "sandbox/answer.h"
#include "schema/schema.h"

/* ---- what happened, in words ---- */

static bool
is_message(struct text name)
{
    static const char *const names[] = { "message", "detail", "error", "title", "description" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_equal_nocase(name, text_of(names[i])))
            return true;
    }
    return false;
}

/* Where a refusal's own sentence may stand, the best place first. */
static const char *const slot_names[] = { "detail", "message",      "description", "error_description",
                                          "error",  "errorMessage", "reason",      "msg" };
#define SLOT_NAMES (sizeof slot_names / sizeof slot_names[0])

/* What is tried in a slot. */
struct slot {
    struct text name;   /* of the member; empty: none is wanted */
    struct text sample; /* what stands in it */
    bool alone;         /* other members stay as they were made */
    size_t begin, end;  /* where, in the body that was written; begin 0: it was not found */
};

static void
write_told(struct json_writer *w, const struct value *object, uint16_t status, struct slot *slot)
{
    json_object(w);
    if (object->count > 0)
        for (VALUE_EACH_MEMBER(key, object)) {
            const struct value *value = value_next(key);
            bool is_slot =
                slot->begin == 0 && value->type == VALUE_STRING && text_equal_nocase(value_text(key), slot->name);

            json_key(w, value_text(key));
            if (is_slot) {
                slot->begin = buffer_length(w->out) + 1; /* the quote */
                json_string(w, slot->sample);
                slot->end = buffer_length(w->out) - 1;
            } else if (value->type == VALUE_OBJECT) {
                write_told(w, value, status, slot);
            } else if (value->type == VALUE_STRING && is_message(value_text(key)) && !slot->alone) {
                json_string(w, status_reason(status));
            } else if (value->type == VALUE_NUMBER && text_equal(value_text(key), TEXT("status"))) {
                json_integer(w, status);
            } else {
                json_value(w, value);
            }
        }
    json_end_object(w);
}

/* So many characters of all kinds; in the arena. */
static struct text
sample_of(uint32_t length, struct arena *arena)
{
    static const char *const wide[] = { "ü", "€", "😀" };
    char *bytes = arena_alloc(arena, 4 * (size_t)length + 1);
    size_t at = 0;

    for (uint32_t i = 0; bytes != NULL && i < length; i++) {
        uint32_t kind = i % 98;

        if (kind < 95) {
            bytes[at++] = (char)(' ' + (kind + 65) % 95); /* a letter first: what is trimmed is no text */
        } else {
            memcpy(bytes + at, wide[kind - 95], strlen(wide[kind - 95]));
            at += strlen(wide[kind - 95]);
        }
    }
    return text_make(bytes, at);
}

/* ---- one body ---- */

#define SLOT_LEAST 12   /* characters: no sentence is shorter */
#define SLOT_MOST  1000 /* and none needs to be longer */

struct made_body {
    struct text body;
    struct text type;
    const struct value *root; /* NULL: no object */
    struct header fields[ANSWER_FIELDS];
    uint32_t field_count;
};

static bool
is_valid(const struct documented_making *k, struct text body)
{
    const struct answer_maker maker = { .contract = operation_contract(k->operation), .scratch = k->scratch };

    return answer_fits(&maker, k->operation, k->status, body, k->arena);
}

/* The body with this sample in the slot of this name. False: there is no such slot, or it does not take it. */
static bool
try_slot(const struct documented_making *k, const struct made_body *made, const char *name, uint32_t length,
         struct buffer *told, struct slot *slot, bool alone)
{
    struct json_writer w;

    *slot = (struct slot){ .name = text_of(name), .sample = sample_of(length, k->arena), .alone = alone };
    buffer_clear(told);
    json_begin(&w, told, 0);
    write_told(&w, made->root, k->status, slot);
    return slot->begin > 0 && !buffer_failed(told) && is_valid(k, buffer_text(told));
}

/* The slot that takes a short sentence, and the longest one that it takes. 0: there is none. */
static uint32_t
find_slot(const struct documented_making *k, const struct made_body *made, struct buffer *told, struct slot *slot)
{
    for (size_t i = 0; i < 2 * SLOT_NAMES; i++) {
        const char *name = slot_names[i % SLOT_NAMES];
        bool alone = i >= SLOT_NAMES;
        uint32_t least = SLOT_LEAST, most = SLOT_MOST + 1;

        if (!try_slot(k, made, name, least, told, slot, alone))
            continue;
        if (try_slot(k, made, name, SLOT_MOST, told, slot, alone))
            return SLOT_MOST;
        while (most - least > 1) {
            uint32_t middle = least + (most - least) / 2;

            if (try_slot(k, made, name, middle, told, slot, alone))
                least = middle;
            else
                most = middle;
        }
        (void)try_slot(k, made, name, least, told, slot, alone);
        return least;
    }
    return 0;
}

static void
keep(const struct documented_making *k, struct documented_body *result, const struct made_body *made, struct text body)
{
    struct arena *arena = k->keep;

    result->type = arena_text(arena, made->type);
    result->body = arena_text(arena, body);
    result->fields = ARENA_ARRAY(arena, struct header, made->field_count + 1);
    for (uint32_t i = 0; result->fields != NULL && i < made->field_count; i++)
        result->fields[result->field_count++] = (struct header){ .name = arena_text(arena, made->fields[i].name),
                                                                 .value = arena_text(arena, made->fields[i].value) };
}

static void
keep_best(const struct documented_making *k, struct documented_body *result, const struct made_body *made)
{
    struct slot slot = { .begin = 0 };
    struct json_writer w;
    struct buffer told;

    buffer_init(&told, LIMIT_MIB);
    if (made->root != NULL && (result->slot = find_slot(k, made, &told, &slot)) > 0) {
        keep(k, result, made, text_slice(buffer_text(&told), 0, slot.begin));
        result->tail = arena_text(k->keep, text_from(buffer_text(&told), slot.end));
    } else {
        slot = (struct slot){ .begin = 0 };
        buffer_clear(&told);
        json_begin(&w, &told, 0);
        if (made->root != NULL)
            write_told(&w, made->root, k->status, &slot);
        if (buffer_length(&told) > 0 && !buffer_failed(&told) && is_valid(k, buffer_text(&told)))
            keep(k, result, made, buffer_text(&told));
        else if (is_valid(k, made->body))
            keep(k, result, made, made->body);
    }
    buffer_release(&told);
}

void
documented_make(const struct documented_making *k, struct documented_body *result)
{
    const struct answer_maker maker = { .contract = operation_contract(k->operation),
                                        .scratch = k->scratch,
                                        .seed = 1 };
    struct made_body made = { .root = NULL };
    struct document document;
    struct buffer body;

    buffer_init(&body, LIMIT_MIB);
    if (answer_documented(&maker, k->operation, k->status, k->arena, &body, &made.type, made.fields,
                          &made.field_count)) {
        made.body = buffer_text(&body);
        if (document_parse(&document, made.body, NULL, k->arena, NULL) == 0 && document.root->type == VALUE_OBJECT)
            made.root = document.root;
        keep_best(k, result, &made);
    }
    buffer_release(&body);
    arena_reset(k->arena);
}

/* The first `most` characters. */
static struct text
cut(struct text sentence, uint32_t most)
{
    size_t end = 0;

    for (uint32_t count = 0; end < sentence.length; end++) {
        bool begins = ((unsigned char)sentence.data[end] & 0xc0) != 0x80;

        if (begins && count++ == most)
            break;
    }
    return text_slice(sentence, 0, end);
}

void
documented_write(const struct documented_body *body, struct text sentence, struct buffer *out)
{
    struct json_writer w;
    struct buffer quoted;
    struct text text;

    buffer_add(out, body->body);
    if (body->slot == 0)
        return;
    buffer_init(&quoted, LIMIT_MIB);
    json_begin(&w, &quoted, 0);
    json_string(&w, cut(sentence, body->slot));
    text = buffer_text(&quoted);
    if (text.length >= 2)
        buffer_add(out, text_slice(text, 1, text.length - 2)); /* the quotes are there */
    buffer_release(&quoted);
    buffer_add(out, body->tail);
}
