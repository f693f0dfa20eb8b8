/* Query strings and percent-encoding, media types and lists: what is cut must lie inside of what was given, and what is
 * encoded must come back. */
#include <stdlib.h>

#include "base/limits.h"
#include "http/media_type.h"
#include "http/message.h"
#include "http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static bool
inside(struct text part, struct text whole)
{
    return part.length == 0 || (part.data >= whole.data && part.data + part.length <= whole.data + whole.length);
}

static void
decode(struct text t, bool plus, struct arena *arena)
{
    struct text decoded, again;
    struct buffer b;

    if (!percent_decode(t, plus, arena, &decoded)) {
        must(decoded.data == t.data && decoded.length == t.length);
        return;
    }
    must(decoded.length <= t.length);
    must(text_is_utf8(decoded) && text_find(decoded, '\0') == decoded.length);
    buffer_init(&b, 3 * decoded.length + 1);
    percent_encode(&b, decoded);
    must(!buffer_failed(&b) && percent_decode(buffer_text(&b), plus, arena, &again));
    must(text_equal(again, decoded));
    buffer_release(&b);
}

static void
cut(struct text t, struct arena *arena)
{
    struct text rest = t, member;
    struct query_pair pair;
    struct media_type m;
    size_t total = 0;

    while (query_next(&rest, &pair)) {
        must(inside(pair.name, t) && inside(pair.value, t) && (pair.has_value || pair.value.length == 0));
        must(text_find(pair.name, '=') == pair.name.length && text_find(pair.name, '&') == pair.name.length);
        total += pair.name.length + pair.value.length + pair.has_value;
        decode(pair.name, true, arena);
        decode(pair.value, false, arena);
    }
    must(total <= t.length);
    rest = t;
    while (header_list_next(&rest, &member))
        must(inside(member, t) && member.length > 0);
    if (media_type_parse(t, &m)) {
        must(inside(m.type, t) && inside(m.subtype, t) && inside(m.parameters, t));
        must(inside(media_type_parameter(&m, TEXT("charset")), t));
        must(media_type_fit(&m, &m) > 0 || m.parameters.length > 0); /* a repeated parameter may contradict itself */
        (void)media_type_kind(&m);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0, 16 * LIMIT_MIB);

    if (arena == NULL)
        return 0;
    cut(text_make((const char *)data, size), arena);
    arena_free(arena);
    return 0;
}
