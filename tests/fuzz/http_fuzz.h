/* http_fuzz.h -- what the HTTP targets share: the same bytes in one piece and in pieces must be read the same.
 *
 * The input is a count n (its first byte, modulo 9), n numbers of two bytes (big-endian) that say where to cut, and the
 * message. */
#ifndef HTTP_FUZZ_H
#define HTTP_FUZZ_H

#include "../unit/http/drive.h"

#define FUZZ_CUTS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
fuzz_compare(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Cuts in ascending order, none beyond the message; the message is what is left. */
static size_t
fuzz_cuts(struct text *bytes, size_t cuts[FUZZ_CUTS])
{
    size_t count = bytes->length > 0 ? (unsigned char)bytes->data[0] % (FUZZ_CUTS + 1) : 0;
    const unsigned char *at = (const unsigned char *)bytes->data + 1;

    if (bytes->length < 1 + 2 * count)
        count = 0;
    for (size_t i = 0; i < count; i++)
        cuts[i] = (size_t)at[2 * i] << 8 | at[2 * i + 1];
    *bytes = text_from(*bytes, 1 + 2 * count);
    for (size_t i = 0; i < count; i++) {
        if (cuts[i] > bytes->length)
            cuts[i] = bytes->length;
    }
    qsort(cuts, count, sizeof *cuts, fuzz_compare);
    return count;
}

static void
fuzz_message(const uint8_t *data, size_t size, bool is_request, struct text method)
{
    struct drive d = {
        .bytes = text_make((const char *)data, size),
        .is_request = is_request,
        .method = method,
        .limits = parse_limits_default,
    };
    size_t cuts[FUZZ_CUTS], count = fuzz_cuts(&d.bytes, cuts);
    struct buffer whole, pieces;

    if (d.bytes.length > DRIVE_ROOM)
        return;
    buffer_init(&whole, 64 * LIMIT_MIB);
    buffer_init(&pieces, 64 * LIMIT_MIB);
    drive_run(&d, &whole);
    d.cuts = cuts;
    d.cut_count = count;
    drive_run(&d, &pieces);
    if (!text_equal(buffer_text(&whole), buffer_text(&pieces))) {
        fprintf(stderr, "in one piece:\n%.*s\nin pieces:\n%.*s\n", TEXT_PRINT(buffer_text(&whole)),
                TEXT_PRINT(buffer_text(&pieces)));
        abort();
    }
    buffer_clear(&pieces);
    cuts[0] = parse_head_guess(d.bytes); /* as connections are read */
    d.cut_count = 1;
    drive_run(&d, &pieces);
    if (!text_equal(buffer_text(&whole), buffer_text(&pieces)))
        abort();
    if (text_search(buffer_text(&whole), TEXT("\nstuck\n")) < buffer_length(&whole))
        abort();
    buffer_release(&pieces);
    buffer_release(&whole);
}

#endif
