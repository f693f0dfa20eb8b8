/* peer.c -- reading the lists of forwarding proxies.
 *
 * Lists are cut at every comma, inside quotes too: an address has none, and a client that leaves a quote open must not
 * swallow what the proxies append. */
#include "proxy/peer.h"

bool
peer_is_trusted(const struct settings *s, const struct ip *ip)
{
    if (!ip->known)
        return s->trusted_unix;
    for (uint32_t i = 0; i < s->trusted_proxy_count; i++) {
        if (ip_network_has(&s->trusted_proxies[i], ip))
            return true;
    }
    return false;
}

/* for=192.0.2.43;proto=http, for="[2001:db8::1]:47011" (RFC 7239 4). Empty when the element has no `for`. */
static struct text
forwarded_for(struct text element)
{
    struct text_split pairs = text_split_start(element);
    struct text pair;

    while (text_split_next(&pairs, ';', &pair)) {
        size_t equals = text_find(pair, '=');
        struct text value = text_trim(text_from(pair, equals + 1));

        if (!text_equal_nocase(text_trim(text_slice(pair, 0, equals)), TEXT("for")))
            continue;
        if (value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"')
            value = text_slice(value, 1, value.length - 2);
        return value;
    }
    return (struct text){ NULL, 0 };
}

/* What was read so far, from left to right. */
struct walk {
    const struct settings *settings;
    struct ip found;
    bool any;  /* something was found */
    bool lost; /* an entry was no address: the next one wrote it */
};

static void
walk_entry(struct walk *w, struct text entry)
{
    struct ip ip = { .known = false };

    if (!ip_read(entry, &ip)) {
        w->lost = true;
        return;
    }
    if (!w->any || w->lost || !peer_is_trusted(w->settings, &ip))
        w->found = ip;
    w->any = true;
    w->lost = false;
}

static void
walk_fields(struct walk *w, const struct message *m, enum header_id id)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text_split entries = text_split_start(m->headers[i].value);
        struct text entry;

        while (m->headers[i].id == id && text_split_next(&entries, ',', &entry)) {
            entry = text_trim(entry);
            if (entry.length > 0)
                walk_entry(w, id == HEADER_FORWARDED ? forwarded_for(entry) : entry);
        }
    }
}

struct ip
peer_client(const struct settings *s, const struct ip *peer, const struct message *m)
{
    struct walk w = { .settings = s };

    if (!peer_is_trusted(s, peer))
        return *peer;
    walk_fields(&w, m, message_header(m, HEADER_X_FORWARDED_FOR) != NULL ? HEADER_X_FORWARDED_FOR : HEADER_FORWARDED);
    return w.any && !w.lost ? w.found : *peer;
}
