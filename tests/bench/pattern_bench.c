/* What one pattern_matches costs, beside PCRE2's JIT code for the same pattern (pattern_search), in nanoseconds; and
 * what compiling costs, in microseconds. Best of several rounds, because the machine is shared. `make bench
 * T=pattern`. */
#include <stdio.h>
#include <time.h>

#include "schema/pattern.h"

#define ROUNDS 15
#define TIMES  20000

struct sample {
    const char *pattern;
    const char *subject;
};

static const struct sample samples[] = {
    { "^[A-Z]{3}$", "EUR" },
    { "^ORD[0-9]+$", "ORD123456" },
    { "^\\d+(\\.\\d{2})?$", "123.45" },
    { "^[a-z0-9]+(-[a-z0-9]+)*$", "blue-cotton-shirt" },
    { "^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$", "joe.bloggs@example.com" },
    { "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", "2eb8aa08-aa98-11ea-b4aa-73b441d16380" },
    { "\\S", "   x" },
    { "^.{1,255}$", "Größe 42, in Blau" },
    { "^(pending|confirmed|shipped)$", "confirmed" },
    { "^(?=.*\\d)(?=.*[a-z]).{4,8}$", "abc123" },
    { "^\\p{Lu}\\p{L}*$", "Élan" },
};

static double
nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double
best_of(const struct pattern *p, struct text subject, struct pattern_scratch *scratch, bool search)
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double start = nanoseconds(), took;
        size_t from, to;

        for (int i = 0; i < TIMES; i++) {
            if (search)
                (void)pattern_search(p, subject, 0, scratch, &from, &to);
            else
                (void)pattern_matches(p, subject, scratch, NULL);
        }
        took = (nanoseconds() - start) / TIMES;
        best = took < best ? took : best;
    }
    return best;
}

int
main(void)
{
    struct pattern_scratch *scratch = pattern_scratch_new();

    if (scratch == NULL)
        return 3;
    printf("%9s %9s %9s  %s\n", "ns", "PCRE2 ns", "compile", "pattern and subject");
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        double start = nanoseconds();
        struct pattern *p = pattern_new(text_of(samples[i].pattern), NULL);
        double compiled = (nanoseconds() - start) / 1e3;
        struct text subject = text_of(samples[i].subject);

        if (p == NULL)
            return 3;
        printf("%9.1f %9.1f %6.0f us  %s  '%s'\n", best_of(p, subject, scratch, false),
               best_of(p, subject, scratch, true), compiled, samples[i].pattern, samples[i].subject);
        pattern_free(p);
    }
    pattern_scratch_free(scratch);
    return 0;
}
