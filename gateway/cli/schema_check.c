/* schema_check.c -- instances against one schema, with every place that is to blame. */
#include "cli/schema_check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/schema_files.h"
#include "json/pointer.h"
#include "report/report.h"

struct checker {
    struct arena *arena; /* schema, documents and texts, until the end */
    struct schema_files files;
    struct schema_set *set;
    const struct schema *schema;
    struct schema_scratch *scratch;
    struct finding_list *findings;
    const struct document *instance; /* the one that is being checked */
    bool print;                      /* as text on standard output, each as it is found */
    uint64_t errors;
    unsigned unchecked;
};

/* ---- the schema ---- */

static void
on_defect(void *arg, const struct schema_defect *defect)
{
    struct checker *c = arg;
    struct text where = TEXT("");

    if (defect->place != NULL)
        where = document_where(defect->document, defect->place, c->arena);
    fprintf(stderr, "%.*s: %s%.*s\n", TEXT_PRINT(where), defect->fatal ? "" : "warning: ", TEXT_PRINT(defect->what));
}

/* SCHEMA is a file, or a place in a file: contracts/orders.yaml#/components/schemas/Order. */
static int
load_schema(struct checker *c, const char *argument, struct error *err)
{
    struct text whole = text_of(argument), fragment = TEXT("");
    struct document *document = ARENA_NEW(c->arena, struct document);
    const char *path = argument;
    const struct value *place;
    struct text uri;

    if (!file_exists(path) && text_find(whole, '#') < whole.length) {
        fragment = text_from(whole, text_find(whole, '#') + 1);
        path = arena_text(c->arena, text_slice(whole, 0, text_find(whole, '#'))).data;
    }
    if (document == NULL || path == NULL)
        return error_memory(err);
    uri = strcmp(path, "-") == 0 ? TEXT("plumbline:/stdin") : schema_files_uri(path, c->arena, err);
    if (uri.data == NULL || document_read(document, path, c->arena, err) < 0)
        return -1;
    place = fragment.length > 0 ? pointer_find_fragment(document->root, fragment) : document->root;
    if (place == NULL)
        return error_set(err, ERROR_CONFIG, path, "there is nothing at '#%.*s'", TEXT_PRINT(fragment));
    if (schema_set_add(c->set, uri, document, c->files.dialect) < 0)
        return error_memory(err);
    c->schema = schema_compile(c->set, document, place, c->files.dialect);
    if (c->schema == NULL)
        return error_set(err, ERROR_CONFIG, path, "this schema cannot be used");
    return 0;
}

/* ---- an instance ---- */

static void
print_line(const char *label, struct text what, struct text where)
{
    printf("  %-9s %-38.*s  %.*s\n", label, TEXT_PRINT(what), TEXT_PRINT(where));
}

static int
add_finding(struct checker *c, struct finding *f)
{
    f->level = LEVEL_ERROR;
    f->side = SIDE_RESPONSE;
    f->count = 1;
    c->errors++;
    return finding_list_add_one(c->findings, f);
}

static void
on_problem(void *arg, const struct schema_problem *p)
{
    struct checker *c = arg;
    struct text seen_at = document_where(c->instance, p->value, c->arena);
    struct finding f = {
        .rule = TEXT("body-schema"),
        .instance = p->instance,
        .keyword = text_of(p->keyword),
        .message = arena_print(c->arena, "expected %.*s, found %.*s", TEXT_PRINT(p->expected), TEXT_PRINT(p->found)),
        .expected = p->expected,
        .found = p->found,
        .file = text_of(p->document->name),
        .pointer = p->pointer,
        .seen_at = seen_at,
    };

    document_position(p->document, p->place->place, &f.line, &f.column);
    (void)add_finding(c, &f);
    if (!c->print)
        return;
    printf("%s %.*s\n", p->keyword, TEXT_PRINT(p->instance.length > 0 ? p->instance : TEXT("(the whole document)")));
    print_line("expected", p->expected, document_where(p->document, p->place, c->arena));
    print_line("found", p->found, seen_at);
    if (p->hint.length > 0)
        printf("  %.*s\n", TEXT_PRINT(p->hint));
    printf("\n");
}

static void
add_syntax(struct checker *c, const char *path, const char *what, uint32_t line, uint32_t column)
{
    struct text where = line > 0 ? arena_print(c->arena, "%s:%u:%u", path, line, column) : text_of(path);
    struct finding f = {
        .rule = TEXT("json-syntax"), .message = text_of(what), .found = text_of(what), .seen_at = where
    };

    (void)add_finding(c, &f);
    if (c->print)
        printf("json-syntax %.*s\n  %s\n\n", TEXT_PRINT(where), what);
}

static bool
is_yaml(const char *path)
{
    return text_ends(text_of(path), TEXT(".yaml")) || text_ends(text_of(path), TEXT(".yml"));
}

/* 1 read, 0 it is not JSON (a finding), -1 it cannot be read. */
static int
read_instance(struct checker *c, const char *path, struct document *document, struct error *err)
{
    struct document_options options = { .name = path, .lines = true };
    struct document_error syntax;
    struct text content;

    if (is_yaml(path)) {
        if (document_read(document, path, c->arena, err) == 0)
            return 1;
        if (err->kind == ERROR_ENVIRONMENT)
            return -1;
        add_syntax(c, arena_text(c->arena, text_of(err->where)).data, arena_text(c->arena, text_of(err->what)).data, 0,
                   0);
        error_clear(err);
        return 0;
    }
    if (file_read(&content, path, c->arena, err) < 0)
        return -1;
    if (document_parse(document, content, &options, c->arena, &syntax) == 0)
        return 1;
    add_syntax(c, path, syntax.what, syntax.line, syntax.column);
    return 0;
}

