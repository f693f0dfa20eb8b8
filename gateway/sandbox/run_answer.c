/* run_answer.c -- what a script gave, as an answer. */
#include "base/limits.h"
#include "http/media_type.h"
#include "json/write.h"
#include "sandbox/answer.h"
#include "sandbox/refusal.h"
#include "sandbox/run.h"

#define NAME TEXT("Plumbline-Sandbox")

static struct answer_maker
maker_of(const struct run *r)
{
    return (struct answer_maker){ .contract = r->service->contract,
                                  .scratch = engine_scratch(r->engine),
                                  .seed = ruleset_settings(engine_ruleset(r->engine))->seed };
}

void
run_answer_contract(struct run *r)
{
    const struct answer_maker maker = maker_of(r);

    answer_make(&maker, r->request, r->path, r->arena, r->answer);
}

/* ---- header fields ---- */

static bool
add_field(struct run *r, struct text name, const struct value *value, struct error *err)
{
    struct json_writer w;
    struct buffer bare;
    struct text text;

    if (value->type == VALUE_STRING) {
        text = value_text(value);
    } else {
        buffer_init(&bare, LIMIT_HEADER_BYTES);
        json_begin(&w, &bare, 0);
        json_value(&w, value);
        text = arena_text(r->arena, buffer_text(&bare));
        buffer_release(&bare);
    }
    if (!header_is_token(name) || text_find(text, '\n') < text.length || text_find(text, '\r') < text.length ||
        text_find(text, '\0') < text.length) {
        (void)error_set(err, ERROR_CONFIG, NULL, "the field '%.*s' of the answer cannot be a header field",
                        TEXT_PRINT(name));
        return false;
    }
    service_answer_header(r->answer, name, text);
    return true;
}

static bool
add_fields(struct run *r, const struct value *fields, struct error *err)
{
    if (!value_is(fields, VALUE_OBJECT) || fields->count == 0)
        return true;
    for (VALUE_EACH_MEMBER(key, fields)) {
        const struct value *value = value_next(key);

        if (value->type != VALUE_ARRAY) {
            if (!add_field(r, value_text(key), value, err))
                return false;
            continue;
        }
        if (value->count > 0)
            for (VALUE_EACH_ITEM(item, value))
                if (!add_field(r, value_text(key), item, err))
                    return false;
    }
    return true;
}

static struct text
field_of(const struct service_answer *answer, struct text name)
{
    for (uint32_t i = 0; i < answer->header_count; i++)
        if (text_equal_nocase(answer->headers[i].name, name))
            return answer->headers[i].value;
    return text_make(NULL, 0);
}

/* ---- results ---- */

/* Result number `index` as a tape. False: it cannot be written; NULL in *value: nil. */
static bool
result_value(struct run *r, uint32_t index, const struct value **value, struct error *err)
{
    const char *why = "no memory";
    struct document document;
    struct buffer json;
    bool done = false;

    *value = NULL;
    if (script_result_is_nil(r->script, index))
        return true;
    buffer_init(&json, LIMIT_SANDBOX_BODY);
    if (script_result_json(r->script, index, &json, &why) &&
        document_parse(&document, arena_text(r->arena, buffer_text(&json)), NULL, r->arena, NULL) == 0) {
        *value = document.root;
        done = true;
    }
    buffer_release(&json);
    if (!done)
        (void)error_set(err, ERROR_CONFIG, NULL, "%s of the answer cannot be written as JSON: %s",
                        index == 1 ? "the body" : "a header", why);
    return done;
}

/* A text under a media type that is not JSON is the body as it is. */
static bool
is_bare(struct text type, const struct value *body)
{
    struct media_type parsed;

    return type.length > 0 && body->type == VALUE_STRING && media_type_parse(type, &parsed) &&
           media_type_kind(&parsed) != MEDIA_JSON;
}

static void
add_body(struct run *r, const struct value *body)
{
    struct text type = field_of(r->answer, TEXT("Content-Type"));
    const struct answer_maker maker = maker_of(r);
    struct json_writer w;

    if (type.length == 0) {
        type = answer_media_type(&maker, r->request, r->match.operation, r->answer->status, r->arena);
        service_answer_header(r->answer, TEXT("Content-Type"), type);
    }
    if (is_bare(type, body)) {
        buffer_add(&r->answer->body, value_text(body));
        return;
    }
    json_begin(&w, &r->answer->body, 0);
    json_value(&w, body);
}

bool
run_answer(struct run *r, struct error *err)
{
    const struct value *body, *fields;
    int64_t status;

    if (script_result_is_nil(r->script, 0)) {
        if (!r->service->handled[operation_index(r->match.operation)]) {
            run_answer_contract(r); /* `handle` has nothing to say to this operation */
            return true;
        }
        (void)error_set(err, ERROR_CONFIG, NULL, "the function gave no status; write: return 200, body");
        return false;
    }
    if (!script_result_integer(r->script, 0, &status) || status < 200 || status > 599) {
        (void)error_set(err, ERROR_CONFIG, NULL, "the first thing that the function gives is a status from 200 to 599");
        return false;
    }
    if (!result_value(r, 1, &body, err) || !result_value(r, 2, &fields, err) || !add_fields(r, fields, err))
        return false;
    r->answer->status = (uint16_t)status;
    service_answer_header(r->answer, NAME, TEXT("script"));
    if (body != NULL)
        add_body(r, body);
    if (!buffer_failed(&r->answer->body))
        return true;
    (void)error_set(err, ERROR_CONFIG, NULL, "the body of the answer is larger than %u MiB",
                    (unsigned)(r->answer->body.ceiling / LIMIT_MIB));
    return false;
}

/* ---- failures ---- */

/* {"refuse":{"status":409,"detail":"…","more":{…},"headers":{…}}}: what refuse() and If-Match raise. */
static bool
refuse_as_raised(struct run *r, struct text raised)
{
    struct refusing refusing = { r->match.operation, engine_scratch(r->engine), r->arena };
    struct error err = { .kind = ERROR_NONE };
    const struct value *refuse, *status;
    struct document document;
    uint64_t number;

    if (raised.length == 0 || document_parse(&document, raised, NULL, r->arena, NULL) < 0)
        return false;
    refuse = VALUE_MEMBER(document.root, "refuse");
    status = VALUE_MEMBER(refuse, "status");
    if (!value_is(status, VALUE_NUMBER) || !text_to_u64(value_text(status), &number) || number < 200 || number > 599)
        return false;
    refusal_answer(&refusing, (uint16_t)number,
                   value_is(VALUE_MEMBER(refuse, "detail"), VALUE_STRING) ? value_text(VALUE_MEMBER(refuse, "detail"))
                                                                          : text_make(NULL, 0),
                   VALUE_MEMBER(refuse, "more"), r->answer);
    return add_fields(r, VALUE_MEMBER(refuse, "headers"), &err);
}

void
run_answer_failed(struct run *r, struct text raised, const struct error *err)
{
    struct refusing refusing = { r->match.operation, engine_scratch(r->engine), r->arena };

    if (!refuse_as_raised(r, raised))
        refusal_answer(&refusing, 500,
                       arena_print(r->arena, "the script of this simulated service failed: %s%s%s", err->where,
                                   err->where[0] != '\0' ? ": " : "",
                                   err->what[0] != '\0' ? err->what : "it raised a value that is no refusal"),
                       NULL, r->answer);
    service_answer_header(r->answer, NAME, TEXT("script"));
}
