/* invariant_note.c -- what an exchange says to the joins it takes part in: the key, when, and the members that the
 * equations name, as JSON.
 *
 * An exchange that may have changed something, and does not say what, is noted, too: nobody knows then what the part
 * would say, and nothing is concluded from older messages. */
#include "json/pointer.h"
#include "json/write.h"
#include "rules/invariant_internal.h"

struct noting {
    const struct invariants *rules;
    const struct invariant_worker *worker;
    const struct observation *o;
    struct arena *arena;
    struct buffer json;
    const struct invariant_note *first;
    struct invariant_note *last;
};

const struct invariant_note *
invariant_note_next(const struct invariant_note *note)
{
    return note->next;
}

uint32_t
invariant_note_shard(const struct invariant_note *note, uint32_t shards)
{
    return (uint32_t)(note->tag.b >> 32) % shards;
}

/* ---- the message ---- */

/* The members of the value that are wanted; a value that is no object is written as it is. */
static void
write_wanted(struct json_writer *w, const struct value *v, const struct wanted *wanted)
{
    if (wanted->whole || v->type != VALUE_OBJECT) {
        json_value(w, v);
        return;
    }
    json_object(w);
    for (uint32_t i = 0; i < wanted->count; i++) {
        const struct value *member = value_member(v, wanted->members[i]);

        if (member == NULL)
            continue;
        json_key(w, wanted->members[i]);
        json_value(w, member);
    }
    json_end_object(w);
}

static void
write_name(struct json_writer *w, struct text key, const struct values *values, enum invariant_name name,
           const struct invariant_part *part)
{
    if (values->of[name] == NULL)
        return;
    json_key(w, key);
    write_wanted(w, values->of[name], &part->wanted[name]);
}

/* {"status":200,"body":{…},"request":{"body":{…}},"response":{…}}: only what is wanted. */
static void
write_message(struct buffer *out, const struct values *values, const struct invariant_part *part)
{
    struct json_writer w;

    json_begin(&w, out, 0);
    json_object(&w);
    write_name(&w, TEXT("status"), values, NAME_STATUS, part);
    write_name(&w, TEXT("body"), values, NAME_BODY, part);
    write_name(&w, TEXT("item"), values, NAME_ITEM, part);
    json_key(&w, TEXT("request"));
    json_object(&w);
    write_name(&w, TEXT("body"), values, NAME_REQUEST_BODY, part);
    write_name(&w, TEXT("query"), values, NAME_REQUEST_QUERY, part);
    write_name(&w, TEXT("path"), values, NAME_REQUEST_PATH, part);
    write_name(&w, TEXT("header"), values, NAME_REQUEST_HEADER, part);
    json_end_object(&w);
    json_key(&w, TEXT("response"));
    json_object(&w);
    write_name(&w, TEXT("body"), values, NAME_RESPONSE_BODY, part);
    write_name(&w, TEXT("status"), values, NAME_RESPONSE_STATUS, part);
    write_name(&w, TEXT("header"), values, NAME_RESPONSE_HEADER, part);
    json_end_object(&w);
    json_end_object(&w);
}

/* Is something in it that the equation names, and that was redacted or not kept? */
static bool
is_blind(const struct noting *n, const struct invariant *invariant, uint32_t part, const struct values *values)
{
    const struct expression *hold = &invariant->hold;
    struct expression own = { .named_count = 1 };
    bool unknown = false;

    for (uint32_t i = 0; i < hold->named_count && !unknown; i++) {
        own.named = &hold->named[i];
        if (hold->named[i].part == part)
            (void)invariant_values_missing(values, &own, n->o, SIDE_RESPONSE, &unknown);
    }
    return unknown;
}

/* ---- notes ---- */

static struct hash_tag
tag_of(const struct invariants *rules, const struct invariant *invariant, struct text key)
{
    struct hash_key own = { rules->key.a, hash_mix(rules->key.b, invariant->index) };

    return hash_keyed(key, own);
}

