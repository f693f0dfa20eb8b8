#include "cli/flow_console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "base/time_text.h"
#include "cli/flow_line.h"

#define TOLD          64                  /* kinds of failures of many runs that are told */
#define REFRESH       (CLOCK_SECOND / 10) /* of the line of progress */
#define WIDTH         80
#define OTHER_WIDTH   40 /* of a line: what is neither step nor request */
#define REQUEST_LEAST 20

struct flow_console {
    struct flow_line line, log_line;
    FILE *log;
    const char *log_name;
    bool terminal, verbose, many;
    bool under_way;      /* a line without its end is on the terminal */
    struct arena *arena; /* of one line */
    struct buffer out;
    uint64_t runs, done, failed;
    int64_t began, refreshed;
    struct {
        const struct step *step;
        enum flow_failure failure;
    } told[TOLD];
    uint32_t told_count;
};

/* ---- the terminal ---- */

static size_t
terminal_width(void)
{
    struct winsize size = { .ws_col = 0 };

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH;
    return size.ws_col;
}

static void
put(struct text t)
{
    if (t.length > 0)
        (void)fwrite(t.data, 1, t.length, stderr);
}

/* Lines that stay: what was under way makes room for them. */
static void
put_lines(struct flow_console *c, struct text t)
{
    if (c->under_way)
        put(TEXT("\r\033[K"));
    c->under_way = false;
    put(t);
    (void)fflush(stderr);
}

/* One line that the next thing replaces, cut to the width of the terminal. */
static void
put_under_way(struct flow_console *c, struct text t)
{
    put(TEXT("\r\033[K"));
    put(flow_line_cut(t, terminal_width() - 1));
    (void)fflush(stderr);
    c->under_way = true;
}

static struct buffer *
fresh(struct flow_console *c)
{
    buffer_clear(&c->out);
    arena_reset(c->arena);
    return &c->out;
}

/* ---- the log file ---- */

/* "2026-11-21T05:12:03.123Z run 1 shop/createOrder: " */
static void
log_begin(struct flow_console *c, struct buffer *out, uint64_t run, struct text workflow)
{
    (void)c;
    buffer_add(out, time_text_rfc3339(clock_wall(), 3));
    buffer_print(out, " run %" PRIu64 " %.*s ", run, TEXT_PRINT(workflow));
}

static void
log_text(struct flow_console *c, struct text t)
{
    if (t.length > 0)
        (void)fwrite(t.data, 1, t.length, c->log);
}

static void
log_try(struct flow_console *c, const struct flow_try *t)
{
    struct buffer *out = fresh(c);

    log_begin(c, out, t->run, t->workflow->id);
    flow_line_try(out, &c->log_line, t);
    flow_line_exchange(out, t, c->arena);
    if (flow_line_is_failure(t))
        flow_line_failure(out, &c->log_line,
                          &(struct flow_try){ .step = t->step,
                                              .failure = t->failure,
                                              .why = t->why,
                                              .criterion = t->criterion,
                                              .criterion_told = t->criterion_told },
                          c->arena);
    log_text(c, buffer_text(out));
}

/* ---- what happens ---- */

static void
show_progress(struct flow_console *c, bool now)
{
    int64_t at = clock_monotonic();
    double seconds = (double)(at - c->began) / 1e9;
    struct buffer *out;

    if (!c->terminal || (!now && at - c->refreshed < REFRESH))
        return;
    c->refreshed = at;
    out = fresh(c);
    buffer_print(out, "%" PRIu64 " of %" PRIu64 " runs, %" PRIu64 " failed, %.0f s, %.1f runs/s", c->done, c->runs,
                 c->failed, seconds, seconds > 0 ? (double)c->done / seconds : 0);
    put_under_way(c, buffer_text(out));
}

void
flow_console_begin(struct flow_console *c, const struct workflow *w, uint64_t run, uint32_t depth)
{
    struct buffer *out = fresh(c);

    if (c->log != NULL) {
        log_begin(c, out, run, w->id);
        buffer_add(out, TEXT("begins\n"));
        log_text(c, buffer_text(out));
    }
    if (c->many && !c->verbose) {
        show_progress(c, false);
        return;
    }
    out = fresh(c);
    flow_line_workflow(out, &c->line, w, c->many ? run : 0, depth);
    put_lines(c, buffer_text(out));
}

/* The request column takes what the terminal leaves. */
static void
fit(struct flow_console *c)
{
    size_t width = terminal_width(), taken = c->line.step + OTHER_WIDTH;

    if (!c->terminal)
        return;
    c->line.cut = true;
    c->line.request = width > taken + REQUEST_LEAST ? width - taken : REQUEST_LEAST;
    if (c->line.request > c->log_line.request + c->log_line.request / 2)
        c->line.request = c->log_line.request + c->log_line.request / 2;
}

