/* reload.c -- one thread that waits for reasons to reload.
 *
 * Who asks draws the next ticket; a reload answers for all tickets that were drawn before it began to read. */
#include "proxy/reload.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_trace.h"
#include "base/file_watch.h"
#include "base/limits.h"
#include "proxy/server.h"

#define QUIET_NS (200 * CLOCK_MILLI)  /* without another event, then the files are looked at */
#define LOUD_NS  (2000 * CLOCK_MILLI) /* or after that, if events do not end */

struct reload {
    struct proxy *proxy;
    struct reload_options options;
    pthread_t thread;
    bool running;
    int wake; /* eventfd */
    atomic_bool stopping;
    atomic_uint_fast64_t asked; /* tickets that were drawn */
    pthread_mutex_t lock;       /* for what follows */
    pthread_cond_t changed;
    uint64_t answered; /* tickets */
    struct reload_status status;
    struct error error; /* why the last one failed */
    uint32_t late;      /* of the last one */

    /* its thread's own */
    struct file_trace files; /* what the last load has read, whatever came of it */
    struct file_watch *watch;
    int64_t look_first, look_at; /* when the first unanswered event came, when to look at the files; 0: there is none */
    char said[RELOAD_WHY];       /* why a changed file could not be loaded; not said twice in a row */
};

static void
say(const struct reload *r, const char *line)
{
    if (r->options.say != NULL)
        r->options.say(r->options.arg, line);
}

static void
log_like(const struct reload *r, const char *what, const struct error *err)
{
    char line[RELOAD_WHY + 128];

    (void)snprintf(line, sizeof line, "%s: %s%s%s", what, err->where, err->where[0] != '\0' ? ": " : "", err->what);
    say(r, line);
}

static void
wake_up(struct reload *r)
{
    uint64_t one = 1;

    (void)!write(r->wake, &one, sizeof one);
}

/* ---- files ---- */

/* Watch what the last load has read. A change between reading and watching is found by looking once more. */
static void
watch_again(struct reload *r)
{
    struct error err = { .kind = ERROR_NONE };

    if (!r->options.watch)
        return;
    file_watch_free(r->watch);
    r->watch = file_watch_new(&err);
    for (size_t i = 0; r->watch != NULL && i < r->files.count; i++)
        (void)file_watch_add(r->watch, r->files.files[i].path, &err);
    r->look_first = r->look_at = clock_monotonic();
    (void)pthread_mutex_lock(&r->lock);
    r->status.watching = r->watch != NULL;
    (void)pthread_mutex_unlock(&r->lock);
    if (err.kind != ERROR_NONE)
        log_like(r, "not every file can be watched", &err);
}

static void
on_file_event(struct reload *r)
{
    if (!file_watch_read(r->watch))
        return;
    r->look_at = clock_monotonic();
    if (r->look_first == 0)
        r->look_first = r->look_at;
}

/* How long until the files are to be looked at, in milliseconds for poll; 0: now. */
static int
until_look(const struct reload *r)
{
    int64_t now = clock_monotonic(), left;

    if (r->look_at == 0)
        return -1;
    left = r->look_at + QUIET_NS - now;
    if (r->look_first + LOUD_NS - now < left)
        left = r->look_first + LOUD_NS - now;
    return left > 0 ? (int)(left / CLOCK_MILLI) + 1 : 0;
}

/* ---- its thread ---- */

static void
explain(const struct error *err, char out[RELOAD_WHY])
{
    if (err->where[0] != '\0')
        (void)snprintf(out, RELOAD_WHY, "%s: %s", err->where, err->what);
    else
        (void)snprintf(out, RELOAD_WHY, "%s", err->what);
}

