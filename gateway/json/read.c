/* read.c -- files of either writing, JSON or YAML, as documents. */
#include "json/document.h"

#include <stdio.h>

#include "base/file.h"
#include "json/scan.h"
#include "json/tape.h"

/* By name where the name says it; else JSON is what begins with a bracket. */
static bool
is_yaml(struct text source, struct text name)
{
    const char *end = source.data + source.length, *at;

    if (text_ends(name, TEXT(".json")))
        return false;
    if (source.length == 0 || text_ends(name, TEXT(".yaml")) || text_ends(name, TEXT(".yml")))
        return true;
    at = scan_space(source.data, end);
    return at == end || (*at != '{' && *at != '[');
}

static int
read_json(struct document *document, struct text source, const char *name, struct arena *arena, struct error *err)
{
    const struct document_options options = { .name = name, .lines = true, .duplicates = true };
    struct document_error why = { .what = NULL };
    char where[sizeof err->where];

    if (document_parse(document, source, &options, arena, &why) == 0)
        return 0;
    (void)snprintf(where, sizeof where, "%s:%u:%u", name, why.line, why.column);
    return error_set(err, ERROR_CONFIG, where, "%s%s", why.too_large ? "" : "not well-formed JSON: ", why.what);
}

/* The source is in the arena. */
static int
read_kept(struct document *document, struct text source, const char *name, struct arena *arena, struct error *err)
{
    struct text kept = arena_text(arena, text_of(name));

    if (kept.data == NULL)
        return error_memory(err);
    if (is_yaml(source, kept))
        return tape_from_yaml(document, source, kept.data, arena, err);
    return read_json(document, source, kept.data, arena, err);
}

int
document_read(struct document *document, const char *path, struct arena *arena, struct error *err)
{
    struct text source;

    if (file_read(&source, path, arena, err) < 0)
        return -1;
    return read_kept(document, source, path, arena, err);
}

int
document_read_text(struct document *document, struct text source, const char *name, struct arena *arena,
                   struct error *err)
{
    struct text kept = arena_text(arena, source);

    if (kept.data == NULL)
        return error_memory(err);
    return read_kept(document, kept, name, arena, err);
}
