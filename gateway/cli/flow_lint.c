/* flow_lint.c -- plumbline flow lint: everything that can be known of a flow before a request is sent. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/flow_commands.h"
#include "flow/arazzo.h"
#include "report/report.h"

#define DEFECTS_MOST 1000 /* told of one file */

struct defect {
    enum level level;
    struct text file;
    uint32_t line, column; /* 0: the file as a whole */
    struct text what;
};

struct linting {
    struct finding_list *findings;
    struct buffer text;  /* the text report: line by line, with places in front */
    struct arena *arena; /* of the defects of one file */
    struct defect defects[DEFECTS_MOST];
    size_t count;
    struct text file;
    uint64_t errors, warnings; /* of one file */
    uint64_t failing;          /* of all files, of at least fail_on */
    enum level fail_on;
    struct report_plan plan;
    bool others; /* there are reports that are not text */
};

/* Kept until the whole file is read: they are found in the order of the work, and told in that of the document. */
static void
on_defect(void *arg, const struct flow_defect *d)
{
    struct linting *l = arg;
    struct defect *copy = l->count < DEFECTS_MOST ? &l->defects[l->count++] : NULL;

    l->errors += d->level == LEVEL_ERROR;
    l->warnings += d->level == LEVEL_WARN;
    l->failing += d->level >= l->fail_on;
    if (copy == NULL)
        return;
    *copy = (struct defect){ .level = d->level, .file = l->file };
    copy->what = arena_text(l->arena, d->what);
    if (d->place.document == NULL || d->place.value == NULL)
        return;
    copy->file = arena_text(l->arena, text_of(d->place.document->name));
    document_position(d->place.document, d->place.value->place, &copy->line, &copy->column);
}

/* The document before the files that it names. */
static int
by_place(const void *a, const void *b)
{
    const struct defect *left = a, *right = b;
    int files = text_compare(left->file, right->file);

    if (files != 0)
        return files;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->column < right->column ? -1 : left->column > right->column;
}

static void
tell_defect(struct linting *l, const struct defect *d)
{
    const struct finding finding = {
        .rule = TEXT("flow-defect"),
        .level = d->level,
        .service = l->file,
        .keyword = d->what, /* so that two defects at one place are two findings */
        .message = d->what,
        .file = d->file,
        .line = d->line,
        .column = d->column,
        .count = 1,
    };

    buffer_add(&l->text, d->file);
    if (d->line > 0)
        buffer_print(&l->text, ":%u:%u", d->line, d->column);
    buffer_print(&l->text, ": %s: %.*s\n", d->level == LEVEL_WARN ? "warning" : level_name(d->level),
                 TEXT_PRINT(d->what));
    (void)finding_list_add_one(l->findings, &finding);
}

static void
tell_defects(struct linting *l)
{
    qsort(l->defects, l->count, sizeof l->defects[0], by_place);
    for (size_t i = 0; i < l->count; i++)
        tell_defect(l, &l->defects[i]);
    if (l->errors + l->warnings > l->count)
        buffer_print(&l->text, "%.*s: the first %d are listed\n", TEXT_PRINT(l->file), DEFECTS_MOST);
}

static const char *
plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void
sum_up(struct linting *l, const struct flow *flow)
{
    uint32_t steps = 0;

    buffer_print(&l->text, "%.*s: ", TEXT_PRINT(l->file));
    if (flow != NULL) {
        for (uint32_t i = 0; i < flow->workflow_count; i++)
            steps += flow->workflows[i].step_count;
        buffer_print(&l->text, "Arazzo %.*s, %u workflow%s, %u step%s, ", TEXT_PRINT(flow->arazzo),
                     flow->workflow_count, plural(flow->workflow_count), steps, plural(steps));
    }
    if (l->errors + l->warnings == 0)
        buffer_add(&l->text, TEXT("nothing found\n"));
    else
        buffer_print(&l->text, "%llu error%s, %llu warning%s\n", (unsigned long long)l->errors, plural(l->errors),
                     (unsigned long long)l->warnings, plural(l->warnings));
}

/* The exit code for one file: what is wrong with it is a finding; one that is not there is none. */
static int
lint_file(struct linting *l, const char *path, const char *const *sources)
{
    const struct flow_options options = { .defect = on_defect, .arg = l, .files = sources };
    struct error err = { .kind = ERROR_NONE };
    struct flow *flow;

    l->file = text_of(path);
    l->errors = l->warnings = 0;
    l->count = 0;
    arena_reset(l->arena);
    flow = flow_load(path, &options, &err);
    if (flow == NULL && l->errors == 0)
        return command_fail("flow lint", &err);
    tell_defects(l);
    sum_up(l, flow);
    flow_free(flow);
    return EXIT_FINE;
}

