/* log_verify.c -- plumbline log verify: every line whole and known, numbers without gaps or repeats, times that make
 * sense. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/log_commands.h"
#include "json/write.h"
#include "traffic/record.h"
#include "traffic/recording.h"
#include "traffic/segment.h"
#include "base/time_text.h"

#define PROBLEMS_TOLD 100

struct verifying {
    struct arena *arena;
    const char *file; /* the segment that is being read */
    uint64_t exchanges;
    uint64_t segments;
    uint64_t problems;
    uint64_t first, last; /* sequence numbers; 0 before the first line */
    uint64_t amended, lost;
    struct json_writer *json; /* NULL: text, as it is found */
};

/* One more problem; line 0: of the whole file. */
static void
tell_one(struct verifying *v, const char *file, uint32_t line, const char *what)
{
    struct json_writer *w = v->json;

    if (++v->problems > PROBLEMS_TOLD)
        return;
    if (w == NULL) {
        if (line > 0)
            printf("%s:%u: %s\n", file, line, what);
        else
            printf("%s: %s\n", file, what);
        return;
    }
    json_object(w);
    JSON_KEY(w, "file");
    json_string(w, text_of(file));
    if (line > 0) {
        JSON_KEY(w, "line");
        json_integer(w, line);
    }
    JSON_KEY(w, "what");
    json_string(w, text_of(what));
    json_end_object(w);
}

static void __attribute__((format(printf, 3, 4)))
tell(struct verifying *v, const struct segment_entry *entry, const char *format, ...)
{
    va_list arguments;
    char what[1024];

    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    tell_one(v, entry->file, entry->line, what);
}

static void
verify_sequence(struct verifying *v, const struct segment_entry *entry, uint64_t sequence)
{
    if (sequence == 0)
        tell(v, entry, "the sequence number is missing");
    else if (v->last == 0)
        v->first = sequence; /* older segments may have been removed */
    else if (sequence <= v->last)
        tell(v, entry, "the sequence number %" PRIu64 " comes after %" PRIu64, sequence, v->last);
    else if (sequence > v->last + 1)
        tell(v, entry, "%" PRIu64 " line%s missing: the sequence number goes from %" PRIu64 " to %" PRIu64,
             sequence - v->last - 1, sequence == v->last + 2 ? " is" : "s are", v->last, sequence);
    if (sequence > v->last)
        v->last = sequence;
}

static void
verify_times(struct verifying *v, const struct segment_entry *entry, const struct exchange *x)
{
    struct text end = value_is(VALUE_MEMBER(VALUE_MEMBER(entry->value, "_plumbline"), "end"), VALUE_STRING)
                          ? value_text(VALUE_MEMBER(VALUE_MEMBER(entry->value, "_plumbline"), "end"))
                          : text_make(NULL, 0);
    int64_t finished;

    if (x->started == 0)
        tell(v, entry, "there is no time at which the exchange began");
    if (!time_text_read(end, &finished))
        tell(v, entry, "there is no time at which the exchange ended");
    else if (finished < x->started)
        tell(v, entry, "the exchange ended before it began");
}

