/* index_read.c -- an index file, believed only where it fits together. */
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "traffic/index.h"
#include "traffic/index_layout.h"

/* Bytes that are left to be read; reading beyond them gives zeros and is remembered. */
struct cursor {
    const unsigned char *at;
    size_t left;
    bool cut;
};

static uint64_t
take(struct cursor *c, size_t bytes)
{
    uint64_t number = 0;

    if (c->left < bytes) {
        c->cut = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)c->at[i] << 8 * i;
    c->at += bytes;
    c->left -= bytes;
    return number;
}

static void
take_line(struct cursor *c, struct index_line *line)
{
    if (c->left < INDEX_LINE_BYTES) {
        c->cut = true;
        return;
    }
    memcpy(line->id, c->at, sizeof line->id);
    c->at += sizeof line->id;
    c->left -= sizeof line->id;
    line->length = (uint32_t)take(c, 4);
    line->offset = take(c, 8);
    line->sequence = take(c, 8);
    line->amends = take(c, 8);
    line->started = (int64_t)take(c, 8);
    line->duration = (int64_t)take(c, 8);
    line->target = take(c, 8);
    line->status = (uint16_t)take(c, 2);
    line->method = (uint16_t)take(c, 2);
    line->service = (uint16_t)take(c, 2);
    line->operation = (uint16_t)take(c, 2);
    line->outcome = (uint8_t)take(c, 1);
    line->flags = (uint8_t)take(c, 1);
    line->violations = (uint16_t)take(c, 2);
    (void)take(c, 4);
}

static bool
text_is_known(const struct index *index, uint16_t number)
{
    return number < index->text_count || number == INDEX_TEXT_OTHER;
}

/* Lines stand one behind the other and fill the segment. */
static bool
lines_fit(struct index *index)
{
    uint64_t at = 0;

    for (uint64_t i = 0; i < index->line_count; i++) {
        const struct index_line *line = &index->lines[i];

        if (line->offset != at || line->length == 0 || line->outcome > OUTCOME_TUNNEL ||
            !text_is_known(index, line->method) || !text_is_known(index, line->service) ||
            !text_is_known(index, line->operation))
            return false;
        at += line->length;
        if (line->flags != 0 || line->amends != 0)
            continue;
        if (index->first == 0 || line->started < index->first)
            index->first = line->started;
        if (line->duration >= 0 && line->started > 0 && line->duration < INT64_MAX - line->started &&
            line->started + line->duration > index->last)
            index->last = line->started + line->duration;
    }
    return at == index->plain_bytes;
}

static bool
frames_fit(const struct index *index)
{
    if (index->frame_count == 0)
        return index->plain_bytes == index->file_bytes;
    if (index->frames[0].plain != 0 || index->frames[0].file != 0)
        return false;
    for (uint32_t i = 0; i < index->frame_count; i++) {
        bool last = i + 1 == index->frame_count;
        uint64_t plain = last ? index->plain_bytes : index->frames[i + 1].plain;
        uint64_t file = last ? index->file_bytes : index->frames[i + 1].file;

        if (plain <= index->frames[i].plain || file <= index->frames[i].file)
            return false;
    }
    return true;
}

static void
take_texts(struct cursor *c, struct index *index, struct arena *arena)
{
    for (uint32_t i = 0; i < index->text_count && !c->cut; i++) {
        size_t length = (size_t)take(c, 2);

        if (length > c->left) {
            c->cut = true;
            return;
        }
        index->texts[i] = arena_text(arena, text_make((const char *)c->at, length));
        c->at += length;
        c->left -= length;
    }
}

static int
read_tables(struct index *index, struct cursor *c, struct arena *arena, struct error *err)
{
    /* Nothing is believed before it is there: the counts say how much memory is taken. */
    if (index->line_count > c->left / INDEX_LINE_BYTES || index->frame_count > c->left / INDEX_FRAME_BYTES ||
        index->text_count > INDEX_TEXTS || index->text_count == 0)
        return error_set(err, ERROR_INPUT, NULL, "the index is cut");
    index->lines = ARENA_ARRAY(arena, struct index_line, (size_t)index->line_count + 1);
    index->frames = ARENA_ARRAY(arena, struct index_frame, (size_t)index->frame_count + 1);
    index->texts = ARENA_ARRAY(arena, struct text, index->text_count);
    if (index->lines == NULL || index->frames == NULL || index->texts == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < index->frame_count; i++) {
        index->frames[i].plain = take(c, 8);
        index->frames[i].file = take(c, 8);
    }
    for (uint64_t i = 0; i < index->line_count; i++)
        take_line(c, &index->lines[i]);
    take_texts(c, index, arena);
    if (c->cut || c->left > 0 || !frames_fit(index) || !lines_fit(index))
        return error_set(err, ERROR_INPUT, NULL, "the index does not fit together");
    return 0;
}

int
index_read(struct index *index, struct text bytes, struct arena *arena, struct error *err)
{
    struct cursor c = { .at = (const unsigned char *)bytes.data, .left = bytes.length };
    struct cursor sum;

    *index = (struct index){ .lines = NULL };
    if (!text_starts(bytes, TEXT(INDEX_MAGIC)) || bytes.length < INDEX_HEAD_BYTES + 8)
        return error_set(err, ERROR_INPUT, NULL, "this is no index");
    c.left -= 8;
    sum = (struct cursor){ .at = c.at + c.left, .left = 8 };
    if (take(&sum, 8) != hash_stable(text_slice(bytes, 0, c.left), 0))
        return error_set(err, ERROR_INPUT, NULL, "the index is damaged");
    c.at += 8;
    c.left -= 8;
    if (take(&c, 4) != INDEX_VERSION || take(&c, 4) != INDEX_LINE_BYTES)
        return error_set(err, ERROR_INPUT, NULL, "the index was written by another version of Plumbline");
    index->plain_bytes = take(&c, 8);
    index->file_bytes = take(&c, 8);
    index->line_count = take(&c, 8);
    index->frame_count = (uint32_t)take(&c, 4);
    index->text_count = (uint32_t)take(&c, 4);
    return read_tables(index, &c, arena, err);
}

struct text
index_text(const struct index *index, uint16_t number)
{
    return number < index->text_count ? index->texts[number] : text_make(NULL, 0);
}

const struct index_frame *
index_frame_at(const struct index *index, uint64_t offset)
{
    uint32_t low = 0, high = index->frame_count;

    if (high == 0)
        return NULL;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (index->frames[middle].plain <= offset)
            low = middle;
        else
            high = middle;
    }
    return &index->frames[low];
}
