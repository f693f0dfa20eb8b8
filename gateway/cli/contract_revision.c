/* contract_revision.c -- contracts out of git: REVISION:PATH, and the files of the same revision that they refer to. */
#include "cli/contract_revision.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/contract_url.h"
#include "cli/git.h"
#include "net/fetch.h"

struct revision {
    const char *prefix; /* "main:" */
};

/* What the file says in this revision: "main:contracts/shop.yaml". */
static int
read_object(const char *object, struct buffer *out, struct error *err)
{
    const char *const argv[] = { "git", "cat-file", "blob", object, NULL };

    return git_read(argv, out, err);
}

static int
read_file(void *arg, struct text path, struct arena *arena, struct text *content, struct error *err)
{
    const struct revision *revision = arg;
    struct text object = arena_print(arena, "%s%.*s", revision->prefix, TEXT_PRINT(path));
    struct buffer text;
    int result;

    if (object.data == NULL)
        return error_memory(err);
    buffer_init(&text, LIMIT_FILE_BYTES);
    result = read_object(object.data, &text, err);
    *content = result == 0 ? arena_text(arena, buffer_text(&text)) : TEXT("");
    buffer_release(&text);
    return result == 0 && content->data == NULL ? error_memory(err) : result;
}

/* Paths of git begin at the top of the repository; "./" stands for the folder we are in. */
static struct text
full_name(struct text prefix, struct text path, struct arena *arena, struct error *err)
{
    static const char *const argv[] = { "git", "rev-parse", "--show-prefix", NULL };
    struct text folder = TEXT(""), name = { NULL, 0 };
    struct buffer out;

    buffer_init(&out, LIMIT_MIB);
    if (!text_starts(path, TEXT("./")) || git_read(argv, &out, err) == 0) {
        if (text_starts(path, TEXT("./"))) {
            folder = text_slice(buffer_text(&out), 0, text_find(buffer_text(&out), '\n'));
            path = text_from(path, 2);
        }
        name = arena_print(arena, "%.*s%.*s%.*s", TEXT_PRINT(prefix), TEXT_PRINT(folder), TEXT_PRINT(path));
        if (name.data == NULL)
            (void)error_memory(err);
    }
    buffer_release(&out);
    return name;
}

static struct contract *
load(const char *name, const struct contract_options *options, struct arena *arena, struct error *err)
{
    struct text whole = text_of(name), prefix = arena_text(arena, text_slice(whole, 0, text_find(whole, ':') + 1));
    struct text full = full_name(prefix, text_from(whole, prefix.length), arena, err);
    struct revision revision = { prefix.data };
    struct contract_options own = *options;
    struct contract *c = NULL;
    struct buffer text;

    if (full.data == NULL)
        return NULL;
    own.read = read_file;
    own.prefix = prefix.data;
    own.arg = &revision;
    buffer_init(&text, LIMIT_FILE_BYTES);
    if (read_object(full.data, &text, err) == 0)
        c = contract_load_text(buffer_text(&text), full.data, &own, err);
    else
        (void)error_at(err, name);
    buffer_release(&text);
    return c;
}

/* "main:a.json", where there is no such file, and no URL. */
static bool
is_revision(const char *name)
{
    struct text t = text_of(name);
    size_t colon = text_find(t, ':');

    return colon > 0 && colon + 1 < t.length && name[0] != '-' && !fetch_is_url(name) && !file_exists(name);
}

struct contract *
contract_revision_load(const char *name, const struct contract_options *options, struct error *err)
{
    struct arena *arena;
    struct contract *c;

    if (!is_revision(name))
        return contract_url_load(name, options, err);
    if ((arena = arena_new(0, LIMIT_MIB)) == NULL) {
        (void)error_memory(err);
        return NULL;
    }
    c = load(name, options, arena, err);
    arena_free(arena);
    return c;
}
