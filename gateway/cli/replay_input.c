#include "cli/replay_input.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cli/contracts.h"
#include "traffic/exchange_copy.h"
#include "traffic/record.h"
#include "traffic/recording_size.h"

#define BROKEN_TOLD 10 /* broken entries that are told one by one */

struct replay_input {
    struct replay_input_options options;
    struct segment_reader *reader;
    struct arena *arena; /* of one entry */
    size_t at;           /* recording */
    uint64_t given;
    uint64_t skipped[REPLAY_SKIPS];
    uint64_t lost;
    uint64_t bytes, all;
};

const char *
replay_skip_what(enum replay_skip skip)
{
    static const char *const what[REPLAY_SKIPS] = {
        [REPLAY_SKIP_NO_REQUEST] = "without a request that can be sent",
        [REPLAY_SKIP_FOREIGN] = "no HTTP (data: and the like)",
        [REPLAY_SKIP_TUNNEL] = "a tunnel (WebSocket and the like)",
        [REPLAY_SKIP_TRUNCATED] = "the request's body is not on record, or not all of it",
        [REPLAY_SKIP_REFUSED] = "refused by the gateway, no service saw it",
        [REPLAY_SKIP_AMENDMENT] = "a later word on an exchange that is not here",
        [REPLAY_SKIP_TORN] = "torn (being written, or cut by a crash)",
        [REPLAY_SKIP_BROKEN] = "not readable",
    };

    return what[skip];
}

void
replay_input_progress(const struct replay_input *in, uint64_t *read, uint64_t *all)
{
    *read = in->bytes;
    *all = in->bytes <= in->all ? in->all : 0;
}

/* ---- life ---- */

struct replay_input *
replay_input_new(const struct replay_input_options *options, struct error *err)
{
    struct replay_input *in = calloc(1, sizeof *in);

    if (in == NULL || (in->arena = arena_new(0, LIMIT_EXCHANGE_ARENA)) == NULL) {
        free(in);
        error_memory(err);
        return NULL;
    }
    in->options = *options;
    for (size_t i = 0; i < options->count; i++)
        in->all += recording_size(options->recordings[i]);
    return in;
}

void
replay_input_free(struct replay_input *in)
{
    if (in == NULL)
        return;
    segment_reader_close(in->reader);
    arena_free(in->arena);
    free(in);
}

uint64_t
replay_input_skipped(const struct replay_input *in, enum replay_skip skip)
{
    return in->skipped[skip];
}

uint64_t
replay_input_lost(const struct replay_input *in)
{
    return in->lost;
}

/* ---- one entry ---- */

static void
tell_broken(struct replay_input *in, const struct segment_entry *entry, const char *where, const char *what)
{
    if (++in->skipped[REPLAY_SKIP_BROKEN] <= BROKEN_TOLD)
        fprintf(stderr, "plumbline %s: %s:%u: %s%s%s\n", in->options.command, entry->file, entry->line, where,
                where[0] != '\0' ? ": " : "", what);
}

static bool
read_entry(struct replay_input *in, const struct segment_entry *entry, struct exchange *x)
{
    struct error broken = { .kind = ERROR_NONE };
    char column[32];

    if (entry->value == NULL && entry->torn) {
        in->skipped[REPLAY_SKIP_TORN]++;
        return false;
    }
    if (entry->value == NULL) {
        (void)snprintf(column, sizeof column, "column %u", entry->broken.column);
        tell_broken(in, entry, column, entry->broken.what);
        return false;
    }
    if (record_is_foreign(entry->value)) {
        in->skipped[REPLAY_SKIP_FOREIGN]++;
        return false;
    }
    if (segment_entry_read(entry, x, &broken) == 0)
        return true;
    tell_broken(in, entry, broken.where, broken.what);
    return false;
}

static bool
has_whole_body(const struct message *m)
{
    return (m->body_state == BODY_WHOLE || m->body_state == BODY_NONE) && !m->body_cut && m->body_digest.length == 0;
}

