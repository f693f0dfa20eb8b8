/* Forms: what is said of their fields, and that it holds for what it was made of. */
#include "unit.h"

#include "base/limits.h"
#include "base/random.h"
#include "contract/check.h"
#include "drift/infer.h"
#include "json/document.h"
#include "json/pointer.h"
#include "json/write.h"

static struct arena *arena, *scratch;
static struct infer *infer;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    scratch = arena_new(0, LIMIT_EXCHANGE_ARENA);
    infer = infer_new();
    return arena == NULL || scratch == NULL || infer == NULL;
}

static int
end(void **state)
{
    (void)state;
    infer_free(infer);
    arena_free(scratch);
    arena_free(arena);
    return 0;
}

#define URLENCODED "application/x-www-form-urlencoded"
#define FORM_DATA  "multipart/form-data; boundary=b"

static struct header type_header = { .name = { "Content-Type", 12 }, .id = HEADER_CONTENT_TYPE };

static struct exchange
exchange_of(const char *type, struct text body)
{
    struct exchange x = { .arena = scratch, .outcome = OUTCOME_DELIVERED, .has_response = true };

    arena_reset(scratch);
    type_header.value = text_of(type);
    x.request = (struct message){ .is_request = true,
                                  .minor = 1,
                                  .method = TEXT("POST"),
                                  .target = TEXT("/a"),
                                  .path = TEXT("/a"),
                                  .headers = &type_header,
                                  .header_count = 1,
                                  .body = body,
                                  .body_bytes = body.length,
                                  .length = body.length,
                                  .framing = FRAMING_LENGTH,
                                  .body_state = BODY_WHOLE };
    x.response = (struct message){ .minor = 1, .status = 204 };
    return x;
}

static void
see(const char *type, const char *body, unsigned times)
{
    while (times-- > 0) {
        struct exchange x = exchange_of(type, text_of(body));

        infer_add(infer, &x);
    }
}

static struct text
made(void)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, 64 * LIMIT_MIB);
    infer_write(infer, TEXT("Made"), TEXT("a test"), &out);
    assert_false(buffer_failed(&out));
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

static const struct value *
content_of(const char *type)
{
    struct document document;
    const struct value *content;

    assert_int_equal(document_parse(&document, made(), NULL, arena, NULL), 0);
    content = pointer_find(document.root, TEXT("/paths/~1a/post/requestBody/content"));
    assert_non_null(content);
    return value_member(content, text_of(type));
}

