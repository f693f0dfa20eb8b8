#include "traffic/exchange_copy.h"

struct copying {
    struct arena *arena;
    bool failed;
};

static void
copy(struct copying *c, struct text *t)
{
    if (t->length == 0)
        return;
    *t = arena_text(c->arena, *t);
    c->failed = c->failed || t->data == NULL;
}

static void
copy_fields(struct copying *c, struct header **fields, uint32_t count)
{
    struct header *copies = ARENA_ARRAY(c->arena, struct header, (size_t)count + 1);

    if (copies == NULL) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = (*fields)[i];
        copy(c, &copies[i].name);
        copy(c, &copies[i].value);
    }
    *fields = copies;
}

/* Path and query are parts of the target, as a rule: then they are parts of its copy. */
static void
copy_part(struct copying *c, struct text before, struct text whole, struct text *part)
{
    if (part->length > 0 && part->data >= before.data && part->data + part->length <= before.data + before.length &&
        whole.data != NULL)
        part->data = whole.data + (part->data - before.data);
    else
        copy(c, part);
}

static void
copy_message(struct copying *c, struct message *m)
{
    struct text target = m->target;

    copy(c, &m->version);
    copy(c, &m->reason);
    copy(c, &m->method);
    copy(c, &m->target);
    copy_part(c, target, m->target, &m->path);
    copy_part(c, target, m->target, &m->query);
    copy(c, &m->authority);
    copy_fields(c, &m->headers, m->header_count);
    copy_fields(c, &m->trailers, m->trailer_count);
    copy(c, &m->body);
    copy(c, &m->body_digest);
}

static void
copy_list(struct copying *c, struct text **list, uint32_t count)
{
    struct text *copies = ARENA_ARRAY(c->arena, struct text, (size_t)count + 1);

    if (copies == NULL) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = (*list)[i];
        copy(c, &copies[i]);
    }
    *list = copies;
}

int
exchange_copy(struct exchange *to, const struct exchange *from)
{
    struct copying c = { .arena = to->arena };

    *to = *from;
    to->arena = c.arena;
    copy(&c, &to->service);
    copy(&c, &to->operation);
    copy(&c, &to->responder);
    copy(&c, &to->client);
    copy(&c, &to->upstream);
    copy(&c, &to->scheme);
    copy_message(&c, &to->request);
    copy_message(&c, &to->response);
    copy(&c, &to->refusal.reason);
    copy(&c, &to->refusal.detail);
    copy(&c, &to->tunnel.protocol);
    copy_list(&c, &to->faults, to->fault_count);
    copy_list(&c, &to->redacted, to->redacted_count);
    to->request_verdict = to->response_verdict = (struct verdict){ .checked = false };
    to->searched_by = NULL;
    to->clean[0] = to->clean[1] = NULL;
    return c.failed ? -1 : 0;
}
