/* fault_explain.c -- in words: when a rule acts, and why it did or did not on an exchange. */
#include "rules/fault_internal.h"

#include "base/time_text.h"

/* ---- when, in one line ---- */

static void
add_list(struct buffer *out, const char *word, const struct text *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buffer_print(out, "%s%.*s", i > 0 ? " or " : word, TEXT_PRINT(list[i]));
}

static void
add_operations(struct buffer *out, const struct fault_when *w)
{
    struct text before = { NULL, 0 };

    for (uint32_t i = 0; i < w->service_count; i++)
        buffer_print(out, "%s%.*s", i > 0 ? " or " : "", TEXT_PRINT(w->services[i]->settings->name));
    for (uint32_t i = 0; i < w->operation_count; i++) {
        struct text name = operation_id(w->operations[i]);

        if (!text_equal(name, before)) /* several services may have it */
            buffer_print(out, "%s%.*s", i > 0 ? " or " : w->service_count > 0 ? " " : "", TEXT_PRINT(name));
        before = name;
    }
}

static void
add_header(struct buffer *out, const struct fault_header *h)
{
    static const char *const words[] = { [HEADER_IS_THERE] = "",
                                         [HEADER_IS_ABSENT] = " is not there",
                                         [HEADER_IS_EQUAL] = "=",
                                         [HEADER_MATCHES] = " matches " };

    buffer_print(out, "%.*s%s%.*s", TEXT_PRINT(h->name), words[h->test],
                 TEXT_PRINT(h->test >= HEADER_IS_EQUAL ? h->value : TEXT("")));
}

static struct text
moment(const struct fault_when *w, int64_t ns, struct arena *arena)
{
    struct text t;

    if (w->daily)
        return arena_print(arena, "%02d:%02d", (int)(ns / INT64_C(3600000000000)),
                           (int)(ns / INT64_C(60000000000) % 60));
    t = time_text_rfc3339(ns, 0);
    return arena_text(arena, t);
}

static void
add_times(struct buffer *out, const struct fault_when *w, struct arena *arena)
{
    if (w->windowed && w->from != INT64_MIN)
        buffer_print(out, "; from %.*s", TEXT_PRINT(moment(w, w->from, arena)));
    if (w->windowed && w->to != INT64_MAX)
        buffer_print(out, "%s to %.*s", w->from != INT64_MIN ? "" : ";", TEXT_PRINT(moment(w, w->to, arena)));
    if (w->burst_every > 0 && w->burst_for > 0)
        buffer_print(out, "; the first %gs of every %gs", (double)w->burst_for / 1e9, (double)w->burst_every / 1e9);
    else if (w->burst_every > 0)
        buffer_print(out, "; the first %llu in every %gs", (unsigned long long)w->burst_first,
                     (double)w->burst_every / 1e9);
}

static void
add_counts(struct buffer *out, const struct fault_when *w)
{
    if (w->skip > 0)
        buffer_print(out, "; after %llu", (unsigned long long)w->skip);
    if (w->first > 0)
        buffer_print(out, "; the first %llu", (unsigned long long)w->first);
    if (w->every > 0)
        buffer_print(out, "; 1 of every %llu", (unsigned long long)w->every);
    if (w->shared)
        buffer_print(out, "; %g %%", w->percent);
    if (w->per_text.length > 0)
        buffer_print(out, " per %.*s", TEXT_PRINT(w->per_text));
}

struct text
fault_when_text(const struct faults *f, const struct fault_rule *rule, struct arena *arena)
{
    const struct fault_when *w = &fault_full(rule)->when;
    struct buffer out;
    struct text text;

    (void)f;
    buffer_init(&out, 16 * LIMIT_KIB);
    add_operations(&out, w);
    add_list(&out, "; ", w->methods, w->method_count);
    add_list(&out, "; ", w->paths, w->path_count);
    for (uint32_t i = 0; i < w->header_count; i++) {
        buffer_print(&out, "; ");
        add_header(&out, &w->headers[i]);
    }
    for (uint32_t i = 0; i < w->status_count; i++)
        buffer_print(&out, w->statuses[i].from == w->statuses[i].to ? "%s%u" : "%s%uXX", i > 0 ? " or " : "; status ",
                     w->statuses[i].from == w->statuses[i].to ? w->statuses[i].from : w->statuses[i].from / 100u);
    if (w->where.source.length > 0)
        buffer_print(&out, "; where %.*s", TEXT_PRINT(w->where.source));
    add_times(&out, w, arena);
    add_counts(&out, w);
    if (rule->side != fault_effect_side(rule->effect))
        buffer_print(&out, "; on the %s", rule->side == SIDE_REQUEST ? "request" : "response");
    text = buffer_text(&out);
    if (text_starts(text, TEXT("; ")))
        text = text_from(text, 2);
    text = arena_text(arena, text_trim(text));
    buffer_release(&out);
    return text;
}

/* ---- why ---- */

static struct text
of_entity(const struct fault_full *full, const struct fault_considered *c, struct arena *arena)
{
    return full->when.per_text.length > 0
               ? arena_print(arena, " of %.*s %.*s", TEXT_PRINT(full->when.per_text), TEXT_PRINT(c->key))
               : TEXT("");
}

