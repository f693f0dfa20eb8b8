/* Responses, cut anywhere; the first byte says whether to a HEAD. */
#include "http_fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        fuzz_message(data + 1, size - 1, false, data[0] % 8 == 7 ? TEXT("HEAD") : TEXT("GET"));
    return 0;
}
