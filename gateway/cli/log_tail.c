/* log_tail.c -- plumbline log tail: the last exchanges of a recording, and with -f those that come.
 *
 * The newest segment is read by ourselves, piece by piece, so that following goes on where showing ended. The kernel
 * tells of changes (inotify); a new segment is begun when the current one has no more. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/following.h"
#include "cli/log_colour.h"
#include "cli/log_commands.h"
#include "json/write.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define READ_PIECE    (256 * LIMIT_KIB)
#define LOG_TAIL_MOST 10000

struct tail {
    const char *path;
    bool folder;
    long most;
    struct arena *arena;
    struct buffer *ring; /* the last `most` lines, as shown */
    uint64_t count;      /* lines that went through the ring */
    bool colour;
    const char *report; /* "text" or "json" */
    bool at_once;       /* lines are printed as they come */
    bool may_be_empty;  /* an empty folder may become a recording */

    int fd; /* the segment that is being read */
    unsigned number;
    struct buffer rest; /* bytes behind the last whole line */
    bool skip_line;     /* a line longer than any that was written: left out up to its end */
};

/* ---- lines ---- */

static bool
is_json(const struct tail *t)
{
    return t->report != NULL && strcmp(t->report, "json") == 0;
}

static void
take_exchange(struct tail *t, const struct exchange *x, const struct value *value)
{
    struct buffer *line = &t->ring[t->count % (uint64_t)(t->most > 0 ? t->most : 1)];

    buffer_clear(line);
    if (is_json(t)) {
        struct json_writer w;

        json_begin(&w, line, 0);
        json_value(&w, value);
        buffer_byte(line, '\n');
    } else {
        log_colour_line(line, x, t->colour);
    }
    if (t->at_once) {
        struct text text = buffer_text(line);

        (void)fwrite(text.data, 1, text.length, stdout); /* asked for once, at fflush */
    }
    t->count++;
}

static void
take_value(struct tail *t, const struct value *value)
{
    struct exchange x = { .arena = t->arena };

    if (value == NULL || record_read(&x, value, NULL) < 0)
        fprintf(stderr, "plumbline log tail: %s: a line that cannot be read; 'plumbline log verify' tells which\n",
                t->path);
    else
        take_exchange(t, &x, value);
}

static void
take_line(struct tail *t, struct text line)
{
    struct document document = { .root = NULL };

    arena_reset(t->arena);
    take_value(t, document_parse(&document, line, NULL, t->arena, NULL) == 0 ? document.root : NULL);
}

static void
take_whole_lines(struct tail *t)
{
    struct text text = buffer_text(&t->rest);
    size_t end;

    while ((end = text_find(text, '\n')) < text.length) {
        if (!t->skip_line)
            take_line(t, text_slice(text, 0, end));
        t->skip_line = false;
        buffer_consume(&t->rest, end + 1);
        text = buffer_text(&t->rest);
    }
}

