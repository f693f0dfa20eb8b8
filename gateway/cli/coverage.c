#include "cli/coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* "enum values" is enum-values on a command line. */
static bool
is_kind(struct text word, enum tally_kind kind)
{
    const char *name = tally_name(kind);

    if (strlen(name) != word.length)
        return false;
    for (size_t i = 0; i < word.length; i++)
        if (word.data[i] != (name[i] == ' ' ? '-' : name[i]))
            return false;
    return true;
}

static int
read_part(struct coverage_least *least, struct text part, struct error *err)
{
    size_t equals = text_find(part, '=');
    struct text word = equals < part.length ? text_slice(part, 0, equals) : TEXT("operations");
    struct text number = equals < part.length ? text_from(part, equals + 1) : part;
    uint64_t percent;
    int kind = 0;

    if (text_ends(number, TEXT("%")))
        number.length--;
    while (kind < TALLY_KINDS && !is_kind(word, (enum tally_kind)kind))
        kind++;
    if (kind == TALLY_KINDS)
        return error_set(err, ERROR_USAGE, "--min-coverage",
                         "'%.*s' is not counted; there are operations, answers, parameters, members, enum-values and "
                         "branches",
                         TEXT_PRINT(word));
    if (!text_to_u64(number, &percent) || percent > 100)
        return error_set(err, ERROR_USAGE, "--min-coverage", "wants a percentage from 0 to 100, not '%.*s'",
                         TEXT_PRINT(number));
    least->percent[kind] = (int)percent;
    return 0;
}

int
coverage_read(struct coverage_least *least, const char *text, struct error *err)
{
    struct text rest = text_of(text != NULL ? text : "");

    for (int i = 0; i < TALLY_KINDS; i++)
        least->percent[i] = -1;
    while (text != NULL) {
        size_t comma = text_find(rest, ',');

        if (read_part(least, text_trim(text_slice(rest, 0, comma)), err) < 0)
            return -1;
        if (comma == rest.length)
            return 0;
        rest = text_from(rest, comma + 1);
    }
    return 0;
}

/* ---- counting ---- */

struct counting {
    struct report_summary *summary;
    struct report_operation *seen;
};

static void
count_item(void *arg, const struct tally_item *item)
{
    struct counting *c = arg;
    struct tally_total *total = &c->summary->coverage[item->kind];

    total->documented++;
    total->seen += item->seen > 0;
    if (item->kind == TALLY_OPERATION && item->seen > 0)
        c->seen[c->summary->seen_count++] =
            (struct report_operation){ item->service->settings->name, operation_id(item->operation), item->seen };
}

int
coverage_count(const struct tally *t, struct report_summary *summary, struct report_operation **seen)
{
    struct counting c = { .summary = summary };
    struct tally_total before[TALLY_KINDS];

    if (tally_totals(t, before) < 0)
        return -1;
    c.seen = *seen = calloc((size_t)before[TALLY_OPERATION].documented + 1, sizeof c.seen[0]);
    if (c.seen == NULL || tally_each(t, count_item, &c) < 0)
        return -1;
    summary->operations = (uint32_t)summary->coverage[TALLY_OPERATION].documented;
    summary->operations_seen = (uint32_t)summary->coverage[TALLY_OPERATION].seen;
    summary->seen = c.seen;
    summary->tally = t;
    return 0;
}

bool
coverage_suffices(const struct coverage_least *least, const struct report_summary *summary)
{
    bool enough = true;

    for (int i = 0; i < TALLY_KINDS; i++) {
        const struct tally_total *total = &summary->coverage[i];

        if (least->percent[i] < 0 || total->seen * 100 >= (uint64_t)least->percent[i] * total->documented)
            continue;
        fprintf(stderr, "plumbline check: %" PRIu64 " of %" PRIu64 " %s were seen, which is less than %d percent\n",
                total->seen, total->documented, tally_name((enum tally_kind)i), least->percent[i]);
        enough = false;
    }
    return enough;
}
