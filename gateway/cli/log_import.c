/* log_import.c -- plumbline log import: HAR files of browsers and other tools as a recording, redacted like any other.
 *
 * Entry by entry: a file may be as large as it likes. What cannot be taken in is told with its place, and the rest
 * comes in. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/log_commands.h"
#include "rules/redaction.h"
#include "rules/settings.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define BATCH_BYTES  LIMIT_MIB
#define REFUSED_TOLD 100 /* refused entries that are told one by one */

struct importing {
    const char *folder;
    const char *config; /* -c, or NULL: the redaction of a gateway without rules of its own */
    bool no_redact;
    struct settings *settings;
    struct redaction *redaction; /* NULL with --no-redact */
    struct redaction_scratch *scratch;
    struct segment_writer *writer; /* opened with the first exchange: what is no HAR leaves no folder behind */
    struct segment_repair where;
    struct buffer lines;
    struct arena *arena;
    int64_t last_start; /* for entries that do not say when */

    uint64_t imported, foreign, messages, refused; /* of the file that is read */
    uint64_t all_imported, all_refused;
};

/* ---- one entry ---- */

/* Twenty letters and digits, made like those of the gateway: 9 of the time (ms). The rest is of the entry itself, so
 * that the same file gives the same ids. */
static void
make_id(struct exchange *x, struct text entry)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t time = (uint64_t)x->started / 1000000, rest = hash_stable(entry, x->sequence);

    for (size_t i = EXCHANGE_ID_BYTES; i > 0; i--) {
        uint64_t *from = i > 9 ? &rest : &time;

        x->id[i - 1] = letters[*from & 31];
        *from >>= 5;
    }
    x->id[EXCHANGE_ID_BYTES] = '\0';
}

static void
refuse(struct importing *im, const struct segment_entry *entry, const char *where, const char *what)
{
    if (++im->refused > REFUSED_TOLD)
        return;
    fprintf(stderr, "plumbline log import: %s:%u:%u: %.*s%s%s%s\n", entry->file, entry->line, entry->column,
            TEXT_PRINT(entry->pointer), where, entry->pointer.length > 0 || where[0] != '\0' ? ": " : "", what);
}

static int
write_lines(struct importing *im, struct error *err)
{
    struct text lines = buffer_text(&im->lines);
    size_t kept;

    if (lines.length == 0)
        return 0;
    if (segment_writer_append(im->writer, lines, &kept, err) < 0)
        return -1;
    buffer_clear(&im->lines);
    return 0;
}

static int
open_folder(struct importing *im, struct error *err)
{
    if (im->writer == NULL)
        im->writer = segment_writer_open(im->folder, LIMIT_SEGMENT_BYTES, &im->where, err);
    return im->writer != NULL ? 0 : -1;
}

/* 0 (written or refused), or -1: nothing can be written any more. */
static int
write_exchange(struct importing *im, struct exchange *x, const struct segment_entry *entry, struct error *err)
{
    size_t before = buffer_length(&im->lines);

    if (open_folder(im, err) < 0)
        return -1;
    if (x->started == 0)
        x->started = im->last_start;
    im->last_start = x->started;
    x->sequence = im->where.next;
    if (x->id[0] == '\0')
        make_id(x, entry->text);
    if (im->redaction != NULL && redaction_apply(im->redaction, x, im->scratch) < 0) {
        refuse(im, entry, "", "it cannot be redacted: there is no memory for it");
        return 0;
    }
    record_write(&im->lines, x, LIMIT_RECORD_LINE);
    if (buffer_failed(&im->lines) || buffer_length(&im->lines) - before > LIMIT_RECORD_LINE) {
        im->lines.failed = false;
        buffer_truncate(&im->lines, before);
        refuse(im, entry, "", "as a line of a recording it would be larger than 64 MiB");
        return 0;
    }
    im->where.next++;
    im->imported++;
    return buffer_length(&im->lines) >= BATCH_BYTES ? write_lines(im, err) : 0;
}

static int
import_entry(struct importing *im, const struct segment_entry *entry, struct error *err)
{
    const struct value *messages = VALUE_MEMBER(entry->value, "_webSocketMessages");
    struct error broken = { .kind = ERROR_NONE };
    struct exchange x;

    if (entry->value == NULL) {
        refuse(im, entry, "", entry->torn ? "the last line is torn" : entry->broken.what);
        return 0;
    }
    if (record_is_foreign(entry->value)) {
        im->foreign++;
        return 0;
    }
    arena_reset(im->arena);
    x.arena = im->arena;
    if (segment_entry_read(entry, &x, &broken) < 0) {
        refuse(im, entry, broken.where, broken.what);
        return 0;
    }
    if (value_is(messages, VALUE_ARRAY))
        im->messages += messages->count;
    return write_exchange(im, &x, entry, err);
}

/* ---- files ---- */

