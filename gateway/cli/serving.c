/* serving.c -- from settings to a running gateway, and back. */
#include "cli/serving.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "admin/admin.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/welcome.h"
#include "proxy/server.h"
#include "rules/ruleset.h"
#include "sandbox/sandbox.h"

struct serving {
    struct ruleset *ruleset;
    struct sandbox *sandbox;
    struct proxy *proxy;
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

static int
start_all(struct serving *s, struct settings *settings_take, struct error *err)
{
    struct proxy_options options = { .say = on_say };

    s->ruleset = ruleset_new(settings_take, on_defect, NULL, err);
    if (s->ruleset == NULL || sandbox_start(&s->sandbox, s->ruleset, err) < 0)
        return -1;
    options.sandbox_port = sandbox_port(s->sandbox);
    s->proxy = proxy_start(s->ruleset, &options, err);
    if (s->proxy == NULL)
        return -1;
    return admin_start(&s->admin, s->proxy, s->ruleset, err);
}

static void
stop_all(struct serving *s)
{
    proxy_drain(s->proxy); /* the admin listener is there to tell how far it is */
    admin_stop(s->admin);
    proxy_stop(s->proxy);
    sandbox_stop(s->sandbox);
    ruleset_drop(s->ruleset);
}

static void
tell_where(const struct serving *s)
{
    const char *url;

    for (uint32_t i = 0; (url = proxy_url(s->proxy, i)) != NULL; i++)
        log_line(LOG_INFO, "listening on %s", url);
    if (s->admin != NULL)
        log_line(LOG_INFO, "admin on %s", admin_url(s->admin));
    welcome_print(s->ruleset);
}

int
serving_run(const char *command, struct settings *settings_take)
{
    struct serving s = { .ruleset = NULL };
    struct error err = { .kind = ERROR_NONE };
    sigset_t signals;
    int signal = 0, code = EXIT_FINE;

    /* Blocked before any thread starts, so that they come to sigwait and nowhere else. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL); /* write says EFBIG instead */
    (void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL); /* who reads our log may go */
    allow_descriptors();
    log_setup(settings_take->level, LOG_TEXT);
    if (start_all(&s, settings_take, &err) < 0) {
        code = command_fail(command, &err);
    } else {
        tell_where(&s);
        (void)sigwait(&signals, &signal);
        admin_drain(s.admin);
        log_line(LOG_INFO, "stopping: finishing what is inside");
    }
    stop_all(&s);
    return code;
}
