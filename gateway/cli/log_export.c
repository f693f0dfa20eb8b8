/* log_export.c -- plumbline log export: recordings as one HAR 1.2 file, written while they are read. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/log_commands.h"
#include "cli/log_filter.h"
#include "traffic/amend.h"
#include "traffic/har.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define OUTPUT_FLUSH (256 * LIMIT_KIB)
#define BROKEN_TOLD  10 /* broken entries that are told one by one */

struct exporting {
    struct log_filter filter;
    const char *target;    /* -o, or NULL: standard output */
    char beside[PATH_MAX]; /* written first, then renamed over the target; empty: written at once */
    int fd;
    struct buffer out;
    struct arena *arena;
    uint64_t exported;
    uint64_t broken;
};

/* ---- where it goes ---- */

static int
open_target(struct exporting *e, struct error *err)
{
    struct stat status;

    e->fd = STDOUT_FILENO;
    if (e->target == NULL || strcmp(e->target, "-") == 0) {
        e->target = NULL;
        return 0;
    }
    if (stat(e->target, &status) == 0 && !S_ISREG(status.st_mode)) { /* a pipe, /dev/null */
        e->fd = open(e->target, O_WRONLY | O_CLOEXEC);
    } else if (snprintf(e->beside, sizeof(e->beside), "%s.new-XXXXXX", e->target) >= (int)sizeof(e->beside)) {
        e->beside[0] = '\0';
        return error_system(err, ENAMETOOLONG, e->target, "cannot write the file");
    } else {
        e->fd = mkostemp(e->beside, O_CLOEXEC);
    }
    return e->fd < 0 ? error_system(err, errno, e->target, "cannot write the file") : 0;
}

