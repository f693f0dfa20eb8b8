/* state.c -- the store and what the sandbox keeps beside it. */
#include "sandbox/state.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "json/write.h"
#include "sandbox/merge.h"

#define OWN     TEXT("") /* the service of what is ours: no service is called so */
#define CHANGED TEXT("settings")
#define STEPS   TEXT("steps")

struct sandbox_state {
    atomic_uint references;
    struct store *store;
    bool fixed;
    int64_t start;
    atomic_uint_least64_t steps; /* requests so far; changed within transactions */
    uint64_t seed;
    char *file;

    pthread_mutex_t lock; /* of the next one */
    struct ruleset *ruleset;
};

static struct ruleset *
ruleset_now(struct sandbox_state *s)
{
    struct ruleset *ruleset;

    (void)pthread_mutex_lock(&s->lock);
    ruleset = ruleset_hold(s->ruleset);
    (void)pthread_mutex_unlock(&s->lock);
    return ruleset;
}

/* ---- the seed file ---- */

/* sandbox.seed, or seed.json of the folder where there is one; empty: none. */
static struct text
seed_file(const struct sandbox_settings *settings, struct arena *arena)
{
    struct text path;

    if (settings->seed.length > 0 || settings->rules.length == 0)
        return settings->seed;
    path = arena_print(arena, "%.*s/seed.json", TEXT_PRINT(settings->rules));
    return path.data != NULL && access(path.data, F_OK) == 0 ? path : text_make(NULL, 0);
}

static int
seed_wrong(const struct document *document, const struct value *v, const char *what, struct arena *arena,
           struct error *err)
{
    return error_set(err, ERROR_CONFIG, document_where(document, v, arena).data,
                     "%s is an object: { SERVICE: { COLLECTION: { ID: { …record… } } } }", what);
}

static int
put_record(struct store *store, const struct store_key *key, const struct value *record, struct buffer *json,
           struct error *err)
{
    struct json_writer w;

    buffer_clear(json);
    json_begin(&w, json, 0);
    json_value(&w, record);
    return store_put(store, key, buffer_text(json), NULL, err);
}

static int
put_collection(struct store *store, struct store_key key, const struct document *document, const struct value *records,
               struct arena *arena, struct error *err)
{
    struct buffer json;
    int result = 0;

    if (!value_is(records, VALUE_OBJECT))
        return seed_wrong(document, records, "a collection", arena, err);
    buffer_init(&json, LIMIT_STORE_RECORD);
    if (records->count > 0)
        for (VALUE_EACH_MEMBER(id, records)) {
            key.id = value_text(id);
            if (!value_is(value_next(id), VALUE_OBJECT))
                result = seed_wrong(document, value_next(id), "a record", arena, err);
            else
                result = put_record(store, &key, value_next(id), &json, err);
            if (result < 0)
                break;
        }
    buffer_release(&json);
    return result;
}

/* Within a transaction: everything that the file has. */
static int
put_seed(struct store *store, const struct document *document, struct arena *arena, struct error *err)
{
    const struct value *root = document->root;

    if (!value_is(root, VALUE_OBJECT))
        return seed_wrong(document, root, "a seed file", arena, err);
    if (root->count > 0)
        for (VALUE_EACH_MEMBER(service, root)) {
            const struct value *collections = value_next(service);

            if (!value_is(collections, VALUE_OBJECT))
                return seed_wrong(document, collections, "a service", arena, err);
            if (collections->count > 0)
                for (VALUE_EACH_MEMBER(name, collections))
                    if (put_collection(store, (struct store_key){ value_text(service), value_text(name), { NULL, 0 } },
                                       document, value_next(name), arena, err) < 0)
                        return -1;
        }
    return 0;
}

/* Empty the store and fill it again. A file that cannot be read changes nothing. */
static int
begin_anew(struct sandbox_state *s, const struct sandbox_settings *settings, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    struct document document = { .root = NULL };
    struct text file;
    int result = -1;

    if (arena == NULL)
        return error_memory(err);
    file = seed_file(settings, arena);
    if (file.length > 0 && document_read(&document, file.data, arena, err) < 0) {
        arena_free(arena);
        return -1;
    }
    if (store_begin(s->store, err) == 0) {
        if (store_clear(s->store, err) == 0 &&
            (document.root == NULL || put_seed(s->store, &document, arena, err) == 0)) {
            result = store_commit(s->store, err);
            if (result == 0)
                atomic_store(&s->steps, 0);
        } else {
            store_rollback(s->store);
        }
    }
    arena_free(arena);
    return result;
}

int
sandbox_state_reset(struct sandbox_state *s, struct error *err)
{
    struct ruleset *ruleset = ruleset_now(s);
    int result = begin_anew(s, &ruleset_settings(ruleset)->sandbox, err);

    ruleset_drop(ruleset);
    return result;
}

/* ---- life ---- */

/* How far the fixed clock was when the file was left. */
static int
read_steps(struct sandbox_state *s, struct error *err)
{
    struct buffer text;
    uint64_t steps = 0;
    int found;

    if (store_begin(s->store, err) < 0)
        return -1;
    buffer_init(&text, 64);
    found = store_meta_get(s->store, STEPS, &text, err);
    if (found == 1 && text_to_u64(buffer_text(&text), &steps))
        atomic_store(&s->steps, steps);
    buffer_release(&text);
    store_rollback(s->store);
    return found < 0 ? -1 : 0;
}

