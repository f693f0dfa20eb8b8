#include "cli/replay_console.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "report/exchange_text.h"

struct replay_console {
    const struct replay_input *in;
    const struct replay_judge *judge;
    bool terminal, shown;
    int64_t began, refreshed;
    bool first_known;
    int64_t first; /* recorded beginning of the first one */
    struct buffer out;
};

struct replay_console *
replay_console_new(const struct replay_input *in, const struct replay_judge *judge)
{
    struct replay_console *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->in = in;
    c->judge = judge;
    c->terminal = terminal_is_there(STDERR_FILENO);
    c->began = clock_monotonic();
    buffer_init(&c->out, LIMIT_MIB);
    return c;
}

void
replay_console_free(struct replay_console *c)
{
    if (c == NULL)
        return;
    if (c->shown)
        fputs("\r\033[K", stderr);
    (void)fflush(stderr);
    (void)fflush(stdout);
    buffer_release(&c->out);
    free(c);
}

/* ---- progress ---- */

/* By bytes of the recording: what was read ahead of what was sent makes it a little early. */
static void
add_left(struct buffer *out, const struct replay_console *c, double seconds)
{
    uint64_t read, all;
    double part;

    replay_input_progress(c->in, &read, &all);
    if (all == 0 || read == 0)
        return;
    part = (double)read / (double)all;
    buffer_print(out, ", %.0f %% read", 100 * part);
    if (part < 1 && seconds > 1)
        buffer_print(out, ", %.0f s left", seconds * (1 - part) / part);
}

void
replay_console_tick(struct replay_console *c, const struct replay_counts *counts)
{
    const struct replay_verdicts *v = replay_judge_verdicts(c->judge);
    int64_t now = clock_monotonic();
    double seconds = (double)(now - c->began) / 1e9;

    if (!c->terminal || now - c->refreshed < CLOCK_SECOND / 10)
        return;
    c->refreshed = now;
    buffer_clear(&c->out);
    buffer_print(
        &c->out, "\r\033[K%" PRIu64 " sent, %.0f/s, %" PRIu64 " different, %" PRIu64 " unanswered, %u under way",
        counts->sent, seconds > 0 ? (double)counts->sent / seconds : 0, v->different, v->unanswered, counts->under_way);
    add_left(&c->out, c, seconds);
    (void)fwrite(buffer_text(&c->out).data, 1, buffer_length(&c->out), stderr);
    (void)fflush(stderr);
    c->shown = true;
}

/* ---- a rehearsal ---- */

static void
add_bounds(struct buffer *out, const struct replay_item *item)
{
    for (uint32_t i = 0; i < item->request.bound_count; i++) {
        const struct bound *b = &item->request.bounds[i];

        buffer_print(out, "    %.*s  ", TEXT_PRINT(b->to));
        exchange_text_visible(out, text_slice(b->recorded, 0, 60), false);
        if (b->why != NULL)
            buffer_print(out, "  as recorded: %s\n", b->why);
        else
            buffer_print(out, "  becomes what #%" PRIu64 " answers\n", b->from);
    }
}

static void
add_secrets(struct buffer *out, const struct replay_item *item)
{
    if (item->lacking.length > 0)
        buffer_print(out, "    not sent: %.*s was redacted, give it by --token\n", TEXT_PRINT(item->lacking));
    if (item->request.renewed > 0)
        buffer_add(out, TEXT("    with another idempotency key\n"));
    if (item->request.given > 0)
        buffer_print(out, "    with %u value%s of --token\n", item->request.given, item->request.given == 1 ? "" : "s");
}

void
replay_console_rehearsed(struct replay_console *c, const struct replay_item *item)
{
    const struct message *m = &item->request.message;

    if (!c->first_known)
        c->first = item->recorded.started;
    c->first_known = true;
    buffer_clear(&c->out);
    buffer_print(&c->out, "#%" PRIu64 "  +%.3f s  ", item->number, (double)(item->recorded.started - c->first) / 1e9);
    if (item->target == NULL) {
        buffer_print(&c->out, "%.*s ", TEXT_PRINT(item->recorded.request.method));
        exchange_text_visible(&c->out, item->recorded.request.target, false);
        buffer_add(&c->out, TEXT("\n    not sent: no --to has its service\n"));
    } else {
        buffer_print(&c->out, "%.*s ", TEXT_PRINT(m->method));
        exchange_text_visible(&c->out, item->target->url, false);
        exchange_text_visible(&c->out, text_from(m->target, item->target->base.length), false);
        if (m->body.length > 0)
            buffer_print(&c->out, "  %zu bytes", m->body.length);
        buffer_byte(&c->out, '\n');
        add_bounds(&c->out, item);
        add_secrets(&c->out, item);
    }
    (void)fwrite(buffer_text(&c->out).data, 1, buffer_length(&c->out), stdout);
}
