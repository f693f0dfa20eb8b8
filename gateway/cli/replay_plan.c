#include "cli/replay_plan.h"

#include <math.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/replay_secret.h"
#include "rules/units.h"

#define CONCURRENCY_MOST  1024
#define CONCURRENCY_PACED 256 /* at the speed of the recording: it says how many are under way */
#define TIMEOUT           INT64_C(30000000000)

/* ---- numbers ---- */

static int
read_number(const char *word, const char *option, const char *wanted, double *number, struct error *err)
{
    char *end;

    *number = strtod(word, &end);
    if (*word == '\0' || *end != '\0' || !isfinite(*number) || *number <= 0 || *number > 1e9)
        return error_set(err, ERROR_USAGE, option, "'%s' is none of %s", word, wanted);
    return 0;
}

static int
read_duration(const char *word, const char *option, int64_t *ns, struct error *err)
{
    if (word != NULL && (!units_duration(text_of(word), ns) || *ns <= 0))
        return error_set(err, ERROR_USAGE, option, "'%s' is no duration, such as 200ms, 2s or 1m", word);
    return 0;
}

static int
read_pace(struct replay_given *g, const struct replay_asked *asked, struct error *err)
{
    bool paced = asked->speed == NULL || !text_equal(text_of(asked->speed), TEXT("max"));

    g->speed = paced ? 1 : 0;
    g->timeout = TIMEOUT;
    if (paced && asked->speed != NULL &&
        read_number(asked->speed, "--speed", "1, a number of times faster, or max", &g->speed, err) < 0)
        return -1;
    if (asked->rate != NULL && read_number(asked->rate, "--rate", "requests per second", &g->rate, err) < 0)
        return -1;
    if (asked->concurrency > CONCURRENCY_MOST)
        return error_set(err, ERROR_USAGE, "--concurrency", "at most %d at a time", CONCURRENCY_MOST);
    g->concurrency = asked->concurrency > 0 ? (uint32_t)asked->concurrency : paced ? CONCURRENCY_PACED : 1;
    return read_duration(asked->longest_pause, "--longest-pause", &g->longest_pause, err) < 0 ||
                   read_duration(asked->timeout, "--timeout", &g->timeout, err) < 0
               ? -1
               : 0;
}

/* ---- words ---- */

static int
add_text(struct replay_texts *texts, struct text t, const char *option, struct error *err)
{
    if (texts->count == REPLAY_NAMES)
        return error_set(err, ERROR_USAGE, option, "at most %d of them", REPLAY_NAMES);
    texts->list[texts->count++] = t;
    return 0;
}

static int
read_words(struct replay_texts *texts, const struct option_list *list, const char *option, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct text_split words = text_split_start(text_of(list->items[i]));
        struct text word;

        while (text_split_next(&words, ',', &word))
            if (!header_is_token(word))
                return error_set(err, ERROR_USAGE, option, "'%s' is no name", list->items[i]);
            else if (add_text(texts, word, option, err) < 0)
                return -1;
    }
    return 0;
}

static int
read_pointers(struct replay_texts *texts, const struct option_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct text t = text_of(list->items[i]);

        if (text_starts(t, TEXT("response:")))
            t = text_from(t, 9);
        if (t.length > 0 && t.data[0] != '/')
            return error_set(err, ERROR_USAGE, "--unordered",
                             "'%s' is no JSON Pointer, such as /items or /orders/*/items", list->items[i]);
        if (add_text(texts, t, "--unordered", err) < 0)
            return -1;
    }
    return 0;
}

/* ---- targets ---- */

static bool
is_allowed_host(const struct replay_target *t, const struct option_list *hosts)
{
    for (size_t i = 0; i < hosts->count; i++) {
        struct text_split names = text_split_start(text_of(hosts->items[i]));
        struct text name;

        while (text_split_next(&names, ',', &name))
            if (text_equal_nocase(name, t->host) || text_equal_nocase(name, authority_host(t->host)))
                return true;
    }
    return replay_target_is_local(t);
}

static bool
is_url(struct text t)
{
    return text_starts(t, TEXT("http://")) || text_starts(t, TEXT("https://")) || text_starts(t, TEXT("unix:"));
}

static int
read_target(struct replay_given *g, const struct replay_asked *asked, const char *word, struct error *err)
{
    struct replay_trust trust = { .ca = text_of(asked->ca), .unverified = asked->insecure };
    struct replay_target *t = &g->targets[g->target_count];
    struct text url = text_of(word);
    struct text host;

    if (g->target_count == REPLAY_NAMES)
        return error_set(err, ERROR_USAGE, "--to", "at most %d of them", REPLAY_NAMES);
    if (!is_url(url)) {
        t->name = text_slice(url, 0, text_find(url, '='));
        url = text_from(url, t->name.length + 1);
    }
    if (!is_url(url))
        return error_set(err, ERROR_USAGE, "--to",
                         "'%s' is neither a URL (http://HOST:PORT, https://HOST, unix:/PATH) nor SERVICE=URL", word);
    /* a name is looked up only when its host is allowed */
    if (replay_target_read(t, url, NULL, g->arena, err) < 0)
        return -1;
    host = authority_host(t->host);
    if (!is_allowed_host(t, &asked->hosts))
        return error_set(err, ERROR_USAGE, "--to", "'%.*s' is another machine: --allow-host %.*s allows it",
                         TEXT_PRINT(url), TEXT_PRINT(host));
    g->target_count++;
    return asked->dry_run ? 0 : replay_target_read(t, url, &trust, g->arena, err);
}

static int
read_targets(struct replay_given *g, const struct replay_asked *asked, struct error *err)
{
    if (asked->to.count == 0)
        return error_set(err, ERROR_USAGE, "--to",
                         "a replay sends requests: say where to, --to http://127.0.0.1:8080, or SERVICE=URL for each");
    for (size_t i = 0; i < asked->to.count; i++)
        if (read_target(g, asked, asked->to.items[i], err) < 0)
            return -1;
    return 0;
}

/* ---- all of it ---- */

static int
read_secrets(struct replay_given *g, const struct replay_asked *asked, const struct ruleset *ruleset, struct error *err)
{
    for (size_t i = 0; i < asked->tokens.count; i++) {
        if (g->secret_count == REPLAY_NAMES)
            return error_set(err, ERROR_USAGE, "--token", "at most %d of them", REPLAY_NAMES);
        if (replay_secret_read(&g->secrets[g->secret_count], asked->tokens.items[i], ruleset, g->arena, err) < 0)
            return -1;
        g->secret_count++;
    }
    return 0;
}

int
replay_given_read(struct replay_given *g, const struct replay_asked *asked, const struct ruleset *ruleset,
                  struct error *err)
{
    memset(g, 0, sizeof *g);
    g->arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    if (g->arena == NULL)
        return error_memory(err);
    return read_pace(g, asked, err) < 0 || read_words(&g->methods, &asked->methods, "--allow-method", err) < 0 ||
                   read_words(&g->headers, &asked->headers, "--header", err) < 0 ||
                   read_pointers(&g->unordered, &asked->unordered, err) < 0 ||
                   read_secrets(g, asked, ruleset, err) < 0 || read_targets(g, asked, err) < 0
               ? -1
               : 0;
}

void
replay_given_end(struct replay_given *g)
{
    for (uint32_t i = 0; i < g->target_count; i++)
        replay_target_drop(&g->targets[i]);
    arena_free(g->arena);
}