static const char *
ies(uint64_t count)
{
    return count == 1 ? "y" : "ies";
}

static void
tell_file(struct importing *im, const char *path)
{
    printf("%s: %" PRIu64 " exchange%s imported", path, im->imported, im->imported == 1 ? "" : "s");
    if (im->foreign > 0)
        printf(", %" PRIu64 " entr%s left out (data: and the like)", im->foreign, ies(im->foreign));
    if (im->messages > 0)
        printf(", %" PRIu64 " WebSocket message%s left out", im->messages, im->messages == 1 ? "" : "s");
    if (im->refused > 0)
        printf(", %" PRIu64 " entr%s refused", im->refused, ies(im->refused));
    printf("\n");
    if (im->refused > REFUSED_TOLD)
        fprintf(stderr, "plumbline log import: %s: … and %" PRIu64 " more\n", path, im->refused - REFUSED_TOLD);
}

/* 0, or -1 with err: it is no HAR file, or nothing can be written. */
static int
import_file(struct importing *im, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    int result = -1;

    im->imported = im->foreign = im->messages = im->refused = 0;
    im->last_start = clock_wall();
    while (reader != NULL && (result = segment_reader_next(reader, &entry, err)) == 1) {
        if (import_entry(im, &entry, err) < 0) {
            result = -1;
            break;
        }
    }
    segment_reader_close(reader);
    im->all_imported += im->imported;
    im->all_refused += im->refused;
    if (result == 0)
        tell_file(im, path);
    return result;
}

/* A file that is none does not keep the others out. */
static int
import_all(struct importing *im, const struct option_list *files, struct error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        struct error broken = { .kind = ERROR_NONE };

        if (import_file(im, files->items[i], &broken) == 0)
            continue;
        if (broken.kind != ERROR_INPUT) {
            *err = broken;
            return -1;
        }
        (void)command_fail("log import", &broken);
        im->all_refused++;
    }
    if (im->writer == NULL)
        return 0;
    return write_lines(im, err) < 0 ? -1 : segment_writer_sync(im->writer, err);
}

/* ---- the command ---- */

static int
start(struct importing *im, struct error *err)
{
    const struct document *document = NULL;
    const struct value *rules = NULL;

    buffer_init(&im->lines, 2 * LIMIT_RECORD_LINE);
    im->arena = arena_new(0, LIMIT_EXCHANGE_ARENA + 16 * LIMIT_RECORD_LINE);
    im->scratch = redaction_scratch_new();
    if (im->arena == NULL || im->scratch == NULL)
        return error_memory(err);
    if (im->config != NULL) {
        im->settings = settings_load(im->config, NULL, err);
        if (im->settings == NULL)
            return -1;
        document = im->settings->redaction_document;
        rules = im->settings->redaction;
    }
    if (im->no_redact)
        return 0;
    im->redaction = redaction_new(document, rules, err);
    return im->redaction != NULL ? 0 : -1;
}

static void
end(struct importing *im)
{
    segment_writer_close(im->writer);
    redaction_free(im->redaction);
    redaction_scratch_free(im->scratch);
    settings_free(im->settings);
    buffer_release(&im->lines);
    arena_free(im->arena);
}

static int
run(struct importing *im, const struct option_list *files)
{
    struct error err = { .kind = ERROR_NONE };
    int result = start(im, &err) < 0 ? -1 : import_all(im, files, &err);

    end(im);
    if (result < 0)
        return command_fail("log import", &err);
    if (im->all_refused > 0)
        return im->all_imported > 0 ? EXIT_FINDINGS : EXIT_CONFIG;
    return EXIT_FINE;
}

int
log_import(int argc, char **argv)
{
    struct importing im = { .folder = NULL };
    struct option_list files;
    int code;
    const struct option options[] = {
        { "--output", 'o', OPTION_TEXT, "DIR", NULL, "the recording; one that exists is continued", &im.folder },
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "redact by the rules of these settings, too", &im.config },
        { "--no-redact", 0, OPTION_FLAG, NULL, NULL, "keep credentials, cookies and card numbers", &im.no_redact },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "log import",
        .summary = "Import HAR files of browsers and other tools as a recording.",
        .arguments = "HAR... -o DIR [-c FILE | --no-redact]",
        .example = "plumbline log import browser.har -o logs/browser",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more = "What is secret is redacted as it would have been while recording (docs/redaction.md).\n"
                "Exit: 0 all came in, 1 entries were refused, 2 nothing came in, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    if (im.folder == NULL) {
        fprintf(stderr, "plumbline log import: -o DIR is missing: the folder of the recording\n");
        return EXIT_CONFIG;
    }
    if (im.config != NULL && im.no_redact) {
        fprintf(stderr, "plumbline log import: either -c FILE or --no-redact, not both\n");
        return EXIT_CONFIG;
    }
    return run(&im, &files);
}
