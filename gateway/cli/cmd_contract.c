/* cmd_contract.c -- contracts themselves: plumbline contract lint, show; and the pages made from tables. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/contract_commands.h"
#include "cli/contract_diff.h"
#include "cli/contract_url.h"
#include "contract/contract.h"
#include "contract/violation_page.h"
#include "drift/change.h"
#include "proxy/refusal.h"
#include "report/report.h"

/* ---- lint ---- */

struct linting {
    struct finding_list *findings;
    struct buffer text; /* the text report */
    struct text service;
    enum level fail_on;
    uint64_t counts[3]; /* by level, of one file */
    uint64_t failing;   /* findings of at least fail_on, of all files */
    struct report_plan plan;
    struct option_list others; /* --report options that are not text */
    const char *text_file;     /* --report text=FILE */
    bool wants_text;
};

static void
on_defect(void *arg, const struct contract_defect *d)
{
    struct linting *l = arg;
    const struct finding finding = {
        .rule = TEXT("contract-defect"),
        .level = d->level,
        .service = l->service,
        .instance = d->pointer,
        .keyword = d->what, /* so that two defects at one place are two findings */
        .message = d->what,
        .file = d->file,
        .line = d->line,
        .column = d->column,
        .pointer = d->pointer,
        .count = 1,
    };

    l->counts[d->level]++;
    l->failing += d->level >= l->fail_on;
    buffer_print(&l->text, "%.*s:%u:%u: %s: %.*s\n", TEXT_PRINT(d->file), d->line, d->column,
                 d->level == LEVEL_WARN ? "warning" : level_name(d->level), TEXT_PRINT(d->what));
    (void)finding_list_add_one(l->findings, &finding);
}

static const char *
plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* The exit code for one file. */
static int
lint_file(struct linting *l, const char *path, const char *ref_root)
{
    const struct contract_options options = { .ref_root = ref_root, .defect = on_defect, .arg = l, .examples = true };
    struct error err = { 0 };
    struct contract *c;
    uint64_t errors, warnings;

    memset(l->counts, 0, sizeof l->counts);
    l->service = contract_name_of(text_of(path));
    c = contract_url_load(path, &options, &err);
    errors = l->counts[LEVEL_ERROR];
    warnings = l->counts[LEVEL_WARN];
    if (c == NULL)
        return command_fail("contract lint", &err);
    buffer_print(&l->text, "%s: OpenAPI %.*s, %u operation%s", path, TEXT_PRINT(contract_dialect(c)),
                 contract_operation_count(c), plural(contract_operation_count(c)));
    if (errors + warnings == 0)
        buffer_print(&l->text, ", nothing found\n");
    else
        buffer_print(&l->text, ", %llu error%s, %llu warning%s\n", (unsigned long long)errors, plural(errors),
                     (unsigned long long)warnings, plural(warnings));
    if (contract_defects(c) > LIMIT_CONTRACT_DEFECTS)
        buffer_print(&l->text, "%s: %u defects, the first %d are listed\n", path, contract_defects(c),
                     LIMIT_CONTRACT_DEFECTS);
    contract_free(c);
    return EXIT_FINE;
}

/* Text is written here, line by line with places in front; the other formats by report/. */
static int
read_reports(struct linting *l, const struct option_list *reports, struct error *err)
{
    struct report_plan all;

    if (report_plan_read(&all, reports->items, reports->count, err) < 0)
        return -1;
    l->wants_text = reports->count == 0;
    for (size_t i = 0; i < reports->count; i++) {
        if (strcmp(reports->items[i], "text") == 0)
            l->wants_text = true;
        else if (strncmp(reports->items[i], "text=", 5) == 0)
            l->text_file = reports->items[i] + 5;
        else
            l->others.items[l->others.count++] = reports->items[i];
    }
    return l->others.count > 0 ? report_plan_read(&l->plan, l->others.items, l->others.count, err) : 0;
}

static int
write_text(const struct linting *l, struct error *err)
{
    struct text t = buffer_text(&l->text);
    FILE *file;

    if (t.length == 0) /* no bytes may be no memory, which fwrite does not take */
        t = TEXT("");
    if (l->wants_text)
        (void)fwrite(t.data, 1, t.length, stdout);
    if (l->text_file == NULL)
        return 0;
    if ((file = fopen(l->text_file, "w")) == NULL)
        return error_system(err, errno, l->text_file, "cannot be written");
    (void)fwrite(t.data, 1, t.length, file);
    if (fclose(file) != 0)
        return error_system(err, errno, l->text_file, "cannot be written");
    return 0;
}

