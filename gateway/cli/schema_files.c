/* schema_files.c -- from a URI to a file below a folder that was named, and back. */
#include "cli/schema_files.h"

#include <string.h>

#include "base/file.h"
#include "schema/uri.h"

#define REMOTES "http://localhost:1234/"

static const struct {
    const char *word;
    enum schema_dialect dialect;
} words[] = {
    { "2020-12", SCHEMA_2020_12 },
    { "draft4", SCHEMA_DRAFT4 },
    { "oas3.0", SCHEMA_OAS30 },
    { "oas3.1", SCHEMA_OAS31 },
};

bool
schema_files_dialect(const char *word, enum schema_dialect *dialect)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].word) == 0) {
            *dialect = words[i].dialect;
            return true;
        }
    }
    return false;
}

static bool
plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/-._~", c) != NULL;
}

struct text
schema_files_uri(const char *path, struct arena *arena, struct error *err)
{
    const char *real = file_real_path(path, arena, err);
    size_t length = real != NULL ? strlen(real) : 0, at;
    char *uri = real != NULL ? arena_alloc(arena, 7 + 3 * length + 1) : NULL;

    if (uri == NULL)
        return (struct text){ 0 };
    memcpy(uri, "file://", 7);
    at = 7;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)real[i];

        if (plain(c)) {
            uri[at++] = real[i];
        } else {
            uri[at++] = '%';
            uri[at++] = "0123456789ABCDEF"[c >> 4];
            uri[at++] = "0123456789ABCDEF"[c & 15];
        }
    }
    uri[at] = '\0';
    return (struct text){ uri, at };
}

/* The path that a URI stands for; NULL when it stands for none. */
static const char *
path_of(const struct schema_files *files, struct text uri)
{
    struct text prefix = TEXT("file://"), rest, path;
    char *decoded;

    if (text_starts(uri, TEXT(REMOTES)) && files->remotes != NULL)
        prefix = TEXT(REMOTES);
    else if (!text_starts(uri, prefix))
        return NULL;
    rest = text_from(uri, prefix.length);
    decoded = arena_alloc(files->arena, rest.length + 1);
    if (decoded == NULL)
        return NULL;
    path = uri_decode(rest, decoded);
    if (text_search(path, TEXT("..")) < path.length || memchr(path.data, '\0', path.length) != NULL)
        return NULL;
    decoded[path.length] = '\0';
    if (text_starts(uri, TEXT("file://")))
        return decoded;
    return arena_print(files->arena, "%s/%s", files->remotes, decoded).data;
}

const struct document *
schema_files_load(void *arg, struct text uri, enum schema_dialect *dialect)
{
    struct schema_files *files = arg;
    const char *path = path_of(files, uri);
    struct document *document;
    struct error err = { 0 };

    if (path == NULL || !file_exists(path) || file_is_folder(path))
        return NULL;
    document = ARENA_NEW(files->arena, struct document);
    if (document == NULL)
        return NULL;
    if (document_read(document, path, files->arena, &err) < 0) {
        files->trouble = arena_print(files->arena, "%s: %s", err.where, err.what).data;
        return NULL;
    }
    *dialect = files->dialect;
    return document;
}
