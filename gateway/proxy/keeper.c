/* keeper.c -- looking after finished segments, one at a time. */
#include "proxy/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/limits.h"
#include "traffic/recording.h"

#define KNOWN      4  /* finished segments whose lines wait in memory; others are read again */
#define LOOK_S     60 /* between looks at what is too old */
#define LIST_BYTES (64 * LIMIT_MIB)
#define SECOND_NS  INT64_C(1000000000)

struct known {
    unsigned number;
    struct index_builder *lines;
};

struct keeper {
    const struct record_settings *settings;
    char folder[4096];
    void (*say)(void *arg, const char *line);
    void *say_arg;
    pthread_mutex_t lock; /* around what follows */
    pthread_cond_t changed;
    struct known known[KNOWN];
    unsigned open;
    bool news;
    bool stopping;
    pthread_t thread;
    bool running;
};

static void
tell(struct keeper *k, const struct recording_segment *s, const char *what, const struct error *err)
{
    char line[900];

    if (k->say == NULL)
        return;
    if (err != NULL)
        (void)snprintf(line, sizeof line, "recording: segment %06u: %s: %s: %s", s->number, what, err->where,
                       err->what);
    else
        (void)snprintf(line, sizeof line, "recording: segment %06u: %s", s->number, what);
    k->say(k->say_arg, line);
}

static bool
is_stopping(struct keeper *k)
{
    bool stopping;

    (void)pthread_mutex_lock(&k->lock);
    stopping = k->stopping;
    (void)pthread_mutex_unlock(&k->lock);
    return stopping;
}

/* What is known of its lines, or read again. NULL with err. */
static struct index_builder *
take_lines(struct keeper *k, const struct recording_segment *s, struct error *err)
{
    struct index_builder *lines = NULL;

    (void)pthread_mutex_lock(&k->lock);
    for (int i = 0; i < KNOWN; i++) {
        if (k->known[i].lines != NULL && k->known[i].number == s->number) {
            lines = k->known[i].lines;
            k->known[i].lines = NULL;
        }
    }
    (void)pthread_mutex_unlock(&k->lock);
    return lines != NULL ? lines : recording_read_lines(k->folder, s, err);
}

static void
finish(struct keeper *k, const struct recording_segment *s)
{
    struct error err = { .kind = ERROR_NONE };
    struct index_builder *lines = take_lines(k, s, &err);
    bool compress = k->settings->compress;

    if (lines == NULL ||
        (compress ? recording_compress(k->folder, s, lines, &err) : recording_put_index(k->folder, s, lines, &err)) < 0)
        tell(k, s, compress ? "it cannot be compressed" : "its index cannot be written", &err);
    index_builder_free(lines);
}

/* Does something remain to be done? What a reader can do without (the index of a compressed one) is left. */
static bool
is_unfinished(const struct keeper *k, const struct recording_segment *s)
{
    return !s->compressed && (k->settings->compress || !s->indexed);
}

static void
remove_one(struct keeper *k, const struct recording_segment *s, const char *why)
{
    struct error err = { .kind = ERROR_NONE };

    if (recording_remove(k->folder, s, &err) < 0)
        tell(k, s, "it cannot be removed", &err);
    else
        tell(k, s, why, NULL);
}

static void
remove_old(struct keeper *k, const struct recording_segment *list, size_t count, unsigned open)
{
    const struct record_settings *settings = k->settings;
    struct timespec t;
    uint64_t bytes = 0;
    int64_t now;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    now = (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
    for (size_t i = 0; i < count; i++)
        bytes += list[i].bytes;
    for (size_t i = 0; i < count && list[i].number < open; i++) {
        if (settings->keep > 0 && bytes > settings->keep)
            remove_one(k, &list[i], "removed, the recording is larger than record.keep");
        else if (settings->keep_for > 0 && now - list[i].modified > settings->keep_for)
            remove_one(k, &list[i], "removed, it is older than record.keep_for");
        bytes -= list[i].bytes;
    }
}

/* What is still known of older segments is of some that somebody has removed. */
static void
forget(struct keeper *k, unsigned open)
{
    (void)pthread_mutex_lock(&k->lock);
    for (int i = 0; i < KNOWN; i++) {
        if (k->known[i].number < open) {
            index_builder_free(k->known[i].lines);
            k->known[i].lines = NULL;
        }
    }
    (void)pthread_mutex_unlock(&k->lock);
}

static void
look(struct keeper *k, unsigned open)
{
    struct arena *arena = arena_new(0, LIST_BYTES);
    struct recording_segment *list;
    size_t count;

    if (arena != NULL && recording_list(k->folder, false, arena, &list, &count, NULL) == 0) {
        for (size_t i = 0; i < count && list[i].number < open && !is_stopping(k); i++) {
            if (is_unfinished(k, &list[i]))
                finish(k, &list[i]);
        }
        forget(k, open);
        if (recording_list(k->folder, false, arena, &list, &count, NULL) == 0)
            remove_old(k, list, count, open);
    }
    arena_free(arena);
}

static void *
run(void *arg)
{
    struct keeper *k = arg;

    (void)setpriority(PRIO_PROCESS, 0, 19); /* on Linux: of this thread */
    (void)pthread_mutex_lock(&k->lock);
    while (!k->stopping) {
        unsigned open = k->open;
        struct timespec until;

        k->news = false;
        (void)pthread_mutex_unlock(&k->lock);
        look(k, open);
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_S;
        (void)pthread_mutex_lock(&k->lock);
        while (!k->news && !k->stopping && pthread_cond_timedwait(&k->changed, &k->lock, &until) == 0)
            continue;
    }
    (void)pthread_mutex_unlock(&k->lock);
    return NULL;
}

struct keeper *
keeper_new(const struct record_settings *settings, unsigned open, void (*say)(void *arg, const char *line), void *arg,
           struct error *err)
{
    struct keeper *k = calloc(1, sizeof *k);
    int code;

    if (k == NULL) {
        error_memory(err);
        return NULL;
    }
    k->settings = settings;
    k->open = open;
    k->say = say;
    k->say_arg = arg;
    (void)snprintf(k->folder, sizeof k->folder, "%.*s", TEXT_PRINT(settings->to));
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_cond_init(&k->changed, NULL);
    code = pthread_create(&k->thread, NULL, run, k);
    k->running = code == 0;
    if (code == 0)
        return k;
    error_system(err, code, NULL, "cannot start the thread that looks after segments");
    keeper_free(k);
    return NULL;
}

void
keeper_finished(struct keeper *k, unsigned number, struct index_builder *lines, unsigned open)
{
    (void)pthread_mutex_lock(&k->lock);
    for (int i = 0; i < KNOWN && lines != NULL; i++) {
        if (k->known[i].lines == NULL) {
            k->known[i] = (struct known){ .number = number, .lines = lines };
            lines = NULL;
        }
    }
    k->open = open;
    k->news = true;
    (void)pthread_cond_signal(&k->changed);
    (void)pthread_mutex_unlock(&k->lock);
    index_builder_free(lines); /* it is far behind */
}

void
keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    (void)pthread_mutex_lock(&k->lock);
    k->stopping = true;
    (void)pthread_cond_signal(&k->changed);
    (void)pthread_mutex_unlock(&k->lock);
    if (k->running)
        (void)pthread_join(k->thread, NULL);
    for (int i = 0; i < KNOWN; i++)
        index_builder_free(k->known[i].lines);
    (void)pthread_cond_destroy(&k->changed);
    (void)pthread_mutex_destroy(&k->lock);
    free(k);
}
