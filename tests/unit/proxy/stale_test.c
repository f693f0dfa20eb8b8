#include "unit.h"

#include <pthread.h>

#include "base/limits.h"
#include "proxy/stale.h"

static struct stale_memory *memory;
static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    memory = stale_new();
    arena = arena_new(0, 64 * LIMIT_MIB);
    return memory != NULL && arena != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    stale_free(memory);
    arena_free(arena);
    return 0;
}

/* GET target with these fields ("name: value", ended by NULL). */
static struct exchange
request(const char *target, const char *const *fields)
{
    struct exchange x = { .arena = arena, .service = TEXT("shop") };

    x.request.method = TEXT("GET");
    x.request.target = text_of(target);
    x.request.authority = TEXT("shop.example");
    x.request.headers = ARENA_ARRAY(arena, struct header, 8);
    for (uint32_t i = 0; fields != NULL && fields[i] != NULL; i++) {
        struct text line = text_of(fields[i]);
        size_t colon = text_find(line, ':');
        struct text name = text_slice(line, 0, colon);

        x.request.headers[x.request.header_count++] = (struct header){ .name = name,
                                                                       .value = text_trim(text_from(line, colon + 1)),
                                                                       .id = (uint8_t)header_id_of(name) };
    }
    return x;
}

static struct hash_tag
key_of(const char *target, const char *const *fields)
{
    struct exchange x = request(target, fields);

    return stale_key(&x, TEXT(""));
}

static void
keep(struct hash_tag key, const char *body)
{
    struct header fields[] = { { .name = TEXT("ETag"), .value = TEXT("\"7\"") },
                               { .name = TEXT("Content-Length"), .value = TEXT("999"), .id = HEADER_CONTENT_LENGTH },
                               { .name = TEXT("Connection"), .value = TEXT("close"), .hop_by_hop = true } };
    const struct message m = { .status = 200, .headers = fields, .header_count = 3 };

    stale_keep(memory, key, &m, text_of(body));
}

static bool
has(struct hash_tag key)
{
    struct message m;

    return stale_find(memory, key, arena, &m);
}

static void
the_last_answer_is_found_without_what_frames_it(void **state)
{
    struct hash_tag key = key_of("/a", NULL);
    struct message m;

    (void)state;
    keep(key, "first");
    keep(key, "second");
    assert_true(stale_find(memory, key, arena, &m));
    check_text(m.body, "second");
    assert_int_equal(m.status, 200);
    assert_int_equal(m.header_count, 1);
    check_text(m.headers[0].name, "ETag");
    check_text(m.headers[0].value, "\"7\"");
    assert_false(has(key_of("/b", NULL)));
}

static void
fields_count_but_not_their_order_nor_what_differs_by_itself(void **state)
{
    static const char *const one[] = { "Accept: a/b", "Authorization: Bearer x", NULL };
    static const char *const other[] = { "authorization: Bearer x", "X-Request-ID: 17", "Accept: a/b", "Date: now",
                                         NULL };
    static const char *const stranger[] = { "Accept: a/b", "Authorization: Bearer y", NULL };
    static const char *const cookie[] = { "Accept: a/b", "Authorization: Bearer x", "Cookie: s=1", NULL };

    (void)state;
    keep(key_of("/f", one), "mine");
    assert_true(has(key_of("/f", other)));
    assert_false(has(key_of("/f", stranger)));
    assert_false(has(key_of("/f", cookie)));
    assert_false(has(key_of("/f", NULL)));
}

static void
what_is_too_large_is_not_kept(void **state)
{
    size_t size = LIMIT_STALE_ANSWER + 1;
    char *body = arena_zalloc(arena, size + 1, 1);

    (void)state;
    memset(body, 'x', size);
    keep(key_of("/large", NULL), body);
    assert_false(has(key_of("/large", NULL)));
    body[size - 100] = '\0';
    keep(key_of("/large", NULL), body);
    assert_true(has(key_of("/large", NULL)));
}

static void
memory_is_bounded_and_what_is_wanted_stays(void **state)
{
    size_t size = LIMIT_STALE_ANSWER - 1000;
    char *body = arena_zalloc(arena, size + 1, 1), target[32];
    struct hash_tag wanted = key_of("/wanted", NULL);
    unsigned there = 0;

    (void)state;
    memset(body, 'y', size);
    keep(wanted, "small");
    for (int i = 0; i < 2000; i++) {
        snprintf(target, sizeof target, "/many/%d", i);
        keep(key_of(target, NULL), body);
        assert_true(has(wanted));
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(target, sizeof target, "/many/%d", i);
        there += has(key_of(target, NULL));
        arena_reset(arena);
    }
    check_that(there > 100 && (uint64_t)there * size <= LIMIT_STALE_BYTES, "%u answers", there);
}

static void *
hammer(void *arg)
{
    struct arena *own = arena_new(0, 64 * LIMIT_MIB);
    const struct message m = { .status = 200 };

    for (uint64_t i = 0; own != NULL && i < 20000; i++) {
        struct hash_tag key = { i % 40, 1 };
        struct message found;

        if ((i + (uintptr_t)arg) % 3 == 0)
            stale_keep(memory, key, &m, TEXT("abcdefgh"));
        else if (stale_find(memory, key, own, &found))
            check_text(found.body, "abcdefgh");
        if (i % 100 == 0)
            arena_reset(own);
    }
    arena_free(own);
    return NULL;
}

static void
threads_share_it(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)i),
                         0); /* NOLINT(performance-no-int-to-ptr) */
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(has((struct hash_tag){ 3, 1 }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_answer_is_found_without_what_frames_it),
        cmocka_unit_test(fields_count_but_not_their_order_nor_what_differs_by_itself),
        cmocka_unit_test(what_is_too_large_is_not_kept),
        cmocka_unit_test(memory_is_bounded_and_what_is_wanted_stays),
        cmocka_unit_test(threads_share_it),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
