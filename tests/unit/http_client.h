/* http_client.h -- one request over a connection of its own, for tests of servers. */
#ifndef UNIT_HTTP_CLIENT_H
#define UNIT_HTTP_CLIENT_H

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* The whole answer, up to where the server closes. */
struct http_reply {
    char bytes[1 << 18];
    size_t length;
    int status;
    const char *body;
};

/* A connection on which the bytes were sent as they are, and whose answer is not read yet. */
__attribute__((unused)) static int
http_ask(uint16_t port, const char *bytes, size_t length)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    for (size_t sent = 0; sent < length;) {
        ssize_t n = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);

        if (n <= 0)
            break; /* a server that refuses early need not read it all */
        sent += (size_t)n;
    }
    return fd;
}

/* The rest of the connection; it is closed. */
__attribute__((unused)) static void
http_read(struct http_reply *reply, int fd)
{
    ssize_t got;

    reply->length = 0;
    while ((got = recv(fd, reply->bytes + reply->length, sizeof(reply->bytes) - 1 - reply->length, 0)) > 0)
        reply->length += (size_t)got;
    (void)close(fd);
    reply->bytes[reply->length] = '\0';
    reply->status = 0;
    (void)sscanf(reply->bytes, "HTTP/1.1 %d", &reply->status);
    reply->body = strstr(reply->bytes, "\r\n\r\n");
    reply->body = reply->body != NULL ? reply->body + 4 : "";
}

/* Sends the bytes as they are; they must make the server close (Connection: close). */
__attribute__((unused)) static void
http_exchange(struct http_reply *reply, uint16_t port, const char *bytes, size_t length)
{
    http_read(reply, http_ask(port, bytes, length));
}

/* `fields` are whole lines ("Prefer: code=404\r\n"), or "". A Host is added unless fields begin with one. */
__attribute__((unused)) static void
http_get(struct http_reply *reply, uint16_t port, const char *method, const char *target, const char *fields)
{
    char request[8192];
    int length = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\n%s%sConnection: close\r\n\r\n", method, target,
                          strncasecmp(fields, "Host:", 5) == 0 ? "" : "Host: localhost\r\n", fields);

    assert_true(length > 0 && length < (int)sizeof(request));
    http_exchange(reply, port, request, (size_t)length);
}

/* The value of a header of the answer, or "". Valid until the next call. */
__attribute__((unused)) static const char *
http_field(const struct http_reply *reply, const char *name)
{
    static char value[1024];
    const char *line = reply->bytes;

    value[0] = '\0';
    while ((line = strstr(line, "\r\n")) != NULL && line + 2 < reply->body - 2) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) != 0 || line[strlen(name)] != ':')
            continue;
        line += strlen(name) + 1;
        line += strspn(line, " ");
        (void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
        break;
    }
    return value;
}

#endif
