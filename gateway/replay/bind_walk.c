/* bind_walk.c -- the values of a message: target, fields, cookies. */
#include "replay/bind_walk.h"

#include "base/limits.h"
#include "http/query.h"
#include "traffic/redacted.h"

/* ---- telling ---- */

static bool
was_replaced(struct text value)
{
    return text_search(value, TEXT("***")) < value.length || text_search(value, TEXT("[redacted]")) < value.length;
}

bool
walk_give(struct walk *w, struct leaf *leaf)
{
    if (w->stopped)
        return false;
    if (w->leaves == LIMIT_REPLAY_LEAVES) {
        w->cut = true;
        return false;
    }
    w->leaves++;
    leaf->unreadable = leaf->unreadable || (w->x != NULL && w->x->redacted_count > 0 && was_replaced(leaf->value));
    if (!w->fn(w->arg, leaf))
        w->stopped = true;
    else if (w->answer && !w->no_parts && !leaf->unreadable)
        walk_parts(w, leaf);
    return !w->stopped;
}

/* "header X" of this side was redacted. Hashed values say so themselves, and join. */
static bool
is_redacted(const struct walk *w, const char *kind, struct text name, struct text value)
{
    struct text side = w->answer ? TEXT("response ") : TEXT("request "), place;

    if (w->x == NULL || text_starts(value, TEXT("hash:")))
        return false;
    for (uint32_t i = 0; i < w->x->redacted_count; i++) {
        if (!text_starts(w->x->redacted[i], side))
            continue;
        place = text_from(w->x->redacted[i], side.length);
        if (text_starts(place, text_of(kind)) && text_equal_nocase(text_from(place, strlen(kind)), name))
            return true;
    }
    return false;
}

static struct text
place_of(struct walk *w, const char *kind, struct text name)
{
    buffer_clear(&w->place);
    buffer_add(&w->place, text_of(kind));
    buffer_add(&w->place, name);
    return buffer_text(&w->place);
}

/* ---- the target ---- */

void
walk_split_target(struct text target, struct text *path, struct text *query, bool *has_query)
{
    size_t scheme = text_search(target, TEXT("://")), question;

    if (!text_starts(target, TEXT("/")) && scheme < target.length) {
        target = text_from(target, scheme + 3);
        target = text_from(target, text_find(target, '/'));
    }
    question = text_find(target, '?');
    *path = text_slice(target, 0, question);
    *has_query = question < target.length;
    *query = text_from(target, question + 1);
}

static uint32_t
count_segments(struct text path)
{
    uint32_t count = 0;

    for (size_t i = 0; i < path.length; i++)
        count += path.data[i] == '/';
    return count;
}

static struct text
template_of(const struct contract_match *match)
{
    return match != NULL && match->operation != NULL ? operation_path(match->operation) : text_make(NULL, 0);
}

/* Walk the segments behind each '/', with the segment of the template that stands for it; empty before it. */
struct segments {
    struct text path, template;
    size_t at, template_at;
    uint32_t before; /* segments of the base path */
    uint32_t number; /* from 1 */
};

static struct segments
segments_of(struct text path, struct text template)
{
    uint32_t have = count_segments(path), named = count_segments(template);

    if (named > have)
        return (struct segments){ .path = path, .before = have };
    return (struct segments){ .path = path, .template = template, .before = have - named };
}

static bool
next_segment(struct segments *s, struct text *segment, struct text *name)
{
    size_t end;

    if (s->at >= s->path.length)
        return false;
    s->at++;
    end = text_find(text_from(s->path, s->at), '/');
    *segment = text_make(s->path.data + s->at, end);
    s->at += end;
    *name = text_make(NULL, 0);
    if (++s->number > s->before && s->template_at < s->template.length) {
        *name = text_from(s->template, s->template_at + 1);
        *name = text_slice(*name, 0, text_find(*name, '/'));
        s->template_at += 1 + name->length;
    }
    return true;
}