static struct text
json_at(const struct value *root, const char *pointer)
{
    const struct value *v = pointer_find(root, text_of(pointer));
    struct json_writer w;
    struct buffer out;
    struct text text;

    if (v == NULL)
        return TEXT("");
    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

static void
fields_have_the_types_that_a_reader_of_forms_takes_them_for(void **state)
{
    const struct value *media;

    (void)state;
    see(URLENCODED, "n=7&price=1.5&gift=true&name=A%20b&on=2026-02-03&state=open&zip=01234&low=-5", 8);
    see(URLENCODED, "n=-0&price=2&gift=false&name=7&on=2026-02-04&state=closed&zip=1&low=-07", 16);
    media = content_of(URLENCODED);
    check_text(json_at(media, "/schema/type"), "\"object\"");
    check_text(json_at(media, "/schema/x-seen"), "24");
    check_text(json_at(media, "/schema/properties/n/type"), "\"integer\"");
    check_text(json_at(media, "/schema/properties/price/type"), "\"number\"");
    check_text(json_at(media, "/schema/properties/gift/type"), "\"boolean\"");
    check_text(json_at(media, "/schema/properties/name"), "{\"type\":\"string\",\"x-seen\":24}");
    check_text(json_at(media, "/schema/properties/on/format"), "\"date\"");
    check_text(json_at(media, "/schema/properties/state/enum"), "[\"open\",\"closed\"]");
    check_text(json_at(media, "/schema/properties/zip/type"), "\"string\"");
    check_text(json_at(media, "/schema/properties/low/type"), "\"string\"");
    check_text(json_at(media, "/encoding"), "");
}

static void
a_field_is_required_from_twenty_forms_on_and_only_when_it_was_never_absent(void **state)
{
    (void)state;
    see(URLENCODED, "x=1&y=2", 19);
    check_text(json_at(content_of(URLENCODED), "/schema/required"), "");
    check_text(json_at(content_of(URLENCODED), "/schema/properties/x/type"), "\"string\"");
    see(URLENCODED, "y=2", 1);
    check_text(json_at(content_of(URLENCODED), "/schema/required"), "[\"y\"]");
    check_text(json_at(content_of(URLENCODED), "/schema/properties/x/x-seen"), "19");
}

static void
a_field_that_comes_twice_is_a_list(void **state)
{
    const struct value *media;

    (void)state;
    see(URLENCODED, "tag=x&tag=y&id=1", 10);
    see(URLENCODED, "tag=x&id=1", 10);
    media = content_of(URLENCODED);
    check_text(
        json_at(media, "/schema/properties/tag"),
        "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"x\",\"y\"],\"x-seen\":30},\"x-seen\":20}");
    check_text(json_at(media, "/schema/required"), "[\"tag\",\"id\"]");
    check_text(json_at(media, "/encoding"), "{\"tag\":{\"style\":\"form\",\"explode\":true}}");
}

#define PART(name, more, body) "--b\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" body "\r\n"

static void
parts_are_texts_files_and_json(void **state)
{
    const struct value *media;

    (void)state;
    see(FORM_DATA,
        PART("n", "", "7") PART("photo", "; filename=\"a.png\"\r\nContent-Type: image/png", "\x89PNG")
            PART("meta", "\r\nContent-Type: application/json", "{\"a\":1}")
                PART("raw", "; filename=\"x\"\r\nContent-Type: application/octet-stream", "1") PART("list",
                                                                                                    "\r\nContent-Type: "
                                                                                                    "application/json",
                                                                                                    "[1]") "--b--\r\n",
        20);
    media = content_of("multipart/form-data");
    check_text(json_at(media, "/schema/required"), "[\"n\",\"photo\",\"meta\",\"raw\",\"list\"]");
    check_text(json_at(media, "/schema/properties/n"), "{\"type\":\"integer\",\"x-seen\":20}");
    check_text(json_at(media, "/schema/properties/photo"),
               "{\"type\":\"string\",\"contentMediaType\":\"image/png\",\"x-seen\":20}");
    check_text(json_at(media, "/schema/properties/meta/properties/a/type"), "\"integer\"");
    check_text(json_at(media, "/schema/properties/raw/contentMediaType"), "\"application/octet-stream\"");
    check_text(json_at(media, "/schema/properties/list"), "{\"x-seen\":20}");
    check_text(json_at(media, "/encoding"),
               "{\"photo\":{\"contentType\":\"image/png\"},\"list\":{\"contentType\":\"application/json\"}}");
}

static void
types_of_parts_are_listed_when_they_come_again(void **state)
{
    (void)state;
    see(FORM_DATA, PART("f", "; filename=\"a\"\r\nContent-Type: image/png", "x") "--b--", 9);
    see(FORM_DATA, PART("f", "; filename=\"a\"\r\nContent-Type: image/jpeg", "x") "--b--", 10);
    check_text(json_at(content_of("multipart/form-data"), "/encoding"), "");
    check_text(json_at(content_of("multipart/form-data"), "/schema/properties/f/contentMediaType"),
               "\"application/octet-stream\"");
    see(FORM_DATA, PART("f", "; filename=\"a\"\r\nContent-Type: image/png", "x") "--b--", 1);
    check_text(json_at(content_of("multipart/form-data"), "/encoding/f/contentType"), "\"image/png, image/jpeg\"");
    see(FORM_DATA, PART("f", "; filename=\"a\"\r\nContent-Type: image/gif", "x") "--b--", 9);
    check_text(json_at(content_of("multipart/form-data"), "/encoding"), "");
}

static void
what_is_broken_or_redacted_says_nothing(void **state)
{
    struct exchange x = exchange_of(URLENCODED, TEXT("card=1&n=2"));
    struct text redacted = TEXT("request body /card");

    (void)state;
    see(URLENCODED, "a=%zz", 3);
    assert_null(pointer_find(content_of(URLENCODED), TEXT("/schema")));
    x.redacted = &redacted;
    x.redacted_count = 1;
    infer_add(infer, &x);
    check_text(json_at(content_of(URLENCODED), "/schema/properties/card"), "{\"type\":\"string\",\"x-seen\":1}");
    check_text(json_at(content_of(URLENCODED), "/schema/properties/n/x-seen"), "1");
    see(FORM_DATA, "--b\r\nno header\r\n--b--", 1);
    assert_null(pointer_find(content_of("multipart/form-data"), TEXT("/schema")));
}

static void
names_that_are_values_are_not_listed(void **state)
{
    (void)state;
    see(URLENCODED, "p001=1&p002=1&p003=1", 30);
    check_text(json_at(content_of(URLENCODED), "/schema"), "{\"type\":\"object\",\"x-seen\":30}");
}

static void
other_bodies_are_texts_or_nothing(void **state)
{
    (void)state;
    see("text/plain; charset=utf-8", "7", 30);
    see("application/xml", "<a/>", 30);
    see("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n--b--", 30);
    check_text(json_at(content_of("text/plain"), ""), "{\"schema\":{\"type\":\"string\"},\"x-seen\":30}");
    check_text(json_at(content_of("application/xml"), ""), "{\"x-seen\":30}");
    check_text(json_at(content_of("multipart/mixed"), ""), "{\"x-seen\":30}");
}

/* ---- whatever was seen holds ---- */

static const char *const names[] = { "a", "b", "k[0]", "k[x]", "tag[]", "" };
static const char *const values[] = { "7",          "-1.5", "true",  "open",      "",
                                      "2026-02-03", "1e3",  "a%20b", "{\"a\":1}", "%C3%BC" };

static void
random_pairs(struct random *r, struct buffer *out)
{
    uint64_t plain = random_below(r, 3);

    for (size_t i = 0; i < 6; i++)
        for (uint64_t n = random_below(r, i == 4 ? 4 : 2 + (plain == 0)); n > 0; n--)
            buffer_print(out, "%s%s=%s", buffer_length(out) > 0 ? "&" : "", names[i],
                         values[random_below(r, plain == 2 ? 1 : 10)]);
}

static void
random_parts(struct random *r, struct buffer *out)
{
    static const char *const mores[] = { "",
                                         "\r\nContent-Type: text/plain",
                                         "; filename=\"f\"",
                                         "; filename=\"\"\r\nContent-Type: application/octet-stream",
                                         "; filename=\"f\"\r\nContent-Type: image/png",
                                         "\r\nContent-Type: application/json" };
    static const char *const jsons[] = { "7", "{\"a\":1}", "[1,2]", "null", "\"x\"" };

    for (size_t i = 0; i < 5; i++)
        for (uint64_t n = random_below(r, i == 4 ? 4 : 2); n > 0; n--) {
            size_t more = random_below(r, 2) == 0 ? i : random_below(r, 6);

            buffer_print(out, "--b\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n", names[i],
                         mores[more], more == 5 ? jsons[random_below(r, 5)] : values[random_below(r, 10)]);
        }
    buffer_add(out, TEXT("--b--\r\n"));
}

static void
check_again(const struct contract *contract, struct schema_scratch *checker, struct exchange *x)
{
    struct check check = { .arena = x->arena,
                           .scratch = checker,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct contract_match match;
    struct verdict verdict = { .checked = false };

    contract_find(contract, x->request.method, x->request.path, true, x->arena, &match);
    check_request_head(&check, &match, &x->request, &verdict);
    check_request_body(&check, &match, &x->request, &verdict);
    check_that(verdict.count == 0, "%.*s\n%.*s", TEXT_PRINT(x->request.body),
               TEXT_PRINT(violation_line(&verdict.list[0], x->arena)));
}

#define SEEN 60

static void
whatever_was_seen_holds(void **state)
{
    struct schema_scratch *checker = schema_scratch_new();

    (void)state;
    for (uint64_t seed = 0; seed < 80; seed++) {
        const char *type = seed % 2 == 0 ? URLENCODED : FORM_DATA;
        struct text sent[SEEN];
        struct error err = { .kind = ERROR_NONE };
        struct contract *contract;
        struct random r;

        random_seed(&r, seed);
        infer_free(infer);
        infer = infer_new();
        arena_reset(arena);
        for (int i = 0; i < SEEN; i++) {
            struct buffer body;
            struct exchange x;

            buffer_init(&body, LIMIT_MIB);
            (seed % 2 == 0 ? random_pairs : random_parts)(&r, &body);
            sent[i] = arena_text(arena, buffer_text(&body));
            buffer_release(&body);
            x = exchange_of(type, sent[i]);
            infer_add(infer, &x);
        }
        contract = contract_load_text(made(), "made.json", NULL, &err);
        check_that(contract != NULL, "%s: %s", err.where, err.what);
        assert_int_equal(contract_defects(contract), 0);
        for (int i = 0; i < SEEN; i++) {
            struct exchange x = exchange_of(type, sent[i]);

            check_again(contract, checker, &x);
        }
        contract_free(contract);
    }
    schema_scratch_free(checker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fields_have_the_types_that_a_reader_of_forms_takes_them_for),
        TEST(a_field_is_required_from_twenty_forms_on_and_only_when_it_was_never_absent),
        TEST(a_field_that_comes_twice_is_a_list),
        TEST(parts_are_texts_files_and_json),
        TEST(types_of_parts_are_listed_when_they_come_again),
        TEST(what_is_broken_or_redacted_says_nothing),
        TEST(names_that_are_values_are_not_listed),
        TEST(other_bodies_are_texts_or_nothing),
        TEST(whatever_was_seen_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
