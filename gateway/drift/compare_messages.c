/* compare_messages.c -- bodies, media types, statuses, response headers. */
#include "drift/compare_internal.h"

#include "json/compare.h"

/* ---- media types ---- */

/* "application/json;charset=utf-8" of "Application/JSON; charset=utf-8" */
static struct text
plain_name(struct compare *c, struct text name)
{
    char *out = COMPARE_TAKE(c, char, name.length + 1);
    size_t n = 0;

    if (out == NULL)
        return name;
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] != ' ' && name.data[i] != '\t')
            out[n++] = name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] + 32) : name.data[i];
    return text_make(out, n);
}

/* The key of a content map for this media type: exact, or a range that has it. */
static const struct value *
find_media(struct compare *c, const struct value *content, struct text name)
{
    struct text plain = plain_name(c, name), type = text_slice(plain, 0, text_find(plain, ';'));
    struct text range = compare_print(c, "%.*s/*", (int)text_find(type, '/'), type.data);
    const struct text wanted[] = { plain, type, range, TEXT("*/*") };

    if (!value_is(content, VALUE_OBJECT))
        return NULL;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        for (VALUE_EACH_MEMBER(key, content))
            if (text_equal(plain_name(c, value_text(key)), wanted[i]))
                return key;
    return NULL;
}

/* ---- forms ---- */

static struct text
encoding_word(struct compare_place encoding, struct text word)
{
    const struct value *v = value_member(encoding.value, word);

    if (v == NULL)
        return TEXT("");
    if (v->type == VALUE_STRING)
        return value_text(v);
    return v->type == VALUE_TRUE ? TEXT("true") : TEXT("false");
}

static bool
same_encoding(struct compare_place old, struct compare_place now)
{
    struct text was = encoding_word(old, TEXT("style")), is = encoding_word(now, TEXT("style"));
    bool was_form = was.length == 0 || text_equal(was, TEXT("form")),
         is_form = is.length == 0 || text_equal(is, TEXT("form"));
    struct text one = encoding_word(old, TEXT("explode")), other = encoding_word(now, TEXT("explode"));

    if (one.length == 0)
        one = was_form ? TEXT("true") : TEXT("false");
    if (other.length == 0)
        other = is_form ? TEXT("true") : TEXT("false");
    return (was_form ? is_form : text_equal(was, is)) && text_equal(one, other) &&
           text_equal_nocase(encoding_word(old, TEXT("contentType")), encoding_word(now, TEXT("contentType")));
}

static void
compare_encodings(struct compare *c, struct compare_place old, struct compare_place now, struct text instance)
{
    struct compare_place maps[2] = { PLACE_MEMBER(old, "encoding"), PLACE_MEMBER(now, "encoding") };

    for (int which = 0; which < 2; which++) {
        if (!value_is(maps[which].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, maps[which].value)) {
            struct compare_place one = place_member(maps[OLD], value_text(key)),
                                 other = place_member(maps[NEW], value_text(key));

            if ((which == NEW && one.value != NULL) || same_encoding(one, other))
                continue;
            compare_note_at(c, CHANGE_ENCODING_CHANGED, instance_member(c, instance, value_text(key)),
                            place_or(one, old), place_or(other, now), compare_show(c, one.value),
                            compare_show(c, other.value));
        }
    }
}

static void
compare_media(struct compare *c, struct compare_place old, struct compare_place now, struct text instance)
{
    c->around[OLD] = old;
    c->around[NEW] = now;
    compare_pair(c, conjunction_one(c, OLD, PLACE_MEMBER(old, "schema")),
                 conjunction_one(c, NEW, PLACE_MEMBER(now, "schema")), instance);
    compare_pair(c, conjunction_one(c, OLD, PLACE_MEMBER(old, "itemSchema")),
                 conjunction_one(c, NEW, PLACE_MEMBER(now, "itemSchema")), instance_member(c, instance, TEXT("*")));
    compare_encodings(c, old, now, instance);
}

/* A request of the service: no Accept says what the other one can read. */
static bool
unasked(const struct compare *c)
{
    return c->side == SIDE_REQUEST && c->as == SIDE_RESPONSE;
}

