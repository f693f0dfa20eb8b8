/* template.c -- a path as documents write it, as a template. */
#include "extract/template.h"

#include "base/limits.h"
#include "extract/wording.h"

/* ---- names of parameters ---- */

/* Letters, digits, '_', '-' and '.'; anything else becomes '_'. */
static struct text
clean_name(struct text t, struct arena *arena)
{
    char *out;
    size_t length = 0;

    t = text_slice(wording_trim(t), 0, 64);
    out = arena_alloc(arena, t.length + 3);
    if (out == NULL)
        return (struct text){ NULL, 0 };
    for (size_t i = 0; i < t.length; i++) {
        char c = t.data[i];

        if (is_name_byte(c) || ((c == '-' || c == '.') && length > 0))
            out[length++] = c;
        else if (length > 0 && out[length - 1] != '_')
            out[length++] = '_';
    }
    while (length > 0 && (out[length - 1] == '_' || out[length - 1] == '.'))
        length--;
    if (length == 0) {
        out[length++] = 'i';
        out[length++] = 'd';
    }
    return text_make(out, length);
}

/* "orders" gives "order_id", "addresses" "address_id", "categories" "category_id". */
static struct text
name_after(struct text segment, struct arena *arena)
{
    struct text name = clean_name(segment, arena);

    if (text_ends(name, TEXT("ies")) && name.length > 4)
        return arena_print(arena, "%.*sy_id", (int)name.length - 3, name.data);
    if ((text_ends(name, TEXT("sses")) || text_ends(name, TEXT("xes")) || text_ends(name, TEXT("ches"))) &&
        name.length > 5)
        return arena_print(arena, "%.*s_id", (int)name.length - 2, name.data);
    if (text_ends(name, TEXT("s")) && !text_ends(name, TEXT("ss")) && name.length > 2)
        return arena_print(arena, "%.*s_id", (int)name.length - 1, name.data);
    return arena_print(arena, "%.*s_id", TEXT_PRINT(name));
}

/* What is between the brackets: {id}, <int:id>, {id:[0-9]+}, {id?}, {+path}. */
static struct text
name_between(struct text t, char open, struct arena *arena)
{
    size_t colon = text_find(t, ':');

    while (t.length > 0 && strchr("{<[$:+*/", t.data[0]) != NULL) {
        t = text_from(t, 1);
        colon = text_find(t, ':');
    }
    if (colon < t.length)
        t = open == '<' ? text_from(t, colon + 1) : text_slice(t, 0, colon);
    return clean_name(t, arena);
}

/* ---- ids ---- */

static bool
is_version(struct text t)
{
    size_t at = 1;

    if (t.length < 2 || t.length > 6 || (t.data[0] | 0x20) != 'v')
        return false;
    while (at < t.length && (is_digit(t.data[at]) || t.data[at] == '.'))
        at++;
    return at == t.length;
}

/* ORD12345, 42, cus_9s6XKzkNRiz8i3, 3f2b…: something of a kind of which there are many. */
static bool
looks_like_id(struct text t)
{
    size_t digits = 0, upper = 0, lower = 0, hex = 0, signs = 0;

    if (t.length > 128 || is_version(t))
        return false;
    for (size_t i = 0; i < t.length; i++) {
        char c = t.data[i];

        digits += is_digit(c);
        upper += c >= 'A' && c <= 'Z';
        lower += c >= 'a' && c <= 'z';
        hex += text_hex_digit(c) >= 0;
        signs += c == '-' || c == '_';
    }
    if (digits + upper + lower + signs != t.length)
        return false;
    if (digits == t.length)
        return true;
    if (hex + signs == t.length && t.length >= 16 && digits > 0)
        return true;
    if (digits >= 3)
        return true;
    return digits >= 1 && (upper > 0 || (signs > 0 && text_find(t, '_') < t.length));
}

/* ORDER_ID, YOUR_TOKEN: a word in capitals stands for something. */
static bool
looks_like_placeholder(struct text t)
{
    size_t upper = 0;

    for (size_t i = 0; i < t.length; i++) {
        if (t.data[i] >= 'A' && t.data[i] <= 'Z')
            upper++;
        else if (t.data[i] != '_' && t.data[i] != '-')
            return false;
    }
    return upper >= 2 && (text_find(t, '_') < t.length || text_ends(t, TEXT("ID")));
}

/* ---- segments ---- */

static bool
is_plain_segment(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if (!is_name_byte(t.data[i]) && strchr("-.~%!$&'()*+,;=:@", t.data[i]) == NULL)
            return false;
    return true;
}

static struct text
lower_case(struct text t, struct arena *arena)
{
    char *out = arena_alloc(arena, t.length + 1);

    if (out == NULL)
        return (struct text){ NULL, 0 };
    for (size_t i = 0; i < t.length; i++)
        out[i] = t.data[i] >= 'A' && t.data[i] <= 'Z' ? (char)(t.data[i] | 0x20) : t.data[i];
    return text_make(out, t.length);
}

