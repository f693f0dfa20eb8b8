/* index.c -- the table of a segment's lines, made and written. */
#include "traffic/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "traffic/index_layout.h"

#define TEXT_SLOTS (4 * INDEX_TEXTS) /* a power of two */

struct index_builder {
    struct index_line *lines;
    size_t count, room;
    struct arena *arena; /* of the texts */
    struct text texts[INDEX_TEXTS];
    uint16_t slots[TEXT_SLOTS]; /* numbers of texts; 0: free */
    uint32_t text_count;
    bool failed;
};

struct index_builder *
index_builder_new(void)
{
    struct index_builder *b = calloc(1, sizeof *b);

    if (b == NULL || (b->arena = arena_new(0, LIMIT_MIB)) == NULL) {
        free(b);
        return NULL;
    }
    b->text_count = 1;
    return b;
}

void
index_builder_free(struct index_builder *b)
{
    if (b == NULL)
        return;
    free(b->lines);
    arena_free(b->arena);
    free(b);
}

bool
index_builder_is_whole(const struct index_builder *b)
{
    return !b->failed;
}

static uint16_t
number_of(struct index_builder *b, struct text t)
{
    uint32_t slot;

    if (t.length == 0)
        return 0;
    if (t.length > INDEX_TEXT_BYTES)
        return INDEX_TEXT_OTHER;
    slot = (uint32_t)hash_text(t, hash_seed()) % TEXT_SLOTS;
    for (; b->slots[slot] != 0; slot = (slot + 1) % TEXT_SLOTS)
        if (text_equal(b->texts[b->slots[slot]], t))
            return b->slots[slot];
    if (b->text_count == INDEX_TEXTS)
        return INDEX_TEXT_OTHER;
    t = arena_text(b->arena, t);
    if (t.data == NULL)
        return INDEX_TEXT_OTHER;
    b->texts[b->text_count] = t;
    b->slots[slot] = (uint16_t)b->text_count;
    return (uint16_t)b->text_count++;
}

static struct index_line *
new_line(struct index_builder *b)
{
    if (b->count == b->room) {
        size_t room = b->room > 0 ? b->room * 2 : 1024;
        struct index_line *grown = b->failed ? NULL : realloc(b->lines, room * sizeof *grown);

        if (grown == NULL) {
            b->failed = true;
            return NULL;
        }
        b->lines = grown;
        b->room = room;
    }
    return &b->lines[b->count++];
}

void
index_add(struct index_builder *b, const struct exchange *x, uint64_t offset, size_t length)
{
    struct index_line *line = new_line(b);
    uint64_t violations = (uint64_t)x->request_verdict.count + x->request_verdict.dropped + x->response_verdict.count +
                          x->response_verdict.dropped;

    if (line == NULL)
        return;
    *line = (struct index_line){
        .length = (uint32_t)length,
        .offset = offset,
        .sequence = x->sequence,
        .amends = x->amends,
        .started = x->started,
        .duration = x->times.finished,
        .target = hash_stable(x->request.target, 0),
        .status = x->has_response ? x->response.status : 0,
        .method = number_of(b, x->request.method),
        .service = number_of(b, x->service),
        .operation = number_of(b, x->operation),
        .outcome = (uint8_t)x->outcome,
        .flags = x->id[0] == '\0' ? INDEX_FOREIGN : 0,
        .violations = violations < UINT16_MAX ? (uint16_t)violations : UINT16_MAX,
    };
    memcpy(line->id, x->id, EXCHANGE_ID_BYTES);
}

void
index_add_broken(struct index_builder *b, uint64_t offset, size_t length)
{
    struct index_line *line = new_line(b);

    if (line != NULL)
        *line = (struct index_line){ .length = (uint32_t)length, .offset = offset, .flags = INDEX_BROKEN };
}

void
index_cut(struct index_builder *b, uint64_t offset)
{
    while (b->count > 0 && b->lines[b->count - 1].offset >= offset)
        b->count--;
}

static uint16_t
renumber(struct index_builder *to, const struct index_builder *from, uint16_t number)
{
    return number == INDEX_TEXT_OTHER ? number : number_of(to, from->texts[number]);
}

void
index_move(struct index_builder *from, uint64_t offset, struct index_builder *to)
{
    size_t first = from->count;

    while (first > 0 && from->lines[first - 1].offset >= offset)
        first--;
    for (size_t i = first; i < from->count; i++) {
        struct index_line *line = new_line(to);

        if (line == NULL)
            break;
        *line = from->lines[i];
        line->offset -= offset;
        line->method = renumber(to, from, line->method);
        line->service = renumber(to, from, line->service);
        line->operation = renumber(to, from, line->operation);
    }
    to->failed = to->failed || from->failed;
    from->count = first;
}

/* ---- the file ---- */

static void
put(struct buffer *out, uint64_t number, int bytes)
{
    char *room = buffer_room(out, (size_t)bytes);

    if (room == NULL)
        return;
    for (int i = 0; i < bytes; i++)
        room[i] = (char)(number >> 8 * i & 0xff);
    buffer_wrote(out, (size_t)bytes);
}

static void
put_line(struct buffer *out, const struct index_line *line)
{
    buffer_add(out, text_make(line->id, sizeof line->id));
    put(out, line->length, 4);
    put(out, line->offset, 8);
    put(out, line->sequence, 8);
    put(out, line->amends, 8);
    put(out, (uint64_t)line->started, 8);
    put(out, (uint64_t)line->duration, 8);
    put(out, line->target, 8);
    put(out, line->status, 2);
    put(out, line->method, 2);
    put(out, line->service, 2);
    put(out, line->operation, 2);
    put(out, line->outcome, 1);
    put(out, line->flags, 1);
    put(out, line->violations, 2);
    put(out, 0, 4);
}

void
index_write(const struct index_builder *b, uint64_t plain, uint64_t file, const struct index_frame *frames,
            uint32_t frame_count, struct buffer *out)
{
    size_t begin = buffer_length(out);

    buffer_add(out, TEXT(INDEX_MAGIC));
    put(out, INDEX_VERSION, 4);
    put(out, INDEX_LINE_BYTES, 4);
    put(out, plain, 8);
    put(out, file, 8);
    put(out, b->count, 8);
    put(out, frame_count, 4);
    put(out, b->text_count, 4);
    for (uint32_t i = 0; i < frame_count; i++) {
        put(out, frames[i].plain, 8);
        put(out, frames[i].file, 8);
    }
    for (size_t i = 0; i < b->count; i++)
        put_line(out, &b->lines[i]);
    for (uint32_t i = 0; i < b->text_count; i++) {
        put(out, b->texts[i].length, 2);
        buffer_add(out, b->texts[i]);
    }
    put(out, hash_stable(text_from(buffer_text(out), begin), 0), 8);
}
