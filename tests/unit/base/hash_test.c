#include "unit.h"

#include "base/hash.h"

static struct text
hex(struct buffer *out, const unsigned char *digest)
{
    buffer_clear(out);
    hash_hex(out, digest, HASH_DIGEST_BYTES);
    return buffer_text(out);
}

static void
sha256_gives_the_digests_of_the_standard(void **state)
{
    unsigned char digest[HASH_DIGEST_BYTES];
    struct buffer out;

    (void)state;
    buffer_init(&out, 1000);
    assert_int_equal(hash_sha256(TEXT("abc"), digest), 0);
    check_text(hex(&out, digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(hash_sha256(text_of(NULL), digest), 0);
    check_text(hex(&out, digest), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    /* RFC 4231, test case 2 */
    assert_int_equal(hash_hmac_sha256(TEXT("Jefe"), TEXT("what do ya want for nothing?"), digest), 0);
    check_text(hex(&out, digest), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(hash_hmac_sha256(text_of(NULL), text_of(NULL), digest), 0);
    check_text(hex(&out, digest), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    buffer_release(&out);
}

static void
a_digest_does_not_depend_on_the_pieces(void **state)
{
    unsigned char whole[HASH_DIGEST_BYTES], pieces[HASH_DIGEST_BYTES];
    struct text t = TEXT("abcdefghijklmnopqrstuvwxyz");

    (void)state;
    assert_int_equal(hash_sha256(t, whole), 0);
    for (size_t cut = 0; cut <= t.length; cut++) {
        struct hash_stream *stream = hash_stream_new();

        assert_non_null(stream);
        assert_int_equal(hash_stream_add(stream, text_slice(t, 0, cut)), 0);
        assert_int_equal(hash_stream_add(stream, text_from(t, cut)), 0);
        assert_int_equal(hash_stream_end(stream, pieces), 0);
        assert_memory_equal(pieces, whole, sizeof whole);
        hash_stream_free(stream);
    }
    hash_stream_free(NULL);
}

static void
table_hashes_spread_and_follow_the_seed(void **state)
{
    uint32_t filled[256] = { 0 };
    char text[32];

    (void)state;
    assert_true(hash_seed() == hash_seed());
    for (int i = 0; i < 25600; i++) {
        int length = snprintf(text, sizeof text, "key%d", i);

        filled[hash_text(text_make(text, (size_t)length), hash_seed()) % 256]++;
    }
    for (int i = 0; i < 256; i++)
        assert_in_range(filled[i], 40, 180); /* 100 each, give or take eight deviations */
    assert_true(hash_text(TEXT("a"), 1) != hash_text(TEXT("a"), 2));
    assert_true(hash_text(TEXT("ab"), 1) != hash_text(TEXT("ba"), 1));
    assert_true(hash_text(TEXT(""), 1) != hash_text(text_make("\0", 1), 1));
    assert_true(hash_text_nocase(TEXT("Host"), 5) == hash_text_nocase(TEXT("hOST"), 5));
    assert_true(hash_text_nocase(TEXT("Host"), 5) != hash_text_nocase(TEXT("Hose"), 5));
}

static void
mixing_depends_on_order_and_survives_extreme_numbers(void **state)
{
    static const uint64_t numbers[] = { 0, 1, 2, UINT64_MAX, UINT64_MAX - 1, (uint64_t)INT64_MAX, (uint64_t)INT64_MIN };
    const size_t count = sizeof numbers / sizeof numbers[0];

    (void)state;
    for (size_t i = 0; i < count * count; i++) {
        for (size_t j = 0; j < i; j++)
            assert_true(hash_mix(numbers[i / count], numbers[i % count]) !=
                        hash_mix(numbers[j / count], numbers[j % count]));
    }
}

static void
stable_hashes_never_change(void **state)
{
    (void)state;
    assert_true(hash_stable(TEXT(""), 0) == UINT64_C(0xCBF29CE484222325));
    assert_true(hash_stable(TEXT("a"), 0) == UINT64_C(0xAF63DC4C8601EC8C));
    assert_true(hash_stable(TEXT("foobar"), 0) == UINT64_C(0x85944171F73967E8));
}

static void
secrets_are_compared_whole(void **state)
{
    (void)state;
    assert_true(hash_same_secret(TEXT("token"), TEXT("token")));
    assert_false(hash_same_secret(TEXT("token"), TEXT("tokem")));
    assert_false(hash_same_secret(TEXT("token"), TEXT("toke")));
    assert_true(hash_same_secret(TEXT(""), text_of(NULL)));
}

/* The vectors of the paper's reference program, which OpenSSL's SipHash gives, too. */
static void
keyed_tags_are_those_of_siphash(void **state)
{
    const struct hash_key key = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
    static const struct {
        size_t length;
        struct hash_tag tag;
    } vectors[] = {
        { 0, { UINT64_C(0xe6a825ba047f81a3), UINT64_C(0x930255c71472f66d) } },
        { 1, { UINT64_C(0x44af996bd8c187da), UINT64_C(0x45fc229b11597634) } },
        { 8, { UINT64_C(0x61f55862baa9623b), UINT64_C(0xb49714f364e2830f) } },
        { 15, { UINT64_C(0x11a8b03399e99354), UINT64_C(0xd9c3cf970fec087e) } },
    };
    char bytes[16];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct hash_tag tag = hash_keyed(text_make(bytes, vectors[i].length), key);

        check_that(tag.a == vectors[i].tag.a && tag.b == vectors[i].tag.b, "%zu bytes: %016llx %016llx",
                   vectors[i].length, (unsigned long long)tag.a, (unsigned long long)tag.b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_digests_of_the_standard),
        cmocka_unit_test(a_digest_does_not_depend_on_the_pieces),
        cmocka_unit_test(table_hashes_spread_and_follow_the_seed),
        cmocka_unit_test(mixing_depends_on_order_and_survives_extreme_numbers),
        cmocka_unit_test(stable_hashes_never_change),
        cmocka_unit_test(keyed_tags_are_those_of_siphash),
        cmocka_unit_test(secrets_are_compared_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