/* Everything that is in the current segment by now. */
static int
read_segment(struct tail *t, struct error *err)
{
    for (;;) {
        char *room = buffer_room(&t->rest, READ_PIECE);
        ssize_t n;

        if (room == NULL) { /* no such line was ever written: look for its end */
            buffer_clear(&t->rest);
            t->skip_line = true;
            continue;
        }
        n = read(t->fd, room, READ_PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_system(err, errno, t->path, "cannot read the segment");
        if (n == 0)
            return 0;
        buffer_wrote(&t->rest, (size_t)n);
        take_whole_lines(t);
    }
}

/* ---- segments ---- */

static int
open_segment(struct tail *t, unsigned number, struct error *err)
{
    char name[4096];
    int fd;

    if (t->folder)
        snprintf(name, sizeof(name), "%s/%06u.jsonl", t->path, number);
    else
        snprintf(name, sizeof(name), "%s", t->path);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_system(err, errno, name, "cannot open the segment");
    if (t->fd >= 0)
        close(t->fd);
    t->fd = fd;
    t->number = number;
    buffer_clear(&t->rest);
    t->skip_line = false;
    return 0;
}

/* The newest segment's number and all file names; 0 when there is none. */
static int
newest_segment(struct tail *t, struct arena *arena, const char ***names, size_t *count, unsigned *newest,
               struct error *err)
{
    *newest = 0;
    if (file_list(t->path, arena, names, count, err) < 0)
        return -1;
    for (size_t i = 0; i < *count; i++) {
        char *end;
        unsigned long number = strtoul((*names)[i], &end, 10);

        if (end == (*names)[i] + 6 && strcmp(end, ".jsonl") == 0 && number > *newest)
            *newest = (unsigned)number;
    }
    return 0;
}

/* An older segment, or a single file, whole. */
static int
read_older(struct tail *t, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    int result = -1;

    while (reader != NULL && (result = segment_reader_next(reader, &entry, err)) == 1) {
        arena_reset(t->arena);
        if (!entry.torn)
            take_value(t, entry.value);
    }
    segment_reader_close(reader);
    return result;
}

/* How many whole lines a segment has. */
static uint64_t
lines_of(const char *path, struct arena *arena)
{
    struct text content;
    uint64_t lines = 0;

    if (file_read(&content, path, arena, NULL) < 0)
        return 0;
    for (size_t i = 0; i < content.length; i++)
        lines += content.data[i] == '\n';
    return lines;
}

/* From how far back to read: the newest segments that have `most` lines together. */
static size_t
first_needed(struct tail *t, const char *const *names, size_t count)
{
    uint64_t have = 0;

    while (count > 0 && have < (uint64_t)t->most) {
        struct arena *arena = arena_new(0, 2 * LIMIT_FILE_BYTES);
        char path[4096];

        count--;
        snprintf(path, sizeof(path), "%s/%s", t->path, names[count]);
        if (arena != NULL && text_ends(text_of(path), TEXT(".jsonl")))
            have += lines_of(path, arena);
        arena_free(arena);
    }
    return count;
}

static int
read_folder(struct tail *t, struct error *err)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    const char **names;
    size_t count;
    unsigned newest;
    int result = -1;

    if (arena == NULL)
        return error_memory(err);
    if (newest_segment(t, arena, &names, &count, &newest, err) < 0)
        goto out;
    result = 0;
    for (size_t i = newest > 0 ? first_needed(t, names, count) : count; i < count && result == 0; i++) {
        struct text path = arena_print(arena, "%s/%s", t->path, names[i]);

        if ((text_ends(path, TEXT(".jsonl")) || text_ends(path, TEXT(".jsonl.zst"))) &&
            strtoul(names[i], NULL, 10) < newest)
            result = read_older(t, path.data, err);
    }
    if (result == 0 && newest == 0 && !t->may_be_empty)
        result =
            error_set(err, ERROR_INPUT, t->path, "this folder is no recording: it has no segments (000001.jsonl …)");
    if (result == 0 && newest > 0)
        result = open_segment(t, newest, err) < 0 ? -1 : read_segment(t, err);
out:
    arena_free(arena);
    return result;
}

/* What came since, in this segment and in those that were begun. */
static int
catch_up(struct tail *t, struct error *err)
{
    char next[4096];

    for (;;) {
        bool more;

        snprintf(next, sizeof(next), "%s/%06u.jsonl", t->path, t->number + 1);
        more = file_exists(next); /* asked first: what is written before the next one begins is then in this one */
        if (t->fd >= 0 && read_segment(t, err) < 0)
            return -1;
        if (!more)
            return 0;
        if (open_segment(t, t->number + 1, err) < 0)
            return -1;
    }
}

/* ---- following ---- */

static int
flush_out(struct error *err)
{
    return fflush(stdout) != 0 ? error_system(err, errno, "standard output", "cannot write") : 0;
}

