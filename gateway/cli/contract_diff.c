/* contract_diff.c -- plumbline contract diff OLD NEW: what changed between two contracts, and who breaks. */
#include "cli/contract_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/contract_revision.h"
#include "drift/compare.h"
#include "json/pointer.h"
#include "report/report.h"
#include "schema/format.h"

struct diff {
    struct contract *contracts[2]; /* old, new */
    struct compare *compare;
    struct finding_list *findings;
    struct arena *arena;
    const char *text_file; /* --report text=FILE */
    bool wants_text;
    struct option_list others; /* --report options that are not text */
    struct report_plan plan;
    struct text today;
    enum level fail_on;
};

static const char *
level_word(enum level level)
{
    return level == LEVEL_ERROR ? "ERR" : level == LEVEL_WARN ? "WARN" : "INFO";
}

/* ---- changes as findings ---- */

static struct text
where(struct diff *d, struct compare_place at)
{
    return at.value != NULL ? document_where(at.document, at.value, d->arena) : TEXT("");
}

static struct text
message_of(struct diff *d, const struct compare_change *change)
{
    const char *what = change_what(change->id), *who = change_who(change->id, change->as);

    if (change->operations > 1)
        return arena_print(d->arena, "%s: %s (in %u operations)", what, who, change->operations);
    return arena_print(d->arena, "%s: %s", what, who);
}

/* `contract` is the place in the new document, where it can be put right; "seen at" the one in the old document. */
static int
add_finding(struct diff *d, const struct compare_change *change)
{
    struct compare_place at = change->places[change->places[1].value != NULL];
    struct finding f = {
        .rule = text_of(change_name(change->id)),
        .level = change->level,
        .service = contract_name(d->contracts[1]),
        .operation = change->operation,
        .side = change->side,
        .instance = change->instance,
        .message = message_of(d, change),
        .expected = change->values[0],
        .found = change->values[1],
        .count = change->operations,
        .seen_at = where(d, change->places[0]),
    };

    /* so that two values, two schemes at one place are two findings */
    f.keyword = arena_print(d->arena, "%.*s > %.*s", TEXT_PRINT(f.expected), TEXT_PRINT(f.found));
    if (at.value != NULL) {
        f.file = text_of(at.document->name);
        f.pointer = pointer_to(at.document->root, at.value, d->arena);
        document_position(at.document, at.value->place, &f.line, &f.column);
    }
    return finding_list_add_one(d->findings, &f);
}

static int
add_findings(struct diff *d, struct error *err)
{
    for (uint32_t i = 0; i < compare_count(d->compare); i++)
        if (add_finding(d, compare_at(d->compare, i)) < 0)
            return error_memory(err);
    return 0;
}

/* ---- text ---- */

static void
print_place(struct buffer *out, const char *label, struct text place, struct text value)
{
    if (place.length == 0 && value.length == 0)
        return;
    buffer_print(out, "  %s  %.*s", label, TEXT_PRINT(place));
    if (value.length > 0)
        buffer_print(out, "  %.*s", TEXT_PRINT(value));
    buffer_byte(out, '\n');
}

static void
print_finding(struct buffer *out, struct diff *d, const struct finding *f)
{
    buffer_print(out, "%-4s %s %.*s", level_word(f->level), side_name(f->side), TEXT_PRINT(f->rule));
    if (f->operation.length > 0)
        buffer_print(out, "  %.*s", TEXT_PRINT(f->operation));
    if (f->instance.length > 0)
        buffer_print(out, "  %.*s", TEXT_PRINT(f->instance));
    buffer_print(out, "\n  %.*s\n", TEXT_PRINT(f->message));
    print_place(out, "old", f->seen_at, f->expected);
    print_place(out, "new", arena_print(d->arena, "%.*s:%u:%u", TEXT_PRINT(f->file), f->line, f->column), f->found);
    buffer_byte(out, '\n');
}

static void
print_all(struct buffer *out, struct diff *d, const struct report_summary *s)
{
    for (uint32_t i = 0; i < finding_list_count(d->findings); i++)
        print_finding(out, d, finding_list_at(d->findings, i));
    if (s->errors + s->warnings + s->infos == 0) {
        buffer_print(out, "%" PRIu64 " operation%s, nothing changed for those who use %s\n", s->exchanges,
                     s->exchanges == 1 ? "" : "s", s->exchanges == 1 ? "it" : "them");
        return;
    }
    buffer_print(
        out, "%" PRIu64 " operation%s: %" PRIu64 " ERR (breaking), %" PRIu64 " WARN (may break), %" PRIu64 " INFO\n",
        s->exchanges, s->exchanges == 1 ? "" : "s", s->errors, s->warnings, s->infos);
}

static int
write_text(struct diff *d, const struct report_summary *s, struct error *err)
{
    const struct report_target target = { .file = d->text_file };
    struct buffer out;
    int result = 0;

    buffer_init(&out, LIMIT_FILE_BYTES);
    print_all(&out, d, s);
    if (d->wants_text)
        (void)fwrite(buffer_text(&out).data, 1, buffer_length(&out), stdout);
    if (d->text_file != NULL)
        result = report_deliver(&target, &out, err);
    buffer_release(&out);
    return result;
}

