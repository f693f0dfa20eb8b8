/* body_copy.c -- keeping a body without copying it twice. */
#include "proxy/body_copy.h"

#include <string.h>

void
body_copy_init(struct body_copy *copy, size_t ceiling, uint64_t expected)
{
    *copy = (struct body_copy){ .ceiling = ceiling };
    copy->expected = expected < ceiling ? (size_t)expected : ceiling;
}

/* Room for `more` bytes behind what is there. */
static bool
make_room(struct body_copy *copy, size_t more, struct arena *arena)
{
    size_t capacity = copy->capacity;
    char *data;

    if (copy->capacity >= copy->length + more)
        return true;
    while (capacity < copy->length + more)
        capacity = capacity < 1024 ? 1024 : capacity * 2;
    if (capacity < copy->expected)
        capacity = copy->expected;
    if (capacity > copy->ceiling)
        capacity = copy->ceiling;
    /* A borrowed piece (capacity 0) is copied here for the first time. */
    if (copy->capacity > 0)
        data = arena_grow(arena, copy->data, copy->capacity, capacity);
    else if ((data = arena_alloc(arena, capacity)) != NULL && copy->length > 0)
        memcpy(data, copy->data, copy->length);
    if (data == NULL)
        return false;
    copy->data = data;
    copy->capacity = capacity;
    return true;
}

void
body_copy_add(struct body_copy *copy, struct text piece, bool kept, struct arena *arena)
{
    size_t room = copy->ceiling - copy->length;

    if (piece.length == 0)
        return;
    if (piece.length > room) {
        copy->cut = true;
        piece.length = room;
    }
    if (piece.length == 0 || copy->failed)
        return;
    if (kept && copy->data == NULL) {
        copy->data = (char *)(uintptr_t)piece.data;
        copy->length = piece.length;
        return;
    }
    if (copy->capacity == 0 && copy->length > 0 && kept && piece.data == copy->data + copy->length) {
        copy->length += piece.length; /* it lies right behind */
        return;
    }
    if (!make_room(copy, piece.length, arena)) {
        copy->failed = copy->cut = true;
        return;
    }
    memcpy(copy->data + copy->length, piece.data, piece.length);
    copy->length += piece.length;
}

void
body_copy_finish(const struct body_copy *copy, struct message *m, bool complete)
{
    /* Content-Length: 0 may be known before the message is complete */
    bool nothing = m->framing == FRAMING_NONE || (m->framing == FRAMING_LENGTH && m->length == 0);

    m->body = text_make(copy->data, copy->length);
    if (nothing && m->body_bytes == 0)
        m->body_state = BODY_NONE;
    else if (copy->cut)
        m->body_state = BODY_TOO_LARGE;
    else
        m->body_state = complete ? BODY_WHOLE : BODY_TRUNCATED;
}
