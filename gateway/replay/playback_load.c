/* playback_load.c -- which services are answered from which recordings. */
#include <inttypes.h>
#include <stdio.h>

#include "base/file_trace.h"
#include "base/limits.h"
#include "replay/playback_internal.h"

/* The recording that is being loaded. */
struct placing {
    const struct playback *playback;
    struct text path;
};

/* Whose is an exchange of a HAR file? Of the first service of this recording whose contract has its path. */
static bool
place_exchange(void *arg, const struct exchange *x, struct text *service, struct text *operation)
{
    const struct placing *placing = arg;
    const struct playback *p = placing->playback;
    const struct playback_service *only = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < p->service_count; i++) {
        const struct playback_service *s = &p->services[i];
        struct contract_match match;

        if (!text_equal(s->settings->upstream.host, placing->path))
            continue;
        contract_find(s->contract, x->request.method, playback_path_below(s, x->request.path), true, x->arena, &match);
        if (match.operation != NULL) {
            *service = s->name;
            *operation = operation_id(match.operation);
            return true;
        }
        only = s;
        count++;
    }
    *service = count == 1 ? only->name : text_make(NULL, 0);
    return count == 1;
}

static void
add_count(char *line, size_t size, uint64_t count, const char *what)
{
    size_t length = strlen(line);

    if (count > 0)
        (void)snprintf(line + length, size - length, "%s %" PRIu64 " %s", line[length - 1] == ':' ? "" : ",", count,
                       what);
}

static void
tell(const struct playback_options *o, struct text path, const struct catalog *c)
{
    const struct catalog_left_out *out = catalog_left_out(c);
    char line[1600];

    (void)snprintf(line, sizeof line, "recording %.*s: %u exchanges can be answered from; left out:", TEXT_PRINT(path),
                   (unsigned)catalog_count(c));
    add_count(line, sizeof line, out->broken, "broken lines");
    add_count(line, sizeof line, out->unreadable, "that are no exchanges of this version");
    add_count(line, sizeof line, out->torn, "torn at the end");
    add_count(line, sizeof line, out->refused, "that the gateway refused itself");
    add_count(line, sizeof line, out->unanswered, "without an answer");
    add_count(line, sizeof line, out->unplaced, "of no service here");
    if (line[strlen(line) - 1] == ':') {
        if (catalog_count(c) > 0)
            return;
        (void)snprintf(line, sizeof line, "recording %.*s: there is no exchange in it, every request is a miss",
                       TEXT_PRINT(path));
    }
    if (out->first[0] != '\0')
        (void)snprintf(line + strlen(line), sizeof line - strlen(line), " (first: %s)", out->first);
    if (o->say != NULL)
        o->say(o->arg, line);
}

static int
open_recording(struct playback *p, const struct playback_options *o, struct playback_recording *r, struct error *err)
{
    struct placing placing = { .playback = p, .path = r->path };
    const struct catalog_options options = { .place = place_exchange, .arg = &placing };
    struct file_trace *trace = file_trace_pause(); /* a recording that grows is no reason to reload */
    struct catalog *catalog = catalog_open(r->path.data, &options, err);

    file_trace_resume(trace);
    if (catalog == NULL)
        return -1;
    tell(o, r->path, catalog);
    p->exchanges += catalog_count(catalog);
    r->finder = playback_finder_new(catalog);
    return r->finder != NULL ? 0 : error_memory(err);
}

static struct playback_recording *
recording_of(struct playback *p, struct text path)
{
    for (uint32_t i = 0; i < p->recording_count; i++)
        if (text_equal(p->recordings[i].path, path))
            return &p->recordings[i];
    p->recordings[p->recording_count] = (struct playback_recording){ .path = path };
    return &p->recordings[p->recording_count++];
}

static int
add_services(struct playback *p, struct error *err)
{
    uint32_t total = ruleset_service_count(p->ruleset);

    p->services = ARENA_ARRAY(p->arena, struct playback_service, total);
    p->recordings = ARENA_ARRAY(p->arena, struct playback_recording, total);
    if (p->services == NULL || p->recordings == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < total; i++) {
        const struct service *s = ruleset_service(p->ruleset, i);
        struct playback_service *made = &p->services[p->service_count];

        if (s->settings->upstream.kind != UPSTREAM_RECORDING)
            continue;
        *made = (struct playback_service){ .name = s->settings->name,
                                           .contract = s->contract,
                                           .settings = s->settings,
                                           .rules = match_rules_new(&s->settings->replay, p->arena) };
        if (made->rules == NULL)
            return error_memory(err);
        p->service_count++;
    }
    return 0;
}

int
playback_load(struct playback *p, const struct playback_options *options, struct error *err)
{
    p->arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    if (p->arena == NULL)
        return error_memory(err);
    if (add_services(p, err) < 0)
        return -1;
    for (uint32_t i = 0; i < p->service_count; i++) {
        struct playback_service *s = &p->services[i];
        struct playback_recording *r = recording_of(p, s->settings->upstream.host);
        char where[256];

        (void)snprintf(where, sizeof where, "%.*s", TEXT_PRINT(s->settings->where));
        if (r->finder == NULL && open_recording(p, options, r, err) < 0)
            return error_at(err, where);
    }
    for (uint32_t i = 0; i < p->service_count; i++)
        p->services[i].finder = recording_of(p, p->services[i].settings->upstream.host)->finder;
    return 0;
}
