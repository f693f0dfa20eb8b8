/* match.c -- rules, and a request as it is compared. */
#include "replay/match.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/query.h"
#include "json/compare.h"
#include "replay/match_internal.h"
#include "traffic/redacted.h"

/* ---- rules ---- */

/* Tokens of a pointer, unescaped (RFC 6901 4). */
static bool
read_pointer(struct match_pointer *p, struct text pointer, struct arena *arena)
{
    struct text_split split = text_split_start(text_from(pointer, 1));
    struct text part;
    uint32_t most = 1;

    for (size_t i = 1; i < pointer.length; i++)
        most += pointer.data[i] == '/' ? 1 : 0;
    p->tokens = ARENA_ARRAY(arena, struct text, most);
    if (p->tokens == NULL)
        return false;
    while (p->count < most && text_split_next(&split, '/', &part)) {
        char *token = arena_alloc(arena, part.length);
        size_t length = 0;

        if (token == NULL)
            return false;
        for (size_t i = 0; i < part.length; i++) {
            bool escape = part.data[i] == '~' && i + 1 < part.length;

            token[length++] = !escape ? part.data[i] : part.data[++i] == '1' ? '/' : '~';
        }
        p->tokens[p->count++] = text_make(token, length);
    }
    return true;
}

const struct match_rules *
match_rules_new(const struct replay_settings *settings, struct arena *arena)
{
    struct match_rules *rules = ARENA_NEW(arena, struct match_rules);

    if (rules == NULL)
        return NULL;
    rules->headers = settings->headers;
    rules->header_count = settings->header_count;
    rules->queries = ARENA_ARRAY(arena, struct text, settings->ignore_count);
    rules->pointers = ARENA_ARRAY(arena, struct match_pointer, settings->ignore_count);
    if (rules->queries == NULL || rules->pointers == NULL)
        return NULL;
    for (uint32_t i = 0; i < settings->ignore_count; i++) {
        struct text place = settings->ignore[i];

        if (text_starts(place, TEXT("query:")))
            rules->queries[rules->query_count++] = text_from(place, 6);
        else if (rules->pointer_count < MATCH_POINTERS &&
                 !read_pointer(&rules->pointers[rules->pointer_count++], text_from(place, 5), arena))
            return NULL;
    }
    return rules;
}

bool
match_ignores_queries(const struct match_rules *rules)
{
    return rules->query_count > 0;
}

uint64_t
match_step(const struct match_rules *rules, uint64_t fits, uint32_t depth, struct text token, bool *ignored)
{
    uint64_t left = 0;

    *ignored = false;
    for (uint32_t i = 0; fits != 0 && i < rules->pointer_count; i++) {
        const struct match_pointer *p = &rules->pointers[i];

        if ((fits >> i & 1) == 0 || depth >= p->count ||
            (!text_equal(p->tokens[depth], TEXT("*")) && !text_equal(p->tokens[depth], token)))
            continue;
        left |= UINT64_C(1) << i;
        *ignored = *ignored || depth + 1 == p->count;
    }
    return left;
}

/* ---- a request ---- */

static int
read_segments(struct match_request *r, struct arena *arena)
{
    struct text_split split = text_split_start(r->path.length > 0 ? text_from(r->path, 1) : r->path);
    struct text part;
    uint32_t most = 1;

    for (size_t i = 0; i < r->path.length; i++)
        most += r->path.data[i] == '/' ? 1 : 0;
    r->segments = ARENA_ARRAY(arena, struct text, most);
    if (r->segments == NULL)
        return -1;
    while (r->segment_count < most && text_split_next(&split, '/', &part))
        (void)percent_decode(part, false, arena, &r->segments[r->segment_count++]);
    return 0;
}

static int
order_pairs(const void *a, const void *b)
{
    const struct match_pair *left = a, *right = b;
    int order = text_compare(left->name, right->name);

    return order != 0 ? order : left->order < right->order ? -1 : 1;
}

