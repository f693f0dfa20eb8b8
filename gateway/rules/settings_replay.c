/* settings_replay.c -- `replay` of a service, and --replay. */
#include "rules/settings_internal.h"
#include "rules/units.h"

/* "recorded", "off", "2x", "0.25x" in thousandths; the schema has judged the form. */
static uint32_t
latency_of(struct text word)
{
    uint32_t whole = 0, part = 0, unit = 1000;
    size_t i = 0;

    if (text_equal(word, TEXT("recorded")))
        return 1000;
    for (; i < word.length && word.data[i] >= '0' && word.data[i] <= '9'; i++)
        whole = whole * 10 + (uint32_t)(word.data[i] - '0');
    if (i < word.length && word.data[i] == '.')
        for (i++; i < word.length && word.data[i] >= '0' && word.data[i] <= '9'; i++)
            part += (uint32_t)(word.data[i] - '0') * (unit /= 10);
    return whole * 1000 + part;
}

/* Whoever is asked for what is not in the recording. */
static void
read_forward(struct settings_reader *r, const struct value *v, struct service_settings *s)
{
    const struct value *to = VALUE_MEMBER(v, "to"), *miss = VALUE_MEMBER(v, "miss");
    struct replay_settings *replay = &s->replay;
    struct text text = { NULL, 0 };

    replay->forward = miss != NULL && read_is(miss, "forward");
    if (to != NULL && !replay->forward)
        read_fail(r, to, "to is where requests go that are not in the recording; it wants miss: forward beside it");
    if (!replay->forward)
        return;
    replay->to = s->upstream;
    if (to != NULL) {
        struct text where = document_where(r->document, to, r->settings->arena);

        read_text(r, to, &text);
        if (!r->failed && upstream_settings_read(&replay->to, text, where.data, r->settings->arena, r->err) < 0)
            r->failed = true;
    }
    if (!r->failed && replay->to.kind != UPSTREAM_TCP && replay->to.kind != UPSTREAM_UNIX)
        read_fail(r, to != NULL ? to : miss,
                  "miss: forward wants a real upstream; write to: http(s)://HOST:PORT/BASE or unix:/PATH");
}

void
replay_read(struct settings_reader *r, const struct value *v, struct service_settings *s)
{
    struct replay_settings *replay = &s->replay;
    const struct value *end = VALUE_MEMBER(v, "at_end"), *bind = VALUE_MEMBER(v, "bind");

    if (v == NULL)
        return;
    read_texts(r, VALUE_MEMBER(v, "headers"), &replay->headers, &replay->header_count);
    read_texts(r, VALUE_MEMBER(v, "ignore"), &replay->ignore, &replay->ignore_count);
    if (end != NULL)
        replay->at_end = read_is(end, "wrap") ? REPLAY_WRAP : read_is(end, "miss") ? REPLAY_MISS : REPLAY_LAST;
    if (bind != NULL)
        replay->bind = read_is(bind, "all")   ? REPLAY_BIND_ALL
                       : read_is(bind, "off") ? REPLAY_BIND_OFF
                                              : REPLAY_BIND_WRITES;
    if (VALUE_MEMBER(v, "latency") != NULL)
        replay->latency = latency_of(value_text(VALUE_MEMBER(v, "latency")));
    read_forward(r, v, s);
}

void
settings_replay(struct settings *s, const char *path)
{
    struct text recording = arena_text(s->arena, text_of(path));

    for (uint32_t i = 0; i < s->service_count; i++) {
        struct service_settings *service = &s->services[i];

        service->upstream = (struct upstream_settings){ .kind = UPSTREAM_RECORDING,
                                                        .text = arena_print(s->arena, "recording:%s", path),
                                                        .host = recording };
        service->tls = (struct upstream_tls){ .unverified = false };
        service->proxy = (struct http_proxy){ .port = 0 };
        service->host_upstream = false;
    }
}