static struct text
find_key(const struct noting *n, const struct invariant_part *part, const struct value *item)
{
    for (uint32_t i = 0; i < part->key_count; i++) {
        struct text key = invariant_key_find(&part->keys[i], n->o, item, n->arena);

        if (key.length > 0)
            return key;
    }
    return text_make(NULL, 0);
}

static bool
changes_something(const struct operation *operation)
{
    struct text method = operation_method(operation);

    return !text_equal(method, TEXT("GET")) && !text_equal(method, TEXT("HEAD"));
}

/* values NULL: nobody knows what it would have said. */
static void
add_note(struct noting *n, const struct concern *c, const struct value *item, const struct values *values)
{
    const struct invariant_part *part = &c->invariant->parts[c->part];
    struct text key = find_key(n, part, item);
    struct invariant_note *note;

    if (key.length == 0 || (note = ARENA_NEW(n->arena, struct invariant_note)) == NULL)
        return;
    *note = (struct invariant_note){ .invariant = c->invariant,
                                     .part = c->part,
                                     .operation = c->operation,
                                     .tag = tag_of(n->rules, c->invariant, key),
                                     .begin = n->o->begin,
                                     .end = n->o->end,
                                     .changes = changes_something(c->operation),
                                     .id = arena_text(n->arena, text_of(n->o->exchange->id)) };
    if (values != NULL && !is_blind(n, c->invariant, c->part, values)) {
        buffer_clear(&n->json);
        write_message(&n->json, values, part);
        note->lost = buffer_failed(&n->json);
        if (!note->lost)
            note->message = arena_text(n->arena, buffer_text(&n->json));
        note->known = note->message.length > 0;
    }
    if (n->last != NULL)
        n->last->next = note;
    else
        n->first = note;
    n->last = note;
}

/* One note, or one for each item. */
static void
add_notes(struct noting *n, const struct concern *c, struct values *values)
{
    const struct invariant_part *part = &c->invariant->parts[c->part];
    const struct value *list;
    uint32_t items = 0;

    if (!part->each) {
        add_note(n, c, NULL, values);
        return;
    }
    list = pointer_find(part->list.kind == KEY_REQUEST ? n->o->request : n->o->response, part->list.text);
    if (!value_is(list, VALUE_ARRAY))
        return;
    for (VALUE_EACH_ITEM(item, list)) {
        if (items++ == LIMIT_WATCH_ITEMS)
            return;
        if (values != NULL)
            values->of[NAME_ITEM] = part->wanted[NAME_ITEM].used ? item : NULL;
        add_note(n, c, item, values);
    }
}

static void
note_concern(struct noting *n, const struct concern *c)
{
    const struct invariant_part *part = &c->invariant->parts[c->part];
    uint16_t status = n->o->exchange->response.status;
    struct values values;

    if (n->o->answered) {
        invariant_values_build(&values, part, n->o, SIDE_RESPONSE, n->arena);
        if (invariant_part_applies(part, c->invariant, n->worker, &values, n->o)) {
            add_notes(n, c, &values);
            return;
        }
    }
    /* A refusal changed nothing, and neither did who only reads. Of the others, nobody knows. */
    if (changes_something(c->operation) && (!n->o->answered || status / 100 == 2 || status >= 500))
        add_notes(n, c, NULL);
}

const struct invariant_note *
invariant_note(const struct invariants *rules, const struct invariant_worker *worker,
               const struct observation *observation, struct arena *arena)
{
    struct noting n = { .rules = rules, .worker = worker, .o = observation, .arena = arena };
    const struct concern *end;

    buffer_init(&n.json, LIMIT_WATCH_MESSAGE);
    for (const struct concern *c = invariants_of(rules, observation->operation, &end); c < end; c++)
        if (c->invariant->join)
            note_concern(&n, c);
    buffer_release(&n.json);
    return n.first;
}