static struct text
without_braces(struct text name)
{
    if (name.length > 2 && name.data[0] == '{' && text_find(name, '}') == name.length - 1)
        return text_slice(name, 1, name.length - 2);
    return name;
}

static void
walk_path(struct walk *w, struct text path)
{
    struct text template = template_of(w->match), segment, name, owner = text_make(NULL, 0);
    struct segments s = segments_of(path, template);

    while (next_segment(&s, &segment, &name)) {
        struct leaf leaf = { .raw = segment, .form = LEAF_SEGMENT, .owner = owner };
        bool dynamic = template.length == 0 || text_find(name, '{') < name.length;

        if (dynamic && segment.length > 0) {
            leaf.reach = text_slice(path, 0, s.at);
            (void)percent_decode(segment, false, w->arena, &leaf.value);
            leaf.name = name.length > 0 ? without_braces(name) : TEXT("id");
            leaf.place = leaf.at =
                name.length > 0
                    ? place_of(w, "path:", leaf.name)
                    : (buffer_clear(&w->place), buffer_print(&w->place, "path:%u", s.number), buffer_text(&w->place));
            (void)walk_give(w, &leaf);
        } else if (!dynamic) {
            owner = segment;
        }
        if (template.length == 0)
            owner = segment;
    }
}

static void
walk_query(struct walk *w, struct text query)
{
    struct query_pair pair;

    while (query_next(&query, &pair)) {
        struct leaf leaf = { .raw = pair.value, .form = LEAF_QUERY };

        if (pair.value.length == 0)
            continue;
        (void)percent_decode(pair.value, true, w->arena, &leaf.value);
        (void)percent_decode(pair.name, true, w->arena, &leaf.name);
        leaf.place = leaf.at = place_of(w, "query:", leaf.name);
        leaf.unreadable = is_redacted(w, "query ", leaf.name, leaf.value);
        (void)walk_give(w, &leaf);
    }
}

/* ---- fields ---- */

/* Fields that speak of the message or the connection, not of what it is about. */
static bool
is_about_message(const struct header *h)
{
    static const struct text names[] = {
        TEXT("Accept"),
        TEXT("Accept-Language"),
        TEXT("Accept-Charset"),
        TEXT("Accept-Ranges"),
        TEXT("Age"),
        TEXT("Allow"),
        TEXT("Cache-Control"),
        TEXT("Content-Language"),
        TEXT("Content-Range"),
        TEXT("Content-Encoding"),
        TEXT("Expires"),
        TEXT("Pragma"),
        TEXT("Server"),
        TEXT("User-Agent"),
        TEXT("Vary"),
        TEXT("Via"),
        TEXT("Server-Timing"),
        TEXT("tracestate"),
        TEXT("X-Real-Ip"),
        TEXT("Priority"),
        TEXT("Plumbline-Sandbox"),
        TEXT("Plumbline-Fault"),
        TEXT("Retry-After"),
        TEXT("X-Powered-By"),
        TEXT("Strict-Transport-Security"),
        TEXT("Upgrade-Insecure-Requests"),
        TEXT("DNT"),
        TEXT("Content-Disposition"),
    };

    switch (h->id) {
    case HEADER_AUTHORIZATION:
    case HEADER_LOCATION:
        return false;
    case HEADER_OTHER:
        break;
    default:
        return true; /* cookies have a walk of their own */
    }
    if (h->name.length > 4 &&
        (text_equal_nocase(text_slice(h->name, 0, 4), TEXT("Sec-")) ||
         (h->name.length > 15 && text_equal_nocase(text_slice(h->name, 0, 15), TEXT("Access-Control-")))))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal_nocase(h->name, names[i]))
            return true;
    return false;
}