static void
verify_entry(struct verifying *v, const struct segment_entry *entry)
{
    struct exchange x;
    struct error err = { .kind = ERROR_NONE };

    if (entry->file != v->file)
        v->segments++;
    v->file = entry->file;
    if (entry->torn) {
        tell(v, entry, "the last line is torn (%zu bytes): being written, or cut by a crash", entry->text.length);
        return;
    }
    if (entry->value == NULL) {
        tell(v, entry, "column %u: %s", entry->broken.column, entry->broken.what);
        return;
    }
    v->exchanges++;
    arena_reset(v->arena);
    x.arena = v->arena;
    if (record_read(&x, entry->value, &err) < 0) {
        tell(v, entry, "%s: %s", err.where, err.what);
        return;
    }
    v->exchanges -= x.amends > 0; /* it says more of another one */
    v->amended += x.amends > 0 && x.lost == 0;
    v->lost += x.lost;
    if (!x.verdicts_carried) {
        tell(v, entry, "this line was not written by Plumbline");
        return;
    }
    if (x.id[0] == '\0')
        tell(v, entry, "the exchange has no id");
    verify_sequence(v, entry, x.sequence);
    if (x.amends >= x.sequence && x.sequence > 0)
        tell(v, entry, "it amends line number %" PRIu64 ", which comes later", x.amends);
    if (x.lost > 0)
        tell(v, entry, "%" PRIu64 " exchange%s not recorded %s (disk full, failing or too slow)", x.lost,
             x.lost == 1 ? " was" : "s were", x.amends > 0 ? "after the one before" : "before this one");
    verify_times(v, entry, &x);
}

/* The index says of each line what the line says. */
static bool
says_the_same(const struct index *index, const struct index_line *line, const struct exchange *x, size_t length)
{
    return line->length == length + 1 && line->sequence == x->sequence && line->amends == x->amends &&
           line->started == x->started && line->status == (x->has_response ? x->response.status : 0) &&
           memcmp(line->id, x->id, EXCHANGE_ID_BYTES) == 0 &&
           (line->operation == INDEX_TEXT_OTHER || text_equal(index_text(index, line->operation), x->operation)) &&
           (line->service == INDEX_TEXT_OTHER || text_equal(index_text(index, line->service), x->service));
}

/* Lines and index side by side. Returns the problem, or NULL. */
static const char *
compare_index(struct verifying *v, const char *path, const struct index *index, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    const char *problem = NULL;
    uint64_t i = 0;
    int result = -1;

    if (reader == NULL)
        return "the segment cannot be read";
    segment_reader_keep_amendments(reader);
    while (problem == NULL && (result = segment_reader_next(reader, &entry, err)) == 1 && !entry.torn) {
        struct exchange x = { .arena = v->arena };

        arena_reset(v->arena);
        if (i >= index->line_count || (entry.value != NULL && record_read(&x, entry.value, NULL) == 0 &&
                                       !says_the_same(index, &index->lines[i], &x, entry.text.length)))
            problem = "the index does not say what is there";
        i++;
    }
    segment_reader_close(reader);
    if (problem == NULL && (result < 0 || i != index->line_count))
        problem = result < 0 ? "the segment cannot be read" : "the index does not say what is there";
    return problem;
}

static void
verify_index(struct verifying *v, const char *folder, const struct recording_segment *s)
{
    struct arena *arena = arena_new(0, LIMIT_FILE_BYTES);
    struct error err = { .kind = ERROR_NONE };
    struct index index;
    const char *problem = NULL;
    char path[4200];

    (void)snprintf(path, sizeof path, "%s/%s", folder, s->name);
    if (arena == NULL || recording_index(folder, s, &index, arena, &err) < 0)
        problem = err.what;
    else
        problem = compare_index(v, path, &index, &err);
    if (problem != NULL) {
        (void)snprintf(path, sizeof path, "%s/%06u.index", folder, s->number);
        tell_one(v, path, 0, problem);
    }
    arena_free(arena);
}

/* A segment without an index is fine: it is read itself. */
static void
verify_indexes(struct verifying *v, const char *folder)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct recording_segment *list;
    size_t count;

    if (arena != NULL && file_is_folder(folder) && recording_list(folder, false, arena, &list, &count, NULL) == 0) {
        for (size_t i = 0; i < count; i++)
            if (list[i].indexed && !list[i].open && !list[i].twice)
                verify_index(v, folder, &list[i]);
    }
    arena_free(arena);
}

/* 0, or -1 with err. */
static int
verify_recording(struct verifying *v, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    int result = -1;

    if (reader != NULL)
        segment_reader_keep_amendments(reader);
    while (reader != NULL && (result = segment_reader_next(reader, &entry, err)) == 1)
        verify_entry(v, &entry);
    segment_reader_close(reader);
    if (result < 0)
        return -1;
    verify_indexes(v, path);
    return 0;
}

