/* lifecycle_note.c -- what an exchange says about entities: keys, states and fields are taken out of it, so that they
 * can be fed to the memory of their shard while nothing else of the exchange is looked at. */
#include "rules/lifecycle_internal.h"

#include "base/hash.h"
#include "http/query.h"
#include "json/compare.h"
#include "json/pointer.h"
#include "traffic/redacted.h"

#define KEY_BYTES  256  /* a longer key is taken for none */
#define NOTE_ITEMS 1000 /* of one list that are looked at */

/* One event of one exchange, while its notes are made. */
struct noting {
    const struct lifecycle_event *event;
    const struct observation *o;
    struct arena *arena;
    enum note_kind kind;
    bool vain;
    const struct lifecycle_note **last; /* where the next one is put */
};

/* ---- places: what was redacted is taken for missing, since missing says nothing ---- */

static struct text
text_of_value(const struct value *v)
{
    if (!value_is(v, VALUE_STRING) && !value_is(v, VALUE_NUMBER))
        return TEXT("");
    return value_text(v);
}

static const struct value *
find_value(const struct noting *n, const struct place_rule *place, const struct value *item)
{
    const struct value *root = place->source == FROM_ITEM       ? item
                               : place->source == FROM_REQUEST  ? n->o->request
                               : place->source == FROM_RESPONSE ? n->o->response
                                                                : NULL;

    const struct value *v = root != NULL ? pointer_find(root, place->name) : NULL;

    return v != NULL && (v->flags & VALUE_REDACTED) != 0 && !value_is(v, VALUE_ARRAY) ? NULL : v;
}

static struct text
path_parameter(const struct noting *n, struct text name)
{
    const struct contract_match *match = n->o->match;
    struct text decoded = { NULL, 0 };

    for (uint32_t i = 0; match != NULL && i < match->parameter_count; i++)
        if (text_equal(match->parameters[i].name, name))
            (void)percent_decode(match->parameters[i].value, false, n->arena, &decoded);
    return decoded;
}

static struct text
query_parameter(const struct noting *n, struct text name)
{
    struct text rest = n->o->exchange->request.query, decoded;
    struct query_pair pair;

    while (query_next(&rest, &pair))
        if (percent_decode(pair.name, true, n->arena, &decoded) && text_equal(decoded, name)) {
            (void)percent_decode(pair.value, true, n->arena, &decoded);
            return decoded;
        }
    return TEXT("");
}

/* Offline: the parameter was replaced before it was recorded. */
static bool
is_redacted(const struct noting *n, const char *in, struct text name)
{
    const struct exchange *x = n->o->exchange;

    return x->redacted_count > 0 && redacted_names_place(x, arena_print(n->arena, "%s %.*s", in, TEXT_PRINT(name)));
}

/* The text at a place; empty where there is none, or none that can be believed. */
static struct text
find_text(const struct noting *n, const struct place_rule *place, const struct value *item)
{
    const struct header *header;

    switch (place->source) {
    case FROM_PATH:
        return is_redacted(n, "path", place->name) ? TEXT("") : path_parameter(n, place->name);
    case FROM_QUERY:
        return is_redacted(n, "query", place->name) ? TEXT("") : query_parameter(n, place->name);
    case FROM_HEADER:
        header = message_header_named(&n->o->exchange->request, place->name);
        return header != NULL && !is_redacted(n, "header", place->name) ? header->value : TEXT("");
    case FROM_NOWHERE:
        return TEXT("");
    default:
        return text_of_value(find_value(n, place, item));
    }
}

static uint8_t
find_state(const struct noting *n, const struct place_rule *place, const struct value *item, struct text *word)
{
    struct text text = find_text(n, place, item);
    uint8_t state;

    if (text.length == 0)
        return STATE_MISSING;
    state = lifecycle_state_named(n->event->lifecycle, text);
    if (state != STATE_MISSING)
        return state;
    *word = text;
    return STATE_STRANGE;
}

uint64_t
lifecycle_key_hash(const struct lifecycle *l, uint32_t name, struct text key)
{
    return hash_text(key, hash_mix(hash_seed(), (uint64_t)l->index << 8 | name));
}

/* ---- notes ---- */

static void
note_names(const struct noting *n, const struct value *item, struct lifecycle_note *note)
{
    const struct lifecycle_event *event = n->event;
    struct note_name *names;

    if (event->also_count == 0 || (names = ARENA_ARRAY(n->arena, struct note_name, event->also_count)) == NULL)
        return;
    note->names = names;
    for (uint32_t i = 0; i < event->also_count; i++) {
        struct text key = find_text(n, &event->also[i].place, item);
        uint8_t index = event->also[i].index;

        if (key.length > 0 && key.length <= KEY_BYTES)
            names[note->name_count++] =
                (struct note_name){ index, key, lifecycle_key_hash(event->lifecycle, index, key) };
    }
}

