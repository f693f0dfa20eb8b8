/* recordings.c -- /api/v1/recordings: the segments that the settings' recording has, and each of them. */
#include "admin/write.h"
#include "base/file.h"
#include "base/limits.h"
#include "proxy/server.h"
#include "traffic/har.h"
#include "traffic/recording.h"
#include "traffic/segment.h"

/* The folder, NUL-terminated in the call's arena; NULL: answered, because nothing is recorded. */
static const char *
folder_of(struct api_call *call)
{
    struct ruleset *ruleset = proxy_ruleset(call->api->proxy);
    struct text to = ruleset_settings(ruleset)->record.to, folder = { NULL, 0 };

    if (to.length > 0)
        folder = arena_text(call->request->arena, to);
    ruleset_drop(ruleset);
    if (to.length == 0)
        api_problem(call, 404, TEXT("nothing is recorded: the settings have no 'record'"));
    else if (folder.data == NULL)
        api_problem(call, 503, TEXT("no memory"));
    return folder.data;
}

static void
fail(struct api_call *call, const struct error *err)
{
    api_problem_at(call, 503, text_of(err->where), text_of(err->what));
}

/* ---- the list ---- */

/* What only an index tells is null where there is none yet. */
static void
write_segment(struct json_writer *w, const struct recording_segment *s)
{
    json_object(w);
    write_text(w, "name", text_of(s->name));
    write_number(w, "bytes", s->bytes);
    write_time(w, "changed", s->modified);
    write_bool(w, "compressed", s->compressed);
    write_bool(w, "open", s->open);
    write_key(w, "lines");
    if (s->indexed)
        json_integer(w, (int64_t)s->lines);
    else
        json_null(w);
    write_time(w, "first", s->indexed ? s->first : 0);
    write_time(w, "last", s->indexed ? s->last : 0);
    json_end_object(w);
}

/* False: answered. */
static bool
list_segments(struct api_call *call, const char *folder, bool indexes, struct recording_segment **list, size_t *count)
{
    struct error err = { .kind = ERROR_NONE };

    if (recording_list(folder, indexes, call->request->arena, list, count, &err) == 0)
        return true;
    fail(call, &err);
    return false;
}

void
api_recordings(struct api_call *call)
{
    const char *folder = folder_of(call);
    struct recording_segment *list;
    struct json_writer w;
    size_t count;

    if (folder == NULL || !list_segments(call, folder, true, &list, &count))
        return;
    write_begin(&w, call);
    json_object(&w);
    write_text(&w, "folder", text_of(folder));
    write_key(&w, "segments");
    json_array(&w);
    for (size_t i = 0; i < count; i++)
        write_segment(&w, &list[i]);
    json_end_array(&w);
    json_end_object(&w);
}

/* ---- one of them ---- */

/* What is being written just now, or was cut by a crash, is not there yet. */
static void
answer_lines(struct api_call *call, const char *path)
{
    struct arena *arena = arena_new(0, LIMIT_FILE_BYTES);
    struct error err = { .kind = ERROR_NONE };
    struct text content;

    if (arena == NULL || file_read(&content, path, arena, &err) < 0) {
        (void)(arena == NULL ? error_memory(&err) : 0);
        fail(call, &err);
    } else if (text_ends(text_of(path), TEXT(".zst"))) {
        api_content_type(call, TEXT("application/zstd"));
        buffer_add(&call->answer->body, content);
    } else {
        while (content.length > 0 && content.data[content.length - 1] != '\n')
            content.length--;
        api_content_type(call, TEXT("application/x-ndjson"));
        buffer_add(&call->answer->body, content);
    }
    arena_free(arena);
}

static int
write_entries(struct buffer *out, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct segment_entry entry;
    int result = -1;
    bool some = false;

    while (reader != NULL && arena != NULL && (result = segment_reader_next(reader, &entry, err)) == 1) {
        if (!value_is(VALUE_MEMBER(entry.value, "request"), VALUE_OBJECT))
            continue;
        buffer_add(out, some ? TEXT(",\n") : TEXT(""));
        har_write_entry(out, entry.value, arena);
        arena_reset(arena);
        some = true;
    }
    segment_reader_close(reader);
    arena_free(arena);
    return arena != NULL ? result : error_memory(err);
}

static void
answer_har(struct api_call *call, const char *path)
{
    struct error err = { .kind = ERROR_NONE };
    struct buffer *out = &call->answer->body;

    har_write_begin(out);
    if (write_entries(out, path, &err) < 0) {
        buffer_clear(out);
        fail(call, &err);
        return;
    }
    har_write_end(out);
    api_content_type(call, TEXT("application/har+json"));
}

/* Only what is in the list is ever opened. */
static const struct recording_segment *
segment_named(const struct recording_segment *list, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(text_of(list[i].name), name))
            return &list[i];
    return NULL;
}

void
api_recording(struct api_call *call)
{
    const char *folder = folder_of(call);
    struct text path, format = { NULL, 0 };
    bool har = api_accepts(call, TEXT("application/har+json"));
    struct recording_segment *list;
    const struct recording_segment *segment;
    size_t count;

    if (folder == NULL || !list_segments(call, folder, false, &list, &count))
        return;
    if (api_query(call, TEXT("format"), &format)) {
        har = text_equal(format, TEXT("har"));
        if (!har && !text_equal(format, TEXT("lines"))) {
            api_problem_at(call, 400, TEXT("query format"), TEXT("expected format=lines or format=har"));
            return;
        }
    }
    segment = segment_named(list, count, call->name);
    path =
        segment != NULL ? arena_print(call->request->arena, "%s/%s", folder, segment->name) : (struct text){ NULL, 0 };
    if (path.data == NULL)
        api_problem(call, 404, TEXT("the recording has no such segment"));
    else if (har)
        answer_har(call, path.data);
    else
        answer_lines(call, path.data);
}
