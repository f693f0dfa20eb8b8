#include "report/annotation.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/limits.h"
#include "report/flow_report_internal.h"

struct texts {
    struct buffer title, message;
};

static void
texts_init(struct texts *t)
{
    buffer_init(&t->title, LIMIT_MIB);
    buffer_init(&t->message, LIMIT_MIB);
}

/* False: one of them failed. */
static bool
texts_release(struct texts *t)
{
    bool fine = !buffer_failed(&t->title) && !buffer_failed(&t->message);

    buffer_release(&t->title);
    buffer_release(&t->message);
    return fine;
}

/* ---- findings ---- */

static void
add_sentence(struct buffer *out, const char *between, const char *label, struct text what)
{
    if (what.length > 0)
        buffer_print(out, "%s%s%.*s", buffer_text(out).length > 0 ? between : "", label, TEXT_PRINT(what));
}

static void
write_finding(struct texts *t, const struct finding *f)
{
    buffer_clear(&t->title);
    buffer_print(&t->title, "%s %.*s", side_name(f->side), TEXT_PRINT(f->rule));
    add_sentence(&t->title, " ", "", f->service);
    add_sentence(&t->title, " ", "", f->operation);
    buffer_clear(&t->message);
    add_sentence(&t->message, "", "", f->instance);
    add_sentence(&t->message, ": ", "", f->message);
    add_sentence(&t->message, "; ", "expected ", f->expected);
    add_sentence(&t->message, f->expected.length > 0 ? ", " : "; ", "found ", f->found);
    if (f->count > 1)
        buffer_print(&t->message, " (%" PRIu64 " times)", f->count);
    add_sentence(&t->message, ", ", "seen at ", f->seen_at);
}

bool
annotations_of_findings(struct finding_list *findings, annotation_fn *each, void *arg)
{
    struct texts t;

    texts_init(&t);
    for (uint32_t i = 0; i < finding_list_count(findings); i++) {
        const struct finding *f = finding_list_at(findings, i);

        write_finding(&t, f);
        each(arg, &(struct annotation){ .rule = f->rule,
                                        .about = f->message,
                                        .level = f->level,
                                        .title = buffer_text(&t.title),
                                        .message = buffer_text(&t.message),
                                        .file = f->file,
                                        .line = f->line,
                                        .column = f->column,
                                        .fingerprint = text_of(f->fingerprint),
                                        .finding = f,
                                        .count = f->count });
    }
    return texts_release(&t);
}

/* ---- flows ---- */

/* Equal wherever the same step fails for the same reason. */
static void
fingerprint_of(const struct flow_report *r, const struct workflow *w, const struct step *s, enum flow_failure failure,
               char out[FINDING_FINGERPRINT_BYTES + 1])
{
    struct finding f = { .rule = text_of(flow_failure_name(failure)),
                         .service = r->flow->title,
                         .operation = w->id,
                         .instance = s != NULL ? s->id : text_make(NULL, 0) };

    finding_fingerprint(&f, out);
}

/* Did one that began before fail there, too, for the same reason? */
static bool
told_before(const struct flow_report *r, const struct told_run *run)
{
    for (const struct told_run *other = r->runs; other != run; other = other->next)
        if (other->failure == run->failure && other->failed_at == run->failed_at && other->workflow == run->workflow)
            return true;
    return false;
}

static uint64_t
runs_like(const struct told_run *run)
{
    uint64_t count = 0;

    for (const struct told_run *other = run; other != NULL; other = other->next)
        count +=
            other->failure == run->failure && other->failed_at == run->failed_at && other->workflow == run->workflow;
    return count;
}

static void
annotate_run(struct texts *t, const struct flow_report *r, const struct told_run *run, annotation_fn *each, void *arg)
{
    const struct step *s = run->failed_at;
    const struct flow_place *place = s != NULL ? &s->place : &run->workflow->place;
    char fingerprint[FINDING_FINGERPRINT_BYTES + 1];
    uint32_t line = 0, column = 0;
    uint64_t count = runs_like(run);

    fingerprint_of(r, run->workflow, s, run->failure, fingerprint);
    buffer_clear(&t->title);
    buffer_print(&t->title, "%.*s", TEXT_PRINT(run->workflow->id));
    if (s != NULL)
        buffer_print(&t->title, " %.*s", TEXT_PRINT(s->id));
    buffer_print(&t->title, " failed: %s", flow_failure_name(run->failure));
    buffer_clear(&t->message);
    buffer_add(&t->message, run->why.length > 0 ? run->why : text_of(flow_failure_name(run->failure)));
    if (count > 1)
        buffer_print(&t->message, " (%" PRIu64 " runs)", count);
    if (place->document != NULL && place->value != NULL)
        document_position(place->document, place->value->place, &line, &column);
    each(arg, &(struct annotation){ .rule = text_of(flow_failure_name(run->failure)),
                                    .level = LEVEL_ERROR,
                                    .title = buffer_text(&t->title),
                                    .message = buffer_text(&t->message),
                                    .file = place->document != NULL ? text_of(place->document->name) : r->flow->file,
                                    .line = line,
                                    .column = column,
                                    .fingerprint = text_of(fingerprint),
                                    .count = count });
}

bool
annotations_of_flow(struct flow_report *r, annotation_fn *each, void *arg)
{
    struct texts t;

    texts_init(&t);
    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        if (run->ended && run->failure != FLOW_FINE && !told_before(r, run))
            annotate_run(&t, r, run, each, arg);
    return texts_release(&t) && annotations_of_findings(r->findings, each, arg);
}
