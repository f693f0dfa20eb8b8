/* fault_list.c -- plumbline fault list: the rules of a configuration, and the presets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/fault_commands.h"
#include "json/write.h"
#include "rules/fault.h"
#include "rules/ruleset.h"

#define SETTINGS_FILE "rules/gateway.yaml"

/* A row of the table; a preset is neither on nor off. */
struct row {
    const struct fault_rule *rule;
    const char *state;
    struct text does, when;
};

struct listing {
    const struct faults *faults;
    struct arena *arena;
    struct buffer out;
};

static int
widest(int width, struct text t)
{
    int points = (int)text_code_points(t);

    return points > width ? points : width;
}

static void
write_rows(struct listing *l, const struct row *rows, uint32_t count, const char *const *states, uint32_t state_count)
{
    int name = 0, does = 0, state = 0;

    for (uint32_t i = 0; i < count; i++) {
        name = widest(name, rows[i].rule->name);
        does = widest(does, rows[i].does);
    }
    for (uint32_t i = 0; i < state_count; i++)
        state = widest(state, text_of(states[i]));
    for (uint32_t i = 0; i < count; i++)
        buffer_print(&l->out, "  %-*s  %-*.*s  %-*.*s  %.*s\n", state, rows[i].state, name,
                     TEXT_PRINT(rows[i].rule->name), does, TEXT_PRINT(rows[i].does), TEXT_PRINT(rows[i].when));
}

/* All that `next` gives. */
static void
write_table(struct listing *l, const struct fault_rule *(*next)(const struct faults *, uint32_t), bool presets)
{
    static const char *const states[] = { "on", "off" }, *const none[] = { "" };
    struct row *rows;
    uint32_t count = 0;

    while (next(l->faults, count) != NULL)
        count++;
    rows = ARENA_ARRAY(l->arena, struct row, count);
    for (uint32_t i = 0; rows != NULL && i < count; i++) {
        const struct fault_rule *rule = next(l->faults, i);
        struct text when = fault_when_text(l->faults, rule, l->arena);

        rows[i] = (struct row){ rule, presets ? "" : states[!rule->enabled], fault_does_text(rule, l->arena),
                                when.length > 0 ? when : TEXT("always") };
    }
    if (rows != NULL)
        write_rows(l, rows, count, presets ? none : states, presets ? 1 : 2);
}

static void
write_text_list(struct listing *l)
{
    if (fault_count(l->faults) == 0)
        buffer_print(&l->out, "there are no fault rules\n");
    else
        buffer_print(&l->out, "rules, in the order in which they are looked at\n");
    write_table(l, fault_at, false);
    if (l->faults != NULL)
        buffer_print(&l->out, "presets\n");
    write_table(l, fault_preset_at, true);
}

static void
write_member(struct json_writer *w, const char *key, struct text value)
{
    json_key(w, text_of(key));
    json_string(w, value);
}

static void
write_json_rules(struct listing *l, struct json_writer *w, const char *key,
                 const struct fault_rule *(*next)(const struct faults *, uint32_t), bool presets)
{
    const struct fault_rule *rule;

    json_key(w, text_of(key));
    json_array(w);
    for (uint32_t i = 0; (rule = next(l->faults, i)) != NULL; i++) {
        json_object(w);
        write_member(w, "name", rule->name);
        if (!presets) {
            json_key(w, TEXT("enabled"));
            json_bool(w, rule->enabled);
        }
        write_member(w, "effect", text_of(fault_effect_key(rule->effect)));
        write_member(w, "does", fault_does_text(rule, l->arena));
        write_member(w, "side", rule->side == SIDE_REQUEST ? TEXT("request") : TEXT("response"));
        write_member(w, "when", fault_when_text(l->faults, rule, l->arena));
        write_member(w, "where", rule->where);
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_json_list(struct listing *l)
{
    struct json_writer w;

    json_begin(&w, &l->out, 2);
    json_object(&w);
    write_json_rules(l, &w, "faults", fault_at, false);
    write_json_rules(l, &w, "presets", fault_preset_at, true);
    json_end_object(&w);
    buffer_byte(&l->out, '\n');
}

static int
run(const char *file, const char *faults, bool json)
{
    const struct settings_overrides overrides = { .faults = faults };
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_load(file, &overrides, &err);
    struct ruleset *ruleset = settings != NULL ? ruleset_new(settings, NULL, NULL, &err) : NULL;
    struct listing l = { .arena = arena_new(0, 64 * LIMIT_MIB) };
    struct text text;

    buffer_init(&l.out, 64 * LIMIT_MIB);
    if (ruleset != NULL && l.arena == NULL)
        error_memory(&err);
    if (err.kind == ERROR_NONE) {
        l.faults = ruleset_faults(ruleset);
        if (json)
            write_json_list(&l);
        else
            write_text_list(&l);
        text = buffer_text(&l.out);
        if (buffer_failed(&l.out))
            error_memory(&err);
        else if (fwrite(text.data, 1, text.length, stdout) != text.length)
            error_system(&err, errno, "standard output", "cannot write");
    }
    buffer_release(&l.out);
    arena_free(l.arena);
    ruleset_drop(ruleset);
    return err.kind == ERROR_NONE ? EXIT_FINE : command_fail("fault list", &err);
}

int
fault_list(int argc, char **argv)
{
    const char *file = SETTINGS_FILE, *faults = NULL, *report = NULL;
    struct option_list none;
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "the configuration (" SETTINGS_FILE ")", &file },
        { "--faults", 0, OPTION_TEXT, "FILE", NULL, "the faults of this file, instead of the configuration's",
          &faults },
        { "--report", 0, OPTION_CHOICE, "FORMAT", "text|json", "text or json (text)", &report },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "fault list",
        .summary = "List the fault rules of a configuration, what they do and when, and the presets.",
        .arguments = "[-c FILE] [--faults FILE]",
        .example = "plumbline fault list -c rules/gateway.yaml",
        .options = options,
        .more = "Exit: 0 listed, 2 usage or configuration.",
    };

    if (!options_read(&usage, argc, argv, &none, &code))
        return code;
    return run(file, faults, report != NULL && strcmp(report, "json") == 0);
}