static bool
is_ignored_query(const struct match_rules *rules, struct text name)
{
    for (uint32_t i = 0; i < rules->query_count; i++)
        if (text_equal(rules->queries[i], name))
            return true;
    return false;
}

/* Was this name of the query redacted on record? Then no value of it is compared. */
static bool
is_hidden(const struct exchange *x, const char *kind, struct text name, struct arena *arena)
{
    return x != NULL && x->redacted_count > 0 &&
           redacted_names_place(x, arena_print(arena, "%s %.*s", kind, TEXT_PRINT(name)));
}

static int
read_pairs(struct match_request *r, const struct match_rules *rules, struct text query, const struct exchange *x,
           struct arena *arena)
{
    struct text rest = query;
    struct query_pair raw;
    uint32_t most = 1;

    for (size_t i = 0; i < query.length; i++)
        most += query.data[i] == '&' ? 1 : 0;
    r->pairs = ARENA_ARRAY(arena, struct match_pair, most);
    if (r->pairs == NULL)
        return -1;
    while (r->pair_count < most && query_next(&rest, &raw)) {
        struct match_pair *pair = &r->pairs[r->pair_count];

        (void)percent_decode(raw.name, true, arena, &pair->name);
        (void)percent_decode(raw.value, true, arena, &pair->value);
        pair->order = r->pair_count;
        if (is_hidden(x, "query", pair->name, arena)) {
            pair->value = text_make(NULL, 0);
            r->loose |= MATCH_LOOSE_QUERY;
        }
        if (!is_ignored_query(rules, pair->name))
            r->pair_count++;
    }
    qsort(r->pairs, r->pair_count, sizeof r->pairs[0], order_pairs);
    return 0;
}

static int
read_headers(struct match_request *r, const struct match_rules *rules, const struct message *m,
             const struct exchange *x, struct arena *arena)
{
    r->headers = ARENA_ARRAY(arena, struct text, rules->header_count);
    r->headers_hidden = ARENA_ARRAY(arena, bool, rules->header_count);
    if (r->headers == NULL || r->headers_hidden == NULL)
        return -1;
    for (uint32_t i = 0; i < rules->header_count; i++) {
        for (uint32_t h = 0; h < m->header_count; h++) {
            if (!text_equal_nocase(m->headers[h].name, rules->headers[i]))
                continue;
            r->headers[i] = r->headers[i].length == 0 ? m->headers[h].value
                                                      : arena_print(arena, "%.*s, %.*s", TEXT_PRINT(r->headers[i]),
                                                                    TEXT_PRINT(m->headers[h].value));
        }
        r->headers_hidden[i] = is_hidden(x, "header", rules->headers[i], arena);
        r->loose |= r->headers_hidden[i] ? MATCH_LOOSE_HEADERS : 0;
    }
    return 0;
}

static bool
may_be_json(const struct message *m, struct text body)
{
    struct text type = message_value(m, HEADER_CONTENT_TYPE);
    struct media_type media;

    if (type.length > 0 && media_type_parse(type, &media))
        return media_type_kind(&media) == MEDIA_JSON;
    return body.length > 0 && (body.data[0] == '{' || body.data[0] == '[');
}

static void
mark_body(struct match_request *r, const struct exchange *x)
{
    for (uint32_t i = 0; x != NULL && i < x->redacted_count; i++) {
        struct text place;

        if (redacted_place(x->redacted[i], SIDE_REQUEST, &place) && text_starts(place, TEXT("body")))
            r->loose |= MATCH_LOOSE_BODY;
    }
    if (r->json != NULL && (r->loose & MATCH_LOOSE_BODY) != 0)
        redacted_mark(x, SIDE_REQUEST, r->json);
    else if ((r->loose & MATCH_LOOSE_BODY) != 0)
        r->body_unknown = true;
}

