#include "unit.h"

#include "base/limits.h"
#include "traffic/index.h"

static struct exchange
exchange_of(uint64_t sequence, const char *operation, uint16_t status)
{
    struct exchange x = { .sequence = sequence,
                          .started = 1000 * (int64_t)sequence,
                          .times = { .finished = 500 },
                          .service = TEXT("shop"),
                          .operation = text_of(operation),
                          .outcome = OUTCOME_DELIVERED,
                          .has_response = true };

    (void)snprintf(x.id, sizeof x.id, "id%018u", (unsigned)sequence);
    x.request.method = TEXT("GET");
    x.request.target = TEXT("/x?y");
    x.response.status = status;
    return x;
}

static void
add(struct index_builder *b, uint64_t sequence, const char *operation, uint64_t offset, size_t length)
{
    struct exchange x = exchange_of(sequence, operation, 200);

    index_add(b, &x, offset, length);
}

static void
what_was_added_is_read_back(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct index_builder *b = index_builder_new();
    struct index_frame frames[2] = { { 0, 0 }, { 100, 60 } };
    struct index index;
    struct buffer out;

    (void)state;
    add(b, 7, "listParts", 0, 100);
    add(b, 8, "getPart", 100, 50);
    index_add_broken(b, 150, 10);
    buffer_init(&out, LIMIT_MIB);
    index_write(b, 160, 90, frames, 2, &out);
    assert_int_equal(index_read(&index, buffer_text(&out), arena, NULL), 0);
    assert_int_equal(index.line_count, 3);
    assert_int_equal(index.plain_bytes, 160);
    assert_int_equal(index.frame_count, 2);
    assert_int_equal(index.frames[1].file, 60);
    assert_int_equal(index.lines[1].sequence, 8);
    assert_int_equal(index.lines[1].offset, 100);
    assert_int_equal(index.lines[1].status, 200);
    assert_memory_equal(index.lines[1].id, "id000000000000000008", 20);
    assert_true(text_equal(index_text(&index, index.lines[0].operation), TEXT("listParts")));
    assert_true(text_equal(index_text(&index, index.lines[1].operation), TEXT("getPart")));
    assert_true(text_equal(index_text(&index, index.lines[1].method), TEXT("GET")));
    assert_int_equal(index.lines[2].flags, INDEX_BROKEN);
    assert_int_equal(index.first, 7000);
    assert_int_equal(index.last, 8500);
    buffer_release(&out);
    index_builder_free(b);
    arena_free(arena);
}

static void
an_index_with_any_byte_changed_or_missing_is_refused(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct index_builder *b = index_builder_new();
    struct index index;
    struct buffer out;
    struct text bytes;

    (void)state;
    add(b, 1, "a", 0, 10);
    buffer_init(&out, LIMIT_MIB);
    index_write(b, 10, 10, NULL, 0, &out);
    bytes = buffer_text(&out);
    for (size_t i = 0; i < bytes.length; i++) {
        char *byte = (char *)(uintptr_t)bytes.data + i;

        *byte ^= 1;
        assert_int_equal(index_read(&index, bytes, arena, NULL), -1);
        *byte ^= 1;
        assert_int_equal(index_read(&index, text_slice(bytes, 0, i), arena, NULL), -1);
    }
    assert_int_equal(index_read(&index, bytes, arena, NULL), 0);
    buffer_release(&out);
    index_builder_free(b);
    arena_free(arena);
}

static void
lines_that_do_not_fill_the_segment_are_refused(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct index index;

    (void)state;
    for (uint64_t plain = 18; plain <= 22; plain++) {
        struct index_builder *b = index_builder_new();
        struct buffer out;

        add(b, 1, "a", 0, 10);
        add(b, 2, "a", 10, 10);
        buffer_init(&out, LIMIT_MIB);
        index_write(b, plain, plain, NULL, 0, &out);
        assert_int_equal(index_read(&index, buffer_text(&out), arena, NULL), plain == 20 ? 0 : -1);
        buffer_release(&out);
        index_builder_free(b);
    }
    arena_free(arena);
}

static void
lines_move_to_the_next_segment_and_are_cut(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct index_builder *first = index_builder_new(), *second = index_builder_new();
    struct index index;
    struct buffer out;

    (void)state;
    add(first, 1, "a", 0, 10);
    add(first, 2, "b", 10, 10);
    add(first, 3, "c", 20, 10);
    index_move(first, 10, second);
    index_cut(second, 10);
    buffer_init(&out, LIMIT_MIB);
    index_write(first, 10, 10, NULL, 0, &out);
    assert_int_equal(index_read(&index, buffer_text(&out), arena, NULL), 0);
    assert_int_equal(index.line_count, 1);
    buffer_clear(&out);
    index_write(second, 10, 10, NULL, 0, &out);
    assert_int_equal(index_read(&index, buffer_text(&out), arena, NULL), 0);
    assert_int_equal(index.line_count, 1);
    assert_int_equal(index.lines[0].sequence, 2);
    assert_int_equal(index.lines[0].offset, 0);
    assert_true(text_equal(index_text(&index, index.lines[0].operation), TEXT("b")));
    buffer_release(&out);
    index_builder_free(first);
    index_builder_free(second);
    arena_free(arena);
}

static void
more_texts_than_there_is_room_for_are_others(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct index_builder *b = index_builder_new();
    struct index index;
    struct buffer out;
    char name[16];

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "op%u", i);
        add(b, i + 1, name, i, 1);
    }
    buffer_init(&out, 64 * LIMIT_MIB);
    index_write(b, 5000, 5000, NULL, 0, &out);
    assert_int_equal(index_read(&index, buffer_text(&out), arena, NULL), 0);
    assert_true(text_equal(index_text(&index, index.lines[4000].operation), TEXT("op4000")));
    assert_int_equal(index.lines[4999].operation, INDEX_TEXT_OTHER);
    assert_int_equal(index_text(&index, INDEX_TEXT_OTHER).length, 0);
    buffer_release(&out);
    index_builder_free(b);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_read_back),
        cmocka_unit_test(an_index_with_any_byte_changed_or_missing_is_refused),
        cmocka_unit_test(lines_that_do_not_fill_the_segment_are_refused),
        cmocka_unit_test(lines_move_to_the_next_segment_and_are_cut),
        cmocka_unit_test(more_texts_than_there_is_room_for_are_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
