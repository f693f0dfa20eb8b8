#include "unit.h"

#include "base/buffer.h"

static void
bytes_come_out_as_they_went_in(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, 1000);
    assert_null(buffer_text(&b).data);
    buffer_add(&b, TEXT("abc"));
    buffer_byte(&b, 'd');
    buffer_print(&b, "%03d", 7);
    check_text(buffer_text(&b), "abcd007");
    buffer_consume(&b, 2);
    check_text(buffer_text(&b), "cd007");
    buffer_truncate(&b, 3);
    check_text(buffer_text(&b), "cd0");
    buffer_truncate(&b, 30);
    buffer_consume(&b, 30);
    assert_int_equal(buffer_length(&b), 0);
    buffer_release(&b);
    buffer_add(&b, TEXT("again"));
    check_text(buffer_text(&b), "again");
    buffer_release(&b);
}

static void
a_stream_of_any_length_passes_through_a_small_buffer(void **state)
{
    unsigned char in = 0, out = 0;
    struct buffer b;

    (void)state;
    buffer_init(&b, 300);
    for (int i = 0; i < 10000; i++) {
        size_t more = (size_t)(i * 7 % 100), less = (size_t)(i * 11 % 100);

        if (buffer_length(&b) + more <= 300) {
            unsigned char *room = (unsigned char *)buffer_room(&b, more);

            assert_non_null(room);
            for (size_t j = 0; j < more; j++)
                room[j] = in++;
            buffer_wrote(&b, more);
        }
        if (less > buffer_length(&b))
            less = buffer_length(&b);
        for (size_t j = 0; j < less; j++)
            assert_int_equal((unsigned char)buffer_text(&b).data[j], out++);
        buffer_consume(&b, less);
        assert_in_range(b.capacity, 0, 300);
    }
    assert_false(buffer_failed(&b));
    buffer_release(&b);
}

static void
the_first_failure_is_remembered_and_what_was_there_stays(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, 5);
    buffer_add(&b, TEXT("abc"));
    buffer_add(&b, TEXT("def"));
    assert_true(buffer_failed(&b));
    buffer_byte(&b, 'g'); /* would fit, but a hole in the middle is worse than a missing end */
    check_text(buffer_text(&b), "abc");
    assert_null(buffer_room(&b, 1));
    buffer_clear(&b);
    assert_false(buffer_failed(&b));
    buffer_add(&b, TEXT("12345"));
    check_text(buffer_text(&b), "12345");
    assert_null(buffer_room(&b, SIZE_MAX));
    buffer_release(&b);
}

static void
printing_fills_a_buffer_up_to_its_last_byte(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, 1000);
    buffer_print(&b, "%01000d", 5);
    assert_false(buffer_failed(&b));
    assert_int_equal(buffer_length(&b), 1000);
    assert_int_equal(b.data[999], '5');
    buffer_clear(&b);
    buffer_print(&b, "%01001d", 5);
    assert_true(buffer_failed(&b));
    assert_int_equal(buffer_length(&b), 0);
    buffer_release(&b);
}

static void
a_ceiling_of_nothing_holds_nothing(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, 0);
    buffer_add(&b, TEXT(""));
    assert_false(buffer_failed(&b));
    buffer_byte(&b, 'x');
    assert_true(buffer_failed(&b));
    buffer_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(a_stream_of_any_length_passes_through_a_small_buffer),
        cmocka_unit_test(the_first_failure_is_remembered_and_what_was_there_stays),
        cmocka_unit_test(printing_fills_a_buffer_up_to_its_last_byte),
        cmocka_unit_test(a_ceiling_of_nothing_holds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