static int
write_reports(struct linting *l, size_t files, struct error *err)
{
    struct report_summary summary = { .command = "contract lint", .exchanges = files, .unit = "files" };

    if (write_text(l, err) < 0)
        return -1;
    if (l->others.count == 0)
        return 0;
    report_count(&summary, l->findings);
    return report_write(&l->plan, &summary, l->findings, err);
}

static int
lint_files(struct linting *l, const struct option_list *files, const char *ref_root)
{
    struct error err = { 0 };
    int code = EXIT_FINE;

    for (size_t i = 0; i < files->count; i++) {
        int one = lint_file(l, files->items[i], ref_root);

        code = one > code ? one : code;
    }
    if (write_reports(l, files->count, &err) < 0)
        return command_fail("contract lint", &err);
    return code == EXIT_FINE && l->failing > 0 ? EXIT_FINDINGS : code;
}

static int
run_lint(int argc, char **argv)
{
    const char *ref_root = NULL, *fail_on = "error";
    struct option_list reports = { 0 }, files = { 0 };
    const struct option table[] = {
        { "--ref-root", 0, OPTION_TEXT, "DIR", NULL, "$ref may reach files below this folder (the contract's own)",
          &ref_root },
        { "--fail-on", 0, OPTION_CHOICE, "LEVEL", "error|warn|info",
          "exit 1 from this level on: error, warn or info (error)", &fail_on },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS ", may be repeated (text)", &reports },
        { 0 },
    };
    const struct usage usage = {
        .name = "contract lint",
        .summary = "Say what is wrong with OpenAPI documents, where, and what it means for checking.",
        .arguments = "CONTRACT...",
        .example = "plumbline contract lint contracts/*.openapi.json",
        .options = table,
        .least = 1,
        .most = SIZE_MAX,
        .more =
            "A CONTRACT is a file or an http(s) URL. Examples and defaults in it are checked against their schemas.\n"
            "Exit: 0 fine, 1 findings, 2 a contract cannot be used, 3 environment.",
    };
    struct linting l = { 0 };
    struct error err = { 0 };
    int code;

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    if (read_reports(&l, &reports, &err) < 0)
        return command_fail("contract lint", &err);
    l.fail_on = report_level(fail_on);
    buffer_init(&l.text, LIMIT_FILE_BYTES);
    l.findings = finding_list_new();
    if (l.findings == NULL) {
        (void)error_memory(&err);
        code = command_fail("contract lint", &err);
    } else {
        code = lint_files(&l, &files, ref_root);
    }
    finding_list_free(l.findings);
    buffer_release(&l.text);
    return code;
}

/* ---- show ---- */

#define COLUMNS 6

struct row {
    struct text cells[COLUMNS];
};

static struct text
or_dash(struct text t)
{
    return t.length > 0 ? t : TEXT("-");
}

static struct row
row_of(const struct operation *o, struct arena *arena)
{
    const struct value *id = VALUE_MEMBER(operation_source(o), "operationId");

    return (struct row){ { operation_method(o), operation_path(o), id != NULL ? operation_id(o) : TEXT("-"),
                           or_dash(operation_request_types(o, arena)), or_dash(operation_statuses(o, arena)),
                           or_dash(operation_security(o, arena)) } };
}

static void
print_row(const struct row *row, const size_t *widths)
{
    for (int i = 0; i < COLUMNS; i++) {
        struct text t = row->cells[i];
        size_t pad = i + 1 < COLUMNS ? widths[i] + 2 - text_code_points(t) : 0;

        printf("%.*s%*s", TEXT_PRINT(t), (int)pad, "");
    }
    printf("\n");
}

static void
print_head(const struct contract *c)
{
    printf("%.*s %.*s  (OpenAPI %.*s, %.*s)\n", TEXT_PRINT(contract_title(c)), TEXT_PRINT(contract_version(c)),
           TEXT_PRINT(contract_dialect(c)), TEXT_PRINT(contract_file(c)));
    for (uint32_t i = 0; i < contract_base_count(c); i++)
        printf("%s%.*s", i == 0 ? "below " : ", ",
               TEXT_PRINT(contract_base(c, i).length > 0 ? contract_base(c, i) : TEXT("/")));
    printf("\n\n");
}

