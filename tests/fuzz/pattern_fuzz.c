/* The first line of the input is a pattern, the rest a subject. No pattern may crash or hang anything, and the
 * automaton must give PCRE2's answers. The same line is tried as a rule in PCRE2's own syntax. */
#include <stdint.h>
#include <stdlib.h>

#include "schema/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
search_all(const struct pattern *p, struct text subject, struct pattern_scratch *scratch)
{
    size_t from = 0, start, end;

    while (p != NULL && pattern_search(p, subject, from, scratch, &start, &end) == 1) {
        if (start < from || start > end || end > subject.length)
            abort();
        if (end == subject.length)
            break;
        /* Behind an empty match, go on at the next character. */
        from = end;
        while (from == start && end < subject.length) {
            end++;
            if (end == subject.length || ((unsigned char)subject.data[end] & 0xC0) != 0x80)
                from = end;
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pattern_scratch *scratch;
    struct text input = text_make((const char *)data, size);
    size_t line = text_find(input, '\n');
    struct text source = text_slice(input, 0, line), subject = text_from(input, line + 1);
    struct error err = { 0 };
    struct pattern *p = pattern_new(source, &err), *rule = pattern_new_pcre(source, size % 2 == 0, NULL);
    uint32_t budget = 100000;
    size_t start, end;
    int matched, searched;

    (void)pattern_is_valid(source);
    if (scratch == NULL && (scratch = pattern_scratch_new()) == NULL)
        abort();
    search_all(rule, subject, scratch);
    pattern_free(rule);
    if (p == NULL)
        return 0;
    matched = pattern_matches(p, subject, scratch, &budget);
    searched = pattern_search(p, subject, 0, scratch, &start, &end);
    if (matched >= 0 && searched >= 0 && matched != searched)
        abort();
    if (searched == 1 && (start > end || end > subject.length))
        abort();
    pattern_free(p);
    return 0;
}
