/* playback_bind.c -- the table of bindings, and texts with values replaced. */
#include "replay/playback_bind.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "http/query.h"
#include "json/document.h"
#include "json/write.h"

struct binding {
    struct text live, recorded;
    uint32_t session;
};

#define SLOTS (4u * LIMIT_PLAYBACK_BINDINGS) /* a power of two */

struct playback_bindings {
    struct arena *arena;
    struct binding *list;
    uint32_t count;
    uint32_t sessions;
    uint32_t by_live[SLOTS]; /* numbers in the list from 1, by value */
    uint32_t by_recorded[SLOTS];
    uint64_t *issued; /* hashes of ids in answers; a power of two of slots, 0: free */
    uint32_t issued_count;
};

struct playback_bindings *
playback_bindings_new(void)
{
    struct playback_bindings *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->arena = arena_new(0, LIMIT_FILE_BYTES);
    b->list = calloc(LIMIT_PLAYBACK_BINDINGS, sizeof *b->list);
    b->issued = calloc(LIMIT_PLAYBACK_ISSUED * 2, sizeof *b->issued);
    if (b->arena != NULL && b->list != NULL && b->issued != NULL)
        return b;
    playback_bindings_free(b);
    return NULL;
}

void
playback_bindings_free(struct playback_bindings *b)
{
    if (b == NULL)
        return;
    arena_free(b->arena);
    free(b->list);
    free(b->issued);
    free(b);
}

void
playback_bindings_forget(struct playback_bindings *b)
{
    arena_reset(b->arena);
    b->count = b->sessions = b->issued_count = 0;
    memset(b->by_live, 0, sizeof b->by_live);
    memset(b->by_recorded, 0, sizeof b->by_recorded);
    memset(b->issued, 0, LIMIT_PLAYBACK_ISSUED * 2 * sizeof *b->issued);
}

uint32_t
playback_bindings_count(const struct playback_bindings *b)
{
    return b->count;
}

/* ---- the table ---- */

static uint32_t
slot_of(struct text value)
{
    return (uint32_t)hash_text(value, hash_seed()) & (SLOTS - 1);
}

static struct binding *
find_live(const struct playback_bindings *b, struct text value)
{
    for (uint32_t s = slot_of(value); b->by_live[s] != 0; s = (s + 1) & (SLOTS - 1))
        if (text_equal(b->list[b->by_live[s] - 1].live, value))
            return &b->list[b->by_live[s] - 1];
    return NULL;
}

/* Of this session where there is one, else the last one. */
static struct binding *
find_recorded(const struct playback_bindings *b, struct text value, uint32_t session)
{
    struct binding *last = NULL;

    for (uint32_t s = slot_of(value); b->by_recorded[s] != 0; s = (s + 1) & (SLOTS - 1)) {
        struct binding *found = &b->list[b->by_recorded[s] - 1];

        if (text_equal(found->recorded, value) && (session == 0 || found->session == session))
            last = last == NULL || found > last ? found : last;
    }
    return last;
}

/* Two sessions are one from now on. */
static void
join(struct playback_bindings *b, struct playback_binding_use *use, uint32_t session)
{
    if (use->session == 0) {
        use->session = session;
    } else if (use->session != session) {
        for (uint32_t i = 0; i < b->count; i++)
            if (b->list[i].session == session)
                b->list[i].session = use->session;
    }
}

static bool
add(struct playback_bindings *b, struct text live, struct text recorded, uint32_t session)
{
    struct binding *made = &b->list[b->count];
    uint32_t s;

    if (b->count == LIMIT_PLAYBACK_BINDINGS)
        return false;
    *made = (struct binding){ .live = arena_text(b->arena, live),
                              .recorded = arena_text(b->arena, recorded),
                              .session = session };
    if (made->live.data == NULL || made->recorded.data == NULL)
        return false;
    b->count++;
    s = slot_of(live);
    while (b->by_live[s] != 0)
        s = (s + 1) & (SLOTS - 1);
    b->by_live[s] = b->count;
    s = slot_of(recorded);
    while (b->by_recorded[s] != 0)
        s = (s + 1) & (SLOTS - 1);
    b->by_recorded[s] = b->count;
    return true;
}

bool
playback_bindings_learn(struct playback_bindings *b, const struct match_differences *differences,
                        struct playback_binding_use *use)
{
    const struct match_difference *list = differences->list;