static int
show(const struct contract *c, struct error *err)
{
    static const struct row titles = {
        { { "METHOD", 6 }, { "PATH", 4 }, { "OPERATION", 9 }, { "REQUEST", 7 }, { "STATUSES", 8 }, { "SECURITY", 8 } }
    };
    struct arena *arena = arena_new(0, LIMIT_CONTRACT_BYTES);
    uint32_t count = contract_operation_count(c);
    struct row *rows = arena != NULL ? ARENA_ARRAY(arena, struct row, count + 1) : NULL;
    size_t widths[COLUMNS] = { 0 };

    if (rows == NULL) {
        arena_free(arena);
        return error_memory(err);
    }
    rows[0] = titles;
    for (uint32_t i = 0; i < count; i++)
        rows[i + 1] = row_of(contract_operation(c, i), arena);
    for (uint32_t i = 0; i <= count; i++)
        for (int column = 0; column < COLUMNS; column++) {
            size_t width = text_code_points(rows[i].cells[column]);

            widths[column] = width > widths[column] ? width : widths[column];
        }
    print_head(c);
    for (uint32_t i = 0; i <= count; i++)
        print_row(&rows[i], widths);
    arena_free(arena);
    return 0;
}

static int
run_show(int argc, char **argv)
{
    const char *ref_root = NULL;
    struct option_list files = { 0 };
    const struct option table[] = {
        { "--ref-root", 0, OPTION_TEXT, "DIR", NULL, "$ref may reach files below this folder (the contract's own)",
          &ref_root },
        { 0 },
    };
    const struct usage usage = {
        .name = "contract show",
        .summary = "List the operations of an OpenAPI document.",
        .arguments = "CONTRACT",
        .example = "plumbline contract show contracts/erp.openapi.json",
        .options = table,
        .least = 1,
        .most = 1,
        .more = "A CONTRACT is a file or an http(s) URL.\nExit: 0 fine, 2 the contract cannot be used, 3 environment.",
    };
    struct contract_options options = { 0 };
    struct error err = { 0 };
    struct contract *c;
    int code = EXIT_FINE;

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    options.ref_root = ref_root;
    c = contract_url_load(files.items[0], &options, &err);
    if (c == NULL || show(c, &err) < 0)
        code = command_fail("contract show", &err);
    if (c != NULL && contract_defects(c) > 0)
        fprintf(stderr, "plumbline contract show: %u defect%s; 'plumbline contract lint %s' lists them\n",
                contract_defects(c), plural(contract_defects(c)), files.items[0]);
    contract_free(c);
    return code;
}

/* ---- pages ---- */

static int
print_page(const struct usage *usage, void (*write)(struct buffer *out), int argc, char **argv)
{
    struct option_list none = { 0 };
    struct buffer page;
    int code;

    if (!options_read(usage, argc, argv, &none, &code))
        return code;
    buffer_init(&page, LIMIT_MIB);
    write(&page);
    (void)fwrite(buffer_text(&page).data, 1, buffer_length(&page), stdout);
    buffer_release(&page);
    return EXIT_FINE;
}

static int
run_violations(int argc, char **argv)
{
    static const struct usage usage = {
        .name = "contract violations",
        .summary = "Print the page that explains the ids of violations.",
        .arguments = "",
        .example = "plumbline contract violations > docs/violations.md",
    };

    return print_page(&usage, violation_page, argc, argv);
}

static int
run_refusals(int argc, char **argv)
{
    static const struct usage usage = {
        .name = "contract refusals",
        .summary = "Print the page that lists why Plumbline answers instead of a service.",
        .arguments = "",
        .example = "plumbline contract refusals > docs/refusals.md",
    };

    return print_page(&usage, refusal_page, argc, argv);
}

static int
run_changes(int argc, char **argv)
{
    static const struct usage usage = {
        .name = "contract changes",
        .summary = "Print the page that explains the ids of changes between contracts.",
        .arguments = "",
        .example = "plumbline contract changes > docs/changes.md",
    };

    return print_page(&usage, change_page, argc, argv);
}

static const struct command commands[] = {
    { "lint", "what is wrong with a contract, and where", run_lint },
    { "show", "the operations of a contract", run_show },
    { "infer", "a contract from recorded traffic", contract_infer },
    { "extract", "a draft contract from API documents", contract_extract },
    { "diff", "what changed between two contracts, and who breaks", contract_diff },
    { "violations", "what the ids of violations mean", run_violations },
    { "refusals", "why Plumbline answers instead of a service", run_refusals },
    { "changes", "what the ids of changes mean", run_changes },
};

int
cmd_contract(int argc, char **argv)
{
    static const struct command_group group = {
        .name = "plumbline contract",
        .summary = "OpenAPI documents, and what is found when traffic breaks them.",
        .example = "plumbline contract lint contracts/*.openapi.json",
        .commands = commands,
        .count = sizeof(commands) / sizeof(commands[0]),
    };

    return command_dispatch(&group, argc, argv);
}
