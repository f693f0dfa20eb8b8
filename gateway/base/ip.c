/* ip.c -- addresses and networks, read and compared. */
#include "base/ip.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

struct ip
ip_from_bytes(const void *bytes, size_t count)
{
    struct ip ip = { .known = count == 4 || count == 16 };

    if (count == 16) {
        memcpy(ip.bytes, bytes, 16);
    } else if (count == 4) {
        memcpy(ip.bytes, mapped, sizeof mapped);
        memcpy(ip.bytes + sizeof mapped, bytes, 4);
    }
    return ip;
}

/* An address alone. */
static bool
read_plain(struct text written, struct ip *ip)
{
    char text[IP_TEXT];
    uint8_t bytes[16];
    int family = text_find(written, ':') < written.length ? AF_INET6 : AF_INET;

    if (written.length == 0 || written.length >= sizeof text || memchr(written.data, '\0', written.length) != NULL)
        return false;
    memcpy(text, written.data, written.length);
    text[written.length] = '\0';
    if (inet_pton(family, text, bytes) != 1)
        return false;
    *ip = ip_from_bytes(bytes, family == AF_INET ? 4 : 16);
    return true;
}

static bool
is_port(struct text t)
{
    uint64_t port;

    return text_to_u64(t, &port) && port <= UINT16_MAX;
}

bool
ip_read(struct text written, struct ip *ip)
{
    size_t end = text_find(written, ':');

    if (written.length > 0 && written.data[0] == '[') {
        struct text rest;

        end = text_find(written, ']');
        rest = text_from(written, end + 1);
        if (end == written.length || text_find(text_slice(written, 0, end), ':') == end ||
            (rest.length > 0 && (rest.data[0] != ':' || !is_port(text_from(rest, 1)))))
            return false;
        return read_plain(text_slice(written, 1, end - 1), ip);
    }
    if (end < written.length && text_find(written, '.') < end) /* 10.1.2.3:4711; ::ffff:10.1.2.3 has its colons first */
        return is_port(text_from(written, end + 1)) && read_plain(text_slice(written, 0, end), ip);
    return read_plain(written, ip);
}

/* Is every bit behind the first `bits` zero? */
static bool
rest_is_zero(const struct ip *ip, unsigned bits)
{
    for (unsigned i = bits; i < 128; i++) {
        if ((ip->bytes[i / 8] >> (7 - i % 8) & 1) != 0)
            return false;
    }
    return true;
}

bool
ip_network_read(struct text written, struct ip_network *network)
{
    size_t slash = text_find(written, '/');
    struct text address = text_slice(written, 0, slash);
    uint64_t bits = 128;
    unsigned before; /* bits in front of what was written */

    if (!read_plain(address, &network->ip))
        return false;
    before = text_find(address, ':') < address.length ? 0 : 96;
    if (slash < written.length && (!text_to_u64(text_from(written, slash + 1), &bits) || (bits += before) > 128))
        return false;
    network->bits = (uint8_t)bits;
    return rest_is_zero(&network->ip, network->bits);
}

bool
ip_network_has(const struct ip_network *network, const struct ip *ip)
{
    unsigned whole = network->bits / 8, left = network->bits % 8;

    if (!ip->known || memcmp(network->ip.bytes, ip->bytes, whole) != 0)
        return false;
    return left == 0 || (network->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - left) == 0;
}

struct ip
ip_client(const struct ip *ip)
{
    struct ip client = *ip;

    if (memcmp(ip->bytes, mapped, sizeof mapped) != 0)
        memset(client.bytes + 8, 0, 8);
    return client;
}

bool
ip_same(const struct ip *a, const struct ip *b)
{
    return a->known == b->known && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
