/* address.c -- addresses read, resolved and written. */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

bool
address_split(struct text written, struct text *host, uint16_t *port)
{
    struct text digits;
    uint64_t number;
    size_t end;

    if (written.length > 0 && written.data[0] == '[') {
        end = text_find(written, ']');
        if (end + 1 >= written.length || written.data[end + 1] != ':')
            return false;
        *host = text_slice(written, 1, end - 1);
        digits = text_from(written, end + 2);
    } else {
        end = text_find(written, ':');
        if (end == written.length)
            return false;
        *host = text_slice(written, 0, end);
        digits = text_from(written, end + 1);
    }
    if (!text_to_u64(digits, &number) || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool
address_from(const struct addrinfo *info, struct address *out)
{
    if (info->ai_addrlen > sizeof out->as)
        return false;
    memset(out, 0, sizeof *out);
    memcpy(&out->as, info->ai_addr, info->ai_addrlen);
    out->length = info->ai_addrlen;
    return true;
}

int
address_resolve(struct text host, uint16_t port, struct address *out, int most, struct error *err)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *list = NULL;
    char name[NI_MAXHOST], service[8];
    int count = 0, code;

    if (host.length >= sizeof name)
        return error_set(err, ERROR_CONFIG, NULL, "the host name '%.*s' is too long", TEXT_PRINT(host));
    (void)snprintf(name, sizeof name, "%.*s", TEXT_PRINT(host));
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    if (host.length == 0)
        hints.ai_flags |= AI_PASSIVE;
    code = getaddrinfo(host.length > 0 ? name : NULL, service, &hints, &list);
    if (code != 0)
        return error_set(err, ERROR_ENVIRONMENT, name, "cannot resolve this name: %s", gai_strerror(code));
    for (const struct addrinfo *info = list; info != NULL && count < most; info = info->ai_next)
        count += address_from(info, &out[count]);
    freeaddrinfo(list);
    if (count == 0)
        return error_set(err, ERROR_ENVIRONMENT, name, "this name has no address");
    return count;
}

int
address_local(struct text path, struct address *out, struct error *err)
{
    char shown[64];

    memset(out, 0, sizeof *out);
    if (path.length == 0 || path.length >= sizeof out->as.local.sun_path) {
        (void)snprintf(shown, sizeof shown, "%.*s", TEXT_PRINT(path));
        return error_set(err, ERROR_CONFIG, shown, "the path of a unix socket must have 1 to %zu bytes",
                         sizeof out->as.local.sun_path - 1);
    }
    out->as.local.sun_family = AF_UNIX;
    memcpy(out->as.local.sun_path, path.data, path.length);
    out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.length + 1);
    return 0;
}

size_t
address_print_host(const struct address *a, char out[ADDRESS_TEXT])
{
    out[0] = '\0';
    if (a->length == 0)
        return 0;
    if (a->as.any.sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &a->as.v4.sin_addr, out, ADDRESS_TEXT);
    } else if (a->as.any.sa_family == AF_INET6) {
        const struct in6_addr *v6 = &a->as.v6.sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(v6))
            (void)inet_ntop(AF_INET, &v6->s6_addr[12], out, ADDRESS_TEXT);
        else
            (void)inet_ntop(AF_INET6, v6, out, ADDRESS_TEXT);
    }
    return strlen(out);
}

struct ip
address_ip(const struct address *a)
{
    if (a->length > 0 && a->as.any.sa_family == AF_INET)
        return ip_from_bytes(&a->as.v4.sin_addr, 4);
    if (a->length > 0 && a->as.any.sa_family == AF_INET6)
        return ip_from_bytes(&a->as.v6.sin6_addr, 16);
    return (struct ip){ .known = false };
}

uint16_t
address_port(const struct address *a)
{
    if (a->length > 0 && a->as.any.sa_family == AF_INET)
        return ntohs(a->as.v4.sin_port);
    if (a->length > 0 && a->as.any.sa_family == AF_INET6)
        return ntohs(a->as.v6.sin6_port);
    return 0;
}

int
address_refused(struct error *err, int errno_value, const char *where)
{
    if (errno_value == EACCES && strncmp(where, "unix:", 5) != 0)
        return error_set(
            err, ERROR_ENVIRONMENT, where,
            "cannot listen: Permission denied; a port below 1024 needs the capability CAP_NET_BIND_SERVICE");
    if (errno_value != EADDRINUSE)
        return error_system(err, errno_value, where, "cannot listen");
    return error_set(err, ERROR_ENVIRONMENT, where,
                     "cannot listen: Address already in use; end what listens there, or choose another address");
}

size_t
address_print(const struct address *a, char out[ADDRESS_TEXT])
{
    char host[ADDRESS_TEXT];
    int length;

    if (a->length == 0 || a->as.any.sa_family == AF_UNIX) {
        bool named = a->length > offsetof(struct sockaddr_un, sun_path);

        length = snprintf(out, ADDRESS_TEXT, "unix:%s", named ? a->as.local.sun_path : "");
    } else {
        (void)address_print_host(a, host);
        length = snprintf(out, ADDRESS_TEXT, strchr(host, ':') != NULL ? "[%.110s]:%u" : "%.110s:%u", host,
                          (unsigned)address_port(a));
    }
    return length > 0 ? (size_t)length : 0;
}