static int
flush_out(struct exporting *e, size_t least, struct error *err)
{
    struct text rest = buffer_text(&e->out);

    if (buffer_failed(&e->out))
        return error_memory(err);
    if (rest.length < least)
        return 0;
    while (rest.length > 0) {
        ssize_t put = write(e->fd, rest.data, rest.length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_system(err, errno, e->target != NULL ? e->target : "standard output", "cannot write");
        rest = text_from(rest, (size_t)put);
    }
    buffer_clear(&e->out);
    return 0;
}

/* Keep the file under its name, or leave nothing behind. */
static int
close_target(struct exporting *e, int result, struct error *err)
{
    if (e->target == NULL || e->fd < 0)
        return result;
    if (close(e->fd) < 0 && result == 0)
        result = error_system(err, errno, e->target, "cannot write");
    if (e->beside[0] == '\0')
        return result;
    if (result == 0 && rename(e->beside, e->target) < 0)
        result = error_system(err, errno, e->target, "cannot write the file");
    if (result < 0)
        (void)unlink(e->beside);
    return result;
}

/* ---- what goes there ---- */

static void
tell_broken(struct exporting *e, const struct segment_entry *entry, const struct error *broken)
{
    if (++e->broken > BROKEN_TOLD)
        return;
    fprintf(stderr, "plumbline log export: %s:%u:%u: %.*s%s%s%s\n", entry->file, entry->line, entry->column,
            TEXT_PRINT(entry->pointer), broken->where, entry->pointer.length + strlen(broken->where) > 0 ? ": " : "",
            entry->value != NULL ? broken->what : entry->broken.what);
}

/* The entry, or what it became by a later line: written anew. */
static const struct value *
as_amended(struct exporting *e, const struct segment_entry *entry, const struct exchange *x)
{
    struct document *document = ARENA_NEW(e->arena, struct document);
    const struct value *result = entry->value;
    struct text line;
    struct buffer out;

    if (entry->amendments == NULL || document == NULL || amend_find(entry->amendments, x->sequence) == NULL)
        return result;
    buffer_init(&out, 8 * LIMIT_RECORD_LINE);
    record_write(&out, x, LIMIT_RECORD_LINE);
    line = arena_text(e->arena, buffer_text(&out));
    if (!buffer_failed(&out) && line.data != NULL && document_parse(document, line, NULL, e->arena, NULL) == 0)
        result = document->root;
    buffer_release(&out);
    return result;
}

static void
export_entry(struct exporting *e, const struct segment_entry *entry)
{
    struct exchange x;
    struct error broken = { .kind = ERROR_NONE };

    if (entry->value == NULL && entry->torn)
        return; /* being written, or cut by a crash */
    arena_reset(e->arena);
    x.arena = e->arena;
    if (entry->value == NULL || segment_entry_read(entry, &x, &broken) < 0) {
        tell_broken(e, entry, &broken);
        return;
    }
    if (!log_filter_holds(&e->filter, &x))
        return;
    if (e->exported++ > 0)
        buffer_add(&e->out, TEXT(",\n"));
    har_write_entry(&e->out, as_amended(e, entry, &x), e->arena);
}

static int
export_recording(struct exporting *e, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    int result = -1;

    if (reader != NULL)
        log_filter_choose(&e->filter, NULL, reader);
    while (reader != NULL && (result = segment_reader_next(reader, &entry, err)) == 1) {
        export_entry(e, &entry);
        if (flush_out(e, OUTPUT_FLUSH, err) < 0) {
            result = -1;
            break;
        }
    }
    segment_reader_close(reader);
    return result;
}

static int
export_all(struct exporting *e, const struct option_list *recordings, struct error *err)
{
    har_write_begin(&e->out);
    for (size_t i = 0; i < recordings->count; i++)
        if (export_recording(e, recordings->items[i], err) < 0)
            return -1;
    har_write_end(&e->out);
    return flush_out(e, 0, err);
}

static int
run(struct exporting *e, const struct option_list *recordings)
{
    struct error err = { .kind = ERROR_NONE };
    int result = -1;

    e->fd = -1;
    e->arena = arena_new(0, LIMIT_EXCHANGE_ARENA + 16 * LIMIT_RECORD_LINE);
    buffer_init(&e->out, 8 * LIMIT_RECORD_LINE);
    if (e->arena == NULL)
        error_memory(&err);
    else if (log_filter_judge(&e->filter, &err) == 0 && open_target(e, &err) == 0)
        result = close_target(e, export_all(e, recordings, &err), &err);
    buffer_release(&e->out);
    arena_free(e->arena);
    if (result < 0)
        return command_fail("log export", &err);
    if (e->broken > 0) {
        fprintf(stderr, "plumbline log export: %" PRIu64 " entr%s could not be read and %s left out\n", e->broken,
                e->broken == 1 ? "y" : "ies", e->broken == 1 ? "was" : "were");
        return EXIT_CONFIG;
    }
    if (e->exported == 0)
        fprintf(stderr, "plumbline log export: there is no such exchange: the HAR file has no entries\n");
    return e->exported == 0 ? EXIT_FINDINGS : EXIT_FINE;
}

int
log_export(int argc, char **argv)
{
    struct exporting e = { .target = NULL };
    struct option_list recordings;
    bool har = true;
    int code;
    const struct option options[] = {
        { "--har", 0, OPTION_FLAG, NULL, NULL, "as HAR 1.2 (the only format there is)", &har },
        { "--output", 'o', OPTION_TEXT, "FILE", NULL, "write to FILE (standard output)", &e.target },
        LOG_FILTER_OPTIONS(&e.filter),
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "log export",
        .summary = "Export recorded exchanges as one HAR 1.2 file.",
        .arguments = "--har RECORDING|HAR... [-o FILE] [--where KEY=VALUE]... [--since TIME] [--until TIME]",
        .example = "plumbline log export --har logs/staging --status 5xx -o failures.har",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more = LOG_FILTER_MORE "Exit: 0 fine, 1 no exchange was exported, 2 something could not be read (the rest was "
                                "exported), 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &recordings, &code))
        return code;
    return run(&e, &recordings);
}