static void
note_fields(const struct noting *n, const struct value *item, struct lifecycle_note *note)
{
    const struct lifecycle_event *event = n->event;
    struct note_field *fields;

    if (event->field_count == 0 || n->kind != NOTE_SUCCESS ||
        (fields = ARENA_ARRAY(n->arena, struct note_field, event->field_count)) == NULL)
        return;
    note->fields = fields;
    for (uint32_t i = 0; i < event->field_count; i++) {
        const struct place_rule *place = &event->fields[i].place;
        const struct value *v = find_value(n, place, item);

        if (v != NULL)
            fields[note->field_count++] = (struct note_field){
                .index = event->fields[i].index,
                .hash = value_hash(v),
                .text = value_is(v, VALUE_STRING) || value_is(v, VALUE_NUMBER) ? value_text(v)
                                                                               : text_of(value_type_name(v)),
                .instance = place->name,
            };
    }
}

/* Requests of one operation with one key are one request. */
static uint64_t
repeat_of(const struct noting *n)
{
    const struct header *header;

    if (!lifecycle_changes(n->event))
        return 0;
    header = message_header_named(&n->o->exchange->request, n->event->lifecycle->repeats);
    return header != NULL ? hash_text(header->value, hash_mix(hash_seed(), n->event->bit)) | 1 : 0;
}

static void
note_states(const struct noting *n, const struct value *item, struct lifecycle_note *note)
{
    const struct lifecycle_event *event = n->event;

    note->shows = note->sets = STATE_MISSING;
    if (n->kind == NOTE_SUCCESS)
        note->shows = find_state(n, &event->state, item, &note->word);
    note->sets = event->sets_one != STATE_MISSING ? event->sets_one : find_state(n, &event->sets, item, &note->word);
    if (n->event->tries > 0 && n->kind == NOTE_SUCCESS && event->until != 0)
        note->vain = note->shows >= STATE_MAX || (event->until & BIT(note->shows)) == 0;
}

/* What it says about one entity. */
static void
note_one(struct noting *n, const struct value *item)
{
    struct text key = find_text(n, &n->event->key, item);
    struct lifecycle_note *note;

    if (key.length == 0 || key.length > KEY_BYTES || (note = ARENA_NEW(n->arena, struct lifecycle_note)) == NULL)
        return;
    note->event = n->event;
    note->id = n->o->exchange->id;
    note->begin = n->o->begin;
    note->end = n->o->end;
    note->key = key;
    note->hash = lifecycle_key_hash(n->event->lifecycle, n->event->as, key);
    note->kind = n->kind;
    note->vain = n->vain;
    note->status = n->o->exchange->response.status;
    note->repeat = repeat_of(n);
    note_states(n, item, note);
    note_names(n, item, note);
    note_fields(n, item, note);
    *n->last = note;
    n->last = &note->next;
}

/* ---- what kind of answer it was ---- */

/* False: it says nothing. */
static bool
judge_answer(struct noting *n)
{
    const struct exchange *x = n->o->exchange;
    const struct lifecycle_event *event = n->event;
    uint16_t status = x->response.status;
    bool answered = n->o->answered;

    if (x->outcome == OUTCOME_TUNNEL)
        return false;
    if (answered && lifecycle_status_is(&event->success, status))
        n->kind = NOTE_SUCCESS;
    else if (answered && lifecycle_status_is(&event->absent, status))
        n->kind = NOTE_ABSENT;
    else if (!answered || status >= 500)
        n->kind = lifecycle_changes(event) ? NOTE_OPEN : NOTE_VAIN;
    else
        n->kind = NOTE_VAIN;
    n->vain = n->kind != NOTE_SUCCESS && event->tries > 0 &&
              (!answered || status / 100 != 4 || status == 404 || status == 409 || status == 410);
    return n->kind != NOTE_VAIN || n->vain;
}

static void
note_event(struct noting *n)
{
    const struct value *list;
    uint32_t left = NOTE_ITEMS;

    if (!judge_answer(n))
        return;
    if (n->event->each.source == FROM_NOWHERE) {
        note_one(n, NULL);
        return;
    }
    list = find_value(n, &n->event->each, NULL);
    if (!value_is(list, VALUE_ARRAY) || list->count == 0)
        return;
    for (VALUE_EACH_ITEM(item, list))
        if (left-- > 0)
            note_one(n, item);
        else
            break;
}

const struct lifecycle_note *
lifecycle_note(const struct lifecycles *rules, const struct observation *observation, struct arena *arena)
{
    const struct lifecycle_note *first = NULL;
    struct noting n = { .o = observation, .arena = arena, .last = &first };

    for (n.event = lifecycles_events(rules, observation->operation); n.event != NULL; n.event = n.event->next)
        note_event(&n);
    return first;
}

const struct lifecycle_note *
lifecycle_note_next(const struct lifecycle_note *note)
{
    return note->next;
}

/* Entities with several names are found by any of them, so those of one lifecycle stay together. */
uint32_t
lifecycle_note_shard(const struct lifecycle_note *note, uint32_t shards)
{
    const struct lifecycle *l = note->event->lifecycle;
    uint64_t hash = l->name_count > 0 ? hash_fold(l->index + 1) : note->hash;

    return (uint32_t)((hash >> 32) % shards);
}
