#include "unit.h"

#include "base/compress.h"
#include "base/limits.h"
#include "http/coding.h"

#define MOST_FIELDS 3

struct coded {
    struct arena *arena;
    struct header headers[MOST_FIELDS];
    struct message m;
    struct buffer body;
};

/* A message with these Content-Encoding fields. */
static void
setup(struct coded *c, const char *const *fields, size_t count, struct text body)
{
    *c = (struct coded){ .arena = arena_new(0, LIMIT_MIB) };
    for (size_t i = 0; i < count; i++)
        c->headers[i] = (struct header){ .name = TEXT("Content-Encoding"),
                                         .value = text_of(fields[i]),
                                         .id = HEADER_CONTENT_ENCODING };
    c->m = (struct message){ .headers = c->headers, .header_count = (uint32_t)count, .body = body };
}

static void
apply(struct buffer *b, enum compress_kind kind)
{
    struct buffer out;

    buffer_init(&out, LIMIT_MIB);
    assert_int_equal(compress_do(kind, buffer_text(b), &out), COMPRESS_OK);
    buffer_release(b);
    *b = out;
}

static enum coding_result
decode(const char *const *fields, size_t count, const enum compress_kind *kinds, size_t kind_count, size_t ceiling)
{
    struct coded c;
    struct buffer b;
    struct text decoded = { NULL, 0 };
    enum coding_result result;

    buffer_init(&b, LIMIT_MIB);
    buffer_add(&b, TEXT("hello hello hello hello"));
    for (size_t i = 0; i < kind_count; i++)
        apply(&b, kinds[i]);
    setup(&c, fields, count, buffer_text(&b));
    result = coding_decode(&c.m, ceiling, c.arena, &decoded);
    if (result == CODING_OK)
        check_text(decoded, "hello hello hello hello");
    else
        assert_null(decoded.data);
    buffer_release(&b);
    arena_free(c.arena);
    return result;
}

#define DECODE(ceiling, fields, ...)                                                                                   \
    decode(fields, sizeof(fields) / sizeof(*(fields)), (const enum compress_kind[]){ __VA_ARGS__ },                    \
           sizeof((const enum compress_kind[]){ __VA_ARGS__ }) / sizeof(enum compress_kind), ceiling)

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__ })

static void
one_coding_is_undone(void **state)
{
    (void)state;
    assert_int_equal(DECODE(100, FIELDS("gzip"), COMPRESS_GZIP), CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("X-GZip"), COMPRESS_GZIP), CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("deflate"), COMPRESS_DEFLATE), CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("br"), COMPRESS_BROTLI), CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("zstd"), COMPRESS_ZSTD), CODING_OK);
}

static void
layers_are_undone_from_the_last_to_the_first(void **state)
{
    (void)state;
    assert_int_equal(DECODE(100, FIELDS("br, gzip"), COMPRESS_BROTLI, COMPRESS_GZIP), CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("zstd", "deflate"), COMPRESS_ZSTD, COMPRESS_DEFLATE), CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("identity, gzip", "identity", "gzip"), COMPRESS_GZIP, COMPRESS_GZIP),
                     CODING_OK);
    assert_int_equal(DECODE(100, FIELDS("gzip, br"), COMPRESS_BROTLI, COMPRESS_GZIP), CODING_BROKEN);
}

static void
unknown_codings_and_too_many_are_unknown(void **state)
{
    (void)state;
    assert_int_equal(DECODE(100, FIELDS("compress"), COMPRESS_GZIP), CODING_UNKNOWN);
    assert_int_equal(DECODE(100, FIELDS("gzip;q=1"), COMPRESS_GZIP), CODING_UNKNOWN);
    assert_int_equal(DECODE(100, FIELDS("gzip, gzip, gzip"), COMPRESS_GZIP, COMPRESS_GZIP, COMPRESS_GZIP),
                     CODING_UNKNOWN);
}

static void
the_ceiling_counts_decoded_bytes(void **state)
{
    (void)state;
    assert_int_equal(DECODE(23, FIELDS("gzip"), COMPRESS_GZIP), CODING_OK);
    assert_int_equal(DECODE(22, FIELDS("gzip"), COMPRESS_GZIP), CODING_TOO_LARGE);
    assert_int_equal(DECODE(10, FIELDS("gzip, gzip"), COMPRESS_GZIP, COMPRESS_GZIP), CODING_TOO_LARGE);
}

static void
without_a_coding_the_body_is_itself(void **state)
{
    static const char *const gzip[] = { "gzip" }, *const identity[] = { "identity, ," };
    struct coded c;
    struct text decoded;

    (void)state;
    setup(&c, NULL, 0, TEXT("plain"));
    assert_int_equal(coding_decode(&c.m, 1, c.arena, &decoded), CODING_OK);
    assert_ptr_equal(decoded.data, c.m.body.data);
    arena_free(c.arena);

    setup(&c, identity, 1, TEXT("plain"));
    assert_int_equal(coding_decode(&c.m, 1, c.arena, &decoded), CODING_OK);
    assert_ptr_equal(decoded.data, c.m.body.data);
    arena_free(c.arena);

    setup(&c, gzip, 1, (struct text){ NULL, 0 });
    assert_int_equal(coding_decode(&c.m, 1, c.arena, &decoded), CODING_OK);
    assert_int_equal(decoded.length, 0);
    arena_free(c.arena);

    setup(&c, gzip, 1, TEXT("plain"));
    c.m.body_plain = true;
    assert_int_equal(coding_decode(&c.m, 1, c.arena, &decoded), CODING_OK);
    assert_ptr_equal(decoded.data, c.m.body.data);
    arena_free(c.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_coding_is_undone),
        cmocka_unit_test(layers_are_undone_from_the_last_to_the_first),
        cmocka_unit_test(unknown_codings_and_too_many_are_unknown),
        cmocka_unit_test(the_ceiling_counts_decoded_bytes),
        cmocka_unit_test(without_a_coding_the_body_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
