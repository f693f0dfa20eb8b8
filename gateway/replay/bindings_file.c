/* bindings_file.c -- rules as a person reads and writes them. */
#include "base/limits.h"
#include "json/document.h"
#include "json/write.h"
#include "replay/bind_internal.h"
#include "rules/judge.h"

#define SCHEMA "bindings.schema.json"

static const char *const uses[] = { "yes", "no", "ambiguous" };

/* ---- writing ---- */

static void
write_texts(struct buffer *out, const struct text *texts, uint32_t count)
{
    buffer_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add(out, count > 1 ? TEXT(",\n         ") : TEXT(", "));
        json_escape(out, texts[i]);
    }
    buffer_byte(out, ']');
}

void
bindings_write(const struct bindings *b, struct buffer *out)
{
    uint32_t count = bindings_count(b);

    buffer_add(out,
               TEXT("# Values of answers that come back in later requests: a new run sends its own in place of them.\n"
                    "# use: yes, no, or ambiguous (not used until somebody says yes).\n"));
    buffer_add(out, count > 0 ? TEXT("bindings:\n") : TEXT("bindings: []\n"));
    for (uint32_t i = 0; i < count; i++) {
        const struct binding *v = bindings_at(b, i);

        buffer_add(out, TEXT("  - from: "));
        json_escape(out, v->from);
        buffer_add(out, TEXT("\n    to: "));
        write_texts(out, v->to, v->to_count);
        buffer_print(out, "\n    seen: %llu\n    use: %s\n", (unsigned long long)v->seen, uses[v->use]);
        if (v->why.length > 0) {
            buffer_add(out, TEXT("    why: "));
            json_escape(out, v->why);
            buffer_byte(out, '\n');
        }
    }
    buffer_add(out, b->others);
}

/* ---- reading ---- */

struct loading {
    struct bindings *b;
    const struct document *document;
    struct arena *arena;
    struct error *err;
};

static int
fail(struct loading *l, const struct value *v, const char *what)
{
    return error_set(l->err, ERROR_CONFIG, document_where(l->document, v, l->arena).data, "'%.*s': %s",
                     (int)(v->count < 200 ? v->count : 200), v->data, what);
}

/* "METHOD /path place": the place begins behind the last space in front of one of its words. */
static bool
split_place(struct text t, const char *const *words, struct text *operation, struct text *place)
{
    for (size_t at = t.length; at-- > 1;) {
        if (t.data[at - 1] != ' ')
            continue;
        for (size_t i = 0; words[i] != NULL; i++)
            if (text_starts(text_from(t, at), text_of(words[i]))) {
                *operation = text_trim(text_slice(t, 0, at - 1));
                *place = text_from(t, at);
                return text_find(*operation, ' ') < operation->length && place->length > strlen(words[i]);
            }
    }
    return false;
}

/* What the value is called: the last name of the place, and the one in front of it. */
static void
names_of(struct text place, struct text *name, struct text *owner)
{
    struct text inside = text_from(place, text_find(place, ':') + 1), part;
    struct text_split split = text_split_start(text_slice(inside, 0, text_find(inside, '#')));

    *name = *owner = text_make(NULL, 0);
    while (text_split_next(&split, '/', &part)) {
        if (part.length == 0 || text_equal(part, TEXT("*")))
            continue;
        *owner = *name;
        *name = part;
    }
}

static struct place *
load_place(struct loading *l, const struct value *v, const char *const *words, const char *what)
{
    struct text operation, place, name, owner;
    struct place *p;

    if (!split_place(value_text(v), words, &operation, &place)) {
        (void)fail(l, v, what);
        return NULL;
    }
    names_of(place, &name, &owner);
    p = bindings_place(l->b, operation, bindings_operation_hash(operation), place, name, owner);
    if (p == NULL)
        (void)fail(l, v, "there are too many places");
    return p;
}

/* `seen` is of the whole entry, so the first of its pairs has it. */
static int
load_pair(struct loading *l, struct place *from, const struct value *to, const struct value *entry,
          const struct value *seen)
{
    static const char *const words[] = { "path:", "query:", "header:", "cookie:", "body:", NULL };
    const struct value *use = VALUE_MEMBER(entry, "use"), *why = VALUE_MEMBER(entry, "why");
    struct place *place = load_place(
        l, to, words,
        "no place of a request; write \"METHOD /path path:NAME\", or query:, header:, cookie:, body:/POINTER");
    struct pair *p = place != NULL ? bindings_add(l->b, from, place) : NULL;

    if (place == NULL)
        return -1;
    if (p == NULL)
        return fail(l, to, "there are too many bindings");
    p->use = BINDING_YES;
    if (use != NULL)
        p->use = use->type == VALUE_TRUE || text_equal(value_text(use), TEXT("yes"))   ? BINDING_YES
                 : use->type == VALUE_FALSE || text_equal(value_text(use), TEXT("no")) ? BINDING_NO
                                                                                       : BINDING_AMBIGUOUS;
    p->said = p->use != BINDING_AMBIGUOUS;
    if (seen != NULL)
        (void)text_to_u64(value_text(seen), &p->seen);
    from->used = from->used || p->use == BINDING_YES;
    p->why = why != NULL ? arena_text(l->b->arena, value_text(why)) : text_make(NULL, 0);
    if (p->use == BINDING_AMBIGUOUS && p->why.length == 0)
        p->why = TEXT("the file says so");
    return 0;
}