    for (uint32_t i = 0; i < differences->count; i++) {
        const struct binding *known = find_live(b, list[i].live);

        if (known != NULL && !text_equal(known->recorded, list[i].recorded))
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(list[i].live, list[j].live) != text_equal(list[i].recorded, list[j].recorded))
                return false;
    }
    if (use->session == 0)
        use->session = ++b->sessions;
    for (uint32_t i = 0; i < differences->count; i++) {
        use->count++;
        if (find_live(b, list[i].live) == NULL && !add(b, list[i].live, list[i].recorded, use->session))
            return false;
    }
    return true;
}

/* ---- what was issued ---- */

static void
issue(struct playback_bindings *b, struct text value)
{
    uint64_t hash = hash_text(value, hash_seed()) | 1;
    uint32_t mask = LIMIT_PLAYBACK_ISSUED * 2 - 1, s = (uint32_t)hash & mask;

    if (b->issued_count == LIMIT_PLAYBACK_ISSUED || !match_is_id(text_make(NULL, 0), value))
        return;
    for (; b->issued[s] != 0; s = (s + 1) & mask)
        if (b->issued[s] == hash)
            return;
    b->issued[s] = hash;
    b->issued_count++;
}

bool
playback_bindings_was_issued(const struct playback_bindings *b, struct text value)
{
    uint64_t hash = hash_text(value, hash_seed()) | 1;
    uint32_t mask = LIMIT_PLAYBACK_ISSUED * 2 - 1;

    for (uint32_t s = (uint32_t)hash & mask; b->issued[s] != 0; s = (s + 1) & mask)
        if (b->issued[s] == hash)
            return true;
    return false;
}

void
playback_bindings_issue(struct playback_bindings *b, struct text text, bool json, struct arena *arena)
{
    struct document document;

    if (!json || document_parse(&document, text, NULL, arena, NULL) < 0)
        return;
    for (uint32_t i = 0; i < document.values; i++)
        if (document.root[i].type == VALUE_STRING || document.root[i].type == VALUE_NUMBER)
            issue(b, value_text(&document.root[i]));
}

/* ---- replacing ---- */

/* One direction of one exchange. */
struct replacing {
    struct playback_bindings *b;
    bool to_live;
    struct playback_binding_use *use; /* written where to_live is not */
    struct arena *arena;
    bool changed;
};

/* A client that uses a recorded id itself, beside others that brought theirs: it stands for itself. */
static const struct binding *
stand_for_itself(struct replacing *r, struct text value)
{
    if (find_recorded(r->b, value, 0) == NULL)
        return NULL;
    if (r->use->session == 0)
        r->use->session = ++r->b->sessions;
    return add(r->b, value, value, r->use->session) ? &r->b->list[r->b->count - 1] : NULL;
}

/* What stands for this value; NULL data: itself. */
static struct text
other_of(struct replacing *r, struct text value)
{
    const struct binding *found = r->to_live ? find_recorded(r->b, value, r->use->session) : find_live(r->b, value);

    if (found == NULL && !r->to_live)
        found = stand_for_itself(r, value);
    if (found != NULL && !r->to_live)
        join(r->b, r->use, found->session);
    if (found == NULL || text_equal(found->live, found->recorded))
        return text_make(NULL, 0);
    r->changed = true;
    r->use->count += r->to_live ? 0 : 1;
    return r->to_live ? found->live : found->recorded;
}

static bool
is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Rare words inside of a text. */
static struct text
replace_words(struct replacing *r, struct text text)
{
    bool before = r->changed;
    struct buffer out;
    struct text result = text;

    r->changed = false;
    buffer_init(&out, LIMIT_FILE_BYTES);
    for (size_t at = 0; at < text.length;) {
        size_t end = at;
        struct text word, other = { NULL, 0 };

        while (end < text.length && is_word_byte(text.data[end]))
            end++;
        word = text_slice(text, at, end > at ? end - at : 1);
        if (end > at && match_is_rare(word))
            other = other_of(r, word);
        buffer_add(&out, other.data != NULL ? other : word);
        at += word.length;
    }
    if (r->changed && !buffer_failed(&out))
        result = arena_text(r->arena, buffer_text(&out));
    buffer_release(&out);
    r->changed = r->changed || before;
    return result.data != NULL ? result : text;
}

