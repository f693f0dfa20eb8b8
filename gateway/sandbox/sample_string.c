/* sample_string.c -- strings: by pattern, by format, or a few words of the right length. */
#include "sandbox/sample_make.h"

#include "json/write.h"

/* Words until it is long enough, cut where it would be too long. */
static bool
plain_words(struct sample_maker *m, uint64_t least, uint64_t most, struct buffer *out)
{
    size_t start = buffer_length(out);

    if (sample_perhaps(m, 20))
        least = most < least + 40 ? most : least;
    do {
        if (buffer_length(out) > start)
            buffer_byte(out, ' ');
        buffer_add(out, sample_word(m));
    } while (buffer_length(out) - start < least);
    if (buffer_length(out) - start > most)
        buffer_truncate(out, start + most);
    return !buffer_failed(out);
}

/* The text that goes between the quotes. */
static bool
make_text(struct sample_maker *m, const struct sample_plan *plan, uint64_t least, uint64_t most, struct buffer *out)
{
    const struct value *pattern, *format, *value;
    uint32_t patterns = 0, chosen;

    for (SCHEMA_EACH_PART(part, &plan->parts, "pattern", value))
        patterns += value->type == VALUE_STRING;
    chosen = patterns > 0 ? (uint32_t)random_below(&m->random, patterns) : 0;
    pattern = format = NULL;
    for (SCHEMA_EACH_PART(part, &plan->parts, "pattern", value))
        if (value->type == VALUE_STRING && chosen-- == 0)
            pattern = value;
    for (SCHEMA_EACH_PART(part, &plan->parts, "format", value))
        if (format == NULL && value->type == VALUE_STRING)
            format = value;
    if (format != NULL && (pattern == NULL || random_below(&m->random, 2) == 0) &&
        sample_format(m, value_text(format), least, most, out))
        return true;
    if (pattern != NULL)
        return sample_pattern(m, value_text(pattern), least, most, out);
    return plain_words(m, least, most, out);
}

bool
sample_string(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out)
{
    uint64_t least = schema_parts_largest(&plan->parts, TEXT("minLength"), 0);
    uint64_t most = schema_parts_smallest(&plan->parts, TEXT("maxLength"), SAMPLE_STRING);
    struct buffer text;
    bool made;

    if (least > most || least > SAMPLE_STRING)
        return false;
    buffer_init(&text, 4 * SAMPLE_STRING + 64);
    made = make_text(m, plan, least, most, &text);
    if (made)
        json_escape(out, buffer_text(&text));
    buffer_release(&text);
    return made;
}