static struct text
header_text(const struct fault_considered *c, struct arena *arena)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, 4 * LIMIT_KIB);
    buffer_print(&out, "the request has no header ");
    add_header(&out, c->header);
    text =
        arena_text(arena, c->header->test == HEADER_IS_ABSENT ? TEXT("the request has the header that must be absent")
                                                              : buffer_text(&out));
    buffer_release(&out);
    return text;
}

static struct text
fires_text(const struct fault_full *full, const struct fault_considered *c, struct arena *arena)
{
    struct text of = of_entity(full, c, arena);

    if (c->ordinal == 0)
        return TEXT("all of `when` holds");
    if (full->when.shared)
        return arena_print(arena, "all of `when` holds; it is number %llu%.*s, and drew %.1f, below %g %%",
                           (unsigned long long)c->ordinal, TEXT_PRINT(of), c->roll, full->when.percent);
    return arena_print(arena, "all of `when` holds; it is number %llu%.*s", (unsigned long long)c->ordinal,
                       TEXT_PRINT(of));
}

static struct text
ordinal_text(const struct fault_full *full, const struct fault_considered *c, struct arena *arena)
{
    const struct fault_when *w = &full->when;
    struct text of = of_entity(full, c, arena);
    unsigned long long n = (unsigned long long)c->ordinal;

    if (c->reason == FAULT_SKIPPED)
        return arena_print(arena, "it is number %llu%.*s, and the first %llu are skipped", n, TEXT_PRINT(of),
                           (unsigned long long)w->skip);
    if (c->reason == FAULT_PAST_FIRST)
        return arena_print(arena, "it is number %llu%.*s, behind the first %llu", n, TEXT_PRINT(of),
                           (unsigned long long)w->skip + (unsigned long long)w->first);
    if (c->reason == FAULT_CHANCE)
        return arena_print(arena, "it is number %llu%.*s, and drew %.1f, not below %g %%", n, TEXT_PRINT(of), c->roll,
                           w->percent);
    return arena_print(arena, "it is number %llu%.*s, and only 1 of every %llu counts", n, TEXT_PRINT(of),
                       (unsigned long long)w->every);
}

static struct text
why_text(const struct fault_full *full, const struct fault_considered *c, struct arena *arena)
{
    switch (c->reason) {
    case FAULT_FIRES:
        return fires_text(full, c, arena);
    case FAULT_IS_OFF:
        return TEXT("it is switched off (enabled: false)");
    case FAULT_SERVICE:
        return TEXT("it is about another service");
    case FAULT_OPERATION:
        return TEXT("it is about another operation");
    case FAULT_METHOD:
        return TEXT("it is about another method");
    case FAULT_PATH:
        return TEXT("it is about another path");
    case FAULT_HEADER:
        return header_text(c, arena);
    case FAULT_STATUS_OTHER:
        return TEXT("the answer has another status");
    case FAULT_WINDOW:
        return TEXT("it began outside of the time window");
    case FAULT_BURST:
        return TEXT("it began between two bursts");
    case FAULT_WHERE:
        return arena_print(arena, "where is false: %.*s", TEXT_PRINT(full->when.where.source));
    case FAULT_WHERE_UNKNOWN:
        return arena_print(arena, "where could not be computed: %s",
                           c->why.what[0] != '\0' ? c->why.what : "there is no body to look at");
    case FAULT_NO_KEY:
        return arena_print(arena, "there is nothing at %.*s", TEXT_PRINT(full->when.per_text));
    case FAULT_NOT_COUNTED:
        return TEXT("its number among those of its entity is not known");
    default:
        return ordinal_text(full, c, arena);
    }
}

struct explaining {
    const struct faults *faults;
    fault_explain_fn *explain;
    void *arg;
    struct arena *arena;
    uint32_t next;                /* rule of the file that was not met yet */
    const struct fault_rule *end; /* the one behind which nothing is looked at */
};

static void
on_met(void *arg, const struct fault_full *full, const struct fault_considered *c, const struct fault_rule *instead)
{
    struct explaining *e = arg;
    bool fires = c->reason == FAULT_FIRES && instead == NULL;

    if (instead != NULL)
        e->explain(e->arg, &full->rule, false,
                   arena_print(e->arena, "%.*s does the same already", TEXT_PRINT(instead->name)));
    else
        e->explain(e->arg, &full->rule, fires, why_text(full, c, e->arena));
    if (fires)
        e->end = &full->rule;
    if (full->rule.index < e->faults->count && full == &e->faults->rules[full->rule.index]) /* not one asked for */
        e->next = full->rule.index + 1;
}

void
faults_explain(const struct faults *f, const struct fault_look *look, enum side side, fault_explain_fn *explain,
               void *arg)
{
    struct explaining e = { .faults = f, .explain = explain, .arg = arg, .arena = look->arena };
    struct fault_firing firings[FAULT_MOST];

    (void)fault_walk(f, look, side, firings, on_met, &e);
    for (uint32_t i = e.next; i < fault_count(f); i++)
        if (f->rules[i].rule.side == side && e.end != NULL)
            explain(arg, &f->rules[i].rule, false,
                    arena_print(look->arena, "not looked at: %.*s came before it", TEXT_PRINT(e.end->name)));
}
