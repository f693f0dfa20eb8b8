/* exchange_id.c -- time, process, worker, count. */
#include "proxy/exchange_id.h"

#include "proxy/worker.h"

static void
put(char *out, unsigned digits, uint64_t value)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

    while (digits > 0) {
        out[--digits] = letters[value & 31];
        value >>= 5;
    }
}

/* 2^20 exchanges per worker and millisecond are more than can happen, so the count may begin again. */
void
exchange_id_next(struct worker *w, int64_t wall, char id[EXCHANGE_ID_BYTES + 1])
{
    put(id, 9, (uint64_t)wall / 1000000);
    put(id + 9, 5, w->id_seed);
    put(id + 14, 2, w->index);
    put(id + 16, 4, w->id_count++);
    id[EXCHANGE_ID_BYTES] = '\0';
}
