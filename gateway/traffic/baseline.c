#include "traffic/baseline.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/time_text.h"
#include "json/write.h"

#define DAY INT64_C(86400000000000)

/* ---- the table ---- */

static uint32_t *
find_slot(const struct baseline *b, struct text fingerprint)
{
    uint64_t slot = hash_stable(fingerprint, 0) & (b->table_size - 1);

    while (b->table[slot] != 0 && !text_equal(b->entries[b->table[slot] - 1].fingerprint, fingerprint))
        slot = (slot + 1) & (b->table_size - 1);
    return &b->table[slot];
}

static struct baseline_entry *
find(const struct baseline *b, struct text fingerprint)
{
    uint32_t number = b != NULL && b->count > 0 ? *find_slot(b, fingerprint) : 0;

    return number > 0 ? &b->entries[number - 1] : NULL;
}

/* ---- reading ---- */

static struct text
member(const struct value *entry, const char *name)
{
    const struct value *v = value_member(entry, text_of(name));

    return v != NULL ? value_text(v) : text_make(NULL, 0);
}

/* The end of the day. False: there is no such day. */
static bool
read_day(struct text day, int64_t *until, struct arena *arena)
{
    struct text midnight = arena_print(arena, "%.*sT00:00:00Z", TEXT_PRINT(day));

    *until = INT64_MAX;
    if (day.length == 0 || text_compare(day, TEXT("2262")) > 0) /* beyond what nanoseconds can tell: for ever */
        return true;
    if (!time_text_read(midnight, until))
        return false;
    *until += DAY;
    return true;
}

static int
read_entry(struct baseline *b, const struct document *d, const struct value *v, struct arena *arena, struct error *err)
{
    struct baseline_entry *e = &b->entries[b->count];
    uint32_t column, *slot;

    *e = (struct baseline_entry){
        .fingerprint = member(v, "fingerprint"),
        .rule = member(v, "rule"),
        .service = member(v, "service"),
        .operation = member(v, "operation"),
        .side = member(v, "side"),
        .instance = member(v, "instance"),
        .keyword = member(v, "keyword"),
        .reason = member(v, "reason"),
        .owner = member(v, "owner"),
        .expires = member(v, "expires"),
    };
    document_position(d, v->place, &e->line, &column);
    if (!read_day(e->expires, &e->until, arena))
        return error_set(err, ERROR_CONFIG, document_where(d, VALUE_MEMBER(v, "expires"), arena).data,
                         "there is no day '%.*s'", TEXT_PRINT(e->expires));
    slot = find_slot(b, e->fingerprint);
    if (*slot != 0)
        return error_set(err, ERROR_CONFIG, document_where(d, v, arena).data,
                         "fingerprint %.*s is in line %u, too; one of them has to go", TEXT_PRINT(e->fingerprint),
                         b->entries[*slot - 1].line);
    *slot = ++b->count;
    return 0;
}

int
baseline_read(struct baseline *b, const struct document *document, struct arena *arena, struct error *err)
{
    const struct value *findings = VALUE_MEMBER(document->root, "findings");
    uint32_t size = 16;

    while (size < findings->count * 2)
        size *= 2;
    *b = (struct baseline){ .file = document->name, .table_size = size };
    b->entries = ARENA_ARRAY(arena, struct baseline_entry, findings->count + 1);
    b->table = ARENA_ARRAY(arena, uint32_t, size);
    if (b->entries == NULL || b->table == NULL)
        return error_memory(err);
    for (VALUE_EACH_ITEM(v, findings))
        if (read_entry(b, document, v, arena, err) < 0)
            return -1;
    return 0;
}

enum baseline_answer
baseline_ask(struct baseline *b, const struct finding *f, int64_t now)
{
    struct baseline_entry *e = find(b, text_of(f->fingerprint));

    if (e == NULL)
        return BASELINE_NEW;
    e->met = true;
    return now < e->until ? BASELINE_ACCEPTED : BASELINE_EXPIRED;
}

/* ---- writing ---- */

static int
in_file_order(const void *a, const void *b)
{
    const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;
    int order;

    if ((order = text_compare(x->service, y->service)) != 0 ||
        (order = text_compare(x->operation, y->operation)) != 0 || (order = text_compare(x->rule, y->rule)) != 0 ||
        (order = text_compare(x->instance, y->instance)) != 0)
        return order;
    return strcmp(x->fingerprint, y->fingerprint);
}

static void
add_text(struct json_writer *w, const char *key, struct text value)
{
    if (value.length == 0)
        return;
    json_key(w, text_of(key));
    json_string(w, value);
}

static void
add_entry(const struct baseline *b, struct buffer *out, const struct finding *f)
{
    const struct baseline_entry *known = find(b, text_of(f->fingerprint));
    struct json_writer w;

    json_begin(&w, out, 0);
    json_object(&w);
    add_text(&w, "fingerprint", text_of(f->fingerprint));
    add_text(&w, "rule", f->rule);
    add_text(&w, "service", f->service);
    add_text(&w, "operation", f->operation);
    add_text(&w, "side", text_of(side_name(f->side)));
    add_text(&w, "instance", f->instance);
    add_text(&w, "keyword", f->keyword);
    if (known != NULL) {
        add_text(&w, "reason", known->reason);
        add_text(&w, "owner", known->owner);
        add_text(&w, "expires", known->expires);
    }
    json_end_object(&w);
}

void
baseline_write(const struct baseline *b, struct finding_list *findings, struct buffer *out)
{
    uint32_t count = finding_list_count(findings);
    const struct finding **sorted = malloc((count + 1) * sizeof sorted[0]);

    if (sorted == NULL) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = finding_list_at(findings, i);
    if (count > 1)
        qsort(sorted, count, sizeof sorted[0], in_file_order);
    buffer_print(out, "{\n  \"baseline\": %d,\n  \"findings\": [", BASELINE_VERSION);
    for (uint32_t i = 0; i < count; i++) {
        buffer_add(out, i > 0 ? TEXT(",\n    ") : TEXT("\n    "));
        add_entry(b, out, sorted[i]);
    }
    buffer_add(out, count > 0 ? TEXT("\n  ]\n}\n") : TEXT("]\n}\n"));
    free(sorted);
}
