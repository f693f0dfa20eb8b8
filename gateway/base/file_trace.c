#include "base/file_trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"

static _Thread_local struct file_trace *current;

void
file_trace_begin(struct file_trace *trace)
{
    current = trace;
}

void
file_trace_end(void)
{
    current = NULL;
}

struct file_trace *
file_trace_pause(void)
{
    struct file_trace *paused = current;

    current = NULL;
    return paused;
}

void
file_trace_resume(struct file_trace *trace)
{
    current = trace;
}

static struct file_seen *
find(struct file_trace *t, const char *path)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->files[i].path, path) == 0)
            return &t->files[i];
    }
    return NULL;
}

static struct file_seen *
add(struct file_trace *t, const char *path)
{
    if (t->count == t->room) {
        size_t room = t->room > 0 ? 2 * t->room : 16;
        struct file_seen *files = realloc(t->files, room * sizeof *files);

        if (files == NULL)
            return NULL;
        t->files = files;
        t->room = room;
    }
    t->files[t->count].path = strdup(path);
    return t->files[t->count].path != NULL ? &t->files[t->count++] : NULL;
}

void
file_trace_note(const char *path, struct text content)
{
    struct file_trace *t = current;
    struct file_seen *seen;

    if (t == NULL)
        return;
    seen = find(t, path);
    if (seen == NULL)
        seen = add(t, path);
    if (seen == NULL) {
        t->incomplete = true;
        return;
    }
    seen->readable = content.data != NULL;
    seen->digest = seen->readable ? hash_text(content, hash_seed()) : 0;
}

void
file_trace_look(const char *path)
{
    struct arena *arena = current != NULL ? arena_new(0, LIMIT_FILE_BYTES + LIMIT_MIB) : NULL;
    struct text content;

    if (arena == NULL)
        return;
    (void)file_read(&content, path, arena, NULL); /* notes it */
    arena_free(arena);
}

static bool
is_stale(const struct file_seen *seen)
{
    struct arena *arena = arena_new(0, LIMIT_FILE_BYTES + LIMIT_MIB);
    struct text content;
    bool readable, stale;

    if (arena == NULL)
        return false;
    readable = file_read(&content, seen->path, arena, NULL) == 0;
    stale = readable != seen->readable || (readable && hash_text(content, hash_seed()) != seen->digest);
    arena_free(arena);
    return stale;
}

bool
file_trace_is_stale(const struct file_trace *trace)
{
    struct file_trace *before = current;
    bool stale = false;

    current = NULL;
    for (size_t i = 0; i < trace->count && !stale; i++)
        stale = is_stale(&trace->files[i]);
    current = before;
    return stale;
}

void
file_trace_free(struct file_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        free(trace->files[i].path);
    free(trace->files);
    *trace = (struct file_trace){ .files = NULL };
}