static int
follow(struct tail *t, struct following *following, struct error *err)
{
    while (!following_is_over()) {
        if (catch_up(t, err) < 0 || flush_out(err) < 0)
            return -1;
        if (following_wait(following, -1, err) < 0)
            return -1;
    }
    return 0;
}

static int
print_ring(struct tail *t, struct error *err)
{
    uint64_t first = t->count > (uint64_t)t->most ? t->count - (uint64_t)t->most : 0;

    for (uint64_t i = first; i < t->count; i++) {
        struct text text = buffer_text(&t->ring[i % (uint64_t)t->most]);

        (void)fwrite(text.data, 1, text.length, stdout);
    }
    return flush_out(err);
}

static int
run(struct tail *t, bool follows, struct error *err)
{
    struct following following = { .watch = -1 };
    int result = 0;

    t->folder = file_is_folder(t->path);
    if (!t->folder && !file_exists(t->path))
        return error_set(err, ERROR_ENVIRONMENT, t->path, "there is no such file or folder");
    if (follows)
        result = following_start(&following, t->path, err);
    t->may_be_empty = follows;
    if (result == 0)
        result = t->folder ? read_folder(t, err) : read_older(t, t->path, err);
    if (result == 0)
        result = print_ring(t, err);
    t->at_once = true;
    if (result == 0 && follows)
        result = follow(t, &following, err);
    following_end(&following);
    return result;
}

static int
tail_start(struct tail *t, struct error *err)
{
    t->arena = arena_new(0, 16 * LIMIT_RECORD_LINE);
    t->ring = calloc((size_t)(t->most > 0 ? t->most : 1), sizeof(t->ring[0]));
    if (t->arena == NULL || t->ring == NULL)
        return error_memory(err);
    for (long i = 0; i < (t->most > 0 ? t->most : 1); i++)
        buffer_init(&t->ring[i], is_json(t) ? 2 * LIMIT_RECORD_LINE : LIMIT_MIB);
    buffer_init(&t->rest, LIMIT_RECORD_LINE + READ_PIECE);
    return 0;
}

static void
tail_end(struct tail *t)
{
    for (long i = 0; t->ring != NULL && i < (t->most > 0 ? t->most : 1); i++)
        buffer_release(&t->ring[i]);
    free(t->ring);
    buffer_release(&t->rest);
    arena_free(t->arena);
    if (t->fd >= 0)
        close(t->fd);
}

int
log_tail(int argc, char **argv)
{
    struct tail t = { .most = 10, .fd = -1 };
    struct option_list recordings;
    struct error err = { .kind = ERROR_NONE };
    bool following = false;
    const struct option options[] = {
        { "--lines", 'n', OPTION_NUMBER, "N", NULL, "how many of the last exchanges (10)", &t.most },
        { "--follow", 'f', OPTION_FLAG, NULL, NULL, "go on with those that come, until interrupted", &following },
        { "--report", 0, OPTION_CHOICE, "FORMAT", "text|json", "text, or json: one HAR entry per line (text)",
          &t.report },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "log tail",
        .summary = "Show the last exchanges of a recording, and follow it.",
        .arguments = "RECORDING [-n N] [-f] [--report FORMAT]",
        .example = "plumbline log tail logs/staging -n 20 -f",
        .options = options,
        .least = 1,
        .most = 1,
        .more = "Exit: 0 fine, 2 usage, 3 environment.",
    };
    int result, code;

    if (!options_read(&usage, argc, argv, &recordings, &code))
        return code;
    if (t.most > LOG_TAIL_MOST) {
        fprintf(stderr, "plumbline log tail: -n is at most %d; 'plumbline log show' shows all\n", LOG_TAIL_MOST);
        return EXIT_CONFIG;
    }
    t.path = recordings.items[0];
    t.colour = terminal_is_coloured(STDOUT_FILENO);
    result = tail_start(&t, &err) < 0 ? -1 : run(&t, following, &err);
    tail_end(&t);
    return result < 0 ? command_fail("log tail", &err) : EXIT_FINE;
}
