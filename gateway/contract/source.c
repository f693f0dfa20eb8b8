/* source.c -- from a reference to a document: URI, path, realpath, read. */
#include "contract/source.h"

#include <limits.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/query.h"
#include "schema/uri.h"

const char source_network[] =
    "leads over the network, where nothing is fetched from; save the document below the contract's folder";

static const struct text file_scheme = { "file://", 7 };

/* "a/b" of "a/b/c.yaml", "" of "c.yaml", "/" of "/c.yaml". */
static struct text
folder_of(struct text path)
{
    size_t slash = path.length;

    while (slash > 0 && path.data[slash - 1] != '/')
        slash--;
    if (slash > 1)
        slash--;
    return text_slice(path, 0, slash);
}

static struct text
real_path(const char *path, struct arena *arena)
{
    char *resolved = realpath(path, NULL);
    struct text t = resolved != NULL ? arena_text(arena, text_of(resolved)) : TEXT("");

    free(resolved);
    return t;
}

/* The reference resolved against an absolute URI, in the arena; data is NULL when it does not fit. */
static struct text
resolve(struct text base, struct text reference, struct arena *arena)
{
    size_t size = base.length + reference.length + 16;
    char *out = arena_alloc(arena, size);

    return out != NULL ? uri_resolve(base, reference, out, size) : (struct text){ NULL, 0 };
}

/* Does path lie below folder? Then *rest is what follows, without the slash. */
static bool
lies_below(struct text path, struct text folder, struct text *rest)
{
    if (folder.length == 0 || !text_starts(path, folder))
        return false;
    if (folder.data[folder.length - 1] == '/') {
        *rest = text_from(path, folder.length);
        return true;
    }
    if (path.length <= folder.length || path.data[folder.length] != '/')
        return false;
    *rest = text_from(path, folder.length + 1);
    return true;
}

/* Files that do not come from the disk: their paths are those behind the prefix, below a root of its own. */
static int
init_elsewhere(struct source_list *list, const char *path, const struct contract_options *options, struct error *err)
{
    struct text own = text_from(text_of(path), strlen(options->prefix)), folder = folder_of(own);

    list->read = options->read;
    list->read_arg = options->arg;
    list->root = TEXT("/contract");
    list->root_shown = text_of(options->prefix);
    list->folder = arena_print(list->arena, "/contract%s%.*s", folder.length > 0 ? "/" : "", TEXT_PRINT(folder));
    return list->folder.data != NULL ? 0 : error_memory(err);
}

int
source_list_init(struct source_list *list, struct arena *arena, const char *path,
                 const struct contract_options *options, struct error *err)
{
    struct text folder = folder_of(text_of(path));
    const char *ref_root = options->ref_root;

    *list = (struct source_list){ .arena = arena };
    if (options->read != NULL)
        return init_elsewhere(list, path, options, err);
    if (text_search(text_of(path), TEXT("://")) == strlen(path)) {
        struct text copy = folder.length > 0 ? arena_text(arena, folder) : TEXT(".");

        if (copy.data == NULL)
            return error_memory(err);
        list->folder = real_path(copy.data, arena);
        list->shown = folder;
        list->root = list->folder;
        list->root_shown = folder;
    }
    if (ref_root != NULL) {
        list->root = real_path(ref_root, arena);
        list->root_shown = text_of(ref_root);
        if (list->root.length == 0)
            return error_set(err, ERROR_USAGE, ref_root, "this folder, below which $ref may reach, does not exist");
    }
    return 0;
}

static int
source_index(struct source_list *list, struct source *source)
{
    if (index_put(&list->by_uri, list->arena, NULL, source->uri, source) < 0 ||
        index_put(&list->by_document, list->arena, &source->document, TEXT(""), source) < 0)
        return -1;
    source->order = list->count++;
    return 0;
}

/* The path with everything encoded that may not stand in a URI; '/' stays. */
static void
encode_path(struct buffer *out, struct text path)
{
    struct text_split split = text_split_start(path);
    struct text segment;
    bool first = true;

    while (text_split_next(&split, '/', &segment)) {
        if (!first)
            buffer_byte(out, '/');
        percent_encode(out, segment);
        first = false;
    }
}

/* "file:///folder/name" for a real path; URIs of names that are no paths stay as they are. */
static struct text
uri_of_path(struct text path, struct arena *arena)
{
    struct buffer b;
    struct text uri;

    buffer_init(&b, LIMIT_KIB * 64);
    buffer_add(&b, file_scheme);
    encode_path(&b, path);
    uri = buffer_failed(&b) ? TEXT("") : arena_text(arena, buffer_text(&b));
    buffer_release(&b);
    return uri;
}

struct source *
source_add_main(struct source_list *list, const char *path, const struct document *document)
{
    struct source *source = ARENA_NEW(list->arena, struct source);
    struct text name = text_from(text_of(path), list->read != NULL ? list->root_shown.length : 0);
    struct text file = text_from(name, folder_of(name).length);

    if (source == NULL)
        return NULL;
    source->document = *document;
    if (file.length > 0 && file.data[0] == '/')
        file = text_from(file, 1);
    if (list->folder.length > 0)
        source->uri =
            uri_of_path(arena_print(list->arena, "%.*s/%.*s", TEXT_PRINT(list->folder), TEXT_PRINT(file)), list->arena);
    else
        source->uri = name;
    source->base = source->uri;
    return source_index(list, source) < 0 ? NULL : source;
}

