/* Requests, cut anywhere. */
#include "http_fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_message(data, size, true, TEXT("GET"));
    return 0;
}
