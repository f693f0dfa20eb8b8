/* recordings.c -- /api/v1/recordings: the segments that the settings' recording has, and each of them. */
#include <stdio.h>
#include <sys/stat.h>

#include "admin/write.h"
#include "base/file.h"
#include "base/limits.h"
#include "proxy/server.h"
#include "traffic/har.h"
#include "traffic/segment.h"

/* "000001.jsonl" or "000001.jsonl.zst": nothing else is a segment, and nothing else is ever opened. */
static bool
is_segment(struct text name)
{
    struct text number = text_slice(name, 0, text_find(name, '.')), end = text_from(name, number.length);
    uint64_t value;

    return number.length >= 6 && number.length <= 12 && text_to_u64(number, &value) &&
           (text_equal(end, TEXT(".jsonl")) || text_equal(end, TEXT(".jsonl.zst")));
}

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

static void
write_segment(struct json_writer *w, struct api_call *call, const char *folder, const char *name, bool last)
{
    struct text path = arena_print(call->request->arena, "%s/%s", folder, name);
    bool compressed = text_ends(text_of(name), TEXT(".zst"));
    struct stat about;

    if (path.data == NULL || stat(path.data, &about) < 0)
        return; /* deleted meanwhile */
    json_object(w);
    write_text(w, "name", text_of(name));
    write_number(w, "bytes", (uint64_t)about.st_size);
    write_time(w, "changed", (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec);
    write_bool(w, "compressed", compressed);
    write_bool(w, "open", last && !compressed);
    json_end_object(w);
}

void
api_recordings(struct api_call *call)
{
    const char *folder = folder_of(call), **names, *last = NULL;
    struct error err = { .kind = ERROR_NONE };
    struct json_writer w;
    size_t count;

    if (folder == NULL)
        return;
    if (file_list(folder, call->request->arena, &names, &count, &err) < 0) {
        fail(call, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (is_segment(text_of(names[i])))
            last = names[i];
    write_begin(&w, call);
    json_object(&w);
    write_text(&w, "folder", text_of(folder));
    write_key(&w, "segments");
    json_array(&w);
    for (size_t i = 0; i < count; i++)
        if (is_segment(text_of(names[i])))
            write_segment(&w, call, folder, names[i], names[i] == last);
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

void
api_recording(struct api_call *call)
{
    const char *folder = folder_of(call);
    struct text path, format = { NULL, 0 };
    bool har = api_accepts(call, TEXT("application/har+json"));

    if (folder == NULL)
        return;
    if (api_query(call, TEXT("format"), &format)) {
        har = text_equal(format, TEXT("har"));
        if (!har && !text_equal(format, TEXT("lines"))) {
            api_problem_at(call, 400, TEXT("query format"), TEXT("expected format=lines or format=har"));
            return;
        }
    }
    path = arena_print(call->request->arena, "%s/%.*s", folder, TEXT_PRINT(call->name));
    if (!is_segment(call->name) || path.data == NULL || !file_exists(path.data))
        api_problem(call, 404, TEXT("the recording has no such segment"));
    else if (har)
        answer_har(call, path.data);
    else
        answer_lines(call, path.data);
}