int
source_set_base(struct source_list *list, struct source *source, struct text self)
{
    source->base = resolve(source->uri, text_slice(self, 0, text_find(self, '#')), list->arena);
    if (source->base.data == NULL)
        source->base = source->uri;
    return index_put(&list->by_uri, list->arena, NULL, source->base, source);
}

const struct source *
source_of(const struct source_list *list, const struct document *document)
{
    return index_find(&list->by_document, document, TEXT(""));
}

/* How the user knows the file: its path as if given like the contract's own. */
static struct text
shown_path(const struct source_list *list, struct text real)
{
    struct text rest;

    if (list->read != NULL && lies_below(real, list->root, &rest))
        return arena_print(list->arena, "%.*s%.*s", TEXT_PRINT(list->root_shown), TEXT_PRINT(rest));
    if (lies_below(real, list->folder, &rest))
        return list->shown.length == 0 ? arena_text(list->arena, rest)
                                       : arena_print(list->arena, "%.*s%s%.*s", TEXT_PRINT(list->shown),
                                                     text_equal(list->shown, TEXT("/")) ? "" : "/", TEXT_PRINT(rest));
    if (lies_below(real, list->root, &rest))
        return arena_print(list->arena, "%.*s/%.*s", TEXT_PRINT(list->root_shown), TEXT_PRINT(rest));
    return real;
}

static int
read_document(struct source_list *list, struct text real, const char *shown, struct document *document,
              struct error *err)
{
    struct text rest, content;

    if (list->read == NULL)
        return document_read(document, shown, list->arena, err);
    (void)lies_below(real, list->root, &rest);
    if (list->read(list->read_arg, rest, list->arena, &content, err) < 0)
        return -1;
    return document_read_text(document, content, shown, list->arena, err);
}

static struct source *
read_file(struct source_list *list, struct text uri, struct text real, const char **why)
{
    struct source *source = ARENA_NEW(list->arena, struct source);
    struct text shown = shown_path(list, real);
    struct error err = { 0 };

    if (source == NULL || shown.data == NULL) {
        *why = "leads to a file for which there is no memory";
        return NULL;
    }
    if (read_document(list, real, shown.data, &source->document, &err) < 0) {
        *why = arena_print(list->arena, "cannot be read: %s%s%s", err.where, err.where[0] != '\0' ? ": " : "", err.what)
                   .data;
        return NULL;
    }
    source->uri = uri;
    source->base = uri;
    if (source_index(list, source) < 0)
        return NULL;
    return source;
}

/* A file: URI's document: below the root after realpath, or not at all. */
static struct source *
open_file(struct source_list *list, struct text uri, const char **why)
{
    struct text path, real, canonical, rest;
    const void *known;
    struct source *source;

    if (!percent_decode(text_from(uri, file_scheme.length), false, list->arena, &path)) {
        *why = "has a file name that is not percent-encoded correctly";
        return NULL;
    }
    path = arena_text(list->arena, path);
    if (list->read != NULL)
        real = path; /* . and .. are gone when a reference is resolved */
    else
        real = path.data != NULL ? real_path(path.data, list->arena) : TEXT("");
    if (real.length == 0) {
        *why = "leads to a file that does not exist";
        return NULL;
    }
    if (!lies_below(real, list->root, &rest)) {
        *why = list->read != NULL ? "leads outside of the repository"
                                  : "leads outside of the contract's folder (--ref-root allows another one)";
        return NULL;
    }
    canonical = uri_of_path(real, list->arena);
    known = index_find(&list->by_uri, NULL, canonical);
    if (known != NULL)
        return (struct source *)(uintptr_t)known;
    if (list->count >= LIMIT_CONTRACT_FILES) {
        *why = "leads to one file too many for a contract";
        return NULL;
    }
    source = read_file(list, canonical, real, why);
    if (source != NULL && !text_equal(uri, canonical) && index_put(&list->by_uri, list->arena, NULL, uri, source) < 0)
        return NULL;
    return source;
}

/* A URI below the $self of the contract stands for the file at the same relative place (OAS 3.2 4.1.2.2.2). */
static struct text
below_self(const struct source_list *list, struct text uri)
{
    const struct index *index = &list->by_uri;

    for (uint32_t i = 0; i < index->capacity; i++) {
        const struct source *source = index->slots[i].value;
        struct text rest;

        if (source == NULL || source->order != 0 || text_equal(source->base, source->uri))
            continue;
        if (lies_below(uri, folder_of(source->base), &rest))
            return arena_print(list->arena, "%.*s/%.*s", TEXT_PRINT(folder_of(source->uri)), TEXT_PRINT(rest));
    }
    return uri;
}

struct source *
source_open_uri(struct source_list *list, struct text uri, const char **why)
{
    const void *known = index_find(&list->by_uri, NULL, uri);

    if (known != NULL)
        return (struct source *)(uintptr_t)known;
    if (!text_starts(uri, file_scheme))
        uri = below_self(list, uri);
    if (text_starts(uri, file_scheme))
        return open_file(list, uri, why);
    *why = source_network;
    return NULL;
}

struct source *
source_open(struct source_list *list, const struct source *from, struct text reference, const char **why)
{
    struct text uri;

    if (reference.length == 0)
        return (struct source *)(uintptr_t)from;
    uri = resolve(from->base, reference, list->arena);
    if (uri.data == NULL) {
        *why = "is no URI";
        return NULL;
    }
    return source_open_uri(list, uri, why);
}