/* Text is written here, the other formats by report/. */
static int
write_text(const struct linting *l, const char *file, struct error *err)
{
    struct text t = buffer_text(&l->text);
    FILE *out = file != NULL ? fopen(file, "w") : stdout;
    bool broken;

    if (out == NULL)
        return error_system(err, errno, file, "cannot be written");
    broken = t.length > 0 && fwrite(t.data, 1, t.length, out) != t.length;
    if (file != NULL)
        broken = fclose(out) != 0 || broken;
    return broken ? error_system(err, errno, file != NULL ? file : "standard output", "cannot be written") : 0;
}

static int
write_reports(struct linting *l, const struct option_list *reports, uint64_t files, struct error *err)
{
    struct report_summary summary = { .command = "flow lint", .exchanges = files, .unit = "files" };

    if (reports->count == 0 && write_text(l, NULL, err) < 0)
        return -1;
    for (size_t i = 0; i < reports->count; i++) {
        const char *asked = reports->items[i];

        if (strcmp(asked, "text") == 0 && write_text(l, NULL, err) < 0)
            return -1;
        if (strncmp(asked, "text=", 5) == 0 && write_text(l, asked + 5, err) < 0)
            return -1;
    }
    if (!l->others)
        return 0;
    report_count(&summary, l->findings);
    return report_write(&l->plan, &summary, l->findings, err);
}

static int
read_reports(struct linting *l, const struct option_list *reports, struct error *err)
{
    struct option_list others = { .count = 0 };

    if (report_plan_read(&l->plan, reports->items, reports->count, err) < 0)
        return -1;
    for (size_t i = 0; i < reports->count; i++)
        if (strcmp(reports->items[i], "text") != 0 && strncmp(reports->items[i], "text=", 5) != 0)
            others.items[others.count++] = reports->items[i];
    l->others = others.count > 0;
    return l->others ? report_plan_read(&l->plan, others.items, others.count, err) : 0;
}

static int
run(struct linting *l, const struct option_list *files, struct option_list *sources, const struct option_list *reports)
{
    struct error err = { .kind = ERROR_NONE };
    int code = EXIT_FINE;

    buffer_init(&l->text, LIMIT_FILE_BYTES);
    sources->items[sources->count] = NULL;
    l->findings = finding_list_new();
    l->arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    if (l->findings == NULL || l->arena == NULL)
        error_memory(&err);
    else if (read_reports(l, reports, &err) == 0) {
        for (size_t i = 0; i < files->count; i++) {
            int one = lint_file(l, files->items[i], sources->items);

            code = one > code ? one : code;
        }
        (void)write_reports(l, reports, files->count, &err);
    }
    finding_list_free(l->findings);
    arena_free(l->arena);
    buffer_release(&l->text);
    if (err.kind != ERROR_NONE)
        return command_fail("flow lint", &err);
    return code == EXIT_FINE && l->failing > 0 ? EXIT_FINDINGS : code;
}

int
flow_lint(int argc, char **argv)
{
    static struct linting l; /* its list is large for a stack */
    struct option_list files, reports = { .count = 0 }, sources = { .count = 0 };
    const char *fail_on = NULL;
    int code;
    const struct option options[] = {
        { "--source", 0, OPTION_LIST, "NAME=FILE", NULL, "a file instead of a source description's URL", &sources },
        { "--fail-on", 0, OPTION_CHOICE, "LEVEL", "error|warn|info",
          "exit 1 from this level on: error, warn or info (error)", &fail_on },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, "to standard output or a file; may be repeated (text)",
          &reports },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "flow lint",
        .summary = "Say what is wrong with Arazzo documents, and where, before anything is sent.",
        .arguments = "FILE... [--source NAME=FILE]... [--fail-on LEVEL] [--report FORMAT[=FILE]]...",
        .example = "plumbline flow lint rules/flows/*.arazzo.yaml",
        .options = options,
        .least = 1,
        .most = OPTION_LIST_MAX,
        .more =
            "Operations, parameters, expressions, criteria and gotos are looked up in the contracts that it names.\n"
            "Exit: 0 fine, 1 findings, 2 a file that is not what it should be, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    if (sources.count == OPTION_LIST_MAX)
        sources.count--;
    l.fail_on = report_level(fail_on);
    return run(&l, &files, &sources, &reports);
}
