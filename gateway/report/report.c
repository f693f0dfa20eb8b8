#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "report/flow_report.h"

static const struct report_format formats[] = {
    { "text", report_text, flow_report_text },    { "json", report_json, flow_report_json },
    { "junit", report_junit, flow_report_junit }, { "html", report_html, flow_report_html },
    { "sarif", report_sarif, flow_report_sarif }, { "github", report_github, flow_report_github },
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static const struct report_format *
find_format(struct text name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (text_equal(name, text_of(formats[i].name)))
            return &formats[i];
    return NULL;
}

static int
read_target(struct report_target *target, const char *option, struct error *err)
{
    struct text whole = text_of(option);
    struct text name = text_slice(whole, 0, text_find(whole, '='));

    target->format = find_format(name);
    target->file = name.length < whole.length ? option + name.length + 1 : NULL;
    if (target->format == NULL)
        return error_set(err, ERROR_USAGE, "--report",
                         "there is no format '%.*s'; there are text, json, junit, html, sarif and github",
                         TEXT_PRINT(name));
    if (target->file != NULL && target->file[0] == '\0')
        return error_set(err, ERROR_USAGE, "--report", "a file name is missing behind '%s'", option);
    return 0;
}

int
report_plan_read(struct report_plan *plan, const char *const *options, size_t count, struct error *err)
{
    size_t without_file = 0;

    plan->count = 0;
    if (count > REPORT_TARGETS)
        return error_set(err, ERROR_USAGE, "--report", "at most %d reports are written", REPORT_TARGETS);
    for (size_t i = 0; i < count; i++) {
        struct report_target *target = &plan->targets[plan->count++];

        if (read_target(target, options[i], err) < 0)
            return -1;
        without_file += target->file == NULL;
    }
    if (without_file > 1)
        return error_set(err, ERROR_USAGE, "--report",
                         "only one report goes to standard output; give the others a file: json=FILE");
    if (plan->count == 0)
        plan->targets[plan->count++] = (struct report_target){ &formats[0], NULL };
    return 0;
}

bool
report_plan_shows_messages(const struct report_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->targets[i].format->findings == report_html)
            return true;
    return false;
}

void
report_count(struct report_summary *summary, struct finding_list *findings)
{
    summary->errors = summary->warnings = summary->infos = summary->violations = 0;
    for (uint32_t i = 0; i < finding_list_count(findings); i++) {
        const struct finding *f = finding_list_at(findings, i);

        summary->errors += f->level == LEVEL_ERROR;
        summary->warnings += f->level == LEVEL_WARN;
        summary->infos += f->level == LEVEL_INFO;
        summary->violations += f->count;
    }
}

int
report_deliver(const struct report_target *target, const struct buffer *built, struct error *err)
{
    struct text content = buffer_text(built);

    if (buffer_failed(built))
        return error_set(err, ERROR_ENVIRONMENT, "--report", "the report is too large");
    if (target->file != NULL)
        return file_write(target->file, content, 0644, err);
    if (fwrite(content.data, 1, content.length, stdout) != content.length || fflush(stdout) != 0)
        return error_system(err, errno, "standard output", "cannot write the report");
    return 0;
}

int
report_write(const struct report_plan *plan, const struct report_summary *summary, struct finding_list *findings,
             struct error *err)
{
    struct report_summary told = *summary;

    for (size_t i = 0; i < plan->count; i++) {
        struct buffer out;
        int result;

        buffer_init(&out, LIMIT_FILE_BYTES);
        told.coloured = plan->targets[i].file == NULL && terminal_is_coloured(STDOUT_FILENO);
        plan->targets[i].format->findings(&out, &told, findings);
        result = report_deliver(&plan->targets[i], &out, err);
        buffer_release(&out);
        if (result < 0)
            return -1;
    }
    return 0;
}

bool
report_fails(struct finding_list *findings, enum level fail_on)
{
    for (uint32_t i = 0; i < finding_list_count(findings); i++)
        if (finding_list_at(findings, i)->level >= fail_on)
            return true;
    return false;
}

enum level
report_level(const char *word)
{
    if (word != NULL && strcmp(word, "info") == 0)
        return LEVEL_INFO;
    return word != NULL && strcmp(word, "warn") == 0 ? LEVEL_WARN : LEVEL_ERROR;
}
