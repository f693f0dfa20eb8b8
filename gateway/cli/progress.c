#include "cli/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define EVERY (100 * CLOCK_MILLI)
#define LOOK  256 /* exchanges between looks at the clock */

struct progress {
    int64_t began, told;
    uint64_t steps;
    bool shown;
};

struct progress *
progress_new(void)
{
    const char *term = getenv("TERM");
    struct progress *p;

    if (isatty(STDERR_FILENO) == 0 || (term != NULL && strcmp(term, "dumb") == 0))
        return NULL;
    p = calloc(1, sizeof *p);
    if (p != NULL)
        p->began = clock_monotonic();
    return p;
}

void
progress_free(struct progress *p)
{
    progress_pause(p);
    free(p);
}

void
progress_step(struct progress *p, uint64_t exchanges, uint64_t findings, const char *at)
{
    int64_t now;

    if (p == NULL || ++p->steps % LOOK != 0 || (now = clock_monotonic()) - p->told < EVERY)
        return;
    p->told = now;
    p->shown = true;
    fprintf(stderr, "\r\033[K%" PRIu64 " exchanges  %.0f/s  %" PRIu64 " findings  %.60s", exchanges,
            (double)exchanges * 1e9 / (double)(now - p->began), findings, at);
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