static void
tell(struct reload *r, const struct reload_status *s, uint32_t late)
{
    char line[RELOAD_WHY + 128];

    if (!s->successful)
        (void)snprintf(line, sizeof line, "reload failed, the previous rules stay: %s", s->why);
    else if (late > 0)
        (void)snprintf(line, sizeof line, "reloaded (generation %llu); %u workers are busy and follow later",
                       (unsigned long long)s->generation, (unsigned)late);
    else
        (void)snprintf(line, sizeof line, "reloaded (generation %llu)", (unsigned long long)s->generation);
    if (!s->successful || late > 0)
        say(r, line);
    else if (r->options.tell != NULL)
        r->options.tell(r->options.arg, line);
}

static bool
load_and_swap(struct reload *r, uint32_t *late, struct error *err)
{
    struct ruleset *ruleset;
    bool good;

    file_trace_free(&r->files);
    file_trace_begin(&r->files);
    ruleset = r->options.load(r->options.arg, err);
    good = ruleset != NULL && proxy_swap(r->proxy, ruleset, late, err) == 0;
    file_trace_end();
    ruleset_drop(ruleset);
    return good;
}

/* `asked`: somebody wants to know; else a file has changed, and the same failure is not said again and again. */
static void
reload_once(struct reload *r, bool asked)
{
    uint64_t ticket = atomic_load(&r->asked);
    struct error err = { .kind = ERROR_NONE };
    uint32_t late = 0;
    bool good = load_and_swap(r, &late, &err);
    struct reload_status s;

    (void)pthread_mutex_lock(&r->lock);
    r->status.generation = proxy_generation(r->proxy);
    r->status.tried = clock_wall();
    r->status.successful = good;
    r->status.why[0] = '\0';
    if (good) {
        r->status.succeeded++;
        r->status.took_effect = r->status.tried;
    } else {
        r->status.failed++;
        explain(&err, r->status.why);
    }
    r->error = err;
    r->late = late;
    r->answered = ticket;
    s = r->status;
    (void)pthread_cond_broadcast(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
    if (asked || strcmp(s.why, r->said) != 0 || good)
        tell(r, &s, late);
    (void)snprintf(r->said, sizeof r->said, "%s", s.why);
    watch_again(r);
}

static void
look_at_files(struct reload *r)
{
    r->look_first = r->look_at = 0;
    if (file_trace_is_stale(&r->files))
        reload_once(r, false);
}

static void
wait_for_reasons(struct reload *r)
{
    struct pollfd wait[] = { { .fd = r->wake, .events = POLLIN },
                             { .fd = proxy_news(r->proxy), .events = POLLIN },
                             { .fd = r->watch != NULL ? file_watch_fd(r->watch) : -1, .events = POLLIN } };
    uint64_t count;

    if (poll(wait, 3, until_look(r)) <= 0)
        return;
    if (wait[0].revents != 0)
        (void)!read(r->wake, &count, sizeof count);
    if (wait[2].revents != 0)
        on_file_event(r);
}

static void *
run(void *arg)
{
    struct reload *r = arg;

    while (!atomic_load(&r->stopping)) {
        if (atomic_load(&r->asked) != r->answered)
            reload_once(r, true);
        else if (until_look(r) == 0)
            look_at_files(r);
        else
            wait_for_reasons(r);
        proxy_reap(r->proxy);
    }
    return NULL;
}

/* ---- begin and end ---- */

struct reload *
reload_start(struct proxy *p, const struct reload_options *o, struct error *err)
{
    struct reload *r = calloc(1, sizeof *r);
    pthread_condattr_t clock;
    int code;

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->proxy = p;
    r->options = *o;
    if (o->files != NULL) {
        r->files = *o->files;
        *o->files = (struct file_trace){ .files = NULL };
    }
    r->status =
        (struct reload_status){ .generation = proxy_generation(p), .successful = true, .took_effect = clock_wall() };
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&r->changed, &clock);
    (void)pthread_condattr_destroy(&clock);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch_again(r); /* here: once we are said to listen, files are watched */
    code = r->wake < 0 ? errno : pthread_create(&r->thread, NULL, run, r);
    r->running = code == 0;
    if (r->running)
        return r;
    error_system(err, code, NULL, "cannot start the thread that reloads");
    reload_stop(r);
    return NULL;
}