/* A value under this name: as a whole, or what is inside. */
static struct text
replace_value(struct replacing *r, struct text name, struct text value)
{
    struct text other = { NULL, 0 };

    if (match_is_rare(value) || (match_is_id(name, value) && (!r->to_live || match_names_id(name))))
        other = other_of(r, value);
    return other.data != NULL ? other : replace_words(r, value);
}

static void
write_value(struct replacing *r, struct json_writer *w, struct text name, const struct value *v)
{
    if (v->type == VALUE_OBJECT) {
        json_object(w);
        for (VALUE_EACH_MEMBER(key, v)) {
            json_key(w, replace_value(r, text_make(NULL, 0), value_text(key)));
            write_value(r, w, value_text(key), value_next(key));
        }
        json_end_object(w);
    } else if (v->type == VALUE_ARRAY) {
        json_array(w);
        for (VALUE_EACH_ITEM(item, v))
            write_value(r, w, name, item);
        json_end_array(w);
    } else if (v->type == VALUE_STRING) {
        json_string(w, replace_value(r, name, value_text(v)));
    } else if (v->type == VALUE_NUMBER) {
        json_raw(w, replace_value(r, name, value_text(v)));
    } else {
        json_value(w, v);
    }
}

static struct text
replace_json(struct replacing *r, struct text text)
{
    bool before = r->changed;
    struct document document;
    struct json_writer w;
    struct buffer out;
    struct text result = text;

    if (document_parse(&document, text, NULL, r->arena, NULL) < 0)
        return replace_words(r, text);
    r->changed = false;
    buffer_init(&out, LIMIT_FILE_BYTES);
    json_begin(&w, &out, 0);
    write_value(r, &w, text_make(NULL, 0), document.root);
    if (r->changed && !buffer_failed(&out))
        result = arena_text(r->arena, buffer_text(&out));
    buffer_release(&out);
    r->changed = r->changed || before;
    return result.data != NULL ? result : text;
}

/* Segments of a path, or pairs of a query: decoded, replaced, encoded again. */
static struct text
replace_parts(struct replacing *r, struct text text, bool query)
{
    struct text_split split = text_split_start(text);
    struct buffer out;
    struct text part, result = text;
    bool first = true, before = r->changed;

    r->changed = false;
    buffer_init(&out, LIMIT_FILE_BYTES);
    while (text_split_next(&split, query ? '&' : '/', &part)) {
        size_t name = query ? text_find(part, '=') : 0, skip = query && name < part.length ? name + 1 : 0;
        struct text decoded, value = text_from(part, skip), other = { NULL, 0 };

        /* a segment is a place for ids, whatever it looks like; but only what was bound is found */
        if (value.length > 0 && percent_decode(value, query, r->arena, &decoded))
            other = other_of(r, decoded);
        if (!first)
            buffer_byte(&out, query ? '&' : '/');
        first = false;
        buffer_add(&out, text_slice(part, 0, skip));
        if (other.data != NULL)
            percent_encode(&out, other);
        else
            buffer_add(&out, value);
    }
    if (r->changed && !buffer_failed(&out))
        result = arena_text(r->arena, buffer_text(&out));
    buffer_release(&out);
    r->changed = r->changed || before;
    return result;
}

void
playback_bindings_to_recorded(struct playback_bindings *b, struct message *message, struct text *path, bool json,
                              struct playback_binding_use *use, struct arena *arena)
{
    struct replacing r = { .b = b, .use = use, .arena = arena };

    *use = (struct playback_binding_use){ .session = 0 };
    if (b->count == 0)
        return;
    *path = replace_parts(&r, *path, false);
    if (message->has_query)
        message->query = replace_parts(&r, message->query, true);
    if (json && message->body.length > 0)
        message->body = replace_json(&r, message->body);
}

struct text
playback_bindings_to_live(struct playback_bindings *b, struct text text, bool json,
                          const struct playback_binding_use *use, struct arena *arena)
{
    struct playback_binding_use copy = *use;
    struct replacing r = { .b = b, .to_live = true, .use = &copy, .arena = arena };

    if (b->count == 0 || text.length == 0)
        return text;
    return json ? replace_json(&r, text) : replace_words(&r, text);
}
