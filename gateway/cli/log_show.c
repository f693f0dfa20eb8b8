/* log_show.c -- plumbline log show: what is in a recording. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/log_commands.h"
#include "cli/log_colour.h"
#include "cli/log_curl.h"
#include "cli/log_filter.h"
#include "json/write.h"
#include "report/exchange_text.h"
#include "rules/settings.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define SETTINGS_FILE "rules/gateway.yaml"
#define OUTPUT_FLUSH  (64 * LIMIT_KIB)

struct showing {
    const char *id; /* or how it begins */
    struct log_filter filter;
    bool bodies;
    bool curl;
    bool colour;
    const char *report; /* "text" or "json" */
    struct buffer out;
    struct arena *arena;
    uint64_t shown;
    uint64_t broken;
};

static int
flush_out(struct showing *s, size_t least, struct error *err)
{
    struct text text = buffer_text(&s->out);

    if (buffer_failed(&s->out))
        return error_memory(err);
    if (text.length < least || text.length == 0)
        return 0;
    if (fwrite(text.data, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
        return error_system(err, errno, "standard output", "cannot write");
    buffer_clear(&s->out);
    return 0;
}

static void
show_exchange(struct showing *s, const struct exchange *x, const struct value *entry)
{
    if (s->id != NULL && !text_starts(text_of(x->id), text_of(s->id)))
        return;
    if (!log_filter_holds(&s->filter, x))
        return;
    s->shown++;
    if (s->report != NULL && strcmp(s->report, "json") == 0) {
        struct json_writer w;

        json_begin(&w, &s->out, 0);
        json_value(&w, entry);
        buffer_byte(&s->out, '\n');
    } else if (s->curl) {
        log_curl(&s->out, x);
    } else if (s->id != NULL) {
        exchange_text_page(&s->out, x);
    } else {
        log_colour_line(&s->out, x, s->colour);
        if (s->bodies)
            exchange_text_bodies(&s->out, x);
    }
}

static void
show_entry(struct showing *s, const struct segment_entry *entry)
{
    struct exchange x;
    struct error broken = { .kind = ERROR_NONE };

    arena_reset(s->arena);
    x.arena = s->arena;
    if (entry->value != NULL && segment_entry_read(entry, &x, &broken) == 0) {
        show_exchange(s, &x, entry->value);
        return;
    }
    s->broken += !entry->torn;
    fprintf(stderr, "plumbline log show: %s:%u: %s\n", entry->file, entry->line,
            entry->value != NULL ? broken.what
            : entry->torn        ? "the last line is torn (being written, or cut by a crash)"
                                 : entry->broken.what);
}

static int
show_recording(struct showing *s, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    int result = -1;

    if (reader != NULL)
        log_filter_choose(&s->filter, s->id, reader);
    while (reader != NULL && (result = segment_reader_next(reader, &entry, err)) == 1) {
        show_entry(s, &entry);
        if (flush_out(s, OUTPUT_FLUSH, err) < 0) {
            result = -1;
            break;
        }
    }
    segment_reader_close(reader);
    return result;
}

static int
run(struct showing *s, const struct option_list *recordings)
{
    struct error err = { .kind = ERROR_NONE };
    int result = log_filter_judge(&s->filter, &err);

    s->arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    buffer_init(&s->out, LIMIT_FILE_BYTES);
    s->colour = terminal_is_coloured(STDOUT_FILENO);
    if (s->arena == NULL)
        result = error_memory(&err);
    for (size_t i = 0; i < recordings->count && result == 0; i++)
        result = show_recording(s, recordings->items[i], &err);
    if (result == 0)
        result = flush_out(s, 0, &err);
    buffer_release(&s->out);
    arena_free(s->arena);
    if (result < 0)
        return command_fail("log show", &err);
    if (s->id != NULL && s->shown == 0) {
        fprintf(stderr, "plumbline log show: there is no exchange whose id begins with '%s'\n", s->id);
        return EXIT_FINDINGS;
    }
    return s->broken > 0 ? EXIT_CONFIG : EXIT_FINE;
}

/* What is no file and looks like an id is one. */
static void
take_ids(struct showing *s, struct option_list *words)
{
    size_t kept = 0;

    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i];
        size_t length = strlen(word);
        bool id = length >= 4 && length <= EXCHANGE_ID_BYTES &&
                  strspn(word, "0123456789abcdefghijklmnopqrstuvwxyz") == length && !file_exists(word);

        if (id && s->id == NULL)
            s->id = word;
        else
            words->items[kept++] = word;
    }
    words->count = kept;
}

/* No recording was named: the one of the gateway's settings. */
static int
run_default(struct showing *s)
{
    struct error err = { .kind = ERROR_NONE };
    struct option_list recordings = { .count = 0 };
    struct settings *settings = settings_load(SETTINGS_FILE, NULL, &err);
    int code;

    if (settings == NULL || settings->record.to.length == 0) {
        settings_free(settings);
        fprintf(stderr, "plumbline log show: which recording? %s\n",
                settings == NULL ? "there is no " SETTINGS_FILE " here that names one" : SETTINGS_FILE " names none");
        return EXIT_CONFIG;
    }
    recordings.items[recordings.count++] = settings->record.to.data;
    code = run(s, &recordings);
    settings_free(settings);
    return code;
}

int
log_show(int argc, char **argv)
{
    struct showing s = { .id = NULL };
    struct option_list recordings;
    int code;
    const struct option options[] = {
        { "--id", 0, OPTION_TEXT, "ID", NULL, "all of the exchange whose id begins so: heads, bodies, violations",
          &s.id },
        LOG_FILTER_OPTIONS(&s.filter),
        { "--body", 0, OPTION_FLAG, NULL, NULL, "show the bodies below each line", &s.bodies },
        { "--curl", 0, OPTION_FLAG, NULL, NULL, "the request as a command line for curl", &s.curl },
        { "--report", 0, OPTION_CHOICE, "FORMAT", "text|json", "text, or json: one HAR entry per line (text)",
          &s.report },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "log show",
        .summary = "Show recorded exchanges, one line each.",
        .arguments = "[RECORDING|HAR...] [ID] [--where KEY=VALUE]... [--body] [--curl] [--report FORMAT]",
        .example = "plumbline log show logs/staging --where status=5xx --where service=erp",
        .options = options,
        .least = 0,
        .most = SIZE_MAX,
        .more = LOG_FILTER_MORE
        "Exit: 0 fine, 1 there is no exchange with this --id, 2 something could not be read, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &recordings, &code))
        return code;
    take_ids(&s, &recordings);
    return recordings.count > 0 ? run(&s, &recordings) : run_default(&s);
}
