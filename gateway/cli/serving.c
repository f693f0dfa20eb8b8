/* serving.c -- from settings to a running gateway, and back. */
#include "cli/serving.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "base/file_trace.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/welcome.h"
#include "net/address.h"
#include "net/tls.h"
#include "proxy/fault_overlay.h"
#include "proxy/generation.h"
#include "proxy/reload.h"
#include "proxy/secure.h"
#include "proxy/server.h"
#include "rules/ruleset.h"

struct serving {
    const struct serving_source *source;
    struct fault_overlay *faults; /* what the admin listener says of them; NULL: nobody can */
    struct proxy *proxy;
    struct reload *reload;
    struct admin *admin;
};

static void
on_defect(void *arg, const struct contract_defect *defect)
{
    (void)arg;
    if (defect->level == LEVEL_INFO)
        return;
    log_line(LOG_WARN, "%.*s:%u:%u: %.*s", TEXT_PRINT(defect->file), (unsigned)defect->line, (unsigned)defect->column,
             TEXT_PRINT(defect->what));
}

static void
on_say(void *arg, const char *line)
{
    (void)arg;
    log_line(LOG_WARN, "%s", line);
}

/* A connection is a descriptor on each side; the usual soft limit of 1024 is for programs that use select. */
static void
allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static struct ruleset *
load(void *arg, struct error *err)
{
    const struct serving *s = arg;
    struct settings *settings = s->source->load(s->source->arg, err);

    if (settings != NULL && s->faults != NULL && fault_overlay_apply(s->faults, settings, err) < 0) {
        settings_free(settings);
        return NULL;
    }
    return settings != NULL ? ruleset_new(settings, on_defect, NULL, err) : NULL;
}

static void
on_tell(void *arg, const char *line)
{
    (void)arg;
    log_line(LOG_INFO, "%s", line);
}

static int
start_all(struct serving *s, const struct serving_source *source, struct error *err)
{
    const struct proxy_options options = { .say = on_say };
    struct file_trace files = { .files = NULL };
    struct reload_options reload = { .load = load, .say = on_say, .tell = on_tell, .arg = s, .files = &files };
    struct ruleset *ruleset;

    s->source = source;
    reload.faults = s->faults = fault_overlay_new();
    if (s->faults == NULL)
        return error_memory(err);

    file_trace_begin(&files);
    ruleset = load(reload.arg, err);
    if (ruleset != NULL) {
        log_setup(ruleset_settings(ruleset)->level, LOG_TEXT);
        reload.watch = ruleset_settings(ruleset)->reload_watch && !source->no_watch;
        s->proxy = proxy_start(ruleset, &options, err);
    }
    file_trace_end();
    ruleset_drop(ruleset);
    s->reload = s->proxy != NULL ? reload_start(s->proxy, &reload, err) : NULL;
    file_trace_free(&files);
    if (s->reload == NULL)
        return -1;
    return admin_start(&s->admin, s->proxy, s->reload, err);
}

static void
tell_where(const struct serving *s)
{
    struct ruleset *ruleset = proxy_ruleset(s->proxy);
    char url[ADDRESS_TEXT + 16];

    for (uint32_t i = 0; proxy_url(s->proxy, i, url, sizeof url); i++)
        log_line(LOG_INFO, "listening on %s", url);
    if (s->admin != NULL)
        log_line(LOG_INFO, "admin on %s", admin_url(s->admin));
    welcome_print(ruleset);
    ruleset_drop(ruleset);
}

/* ---- signals ---- */

/* For the handler alone. */
static struct proxy *draining;

static void
on_another(int signal)
{
    (void)signal;
    proxy_hurry(draining);
}

/* While we drain, one more signal breaks off what is inside; the next one has its usual effect. */
static void
be_hurried(struct proxy *p, const sigset_t *signals)
{
    struct sigaction action = { .sa_handler = on_another, .sa_flags = (int)SA_RESETHAND };

    draining = p;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

static int64_t
drain_delay(struct proxy *p)
{
    struct ruleset *ruleset = proxy_ruleset(p);
    int64_t delay = ruleset_settings(ruleset)->drain_delay;

    ruleset_drop(ruleset);
    return delay;
}

/* Who balances load reads /readyz, and sends nothing new any more; until then it is served as before. */
static void
wait_to_be_left(int64_t delay, const sigset_t *signals)
{
    const struct timespec time = { .tv_sec = delay / CLOCK_SECOND, .tv_nsec = delay % CLOCK_SECOND };

    if (delay > 0)
        (void)sigtimedwait(signals, NULL, &time);
}

/* Until there is a reason to stop. */
static void
serve(struct serving *s, const sigset_t *signals)
{
    int signal = 0;

    while (sigwait(signals, &signal) == 0 && signal == SIGHUP)
        reload_ask(s->reload);
}

static void
drain(struct serving *s, sigset_t *signals)
{
    admin_drain(s->admin);
    log_line(LOG_INFO, "stopping: finishing what is inside");
    (void)sigdelset(signals, SIGHUP); /* stays blocked: there is nothing to reload any more */
    reload_end(s->reload);
    wait_to_be_left(drain_delay(s->proxy), signals);
    be_hurried(s->proxy, signals);
    proxy_drain(s->proxy);
}

int
serving_run(const struct serving_source *source)
{
    struct serving s = { .proxy = NULL };
    struct error err = { .kind = ERROR_NONE };
    sigset_t signals;
    int code = EXIT_FINE;

    /* Blocked before any thread starts, so that they come to sigwait and nowhere else. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL); /* write says EFBIG instead */
    (void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL); /* who reads our log may go */
    allow_descriptors();
    if (start_all(&s, source, &err) < 0) {
        code = command_fail(source->command, &err);
    } else {
        tell_where(&s);
        serve(&s, &signals);
        drain(&s, &signals);
    }
    admin_stop(s.admin);
    reload_stop(s.reload);
    proxy_stop(s.proxy);
    fault_overlay_free(s.faults);
    return code;
}

static int
check_listeners(const struct settings *s, const struct proxy_options *options, struct error *err)
{
    for (uint32_t i = 0; i < s->listen_count; i++) {
        struct tls_context *tls = NULL;

        if (secure_listener(&s->listen[i], options, &tls, err) < 0)
            return -1;
        tls_context_drop(tls);
    }
    return 0;
}

int
serving_check(const struct serving_source *source, const char *file)
{
    const struct proxy_options options = { .say = on_say };
    struct error err = { .kind = ERROR_NONE };
    struct serving s = { .source = source };
    struct ruleset *ruleset = load(&s, &err);
    struct generation *g = NULL;
    int code = EXIT_FINE;

    if (ruleset != NULL && check_listeners(ruleset_settings(ruleset), &options, &err) == 0)
        g = generation_new(ruleset, 1, &options, NULL, &err);
    if (g != NULL)
        printf("%s: %u services with %u operations can be served\n", file, (unsigned)ruleset_service_count(ruleset),
               (unsigned)ruleset_operation_count(ruleset));
    else
        code = command_fail(source->command, &err);
    generation_free(g);
    ruleset_drop(ruleset);
    return code;
}