static int
check_instance(struct checker *c, const char *path, struct error *err)
{
    struct schema_run run = { .scratch = c->scratch, .arena = c->arena, .budget = LIMIT_CHECK_BUDGET };
    struct document *document = ARENA_NEW(c->arena, struct document);
    int status = document != NULL ? read_instance(c, path, document, err) : error_memory(err);

    if (status <= 0)
        return status;
    c->instance = document;
    if (!schema_check(c->schema, document->root, &run))
        (void)schema_explain(c->schema, document->root, &run, LIMIT_VIOLATIONS, on_problem, c);
    c->unchecked |= run.unchecked;
    return 0;
}

/* ---- the command ---- */

static void
say_unchecked(unsigned bits)
{
    static const struct {
        unsigned bit;
        const char *reason;
    } reasons[] = {
        { SCHEMA_UNCHECKED_BUDGET, "budget" },
        { SCHEMA_UNCHECKED_PATTERN, "pattern" },
        { SCHEMA_UNCHECKED_FORMAT, "format" },
        { SCHEMA_UNCHECKED_SCHEMA, "a defect of the schema" },
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if ((bits & reasons[i].bit) != 0)
            fprintf(stderr, "plumbline schema check: unchecked in part: %s\n", reasons[i].reason);
    }
}

static int
check_all(struct checker *c, const struct option_list *arguments, const struct report_plan *plan, struct error *err)
{
    struct report_summary summary = { .command = "schema check", .unit = "files" };

    if (load_schema(c, arguments->items[0], err) < 0)
        return -1;
    for (size_t i = 1; i < arguments->count; i++) {
        if (check_instance(c, arguments->items[i], err) < 0)
            return -1;
        summary.exchanges++;
    }
    say_unchecked(c->unchecked);
    report_count(&summary, c->findings);
    if (c->print && c->errors == 0)
        printf("%llu file%s: fine%s\n", (unsigned long long)summary.exchanges, summary.exchanges == 1 ? "" : "s",
               c->unchecked != 0 ? ", as far as it was checked" : "");
    return plan->count > 0 ? report_write(plan, &summary, c->findings, err) : 0;
}

static int
begin(struct checker *c, bool assert_formats)
{
    struct schema_set_options options = {
        .assert_formats = assert_formats, .load = schema_files_load, .defect = on_defect, .arg = c
    };

    c->arena = arena_new(0, LIMIT_SCHEMA_BYTES);
    c->files.arena = c->arena;
    c->scratch = schema_scratch_new();
    c->findings = finding_list_new();
    c->set = schema_set_new(&options);
    return c->arena != NULL && c->scratch != NULL && c->findings != NULL && c->set != NULL ? 0 : -1;
}

static void
end(struct checker *c)
{
    schema_set_free(c->set);
    schema_scratch_free(c->scratch);
    finding_list_free(c->findings);
    arena_free(c->arena);
}

static int
run(struct checker *c, const struct option_list *arguments, struct option_list *reports, bool assert_formats)
{
    struct report_plan plan = { 0 };
    struct error err = { 0 };
    int code;

    /* Text is printed as it is found, with the exact place of each; the formats of report/ put equal places
     * together. */
    c->print = reports->count == 0 || (reports->count == 1 && strcmp(reports->items[0], "text") == 0);
    if (begin(c, assert_formats) < 0)
        (void)error_memory(&err);
    else if (c->print || report_plan_read(&plan, reports->items, reports->count, &err) == 0)
        (void)check_all(c, arguments, &plan, &err);
    code = err.kind != ERROR_NONE ? command_fail("schema check", &err) : c->errors > 0 ? EXIT_FINDINGS : EXIT_FINE;
    end(c);
    return code;
}

int
schema_check_command(int argc, char **argv)
{
    struct checker c = { .files.dialect = SCHEMA_2020_12 };
    const char *draft = "2020-12", *format = "annotate";
    struct option_list arguments = { 0 }, reports = { 0 };
    int code;
    const struct option table[] = {
        { "--draft", 0, OPTION_CHOICE, "D", "2020-12|draft4|oas3.0|oas3.1",
          "2020-12, draft4, oas3.0 or oas3.1, where no $schema says otherwise (2020-12)", &draft },
        { "--format", 0, OPTION_CHOICE, "F", "assert|annotate",
          "assert or annotate: is 'format' checked? (annotate: no; OpenAPI always does)", &format },
        { "--remotes", 0, OPTION_TEXT, "DIR", NULL, "the folder that stands for http://localhost:1234/",
          &c.files.remotes },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS " (text on standard output)", &reports },
        { 0 },
    };
    const struct usage usage = {
        .name = "schema check",
        .summary = "Check JSON or YAML files against a JSON Schema.",
        .arguments = "SCHEMA[#/POINTER] INSTANCE...",
        .example =
            "plumbline schema check --draft oas3.1 contracts/erp.openapi.json#/components/schemas/Order order.json",
        .options = table,
        .least = 2,
        .most = SIZE_MAX,
        .more = "Exit: 0 every instance is valid, 1 one is not (or is no JSON), 2 the schema cannot be used, 3 a file.",
    };

    if (!options_read(&usage, argc, argv, &arguments, &code))
        return code;
    (void)schema_files_dialect(draft, &c.files.dialect);
    return run(&c, &arguments, &reports, strcmp(format, "assert") == 0);
}