/* May be sent again: REPLAY_SKIPS. */
static enum replay_skip
reason_to_skip(const struct exchange *x)
{
    const struct message *m = &x->request;

    if (x->amends != 0)
        return REPLAY_SKIP_AMENDMENT;
    if (!header_is_token(m->method) || m->target.length == 0)
        return REPLAY_SKIP_NO_REQUEST;
    for (size_t i = 0; i < m->target.length; i++)
        if ((unsigned char)m->target.data[i] <= 0x20 || (unsigned char)m->target.data[i] >= 0x7f)
            return REPLAY_SKIP_NO_REQUEST;
    if (x->outcome == OUTCOME_TUNNEL || x->response.status == 101 || text_equal(m->method, TEXT("CONNECT")))
        return REPLAY_SKIP_TUNNEL;
    if (!has_whole_body(m))
        return REPLAY_SKIP_TRUNCATED;
    if (x->outcome == OUTCOME_REFUSED && x->refusal.side == SIDE_REQUEST && x->times.sent < 0)
        return REPLAY_SKIP_REFUSED;
    return REPLAY_SKIPS;
}

/* The recorded answer is the service's own, and all of it came. */
static bool
is_comparable(const struct exchange *x)
{
    return x->has_response && x->response.status >= 200 && x->outcome == OUTCOME_DELIVERED && x->fault_count == 0;
}

static void
name_item(const struct replay_input *in, struct replay_item *item)
{
    struct exchange *x = &item->recorded;
    struct route *route;

    if (in->options.ruleset == NULL || (route = ARENA_NEW(item->arena, struct route)) == NULL)
        return;
    contracts_route(in->options.ruleset, x, item->arena, route);
    if (route->service == NULL)
        return;
    item->route = route;
    item->match = route->match;
    x->service = route->service->settings->name;
    x->operation = route->match.operation != NULL ? operation_id(route->match.operation) : text_make(NULL, 0);
}

static int
give(struct replay_input *in, const struct segment_entry *entry, const struct exchange *x, struct replay_item *item,
     struct error *err)
{
    item->seen_at = arena_print(item->arena, "%s:%u", entry->file, entry->line);
    if (exchange_copy(&item->recorded, x) < 0 || item->seen_at.data == NULL)
        return error_memory(err);
    item->no_comparison = !is_comparable(x);
    name_item(in, item);
    in->given++;
    return 1;
}

/* 1: it was given, 0: it is left out, -1. */
static int
take_entry(struct replay_input *in, const struct segment_entry *entry, struct replay_item *item, struct error *err)
{
    struct exchange x = { .arena = in->arena };
    enum replay_skip skip;

    arena_reset(in->arena);
    in->bytes += entry->text.length + 1;
    if (!read_entry(in, entry, &x))
        return 0;
    in->lost += x.lost;
    if (!log_filter_holds(in->options.filter, &x))
        return 0;
    skip = reason_to_skip(&x);
    if (skip == REPLAY_SKIPS)
        return give(in, entry, &x, item, err);
    in->skipped[skip]++;
    return 0;
}

static int
open_next(struct replay_input *in, struct error *err)
{
    if (in->reader != NULL) {
        in->lost += segment_reader_lost(in->reader);
        segment_reader_close(in->reader);
        in->reader = NULL;
    }
    if (in->at == in->options.count)
        return 0;
    in->reader = segment_reader_open(in->options.recordings[in->at++], err);
    if (in->reader == NULL)
        return -1;
    log_filter_choose(in->options.filter, NULL, in->reader);
    return 1;
}

int
replay_input_next(void *arg, struct replay_item *item, struct error *err)
{
    struct replay_input *in = arg;
    struct segment_entry entry;
    int result;

    for (;;) {
        if (in->options.most > 0 && in->given == in->options.most)
            return 0;
        if (in->reader == NULL && (result = open_next(in, err)) != 1)
            return result;
        result = segment_reader_next(in->reader, &entry, err);
        if (result < 0)
            return -1;
        if (result == 0) {
            result = open_next(in, err);
            if (result != 1)
                return result;
            continue;
        }
        result = take_entry(in, &entry, item, err);
        if (result != 0)
            return result;
    }
}

/* ---- names ---- */

struct text
replay_operation_place(const struct replay_item *item)
{
    return binder_operation(&item->recorded, &item->match, item->arena);
}

struct text
replay_operation_name(const struct replay_item *item)
{
    return item->recorded.operation.length > 0 ? item->recorded.operation : replay_operation_place(item);
}