void
compare_contents(struct compare *c, struct compare_place old, struct compare_place now, struct text instance)
{
    if (value_is(old.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, old.value)) {
            const struct value *other = find_media(c, now.value, value_text(key));
            struct compare_place here = compare_follow(c, OLD, place_of(old.document, value_next(key)));

            if (other == NULL)
                compare_note_at(c, CHANGE_MEDIA_TYPE_REMOVED, instance, here, now, value_text(key), TEXT(""));
            else
                compare_media(c, here, compare_follow(c, NEW, place_of(now.document, value_next(other))), instance);
        }
    if (value_is(now.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, now.value))
            if (find_media(c, old.value, value_text(key)) == NULL)
                compare_note_at(c, unasked(c) ? CHANGE_MEDIA_TYPE_UNASKED : CHANGE_MEDIA_TYPE_ADDED, instance, old,
                                place_of(now.document, value_next(key)), TEXT(""), value_text(key));
}

/* ---- request bodies ---- */

void
compare_bodies(struct compare *c, const struct operation_pair *o)
{
    struct compare_place old = compare_follow(c, OLD, PLACE_MEMBER(o->places[OLD], "requestBody"));
    struct compare_place now = compare_follow(c, NEW, PLACE_MEMBER(o->places[NEW], "requestBody"));
    bool was = value_is(VALUE_MEMBER(old.value, "required"), VALUE_TRUE),
         is = value_is(VALUE_MEMBER(now.value, "required"), VALUE_TRUE);

    compare_begin_side(c, SIDE_REQUEST);
    c->instance = TEXT("");
    if (old.value == NULL && now.value == NULL)
        return;
    if (old.value == NULL) {
        compare_note(c, is ? CHANGE_BODY_ADDED_REQUIRED : CHANGE_BODY_ADDED, o->places[OLD], now, TEXT(""), TEXT(""));
        return;
    }
    if (now.value == NULL) {
        compare_note(c, was && unasked(c) ? CHANGE_BODY_REMOVED_REQUIRED : CHANGE_BODY_REMOVED, old, o->places[NEW],
                     TEXT(""), TEXT(""));
        return;
    }
    if (was != is)
        compare_note(c, is ? CHANGE_BODY_REQUIRED : CHANGE_BODY_OPTIONAL, place_or(PLACE_MEMBER(old, "required"), old),
                     place_or(PLACE_MEMBER(now, "required"), now), was ? TEXT("required") : TEXT("optional"),
                     is ? TEXT("required") : TEXT("optional"));
    compare_contents(c, PLACE_MEMBER(old, "content"), PLACE_MEMBER(now, "content"), TEXT(""));
}

/* ---- responses ---- */

static const struct value *
header_key(const struct value *headers, struct text name)
{
    if (value_is(headers, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, headers))
            if (text_equal_nocase(value_text(key), name))
                return key;
    return NULL;
}

static void
compare_header(struct compare *c, struct compare_place old, struct compare_place now, struct text name)
{
    bool was = value_is(VALUE_MEMBER(old.value, "required"), VALUE_TRUE),
         is = value_is(VALUE_MEMBER(now.value, "required"), VALUE_TRUE);

    if (was != is)
        compare_note_at(c, is ? CHANGE_HEADER_REQUIRED : CHANGE_HEADER_OPTIONAL, name,
                        place_or(PLACE_MEMBER(old, "required"), old), place_or(PLACE_MEMBER(now, "required"), now),
                        was ? TEXT("required") : TEXT("optional"), is ? TEXT("required") : TEXT("optional"));
    compare_serialised(c, TEXT("header"), old, now, name);
}

/* An answer that clients give. */
static bool
answered(const struct compare *c)
{
    return c->side == SIDE_RESPONSE && c->as == SIDE_REQUEST;
}

static void
note_new_header(struct compare *c, struct compare_place old, struct compare_place now, struct text name)
{
    struct compare_place header = compare_follow(c, NEW, now);
    bool asked = answered(c) && value_is(VALUE_MEMBER(header.value, "required"), VALUE_TRUE);

    compare_note_at(c, asked ? CHANGE_HEADER_ADDED_REQUIRED : CHANGE_HEADER_ADDED, name, old, now, TEXT(""), TEXT(""));
}

