/* har_read.c -- a HAR file entry by entry. The way down to /log/entries and each entry's end are found by brackets and
 * strings alone; the entries themselves are for the JSON parser. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "traffic/har.h"

#define READ_PIECE (256 * LIMIT_KIB)
#define SNIFFED    (64 * LIMIT_KIB) /* bytes that tell a HAR file from a recording */
#define KEY_BYTES  64               /* longer keys are none that we look for */

enum har_state {
    STATE_START,   /* nothing was given */
    STATE_ENTRIES, /* inside /log/entries */
    STATE_END,
};

struct har_reader {
    const char *path; /* borrowed */
    int fd;
    bool ended; /* the file has no more */
    int failure;
    struct buffer held; /* what was read and not used yet; position `at` comes next */
    size_t at;
    uint32_t line, column; /* of `at` */
    enum har_state state;
    uint64_t index;
};

/* ---- bytes ---- */

/* Read another piece behind what is held. False at the end, when reading fails and when the buffer is full. */
static bool
read_piece(struct har_reader *r)
{
    char *room;
    ssize_t got;

    if (r->ended)
        return false;
    room = buffer_room(&r->held, READ_PIECE);
    if (room == NULL) {
        r->failure = ENOMEM;
        return false;
    }
    do
        got = read(r->fd, room, READ_PIECE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        r->failure = errno;
    if (got <= 0)
        r->ended = true;
    else
        buffer_wrote(&r->held, (size_t)got);
    return got > 0;
}

/* The byte of t at `at`, or -1 behind its end. */
static int
byte_at(struct text t, size_t at)
{
    return at < t.length && t.data != NULL ? (unsigned char)t.data[at] : -1;
}

static bool
is_space(int c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The byte at `at` + ahead, or -1 at the end. */
static int
peek(struct har_reader *r, size_t ahead)
{
    while (r->at + ahead >= buffer_length(&r->held))
        if (!read_piece(r))
            return -1;
    return byte_at(buffer_text(&r->held), r->at + ahead);
}

/* Go on by `count` bytes that are held. */
static void
advance(struct har_reader *r, size_t count)
{
    const char *from = buffer_text(&r->held).data + r->at, *end = from + count, *newline;

    r->at += count;
    while (from < end && (newline = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        r->line++;
        r->column = 1;
        from = newline + 1;
    }
    r->column += (uint32_t)(end - from);
}

/* Give back the memory of what is behind us. */
static void
forget(struct har_reader *r)
{
    buffer_consume(&r->held, r->at);
    r->at = 0;
}

static int
skip_space(struct har_reader *r)
{
    int c;

    while (is_space(c = peek(r, 0))) {
        struct text held = buffer_text(&r->held);
        size_t count = 1;

        while (is_space(byte_at(held, r->at + count)))
            count++;
        advance(r, count);
        if (r->at >= READ_PIECE)
            forget(r);
    }
    return c;
}

/* ---- values ---- */

/* Where in a value the scan is. */
struct scan {
    uint8_t brackets[LIMIT_JSON_DEPTH]; /* the closing one of each that is open */
    uint32_t depth;
    bool string; /* inside of one */
    bool escape; /* behind a backslash */
};

enum scanned {
    SCAN_MORE, /* the value goes on behind these bytes */
    SCAN_DONE,
    SCAN_MISMATCH, /* a bracket that closes another one */
    SCAN_DEPTH,
};

static size_t
scan_string(struct scan *s, struct text t, size_t i)
{
    for (; i < t.length; i++) {
        if (s->escape)
            s->escape = false;
        else if (t.data[i] == '\\')
            s->escape = true;
        else if (t.data[i] == '"') {
            s->string = false;
            return i + 1;
        }
    }
    return i;
}

/* Go through the bytes of an object, an array or a string that began before or begins here; *used tells how many belong
 * to it. */
static enum scanned
scan_bytes(struct scan *s, struct text t, size_t *used)
{
    size_t i = 0;

    while (i < t.length) {
        int c;

        if (s->string) {
            i = scan_string(s, t, i);
            *used = i;
            if (!s->string && s->depth == 0)
                return SCAN_DONE;
            continue;
        }
        c = byte_at(t, i++);
        *used = i;
        if (c == '"') {
            s->string = true;
        } else if (c == '{' || c == '[') {
            if (s->depth == LIMIT_JSON_DEPTH)
                return SCAN_DEPTH;
            s->brackets[s->depth++] = c == '{' ? '}' : ']';
        } else if (c == '}' || c == ']') {
            if (s->brackets[s->depth - 1] != (uint8_t)c)
                return SCAN_MISMATCH;
            if (--s->depth == 0)
                return SCAN_DONE;
        }
    }
    return SCAN_MORE;
}

static bool
ends_scalar(int c)
{
    return c < 0 || text_find(TEXT(" \n\r\t,]}:\"[{"), (char)(c)) < 11;
}

#define NO_VALUE "a value is missing"
#define CUT      "the file ends here, in the middle of a value"
#define STOPS    ": the file cannot be read on from here"

/* A number, a literal, or something that is neither. */
static const char *
pass_scalar(struct har_reader *r, size_t *length)
{
    size_t count = 0;

    while (count < KEY_BYTES * 16 && !ends_scalar(peek(r, count)))
        count++;
    if (count == 0)
        return peek(r, 0) < 0 ? CUT : NO_VALUE;
    *length = count;
    return NULL;
}

/* Find the end of the value at `at`. Kept: it stays held and *length is its length; *large when it is too long to be
 * held. Otherwise it is behind us. NULL, or why there is none; then `at` is the place. */
static const char *
pass_value(struct har_reader *r, bool keep, size_t *length, bool *large)
{
    struct scan scan = { .depth = 0 };
    enum scanned result = SCAN_MORE;
    size_t done = 0;
    int c = peek(r, 0);

    *large = false;
    if (c != '{' && c != '[' && c != '"') {
        const char *broken = pass_scalar(r, length);

        if (broken == NULL && !keep)
            advance(r, *length);
        return broken;
    }
    while (result == SCAN_MORE) {
        size_t used = 0;

        if (peek(r, done) < 0) {
            advance(r, done);
            return CUT;
        }
        result = scan_bytes(&scan, text_from(buffer_text(&r->held), r->at + done), &used);
        done += used;
        if ((!keep || done > LIMIT_RECORD_LINE) && result <= SCAN_DONE) {
            *large = *large || keep;
            keep = false;
            advance(r, done);
            forget(r);
            done = 0;
        }
    }
    *length = done;
    if (result == SCAN_DONE)
        return NULL;
    advance(r, done - 1);
    return result == SCAN_DEPTH ? "values are nested too deeply" STOPS
                                : "this bracket does not close the one that is open" STOPS;
}

/* ---- the way to the entries ---- */

static bool
take_byte(struct har_reader *r, char byte)
{
    if (skip_space(r) != (unsigned char)byte)
        return false;
    advance(r, 1);
    return true;
}

/* A key and its colon; a long key is none that is looked for, and empty here. */
static const char *
take_key(struct har_reader *r, char *key)
{
    size_t length;
    bool large;
    const char *broken;

    key[0] = '\0';
    if (skip_space(r) != '"')
        return peek(r, 0) < 0 ? CUT : "a member's name is missing";
    broken = pass_value(r, true, &length, &large);
    if (broken != NULL)
        return broken;
    if (!large && length < KEY_BYTES)
        snprintf(key, KEY_BYTES, "%.*s", (int)length - 2, buffer_text(&r->held).data + r->at + 1);
    if (!large)
        advance(r, length);
    forget(r);
    return take_byte(r, ':') ? NULL : "a colon is missing";
}

/* Members up to the one that is looked for; *found is false when the object ends before it. `first` is true behind the
 * opening bracket. */
static const char *
seek_member(struct har_reader *r, const char *name, bool first, bool *found)
{
    char key[KEY_BYTES];
    size_t length;
    bool large;

    *found = false;
    if (first && take_byte(r, '}'))
        return NULL;
    for (;; first = false) {
        const char *broken;

        if (!first && take_byte(r, '}'))
            return NULL;
        if (!first && !take_byte(r, ','))
            return peek(r, 0) < 0 ? CUT : "a comma or '}' is missing";
        broken = take_key(r, key);
        if (broken != NULL)
            return broken;
        (void)skip_space(r);
        if (name != NULL && strcmp(key, name) == 0) {
            *found = true;
            return NULL;
        }
        broken = pass_value(r, false, &length, &large);
        if (broken != NULL)
            return broken;
    }
}

static int
refuse(struct har_reader *r, const char *why, struct error *err)
{
    char where[300];

    if (r->failure != 0)
        return error_system(err, r->failure, r->path, "cannot read the file");
    snprintf(where, sizeof(where), "%s:%u:%u", r->path, r->line, r->column);
    return error_set(err, ERROR_INPUT, where, "this is neither a HAR file nor a recording: %s", why);
}

static int
find_entries(struct har_reader *r, struct error *err)
{
    static const char *const missing = "this is no HAR file: /log/entries is missing";
    const char *broken;
    bool found;

    if (!take_byte(r, '{'))
        return refuse(r, "it does not begin with '{'", err);
    if ((broken = seek_member(r, "log", true, &found)) != NULL)
        return refuse(r, broken, err);
    if (!found)
        return error_set(err, ERROR_INPUT, r->path, "%s", missing);
    if (!take_byte(r, '{'))
        return refuse(r, peek(r, 0) < 0 ? CUT : "its log is no object", err);
    if ((broken = seek_member(r, "entries", true, &found)) != NULL)
        return refuse(r, broken, err);
    if (!found || !take_byte(r, '['))
        return error_set(err, ERROR_INPUT, r->path, "%s", missing);
    r->state = STATE_ENTRIES;
    return 0;
}

/* Behind the entries: the rest must still be one JSON text. */
static const char *
find_end(struct har_reader *r)
{
    const char *broken;
    bool found;

    r->state = STATE_END;
    broken = seek_member(r, NULL, false, &found); /* of the log */
    if (broken == NULL)
        broken = seek_member(r, NULL, false, &found); /* of the file */
    if (broken != NULL)
        return broken;
    return skip_space(r) < 0 ? NULL : "there is something behind the end of the file's JSON";
}

/* ---- entries ---- */

static int
give_broken(struct har_reader *r, struct har_entry *entry, const char *why, struct error *err)
{
    if (r->failure != 0)
        return error_system(err, r->failure, r->path, "cannot read the file");
    *entry = (struct har_entry){
        .broken = why, .index = r->state == STATE_END ? HAR_OUTSIDE : r->index, .line = r->line, .column = r->column
    };
    r->state = STATE_END;
    return 1;
}

int
har_reader_next(struct har_reader *r, struct har_entry *entry, struct error *err)
{
    const char *broken;
    size_t length;
    bool large;

    *entry = (struct har_entry){ .broken = NULL };
    if (r->state == STATE_START && find_entries(r, err) < 0)
        return -1;
    if (r->state == STATE_END)
        return 0;
    if (take_byte(r, ']'))
        return (broken = find_end(r)) != NULL ? give_broken(r, entry, broken, err) : 0;
    if (r->index > 0 && !take_byte(r, ','))
        return give_broken(r, entry, peek(r, 0) < 0 ? CUT : "a comma or ']' is missing" STOPS, err);
    (void)skip_space(r);
    forget(r);
    entry->line = r->line;
    entry->column = r->column;
    entry->index = r->index;
    broken = pass_value(r, true, &length, &large);
    if (broken != NULL)
        return give_broken(r, entry, broken, err);
    r->index++;
    if (large) {
        entry->broken = "the entry is larger than 64 MiB";
        return 1;
    }
    entry->text = text_slice(buffer_text(&r->held), r->at, length);
    advance(r, length);
    return 1;
}

/* ---- the beginning ---- */

/* Members of an entry, of which a recording has one per line. */
static bool
is_entry_key(struct text key)
{
    static const char *const keys[] = { "startedDateTime", "time",    "request",         "response",   "cache",
                                        "timings",         "pageref", "serverIPAddress", "connection", "_plumbline" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (text_equal(key, text_of(keys[i])))
            return true;
    return false;
}

bool
har_reader_is_har(const struct har_reader *r)
{
    struct text t = text_from(buffer_text(&r->held), r->at), key;
    size_t quote;

    while (is_space(byte_at(t, 0)))
        t = text_from(t, 1);
    if (byte_at(t, 0) != '{')
        return false;
    quote = text_find(t, '"');
    key = text_from(t, quote + 1);
    key = text_slice(key, 0, text_find(key, '"'));
    return !is_entry_key(key);
}

int
har_reader_take_all(struct har_reader *r, struct text *content, struct arena *arena, struct error *err)
{
    struct stat status;
    size_t guess = fstat(r->fd, &status) == 0 && status.st_size > 0 ? (size_t)status.st_size : 0;

    if (guess <= LIMIT_FILE_BYTES)
        while (buffer_length(&r->held) <= LIMIT_FILE_BYTES && read_piece(r))
            continue;
    if (r->failure != 0)
        return error_system(err, r->failure, r->path, "cannot read the file");
    if (!r->ended)
        return error_set(err, ERROR_INPUT, r->path, "the file is larger than %zu MiB", LIMIT_FILE_BYTES / LIMIT_MIB);
    *content = arena_text(arena, text_from(buffer_text(&r->held), r->at));
    return content->data != NULL ? 0 : error_memory(err);
}

static int
begin(struct har_reader *r, struct error *err)
{
    struct stat status;
    struct text head;

    if (fstat(r->fd, &status) == 0 && S_ISDIR(status.st_mode))
        return error_set(err, ERROR_ENVIRONMENT, r->path, "this is a folder, not a file");
    while (buffer_length(&r->held) < SNIFFED && read_piece(r))
        continue;
    if (r->failure != 0)
        return error_system(err, r->failure, r->path, "cannot read the file");
    head = buffer_text(&r->held);
    if (text_starts(head, TEXT("\xff\xfe")) || text_starts(head, TEXT("\xfe\xff")))
        return error_set(err, ERROR_INPUT, r->path, "the file is UTF-16; 'iconv -f UTF-16 -t UTF-8' makes it readable");
    if (text_starts(head, TEXT("\xef\xbb\xbf"))) /* exports of some tools begin with a byte order mark */
        r->at = 3;
    return 0;
}

struct har_reader *
har_reader_open(const char *path, struct error *err)
{
    struct har_reader *r = calloc(1, sizeof(*r));
    bool standard = strcmp(path, "-") == 0;

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->path = standard ? "standard input" : path;
    r->line = r->column = 1;
    buffer_init(&r->held, LIMIT_FILE_BYTES + 2 * READ_PIECE);
    r->fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        error_system(err, errno, r->path, "cannot open the file");
    if (r->fd < 0 || begin(r, err) < 0) {
        har_reader_close(r);
        return NULL;
    }
    return r;
}

void
har_reader_close(struct har_reader *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        (void)close(r->fd);
    buffer_release(&r->held);
    free(r);
}
