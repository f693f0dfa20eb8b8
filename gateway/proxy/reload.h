/* reload.h -- another ruleset while the gateway runs: because somebody asked, or because a file changed.
 *
 * One thread loads, builds and swaps; the workers go on meanwhile. The whole new ruleset takes effect, or the old one
 * stays and the reason is said, in one line, and kept for who asks. Exchanges end with the ruleset they began with. */
#ifndef PROXY_RELOAD_H
#define PROXY_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/ruleset.h"

struct fault_overlay;
struct file_trace;
struct proxy;
struct reload;

struct reload_options {
    /* On the reload's thread: read everything anew, by file_read where a change is to be noticed. New with one
     * reference, or NULL with err. */
    struct ruleset *(*load)(void *arg, struct error *err);
    /* On the reload's thread, or in reload_start: a line for the operator, without newline. May be NULL. */
    void (*say)(void *arg, const char *line);
    void (*tell)(void *arg, const char *line); /* the same for what went well */
    void *arg;
    struct fault_overlay *faults; /* that `load` lays over the settings, for who changes it (reload_faults); or NULL */
    bool watch;                   /* a changed file reloads, too */
    struct file_trace *files;     /* of the load that runs now; its content is taken over. May be NULL */
};

/* Start its thread. Borrows the proxy until reload_stop. New, or NULL with err. */
struct reload *reload_start(struct proxy *p, const struct reload_options *o, struct error *err);

/* End the thread (a reload that is under way is finished first): nothing is reloaded any more, but it can still be
 * asked how it went. Accepts NULL. */
void reload_end(struct reload *r);

/* The same, then free. Accepts NULL. */
void reload_stop(struct reload *r);

#define RELOAD_WHY 800

/* What came of one reload. */
struct reload_result {
    uint64_t generation;  /* that runs now; counted from 1 */
    uint32_t late;        /* workers that will follow as soon as they can */
    char why[RELOAD_WHY]; /* why it failed; empty: it did not */
};

/* Any thread but its own: reload, wait until it took effect in every worker (or LIMIT_RELOAD_TIME is over). 0, or -1
 * with err, and then the old ruleset is still there. */
int reload_now(struct reload *r, struct reload_result *result, struct error *err);

/* Any thread, also a signal handler: the same, without waiting. */
void reload_ask(struct reload *r);

/* What changes of faults go to, by reload_now; NULL: they cannot be changed. */
struct fault_overlay *reload_faults(const struct reload *r);

struct reload_status {
    uint64_t generation;
    uint64_t succeeded, failed; /* reloads so far */
    int64_t tried;              /* when the last one ended, wall clock; 0: there was none */
    int64_t took_effect;        /* when the present ruleset did */
    bool successful;            /* the last one was; true where there was none */
    bool watching;              /* files are watched */
    char why[RELOAD_WHY];       /* why the last one failed, or empty */
};

/* Any thread. NULL: nothing can be reloaded, all zero. */
struct reload_status reload_status(struct reload *r);

/* Any thread: the same for Prometheus. Accepts NULL. */
void reload_metrics(struct reload *r, struct buffer *out);

#endif
