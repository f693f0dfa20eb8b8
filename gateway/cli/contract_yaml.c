/* contract_yaml.c -- see contract_yaml.h. */
#include "cli/contract_yaml.h"

#include <stdio.h>

#include "base/limits.h"
#include "drift/patch_yaml.h"
#include "json/compare.h"
#include "json/document.h"

struct text
contract_yaml_text(const struct contract_yaml *y)
{
    return y->changed ? buffer_text(&y->now) : y->original;
}

static uint32_t
line_of(struct text text, uint32_t place)
{
    uint32_t line = 1;

    for (struct text rest = text_slice(text, 0, place); text_find(rest, '\n') < rest.length; line++)
        rest = text_from(rest, text_find(rest, '\n') + 1);
    return line;
}

/* Lines have moved since: where the original has the place, that is refused for the same reason. */
static void
refuse(struct contract_yaml *y, const struct patch_op *op, const struct patch_refused *refused)
{
    struct patch_refused first;
    struct buffer out;

    y->why = refused->why;
    y->line = line_of(contract_yaml_text(y), refused->place);
    buffer_init(&out, LIMIT_FILE_BYTES);
    arena_reset(y->scratch);
    if (!patch_yaml_apply(y->original, op, y->scratch, &out, &first) && first.why == refused->why)
        y->line = line_of(y->original, first.place);
    buffer_release(&out);
}

void
contract_yaml_apply(struct contract_yaml *y, const struct patch_op *op)
{
    struct patch_refused refused;
    struct buffer out;

    if (y->why != NULL)
        return;
    buffer_init(&out, LIMIT_FILE_BYTES);
    arena_reset(y->scratch);
    if (!patch_yaml_apply(contract_yaml_text(y), op, y->scratch, &out, &refused)) {
        refuse(y, op, &refused);
        buffer_release(&out);
        return;
    }
    contract_yaml_release(y);
    y->now = out;
    y->changed = true;
}

int
contract_yaml_finish(struct contract_yaml *y, struct text json, struct error *err)
{
    struct document written, meant;
    char where[sizeof err->where];

    arena_reset(y->scratch);
    if (y->why == NULL && (document_read_text(&written, contract_yaml_text(y), "changed.yaml", y->scratch, NULL) < 0 ||
                           document_parse(&meant, json, NULL, y->scratch, NULL) < 0 ||
                           value_equal(written.root, meant.root, NULL) != 1)) {
        y->why = "what would be written is not what the patch says";
        y->line = 1;
    }
    if (y->why == NULL)
        return 0;
    (void)snprintf(where, sizeof where, "%.200s:%u", y->path, y->line);
    return error_set(err, ERROR_CONFIG, where,
                     "is not changed: %s; the patch is on standard output, to be applied by hand", y->why);
}

void
contract_yaml_release(struct contract_yaml *y)
{
    if (y->changed)
        buffer_release(&y->now);
    y->changed = false;
}
