/* catalog.c -- the table: what is in it, and how it is found. */
#include "replay/catalog.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "json/document.h"
#include "replay/catalog_internal.h"
#include "traffic/record.h"

/* ---- what it is made of ---- */

int
catalog_add_file(struct catalog *c, const char *path, int fd, struct error *err)
{
    if (c->file_count == UINT16_MAX) {
        (void)close(fd);
        return error_set(err, ERROR_INPUT, path, "a recording of more than %d segments cannot be answered from",
                         UINT16_MAX);
    }
    if (c->file_count == c->file_room) {
        uint32_t room = c->file_room > 0 ? c->file_room * 2 : 16;
        struct catalog_file *grown = realloc(c->files, room * sizeof *grown);

        if (grown == NULL) {
            (void)close(fd);
            return error_memory(err);
        }
        c->files = grown;
        c->file_room = room;
    }
    c->files[c->file_count] = (struct catalog_file){ .path = arena_text(c->arena, text_of(path)).data, .fd = fd };
    return (int)c->file_count++;
}

static bool
is_group(const struct catalog_group *g, const struct catalog_found *found)
{
    return text_equal(g->operation, found->operation) && text_equal(g->service, found->service) &&
           text_equal(g->method, found->method);
}

/* There are as many as operations, and those that follow each other are often the same. CATALOG_NONE: no memory. */
static uint32_t
group_of(struct catalog *c, const struct catalog_found *found)
{
    if (c->last_group < c->group_count && is_group(&c->groups[c->last_group], found))
        return c->last_group;
    for (uint32_t i = 0; i < c->group_count; i++)
        if (is_group(&c->groups[i], found))
            return c->last_group = i;
    if (c->group_count == c->group_room) {
        uint32_t room = c->group_room > 0 ? c->group_room * 2 : 64;
        struct catalog_group *grown = realloc(c->groups, room * sizeof *grown);

        if (grown == NULL)
            return CATALOG_NONE;
        c->groups = grown;
        c->group_room = room;
    }
    c->groups[c->group_count] = (struct catalog_group){ .service = arena_text(c->arena, found->service),
                                                        .method = arena_text(c->arena, found->method),
                                                        .operation = arena_text(c->arena, found->operation),
                                                        .first = CATALOG_NONE,
                                                        .last = CATALOG_NONE };
    return c->last_group = c->group_count++;
}

int
catalog_add(struct catalog *c, const struct catalog_found *found, struct error *err)
{
    uint32_t group;

    if (c->count == c->room) {
        uint32_t room = c->room > 0 ? c->room + c->room / 2 : 4096;
        struct catalog_entry *grown = c->count < CATALOG_NONE / 2 ? realloc(c->entries, room * sizeof *grown) : NULL;

        if (grown == NULL)
            return error_memory(err);
        c->entries = grown;
        c->room = room;
    }
    group = group_of(c, found);
    if (group == CATALOG_NONE)
        return error_memory(err);
    c->entries[c->count++] = (struct catalog_entry){ .offset = found->offset,
                                                     .target = found->target,
                                                     .length = found->length,
                                                     .line = found->line,
                                                     .file = found->file,
                                                     .group = group,
                                                     .next_target = CATALOG_NONE,
                                                     .next_group = CATALOG_NONE,
                                                     .next_key = CATALOG_NONE };
    return 0;
}

/* Chains in the order of the recording: made from behind. */
static int
link_entries(struct catalog *c, struct error *err)
{
    uint32_t slots = 1024;

    while (slots < c->count)
        slots *= 2;
    c->heads = malloc(slots * sizeof *c->heads);
    if (c->heads == NULL)
        return error_memory(err);
    c->head_mask = slots - 1;
    memset(c->heads, 0xff, slots * sizeof *c->heads);
    for (uint32_t i = c->count; i-- > 0;) {
        struct catalog_entry *e = &c->entries[i];
        struct catalog_group *g = &c->groups[e->group];
        uint32_t *head = &c->heads[e->target & c->head_mask];

        e->next_target = *head;
        *head = i;
        e->next_group = g->first;
        g->first = i;
        if (g->last == CATALOG_NONE)
            g->last = i;
        g->count++;
    }
    return 0;
}

/* ---- life ---- */

struct catalog *
catalog_open(const char *path, const struct catalog_options *options, struct error *err)
{
    struct catalog *c = calloc(1, sizeof *c);

    if (c == NULL || (c->arena = arena_new(0, LIMIT_FILE_BYTES)) == NULL) {
        free(c);
        error_memory(err);
        return NULL;
    }
    if (options != NULL)
        c->options = *options;
    for (int i = 0; i < CATALOG_FRAMES; i++)
        buffer_init(&c->frames[i].room, LIMIT_RECORD_LINE + 4 * LIMIT_MIB);
    if (catalog_load(c, path, err) == 0 && link_entries(c, err) == 0)
        return c;
    catalog_free(c);
    return NULL;
}

void
catalog_free(struct catalog *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < c->file_count; i++)
        (void)close(c->files[i].fd);
    for (int i = 0; i < CATALOG_FRAMES; i++)
        buffer_release(&c->frames[i].room);
    free(c->files);
    free(c->entries);
    free(c->groups);
    free(c->heads);
    arena_free(c->arena);
    free(c);
}

/* ---- looking ---- */

uint32_t
catalog_count(const struct catalog *c)
{
    return c->count;
}

const struct catalog_left_out *
catalog_left_out(const struct catalog *c)
{
    return &c->left_out;
}

struct catalog_entry *
catalog_at(struct catalog *c, uint32_t number)
{
    return &c->entries[number];
}

uint32_t
catalog_group_count(const struct catalog *c)
{
    return c->group_count;
}

struct catalog_group *
catalog_group(struct catalog *c, uint32_t number)
{
    return &c->groups[number];
}

uint32_t
catalog_target(const struct catalog *c, uint64_t target)
{
    return c->heads[target & c->head_mask];
}

int
catalog_read(struct catalog *c, uint32_t number, struct exchange *x, struct arena *arena, struct error *err)
{
    const struct catalog_entry *e = &c->entries[number];
    const char *path = c->files[e->file].path;
    struct document *document = ARENA_NEW(arena, struct document);
    struct document_error broken;
    struct error why = { .kind = ERROR_NONE };
    struct text line;

    if (document == NULL)
        return error_memory(err);
    if (catalog_line(c, e, &line, arena, err) < 0)
        return -1;
    if (document_parse(document, line, NULL, arena, &broken) < 0)
        return error_set(err, ERROR_INPUT, path, "line %u has changed: %s", (unsigned)e->line, broken.what);
    x->arena = arena;
    if (record_read(x, document->root, &why) < 0)
        return error_set(err, ERROR_INPUT, path, "line %u has changed: %s", (unsigned)e->line, why.what);
    return 0;
}

struct text
catalog_name(const struct catalog *c, uint32_t number, const struct exchange *x, struct arena *arena)
{
    const struct catalog_entry *e = &c->entries[number];

    if (x->id[0] != '\0')
        return arena_text(arena, text_of(x->id));
    return arena_print(arena, "%s:%u", file_name(c->files[e->file].path), (unsigned)e->line);
}

void
catalog_forget_uses(struct catalog *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        c->entries[i].uses = 0;
}