static void
compare_headers(struct compare *c, struct compare_place old, struct compare_place now)
{
    struct compare_place one = PLACE_MEMBER(old, "headers"), other = PLACE_MEMBER(now, "headers");

    if (value_is(one.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, one.value)) {
            struct compare_place was = compare_follow(c, OLD, place_of(one.document, value_next(key)));
            const struct value *kept = header_key(other.value, value_text(key));
            bool required = value_is(VALUE_MEMBER(was.value, "required"), VALUE_TRUE);

            if (text_equal_nocase(value_text(key), TEXT("Content-Type")))
                continue;
            if (kept == NULL)
                compare_note_at(c, required ? CHANGE_HEADER_REMOVED_REQUIRED : CHANGE_HEADER_REMOVED, value_text(key),
                                was, place_or(other, now), TEXT(""), TEXT(""));
            else
                compare_header(c, was, compare_follow(c, NEW, place_of(other.document, value_next(kept))),
                               value_text(key));
        }
    if (value_is(other.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, other.value))
            if (header_key(one.value, value_text(key)) == NULL &&
                !text_equal_nocase(value_text(key), TEXT("Content-Type")))
                note_new_header(c, place_or(one, old), place_of(other.document, value_next(key)), value_text(key));
}

/* Content that an answer must have: what has no schema may be empty. */
static bool
needs_content(struct compare *c, int which, struct compare_place content)
{
    for (VALUE_EACH_MEMBER(key, content.value)) {
        struct compare_place media = compare_follow(c, which, place_of(content.document, value_next(key)));

        if (VALUE_MEMBER(media.value, "schema") != NULL)
            return true;
    }
    return false;
}

static bool
has_content(struct compare_place content)
{
    return value_is(content.value, VALUE_OBJECT) && content.value->count > 0;
}

/* Of what clients answer: that there is a body at all asks more of them than another media type. */
static void
compare_answer(struct compare *c, struct compare_place old, struct compare_place now)
{
    struct compare_place one = PLACE_MEMBER(old, "content"), other = PLACE_MEMBER(now, "content");

    if (!answered(c) || has_content(one) == has_content(other))
        compare_contents(c, one, other, TEXT(""));
    else if (has_content(one))
        compare_note(c, CHANGE_BODY_REMOVED, one, now, TEXT(""), TEXT(""));
    else
        compare_note(c, needs_content(c, NEW, other) ? CHANGE_BODY_ADDED_REQUIRED : CHANGE_BODY_ADDED, old, other,
                     TEXT(""), TEXT(""));
}

static bool
is_success(struct text status)
{
    return status.length == 3 && status.data[0] == '2';
}

/* The responses that the other side has for this key: exact, its range, default. */
static const struct value *
find_status(struct compare *c, const struct value *responses, struct text key)
{
    const struct value *found = value_member(responses, key);

    if (found != NULL || key.length != 3)
        return found;
    for (int i = 0; i < 2 && found == NULL; i++)
        found = value_member(responses, compare_print(c, "%c%s", key.data[0], i == 0 ? "XX" : "xx"));
    return found;
}

void
compare_responses(struct compare *c, const struct operation_pair *o)
{
    struct compare_place one = PLACE_MEMBER(o->places[OLD], "responses"),
                         other = PLACE_MEMBER(o->places[NEW], "responses");

    compare_begin_side(c, SIDE_RESPONSE);
    c->instance = TEXT("");
    if (value_is(one.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, one.value)) {
            struct text status = value_text(key);
            const struct value *kept = find_status(c, other.value, status);
            struct compare_place was, is;

            if (kept == NULL && answered(c)) /* clients may answer with any status then */
                kept = VALUE_MEMBER(other.value, "default");
            if (text_starts(status, TEXT("x-")))
                continue;
            was = compare_follow(c, OLD, place_of(one.document, value_next(key)));
            is = compare_follow(c, NEW, place_of(other.document, kept));
            if (kept == NULL) {
                compare_note(c, is_success(status) ? CHANGE_SUCCESS_REMOVED : CHANGE_STATUS_REMOVED, was,
                             place_or(other, o->places[NEW]), status, TEXT(""));
                continue;
            }
            compare_headers(c, was, is);
            compare_answer(c, was, is);
        }
    if (value_is(other.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, other.value))
            if (!text_starts(value_text(key), TEXT("x-")) && find_status(c, one.value, value_text(key)) == NULL)
                compare_note(c, is_success(value_text(key)) ? CHANGE_SUCCESS_ADDED : CHANGE_STATUS_ADDED,
                             place_or(one, o->places[OLD]), place_of(other.document, value_next(key)), TEXT(""),
                             value_text(key));
}