static void
print_end(const struct verifying *v, const char *path)
{
    if (v->problems > PROBLEMS_TOLD)
        printf("… and %" PRIu64 " more\n", v->problems - PROBLEMS_TOLD);
    printf("%s: %" PRIu64 " exchange%s in %" PRIu64 " segment%s", path, v->exchanges, v->exchanges == 1 ? "" : "s",
           v->segments, v->segments == 1 ? "" : "s");
    if (v->last > 0)
        printf(", numbers %" PRIu64 " to %" PRIu64, v->first, v->last);
    if (v->problems == 0)
        printf(": fine\n");
    else
        printf(": %" PRIu64 " problem%s\n", v->problems, v->problems == 1 ? "" : "s");
}

static void
write_number(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, text_of(key));
    json_integer(w, (int64_t)number);
}

static int
report_recording(struct verifying *v, const char *path, struct error *err)
{
    struct json_writer *w = v->json;

    if (w == NULL) {
        if (verify_recording(v, path, err) < 0)
            return -1;
        print_end(v, path);
        return 0;
    }
    json_object(w);
    JSON_KEY(w, "recording");
    json_string(w, text_of(path));
    JSON_KEY(w, "problems");
    json_array(w);
    if (verify_recording(v, path, err) < 0)
        return -1;
    json_end_array(w);
    write_number(w, "problem_count", v->problems);
    write_number(w, "exchanges", v->exchanges);
    write_number(w, "segments", v->segments);
    write_number(w, "amended", v->amended);
    write_number(w, "lost", v->lost);
    write_number(w, "first", v->first);
    write_number(w, "last", v->last);
    json_end_object(w);
    return 0;
}

/* All of them; how many problems they have. 0, or -1 with err. */
static int
verify_all(const struct option_list *recordings, bool json, uint64_t *problems, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct json_writer w;
    struct buffer out;
    int result = arena != NULL ? 0 : error_memory(err);

    buffer_init(&out, LIMIT_FILE_BYTES);
    json_begin(&w, &out, 2);
    json_object(&w);
    JSON_KEY(&w, "recordings");
    json_array(&w);
    for (size_t i = 0; i < recordings->count && result == 0; i++) {
        struct verifying v = { .arena = arena, .json = json ? &w : NULL };

        result = report_recording(&v, recordings->items[i], err);
        *problems += v.problems;
    }
    json_end_array(&w);
    json_end_object(&w);
    buffer_byte(&out, '\n');
    if (json && result == 0)
        (void)fwrite(buffer_text(&out).data, 1, buffer_text(&out).length, stdout);
    buffer_release(&out);
    arena_free(arena);
    return result;
}

int
log_verify(int argc, char **argv)
{
    struct option_list recordings;
    struct error err = { .kind = ERROR_NONE };
    const char *report = NULL;
    uint64_t problems = 0;
    int code;
    const struct option options[] = {
        { "--report", 0, OPTION_CHOICE, "FORMAT", "text|json", "text or json (text)", &report },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "log verify",
        .summary = "Verify recordings: every line whole and known, no number missing or twice, times in order.",
        .arguments = "RECORDING... [--report FORMAT]",
        .options = options,
        .example = "plumbline log verify logs/staging",
        .least = 1,
        .most = SIZE_MAX,
        .more = "Exit: 0 fine, 1 problems were found, 2 usage, 3 a recording cannot be opened.",
    };

    if (!options_read(&usage, argc, argv, &recordings, &code))
        return code;
    if (verify_all(&recordings, report != NULL && strcmp(report, "json") == 0, &problems, &err) < 0)
        return command_fail("log verify", &err);
    return problems > 0 ? EXIT_FINDINGS : EXIT_FINE;
}