static bool
read_segment(struct template_segment *s, struct text t, struct text before, struct arena *arena)
{
    size_t open = 0, close = t.length;
    char bracket;

    while (open < t.length && strchr("{<[$:", t.data[open]) == NULL)
        open++;
    bracket = open < t.length ? t.data[open] : 0;
    if (bracket == ':' && (open > 0 || t.length < 2 || !is_name_byte(t.data[1])))
        bracket = 0;
    if (bracket == '$' && open + 1 < t.length && t.data[open + 1] == '{')
        bracket = '{';
    if (bracket == 0) {
        s->inferred = looks_like_id(t) || looks_like_placeholder(t);
        if (!s->inferred) {
            s->shape = arena_text(arena, t);
            return is_plain_segment(t);
        }
        s->shape = TEXT("{}");
        s->example = looks_like_id(t) ? arena_text(arena, t) : (struct text){ NULL, 0 };
        s->name = looks_like_placeholder(t) ? clean_name(lower_case(t, arena), arena) : name_after(before, arena);
        return true;
    }
    while (close > open && strchr("}>]", t.data[close - 1]) == NULL)
        close--;
    if (bracket == ':' || bracket == '$') { /* up to the extension */
        close = open + 1 + text_find(text_from(t, open + 1), '.');
        s->name = name_between(text_slice(t, open, close - open), bracket, arena);
    } else if (close > open + 1) {
        s->name = name_between(text_slice(t, open, close - 1 - open), bracket, arena);
    } else {
        return false;
    }
    s->shape = arena_print(arena, "%.*s{}%.*s", (int)open, t.data, TEXT_PRINT(text_from(t, close)));
    return is_plain_segment(text_slice(t, 0, open)) && is_plain_segment(text_from(t, close));
}

/* Take scheme and host, or a variable that stands for them, off the front. false: there is no path behind. */
static bool
take_origin(struct template *path, struct text *t, struct arena *arena)
{
    size_t scheme = text_search(*t, TEXT("://")), slash;

    if (scheme < 8 && scheme < t->length) {
        slash = scheme + 3 + text_find(text_from(*t, scheme + 3), '/');
        if (slash - scheme - 3 < 1)
            return false;
        slash = slash < text_find(*t, '?') ? slash : text_find(*t, '?');
        path->origin = arena_text(arena, text_slice(*t, 0, slash));
        *t = text_from(*t, slash);
        return true;
    }
    slash = text_find(*t, '/');
    *t = text_from(*t, slash);
    return t->length > 0;
}

/* Two parameters of one name, as in /a/1/a/2, would be one. */
static void
rename_repeats(struct template *path, struct arena *arena)
{
    for (uint32_t i = 1; i < path->count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (path->segments[i].name.length > 0 && text_equal(path->segments[i].name, path->segments[k].name)) {
                path->segments[i].name = arena_print(arena, "%.*s_%u", TEXT_PRINT(path->segments[i].name), i);
                k = 0;
            }
}

bool
template_read(struct template *path, struct text written, struct arena *arena)
{
    struct template_segment segments[LIMIT_EXTRACT_SEGMENTS] = { 0 };
    struct text t = wording_trim(written), part, before = TEXT("item");
    struct text_split split;
    size_t query;

    *path = (struct template){ 0 };
    if (t.length == 0 || t.length > LIMIT_EXTRACT_LINE || !take_origin(path, &t, arena))
        return false;
    query = text_search(t, TEXT("{?")); /* RFC 6570 3.2.8 */
    if (query == t.length)
        query = text_find(t, '?');
    path->query = arena_text(arena, text_from(t, query + (query < t.length && t.data[query] == '{' ? 2 : 1)));
    t = text_slice(t, 0, query);
    t = text_slice(t, 0, text_find(t, '#'));
    path->slash = text_ends(t, TEXT("/"));
    split = text_split_start(t);
    while (text_split_next(&split, '/', &part)) {
        if (part.length == 0)
            continue;
        if (path->count == LIMIT_EXTRACT_SEGMENTS || !read_segment(&segments[path->count], part, before, arena))
            return false;
        if (segments[path->count].name.length == 0)
            before = part;
        path->count++;
    }
    path->segments = ARENA_ARRAY(arena, struct template_segment, path->count);
    if (path->segments == NULL)
        return false;
    memcpy(path->segments, segments, path->count * sizeof *segments);
    rename_repeats(path, arena);
    return true;
}

struct text
template_text(const struct template *path, struct arena *arena)
{
    struct text t = path->count == 0 ? TEXT("/") : TEXT("");

    for (uint32_t i = 0; i < path->count; i++) {
        const struct template_segment *s = &path->segments[i];
        size_t open = text_search(s->shape, TEXT("{}"));

        if (s->name.length == 0)
            t = arena_print(arena, "%.*s/%.*s", TEXT_PRINT(t), TEXT_PRINT(s->shape));
        else
            t = arena_print(arena, "%.*s/%.*s{%.*s}%.*s", TEXT_PRINT(t), (int)open, s->shape.data, TEXT_PRINT(s->name),
                            TEXT_PRINT(text_from(s->shape, open + 2)));
    }
    return path->slash && path->count > 0 ? arena_print(arena, "%.*s/", TEXT_PRINT(t)) : t;
}

bool
template_has(const struct template *path, struct text name)
{
    for (uint32_t i = 0; i < path->count; i++)
        if (name.length > 0 && text_equal(path->segments[i].name, name))
            return true;
    return false;
}

bool
template_equal(const struct template *a, const struct template *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!text_equal(a->segments[i].shape, b->segments[i].shape))
            return false;
    return true;
}

static bool
segment_fits(const struct template_segment *s, const struct template_segment *of)
{
    return text_equal(s->shape, of->shape) || (of->name.length > 0 && of->shape.length == 2);
}

bool
template_fits(const struct template *path, const struct template *of)
{
    if (path->count != of->count)
        return false;
    for (uint32_t i = 0; i < path->count; i++)
        if (!segment_fits(&path->segments[i], &of->segments[i]))
            return false;
    return true;
}

uint32_t
template_base(const struct template *path, const struct template *of)
{
    uint32_t start = path->count - of->count;

    if (of->count == 0 || of->count > path->count)
        return path->count;
    for (uint32_t i = 0; i < start; i++)
        if (path->segments[i].name.length > 0)
            return path->count;
    for (uint32_t i = 0; i < of->count; i++)
        if (!segment_fits(&path->segments[start + i], &of->segments[i]))
            return path->count;
    return start;
}
