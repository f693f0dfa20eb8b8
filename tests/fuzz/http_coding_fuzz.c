/* Content codings: whatever comes, no more than the ceiling goes out; and what we encode ourselves comes back. The
 * first byte chooses the coding. */
#include <stdlib.h>

#include "base/compress.h"
#include "base/limits.h"

#define CEILING (256 * LIMIT_KIB)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum compress_kind kind = size > 0 ? (enum compress_kind)(data[0] % 4) : COMPRESS_GZIP;
    struct text t = text_make((const char *)data + (size > 0), size - (size > 0));
    struct buffer out, coded, plain;

    buffer_init(&out, CEILING);
    if (compress_undo(kind, t, &out) != COMPRESS_OK && buffer_length(&out) > 0)
        abort();
    if (buffer_length(&out) > CEILING)
        abort();
    buffer_release(&out);

    buffer_init(&coded, 2 * size + 4096);
    buffer_init(&plain, size + 1);
    if (compress_do(kind, t, &coded) != COMPRESS_OK ||
        compress_undo(kind, buffer_text(&coded), &plain) != COMPRESS_OK || !text_equal(buffer_text(&plain), t))
        abort();
    buffer_release(&plain);
    buffer_release(&coded);
    return 0;
}