/* "sid=abc; theme=dark" of a request; of Set-Cookie only the first pair. */
static void
walk_cookie(struct walk *w, const struct header *h)
{
    struct text_split split = text_split_start(h->value);
    struct text part;

    while (text_split_next(&split, ';', &part)) {
        struct leaf leaf = { .form = LEAF_COOKIE };
        size_t equals;

        part = text_trim(part);
        equals = text_find(part, '=');
        leaf.name = text_slice(part, 0, equals);
        leaf.raw = text_from(part, equals + 1);
        if (leaf.raw.length > 2 && leaf.raw.data[0] == '"' && text_ends(leaf.raw, TEXT("\"")))
            leaf.raw = text_slice(leaf.raw, 1, leaf.raw.length - 2);
        leaf.value = leaf.raw;
        leaf.place = leaf.at = place_of(w, "cookie:", leaf.name);
        leaf.unreadable =
            is_redacted(w, w->answer ? "header Set-Cookie" : "header Cookie", text_make(NULL, 0), leaf.value) ||
            is_redacted(w, "cookie ", leaf.name, leaf.value);
        if (leaf.value.length > 0)
            (void)walk_give(w, &leaf);
        if (w->answer)
            return;
    }
}

static void
walk_fields(struct walk *w)
{
    const struct message *m = w->message;

    for (uint32_t i = 0; i < m->header_count && !w->stopped; i++) {
        const struct header *h = &m->headers[i];
        struct leaf leaf = { .name = h->name, .value = h->value, .raw = h->value, .form = LEAF_FIELD };

        if (h->id == (w->answer ? HEADER_SET_COOKIE : HEADER_COOKIE)) {
            walk_cookie(w, h);
        } else if (!h->hop_by_hop && h->value.length > 0 && !is_about_message(h)) {
            leaf.place = leaf.at = place_of(w, "header:", h->name);
            leaf.unreadable = is_redacted(w, "header ", h->name, h->value);
            (void)walk_give(w, &leaf);
        }
    }
}

/* ---- all of it ---- */

static bool
walk(struct walk *w)
{
    buffer_init(&w->place, LIMIT_POINTER_BYTES);
    buffer_init(&w->at, LIMIT_POINTER_BYTES);
    buffer_init(&w->part_place, LIMIT_POINTER_BYTES);
    buffer_init(&w->part_at, LIMIT_POINTER_BYTES);
    if (!w->answer) {
        struct text path, query;
        bool has_query;

        walk_split_target(w->message->target, &path, &query, &has_query);
        walk_path(w, path);
        walk_query(w, query);
    }
    walk_fields(w);
    if (!w->no_body && !w->stopped)
        walk_body(w);
    buffer_release(&w->place);
    buffer_release(&w->at);
    buffer_release(&w->part_place);
    buffer_release(&w->part_at);
    return !w->cut;
}

bool
walk_request(struct walk *w)
{
    w->answer = false;
    return walk(w);
}

bool
walk_answer(struct walk *w)
{
    w->answer = true;
    return walk(w);
}

/* ---- the name of the operation ---- */

/* Numbers, UUIDs, and what has a digit in it and is no "v1". */
static bool
looks_like_id(struct text segment)
{
    bool digit = false;

    for (size_t i = 0; i < segment.length; i++)
        digit = digit || (segment.data[i] >= '0' && segment.data[i] <= '9');
    return digit && !(segment.length <= 3 && (segment.data[0] | 0x20) == 'v') &&
           text_find(segment, '.') == segment.length;
}

struct text
walk_operation(const struct exchange *x, const struct contract_match *match, struct arena *arena)
{
    struct text path, query, segment, name, template = template_of(match), result;
    struct segments s;
    struct buffer out;
    bool has_query;

    walk_split_target(x->request.target, &path, &query, &has_query);
    buffer_init(&out, LIMIT_REQUEST_LINE + LIMIT_POINTER_BYTES);
    buffer_add(&out, x->request.method);
    buffer_byte(&out, ' ');
    s = segments_of(path, template);
    while (next_segment(&s, &segment, &name)) {
        buffer_byte(&out, '/');
        if (name.length > 0)
            buffer_add(&out, name);
        else if (template.length == 0 && looks_like_id(segment))
            buffer_byte(&out, '*');
        else
            buffer_add(&out, segment);
    }
    result = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}