static int
open_store(struct sandbox_state *s, const struct sandbox_settings *settings, struct error *err)
{
    bool empty;

    s->store = store_open(settings->state.length > 0 ? settings->state.data : NULL, err);
    if (s->store == NULL)
        return -1;
    if (store_begin(s->store, err) < 0)
        return -1;
    empty = store_is_empty(s->store);
    store_rollback(s->store);
    return settings->reset || empty ? begin_anew(s, settings, err) : read_steps(s, err);
}

struct sandbox_state *
sandbox_state_new(struct ruleset *ruleset, struct error *err)
{
    const struct settings *settings = ruleset_settings(ruleset);
    struct sandbox_state *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        error_memory(err);
        return NULL;
    }
    atomic_init(&s->references, 1);
    (void)pthread_mutex_init(&s->lock, NULL);
    s->ruleset = ruleset_hold(ruleset);
    s->fixed = settings->sandbox.clock_fixed;
    s->start = settings->sandbox.clock_start;
    s->seed = settings->seed;
    s->file =
        strndup(settings->sandbox.state.length > 0 ? settings->sandbox.state.data : "", settings->sandbox.state.length);
    if (s->file == NULL)
        error_memory(err);
    else if (open_store(s, &settings->sandbox, err) == 0)
        return s;
    sandbox_state_drop(s);
    return NULL;
}

struct sandbox_state *
sandbox_state_hold(struct sandbox_state *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void
sandbox_state_drop(struct sandbox_state *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) != 1)
        return;
    store_drop(s->store);
    ruleset_drop(s->ruleset);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->file);
    free(s);
}

void
sandbox_state_use(struct sandbox_state *s, struct ruleset *ruleset)
{
    struct ruleset *before;

    (void)pthread_mutex_lock(&s->lock);
    before = s->ruleset;
    s->ruleset = ruleset_hold(ruleset);
    (void)pthread_mutex_unlock(&s->lock);
    ruleset_drop(before);
}

struct store *
sandbox_state_store(struct sandbox_state *s)
{
    return s->store;
}

/* ---- the clock ---- */

int64_t
sandbox_state_now(const struct sandbox_state *s)
{
    if (!s->fixed)
        return clock_wall();
    return s->start + (int64_t)atomic_load(&s->steps) * CLOCK_SECOND;
}

bool
sandbox_state_is_fixed(const struct sandbox_state *s)
{
    return s->fixed;
}

int
sandbox_state_step(struct sandbox_state *s, uint64_t *number, struct error *err)
{
    char text[24];

    *number = atomic_fetch_add(&s->steps, 1) + 1;
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)*number);
    return store_meta_put(s->store, STEPS, text_of(text), err);
}

/* ---- settings ---- */

/* The change that the store has of them; NULL: none. */
static int
stored_change(struct sandbox_state *s, struct text service, struct arena *arena, const struct value **change,
              struct error *err)
{
    struct document document;
    struct buffer json;
    struct text copy;
    int found;

    *change = NULL;
    buffer_init(&json, LIMIT_STORE_RECORD);
    found = store_get(s->store, &(struct store_key){ OWN, CHANGED, service }, &json, NULL, err);
    copy = found == 1 ? arena_text(arena, buffer_text(&json)) : text_make(NULL, 0);
    buffer_release(&json);
    if (found == 1 && document_parse(&document, copy, NULL, arena, NULL) == 0)
        *change = document.root;
    return found < 0 ? -1 : 0;
}

int
sandbox_state_settings(struct sandbox_state *s, struct text service, struct buffer *json, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct ruleset *ruleset = ruleset_now(s);
    const struct value *change, *file = value_member(ruleset_settings(ruleset)->sandbox.services, service);
    int result = -1;

    if (arena == NULL) {
        error_memory(err);
    } else if (stored_change(s, service, arena, &change, err) == 0) {
        merge_patch(json, file, change);
        result = buffer_failed(json) ? error_memory(err) : 0;
    }
    ruleset_drop(ruleset);
    arena_free(arena);
    return result;
}

/* What is stored is one patch for all changes: a null in it must stay, to hide what the file says. */
int
sandbox_state_change(struct sandbox_state *s, struct text service, const struct value *patch, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    const struct value *before;
    struct buffer json;
    int result = -1;

    buffer_init(&json, LIMIT_STORE_RECORD);
    if (arena == NULL)
        error_memory(err);
    else if (store_begin(s->store, err) == 0) {
        if (stored_change(s, service, arena, &before, err) == 0) {
            merge_patches(&json, before, patch);
            result = buffer_failed(&json) ? error_memory(err)
                                          : store_put(s->store, &(struct store_key){ OWN, CHANGED, service },
                                                      buffer_text(&json), NULL, err);
        }
        if (result == 0)
            result = store_commit(s->store, err);
        else
            store_rollback(s->store);
    }
    buffer_release(&json);
    arena_free(arena);
    return result;
}

/* ---- for the admin listener ---- */

struct text
sandbox_state_file(const struct sandbox_state *s)
{
    return text_of(s->file);
}

uint64_t
sandbox_state_seed(const struct sandbox_state *s)
{
    return s->seed;
}