/* ---- the command ---- */

/* Text is written here, with the places of both contracts; the other formats by report/. */
static int
read_reports(struct diff *d, const struct option_list *reports, struct error *err)
{
    struct report_plan all;

    if (report_plan_read(&all, reports->items, reports->count, err) < 0)
        return -1;
    d->wants_text = reports->count == 0;
    for (size_t i = 0; i < reports->count; i++) {
        if (strcmp(reports->items[i], "text") == 0)
            d->wants_text = true;
        else if (strncmp(reports->items[i], "text=", 5) == 0)
            d->text_file = reports->items[i] + 5;
        else
            d->others.items[d->others.count++] = reports->items[i];
    }
    return d->others.count > 0 ? report_plan_read(&d->plan, d->others.items, d->others.count, err) : 0;
}

static int
compare(struct diff *d, const char *const names[2], const char *ref_root, struct error *err)
{
    const struct compare_options options = { .today = d->today };
    const struct contract_options loading = { .ref_root = ref_root };
    struct report_summary summary = { .command = "contract diff", .unit = "operations" };

    for (int i = 0; i < 2; i++)
        if ((d->contracts[i] = contract_revision_load(names[i], &loading, err)) == NULL)
            return -1;
    if ((d->compare = compare_contracts(d->contracts[0], d->contracts[1], &options, err)) == NULL)
        return -1;
    if ((d->arena = arena_new(0, LIMIT_CONTRACT_BYTES)) == NULL || (d->findings = finding_list_new()) == NULL)
        return error_memory(err);
    if (add_findings(d, err) < 0)
        return -1;
    summary.exchanges = compare_operations(d->compare);
    report_count(&summary, d->findings);
    if (write_text(d, &summary, err) < 0)
        return -1;
    return d->others.count > 0 ? report_write(&d->plan, &summary, d->findings, err) : 0;
}

static enum level
level_of(const char *word)
{
    if (strcmp(word, "ERR") == 0)
        return LEVEL_ERROR;
    if (strcmp(word, "WARN") == 0)
        return LEVEL_WARN;
    return strcmp(word, "INFO") == 0 ? LEVEL_INFO : report_level(word);
}

static int
read_today(struct diff *d, const char *today, struct error *err)
{
    static char day[11];

    if (today == NULL) {
        (void)memcpy(day, time_text_rfc3339(clock_wall(), 0).data, sizeof day - 1);
        today = day;
    }
    d->today = text_of(today);
    if (!format_check_text(format_find(TEXT("date"), true), d->today))
        return error_set(err, ERROR_USAGE, "--today", "'%s' is no date, such as 2027-01-31", today);
    return 0;
}

static void
release(struct diff *d)
{
    compare_free(d->compare);
    contract_free(d->contracts[0]);
    contract_free(d->contracts[1]);
    finding_list_free(d->findings);
    arena_free(d->arena);
}

int
contract_diff(int argc, char **argv)
{
    const char *ref_root = NULL, *fail_on = "ERR", *today = NULL;
    struct option_list reports = { 0 }, names = { 0 };
    const struct option table[] = {
        { "--fail-on", 0, OPTION_CHOICE, "LEVEL", "ERR|WARN|INFO|error|warn|info",
          "exit 1 from this level on: ERR, WARN or INFO (ERR)", &fail_on },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS ", may be repeated (text)", &reports },
        { "--today", 0, OPTION_TEXT, "DATE", NULL, "the day on which operations go after their x-sunset (today)",
          &today },
        { "--ref-root", 0, OPTION_TEXT, "DIR", NULL, "$ref may reach files below this folder (the contract's own)",
          &ref_root },
        { 0 },
    };
    const struct usage usage = {
        .name = "contract diff",
        .summary = "Say what changed between two versions of a contract, and who breaks.",
        .arguments = "OLD NEW",
        .example = "plumbline contract diff main:contracts/erp.openapi.json contracts/erp.openapi.json",
        .options = table,
        .least = 2,
        .most = 2,
        .more = "OLD and NEW are files, http(s) URLs, or REVISION:PATH of the git repository around.\n"
                "Exit: 0 nothing breaks, 1 something does, 2 a contract cannot be used, 3 environment.",
    };
    struct diff d = { 0 };
    struct error err = { 0 };
    int code;

    if (!options_read(&usage, argc, argv, &names, &code))
        return code;
    d.fail_on = level_of(fail_on);
    if (read_reports(&d, &reports, &err) < 0 || read_today(&d, today, &err) < 0 ||
        compare(&d, names.items, ref_root, &err) < 0)
        code = command_fail("contract diff", &err);
    else
        code = report_fails(d.findings, d.fail_on) ? EXIT_FINDINGS : EXIT_FINE;
    release(&d);
    return code;
}