void
flow_console_sending(struct flow_console *c, const struct flow_try *t)
{
    struct buffer *out = fresh(c);

    if (!c->terminal || c->many)
        return;
    fit(c);
    flow_line_sending(out, &c->line, t);
    put_under_way(c, buffer_text(out));
}

/* Has a failure of this kind been told? It has now. */
static bool
is_told(struct flow_console *c, const struct flow_try *t)
{
    for (uint32_t i = 0; i < c->told_count; i++)
        if (c->told[i].step == t->step && c->told[i].failure == t->failure)
            return true;
    if (c->told_count == TOLD)
        return true;
    c->told[c->told_count].step = t->step;
    c->told[c->told_count++].failure = t->failure;
    return false;
}

void
flow_console_tried(struct flow_console *c, const struct flow_try *t)
{
    bool failed = flow_line_is_failure(t) && t->failure != FLOW_STOPPED;
    bool first = failed && !is_told(c, t);
    struct buffer *out;

    if (c->log != NULL)
        log_try(c, t);
    if (c->many && !c->verbose && !first) {
        show_progress(c, false);
        return;
    }
    fit(c);
    out = fresh(c);
    flow_line_try(out, &c->line, t);
    if (first)
        flow_line_failure(out, &c->line, t, c->arena);
    else if (c->verbose)
        flow_line_exchange(out, t, c->arena);
    put_lines(c, buffer_text(out));
}

void
flow_console_found(struct flow_console *c, const struct watch_finding *f)
{
    struct buffer *out = fresh(c);

    if (c->log != NULL) {
        flow_line_finding(out, &c->log_line, f);
        log_text(c, buffer_text(out));
        out = fresh(c);
    }
    flow_line_finding(out, &c->line, f);
    put_lines(c, buffer_text(out));
}

void
flow_console_end(struct flow_console *c, const struct flow_result *r, uint32_t depth)
{
    struct buffer *out = fresh(c);

    if (c->log != NULL) {
        log_begin(c, out, r->run, r->workflow->id);
        buffer_add(out, TEXT("ends: "));
        flow_line_result(out, &c->log_line, r, c->runs);
        log_text(c, buffer_text(out));
        out = fresh(c);
    }
    if (depth > 0)
        return;
    c->done++;
    c->failed += r->failure != FLOW_FINE;
    if (c->many && !c->verbose) {
        show_progress(c, false);
        return;
    }
    flow_line_result(out, &c->line, r, c->runs);
    put_lines(c, buffer_text(out));
}

void
flow_console_say(struct flow_console *c, const char *sentence)
{
    struct buffer *out = fresh(c);

    buffer_print(out, "%s\n", sentence);
    put_lines(c, buffer_text(out));
    if (c->log != NULL)
        log_text(c, buffer_text(out));
}

/* ---- begin and end ---- */

/* Bodies are in it: for its owner alone, as recordings are. */
static FILE *
open_log(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

struct flow_console *
flow_console_new(const struct flow *flow, const struct flow_plan *plan, uint64_t runs, bool verbose, struct error *err)
{
    struct flow_console *c = calloc(1, sizeof *c);

    if (c == NULL || (c->arena = arena_new(0, LIMIT_EXCHANGE_ARENA)) == NULL) {
        free(c);
        error_memory(err);
        return NULL;
    }
    buffer_init(&c->out, LIMIT_FILE_BYTES);
    flow_line_begin(&c->line, flow);
    c->log_line = c->line;
    c->line.colour = terminal_is_coloured(STDERR_FILENO);
    c->terminal = terminal_is_there(STDERR_FILENO);
    c->verbose = verbose;
    c->runs = runs;
    c->many = plan->repeat > 1;
    c->began = clock_monotonic();
    c->log_name = plan->log_file;
    if (plan->log_file != NULL && (c->log = open_log(plan->log_file)) == NULL) {
        error_system(err, errno, plan->log_file, "the log cannot be written");
        (void)flow_console_free(c, NULL);
        return NULL;
    }
    return c;
}

int
flow_console_free(struct flow_console *c, struct error *err)
{
    bool broken = false;
    int result = 0;

    if (c == NULL)
        return 0;
    put_lines(c, text_make(NULL, 0));
    if (c->log != NULL) {
        broken = ferror(c->log) != 0;
        if (fclose(c->log) != 0 || broken)
            result = error_set(err, ERROR_ENVIRONMENT, c->log_name, "the log could not be written to its end");
    }
    buffer_release(&c->out);
    arena_free(c->arena);
    free(c);
    return result;
}