static int
load_entry(struct loading *l, const struct value *entry)
{
    static const char *const words[] = { "response:", "header:", "cookie:", NULL };
    const struct value *to = VALUE_MEMBER(entry, "to"), *seen = VALUE_MEMBER(entry, "seen");
    struct place *from =
        load_place(l, VALUE_MEMBER(entry, "from"), words,
                   "no place of an answer; write \"METHOD /path response:/POINTER\", or header:, cookie:");

    if (from == NULL)
        return -1;
    if (to->type == VALUE_STRING)
        return load_pair(l, from, to, entry, seen);
    for (VALUE_EACH_ITEM(item, to))
        if (load_pair(l, from, item, entry, item == value_first(to) ? seen : NULL) < 0)
            return -1;
    return 0;
}

/* What people wrote beside the bindings stays when rules are learned anew; as JSON, which YAML is. Noise is written by
 * who learns it. */
static int
keep_others(struct loading *l)
{
    static const struct text keys[] = { TEXT("shift_time"), TEXT("renew") };
    struct buffer out;
    struct json_writer w;

    buffer_init(&out, LIMIT_REPLAY_BINDINGS);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct value *v = value_member(l->document->root, keys[i]);

        if (!value_is(v, VALUE_ARRAY))
            continue;
        buffer_add(&out, keys[i]);
        buffer_add(&out, TEXT(": "));
        json_begin(&w, &out, 0);
        json_value(&w, v);
        buffer_byte(&out, '\n');
    }
    l->b->others = arena_text(l->b->arena, buffer_text(&out));
    buffer_release(&out);
    return l->b->others.data != NULL ? 0 : error_memory(l->err);
}

static int
load_renew(struct loading *l)
{
    const struct value *list = VALUE_MEMBER(l->document->root, "renew");

    if (!value_is(list, VALUE_ARRAY))
        return 0;
    l->b->renew_said = true;
    l->b->renew = ARENA_ARRAY(l->b->arena, struct text, list->count + 1);
    if (l->b->renew == NULL)
        return error_memory(l->err);
    for (VALUE_EACH_ITEM(item, list))
        l->b->renew[l->b->renew_count++] = arena_text(l->b->arena, value_text(item));
    return 0;
}

bool
bindings_renews(const struct bindings *b, struct text field)
{
    if (b == NULL || !b->renew_said)
        return text_equal_nocase(field, TEXT("Idempotency-Key")) ||
               text_equal_nocase(field, TEXT("X-Idempotency-Key")) || text_equal_nocase(field, TEXT("X-Request-Id"));
    for (uint32_t i = 0; i < b->renew_count; i++)
        if (text_equal_nocase(field, b->renew[i]))
            return true;
    return false;
}

static int
load_all(struct loading *l)
{
    const struct value *list = VALUE_MEMBER(l->document->root, "bindings");

    if (judge_document(l->document, SCHEMA, l->err) < 0 || load_renew(l) < 0 || keep_others(l) < 0)
        return -1;
    if (list == NULL || list->type != VALUE_ARRAY)
        return 0;
    for (VALUE_EACH_ITEM(entry, list))
        if (load_entry(l, entry) < 0)
            return -1;
    return 0;
}

static struct bindings *
load(const char *path, const struct text *source, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_REPLAY_BINDINGS * 4);
    struct document document;
    struct loading l = { .b = bindings_new(), .document = &document, .arena = arena, .err = err };
    int result = -1;

    if (l.b == NULL || arena == NULL)
        (void)error_memory(err);
    else if ((source != NULL ? document_read_text(&document, *source, path, arena, err)
                             : document_read(&document, path, arena, err)) == 0)
        result = load_all(&l);
    if (result < 0) {
        bindings_free(l.b);
        l.b = NULL;
    }
    arena_free(arena);
    return l.b;
}

struct bindings *
bindings_load(const char *path, struct error *err)
{
    return load(path, NULL, err);
}

struct bindings *
bindings_load_text(struct text source, const char *name, struct error *err)
{
    return load(name, &source, err);
}
