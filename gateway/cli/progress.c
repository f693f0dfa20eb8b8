#include "cli/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/terminal.h"

#define EVERY (100 * CLOCK_MILLI)
#define LOOK  256 /* exchanges between looks at the clock */

struct progress {
    int64_t began, told;
    uint64_t steps, read, bytes;
    bool shown;
};

struct progress *
progress_new(uint64_t bytes)
{
    struct progress *p;

    if (!terminal_is_there(STDERR_FILENO))
        return NULL;
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->began = clock_monotonic();
    p->bytes = bytes;
    return p;
}

void
progress_free(struct progress *p)
{
    progress_pause(p);
    free(p);
}

/* More than there was at the beginning: it grows, and nobody knows what is left. */
static void
tell_left(const struct progress *p, double seconds)
{
    double part = p->bytes > 0 ? (double)p->read / (double)p->bytes : 0;

    if (part <= 0 || part > 1)
        return;
    fprintf(stderr, "  %.0f %%", 100 * part);
    if (seconds > 1)
        fprintf(stderr, ", %.0f s left", seconds * (1 - part) / part);
}

void
progress_step(struct progress *p, uint64_t bytes, uint64_t findings, const char *at)
{
    double seconds;
    int64_t now;

    if (p == NULL)
        return;
    p->read += bytes;
    if (++p->steps % LOOK != 0 || (now = clock_monotonic()) - p->told < EVERY)
        return;
    p->told = now;
    p->shown = true;
    seconds = (double)(now - p->began) / 1e9;
    fprintf(stderr, "\r\033[K%" PRIu64 " exchanges  %.0f/s  %" PRIu64 " findings", p->steps, (double)p->steps / seconds,
            findings);
    tell_left(p, seconds);
    fprintf(stderr, "  %.60s", at);
    (void)fflush(stderr);
}

void
progress_pause(struct progress *p)
{
    if (p == NULL || !p->shown)
        return;
    fputs("\r\033[K", stderr);
    p->shown = false;
}
