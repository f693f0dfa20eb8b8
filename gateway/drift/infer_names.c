/* infer_names.c -- names that nobody gave: of variables, operations, tags. */
#include <ctype.h>

#include "drift/infer_writing.h"

/* "order-items" as "OrderItems" */
static struct text
camel(struct arena *arena, struct text word)
{
    char *out = arena_alloc(arena, word.length + 1);
    size_t length = 0;
    bool upper = true;

    for (size_t i = 0; out != NULL && i < word.length; i++) {
        unsigned char c = (unsigned char)word.data[i];

        if (isalnum(c))
            out[length++] = (char)(upper ? toupper(c) : c);
        upper = !isalnum(c);
    }
    return text_make(out, length);
}

/* The variable behind "orders" is an orderId; behind "statuses" a statusId. */
struct text
writing_variable(struct writing *w, const struct writing_template *t, struct text before)
{
    struct text word = camel(w->arena, before), name;

    if (text_ends(word, TEXT("ies")))
        word = arena_print(w->arena, "%.*sy", (int)word.length - 3, word.data);
    else if (text_ends(word, TEXT("sses")) || text_ends(word, TEXT("uses")) || text_ends(word, TEXT("xes")))
        word.length -= 2;
    else if (text_ends(word, TEXT("s")) && !text_ends(word, TEXT("ss")))
        word.length--;
    name = word.length > 0 && word.data != NULL
               ? arena_print(w->arena, "%c%.*sId", tolower((unsigned char)word.data[0]), (int)word.length - 1,
                             word.data + 1)
               : TEXT("id");
    for (uint32_t i = 0; i < t->count; i++)
        if (text_equal(t->names[i], name))
            return arena_print(w->arena, "%.*s%u", TEXT_PRINT(name), t->count + 1);
    return name;
}

/* The method as a Path Item has it. */
struct text
writing_method(struct writing *w, struct text method)
{
    struct text name = arena_text(w->arena, method);

    for (size_t i = 0; i < name.length; i++)
        ((char *)(uintptr_t)name.data)[i] = (char)tolower((unsigned char)name.data[i]);
    return name;
}

static bool
is_taken(const struct writing *w, struct text name)
{
    for (const struct taken *t = w->taken; t != NULL; t = t->next)
        if (text_equal(t->name, name))
            return true;
    return w->infer->contract != NULL && contract_operation_named(w->infer->contract, name) != NULL;
}

/* The name, or with a number where another operation has it. */
static struct text
take_name(struct writing *w, struct text name)
{
    struct taken *taken = ARENA_NEW(w->arena, struct taken);
    struct text own = name;

    for (unsigned i = 2; is_taken(w, own); i++)
        own = arena_print(w->arena, "%.*s%u", TEXT_PRINT(name), i);
    if (taken != NULL) {
        *taken = (struct taken){ own, w->taken };
        w->taken = taken;
    }
    return own;
}

struct text
writing_operation_name(struct writing *w, const struct writing_template *t, struct text method)
{
    struct text_split split = text_split_start(text_from(t->path, 1));
    struct text segment, name = arena_text(w->arena, method);

    for (size_t i = 0; i < name.length; i++)
        ((char *)(uintptr_t)name.data)[i] = (char)tolower((unsigned char)name.data[i]);
    while (text_split_next(&split, '/', &segment)) {
        bool variable = segment.length > 0 && segment.data[0] == '{';
        struct text word = camel(w->arena, segment);

        name = arena_print(w->arena, "%.*s%s%.*s", TEXT_PRINT(name), variable ? "By" : "", TEXT_PRINT(word));
    }
    return take_name(w, name);
}

void
writing_tag(struct writing *w, struct text tag)
{
    for (uint32_t i = 0; i < w->tag_count; i++)
        if (text_equal(w->tags[i], tag))
            return;
    if (w->tag_count < sizeof w->tags / sizeof w->tags[0])
        w->tags[w->tag_count++] = tag;
}

/* A brace in a segment is no variable. */
struct text
writing_segment(struct writing *w, struct text segment)
{
    struct text out = TEXT("");

    if (text_find(segment, '{') == segment.length && text_find(segment, '}') == segment.length)
        return segment;
    for (size_t i = 0; i < segment.length; i++) {
        char c = segment.data[i];

        out = arena_print(w->arena, c == '{' ? "%.*s%%7B" : c == '}' ? "%.*s%%7D" : "%.*s%c", TEXT_PRINT(out), c);
    }
    return out;
}
