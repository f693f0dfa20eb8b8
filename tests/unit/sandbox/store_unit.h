/*
 * A store in memory and a folder for those in a file, for the tests of the store; what must go well there.
 */
#ifndef SANDBOX_STORE_UNIT_H
#define SANDBOX_STORE_UNIT_H

#include "unit.h"

#include <unistd.h>

#include "base/limits.h"
#include "sandbox/store.h"

static struct store *store; /* in memory */
static struct arena *arena;
static char folder[64];
static char path[96];

__attribute__((unused)) static int
begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/plumbline-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/state", folder);
    arena = arena_new(0, 256 * LIMIT_MIB);
    store = store_open(NULL, NULL);
    return arena != NULL && store != NULL ? 0 : -1;
}

__attribute__((unused)) static int
end(void **state)
{
    static const char *const names[] = { "state", "state-wal", "state-shm", "state-journal" };

    (void)state;
    store_drop(store);
    arena_free(arena);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char file[128];

        snprintf(file, sizeof file, "%s/%s", folder, names[i]);
        (void)unlink(file);
    }
    return rmdir(folder);
}

__attribute__((unused)) static void
begins(struct store *s)
{
    assert_int_equal(store_begin(s, NULL), 0);
}

__attribute__((unused)) static void
commits(struct store *s)
{
    struct error err = { .kind = ERROR_NONE };

    check_that(store_commit(s, &err) == 0, "%s", err.what);
}

__attribute__((unused)) static struct store_key
key_of(const char *id)
{
    return (struct store_key){ TEXT("shop"), TEXT("orders"), text_of(id) };
}

__attribute__((unused)) static uint64_t
puts_record(struct store *s, const char *id, const char *json)
{
    struct store_key key = key_of(id);
    uint64_t version = 0;

    assert_int_equal(store_put(s, &key, text_of(json), &version, NULL), 0);
    return version;
}

/* The JSON of a record, "" when there is none. */
__attribute__((unused)) static const char *
record_of(struct store *s, const char *id)
{
    struct store_key key = key_of(id);
    struct buffer json;
    const char *copy;
    int found;

    buffer_init(&json, LIMIT_STORE_RECORD);
    found = store_get(s, &key, &json, NULL, NULL);
    assert_int_equal(found, buffer_length(&json) > 0);
    copy = arena_text(arena, buffer_text(&json)).data;
    buffer_release(&json);
    return copy;
}

__attribute__((unused)) static uint64_t
next_of(struct store *s, const char *name)
{
    uint64_t number = 0;

    assert_int_equal(store_next(s, TEXT("shop"), text_of(name), &number, NULL), 0);
    return number;
}

__attribute__((unused)) static uint64_t
notes(struct store *s, const char *list, const char *json)
{
    uint64_t number = 0;

    assert_int_equal(
        store_note(s, TEXT("shop"), text_of(list), TEXT("2025-01-01T00:00:00Z"), text_of(json), &number, NULL), 0);
    return number;
}

__attribute__((unused)) static struct store_job
job_of(const char *name, int64_t due)
{
    return (struct store_job){ TEXT("shop"), text_of(name), TEXT("{\"id\":1}"), due };
}

#endif