static void
read_body(struct match_request *r, const struct message *m, const struct exchange *x, struct arena *arena)
{
    struct document *document;

    r->body = m->body;
    if (x != NULL && (m->body_state == BODY_TOO_LARGE || m->body_state == BODY_TRUNCATED ||
                      m->body_state == BODY_STREAM || m->body_cut || m->body_digest.length > 0)) {
        r->body_unknown = true;
        r->loose |= MATCH_LOOSE_BODY;
        return;
    }
    if (!m->body_plain && coding_decode(m, LIMIT_SANDBOX_BODY, arena, &r->body) != CODING_OK)
        r->body = m->body;
    if (may_be_json(m, r->body) && (document = ARENA_NEW(arena, struct document)) != NULL &&
        document_parse(document, r->body, NULL, arena, NULL) == 0)
        r->json = document->root;
    mark_body(r, x);
}

int
match_read(struct match_request *r, const struct match_rules *rules, const struct message *message, struct text path,
           const struct exchange *x, struct arena *arena)
{
    *r = (struct match_request){ .method = message->method, .path = path };
    if (read_segments(r, arena) < 0 || read_pairs(r, rules, message->query, x, arena) < 0 ||
        read_headers(r, rules, message, x, arena) < 0)
        return -1;
    if (x != NULL && redacted_path(x))
        r->loose |= MATCH_LOOSE_PATH;
    read_body(r, message, x, arena);
    return 0;
}

/* ---- the key ---- */

/* As value_hash, without what is ignored: equal values have equal hashes, in whatever order their members are. */
static uint64_t
hash_json(const struct match_rules *rules, const struct value *v, uint64_t fits, uint32_t depth)
{
    uint64_t hash = v->type;

    if (fits == 0 || (v->type != VALUE_OBJECT && v->type != VALUE_ARRAY))
        return value_hash(v);
    if (v->type == VALUE_ARRAY) {
        uint32_t index = 0;

        for (VALUE_EACH_ITEM(item, v)) {
            char number[16];
            bool ignored;
            uint64_t left;

            (void)snprintf(number, sizeof number, "%u", (unsigned)index++);
            left = match_step(rules, fits, depth, text_of(number), &ignored);
            hash = hash_mix(hash, ignored ? 0 : hash_json(rules, item, left, depth + 1));
        }
        return hash;
    }
    for (VALUE_EACH_MEMBER(key, v)) {
        bool ignored;
        uint64_t left = match_step(rules, fits, depth, value_text(key), &ignored);

        if (!ignored)
            hash +=
                hash_mix(hash_text(value_text(key), hash_seed()), hash_json(rules, value_next(key), left, depth + 1));
    }
    return hash;
}

static uint64_t
hash_body(const struct match_request *r, const struct match_rules *rules)
{
    uint64_t all = rules->pointer_count >= 64 ? UINT64_MAX : (UINT64_C(1) << rules->pointer_count) - 1;

    return r->json != NULL ? hash_json(rules, r->json, all, 0) : hash_text(r->body, hash_seed());
}

uint64_t
match_key(const struct match_request *r, const struct match_rules *rules, unsigned loose)
{
    uint64_t seed = hash_seed(), hash = hash_mix(hash_text(r->method, seed), loose);

    hash = hash_mix(hash, r->segment_count);
    for (uint32_t i = 0; (loose & MATCH_LOOSE_PATH) == 0 && i < r->segment_count; i++)
        hash = hash_mix(hash, hash_text(r->segments[i], seed));
    for (uint32_t i = 0; (loose & MATCH_LOOSE_QUERY) == 0 && i < r->pair_count; i++)
        hash = hash_mix(hash_mix(hash, hash_text(r->pairs[i].name, seed)), hash_text(r->pairs[i].value, seed));
    for (uint32_t i = 0; (loose & MATCH_LOOSE_HEADERS) == 0 && i < rules->header_count; i++)
        hash = hash_mix(hash, hash_text(r->headers[i], seed));
    if ((loose & MATCH_LOOSE_BODY) == 0)
        hash = hash_mix(hash, hash_body(r, rules));
    return hash;
}