void
reload_end(struct reload *r)
{
    if (r == NULL || !r->running)
        return;
    atomic_store(&r->stopping, true);
    wake_up(r);
    (void)pthread_join(r->thread, NULL);
    r->running = false;
    (void)pthread_mutex_lock(&r->lock);
    (void)pthread_cond_broadcast(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
}

void
reload_stop(struct reload *r)
{
    if (r == NULL)
        return;
    reload_end(r);
    if (r->wake >= 0)
        (void)close(r->wake);
    file_watch_free(r->watch);
    file_trace_free(&r->files);
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

/* ---- asking ---- */

void
reload_ask(struct reload *r)
{
    atomic_fetch_add(&r->asked, 1);
    wake_up(r);
}

/* Under the lock. */
static const char *
why_failed(const struct reload *r, uint64_t ticket)
{
    if (r->answered >= ticket)
        return r->status.why;
    return atomic_load(&r->stopping) ? "the gateway is stopping"
                                     : "the reload is still under way; its outcome will be in the status";
}

int
reload_now(struct reload *r, struct reload_result *result, struct error *err)
{
    uint64_t ticket = atomic_fetch_add(&r->asked, 1) + 1;
    int64_t end = clock_monotonic() + LIMIT_RELOAD_TIME;
    struct timespec until = { .tv_sec = end / CLOCK_SECOND, .tv_nsec = end % CLOCK_SECOND };
    struct error why;
    int code = 0;

    wake_up(r);
    (void)pthread_mutex_lock(&r->lock);
    while (r->answered < ticket && code == 0 && !atomic_load(&r->stopping))
        code = pthread_cond_timedwait(&r->changed, &r->lock, &until);
    *result = (struct reload_result){ .generation = r->status.generation, .late = r->late };
    (void)snprintf(result->why, sizeof result->why, "%s", why_failed(r, ticket));
    why = r->answered >= ticket && r->error.kind != ERROR_NONE ? r->error : (struct error){ ERROR_ENVIRONMENT, "", "" };
    (void)pthread_mutex_unlock(&r->lock);
    if (result->why[0] == '\0')
        return 0;
    return error_set(err, why.kind, why.where, "%s", why.what[0] != '\0' ? why.what : result->why);
}

struct fault_overlay *
reload_faults(const struct reload *r)
{
    return r != NULL ? r->options.faults : NULL;
}

struct reload_status
reload_status(struct reload *r)
{
    struct reload_status s = { .generation = 0 };

    if (r == NULL)
        return s;
    (void)pthread_mutex_lock(&r->lock);
    s = r->status;
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

void
reload_metrics(struct reload *r, struct buffer *out)
{
    struct reload_status s = reload_status(r);

    if (r == NULL)
        return;
    buffer_print(out,
                 "# HELP plumbline_reloads_total Reloads of the configuration, by result.\n"
                 "# TYPE plumbline_reloads_total counter\n"
                 "plumbline_reloads_total{result=\"success\"} %llu\n"
                 "plumbline_reloads_total{result=\"failure\"} %llu\n"
                 "# HELP plumbline_config_last_reload_successful Whether the last reload succeeded.\n"
                 "# TYPE plumbline_config_last_reload_successful gauge\n"
                 "plumbline_config_last_reload_successful %d\n"
                 "# HELP plumbline_config_last_reload_success_timestamp_seconds When the present configuration took "
                 "effect.\n"
                 "# TYPE plumbline_config_last_reload_success_timestamp_seconds gauge\n"
                 "plumbline_config_last_reload_success_timestamp_seconds %.3f\n",
                 (unsigned long long)s.succeeded, (unsigned long long)s.failed, s.successful ? 1 : 0,
                 (double)s.took_effect / 1e9);
}
