/* resolver.c -- preloaded: looking up a name hangs while the file $RESOLVER/hang is there, and says so in
 * $RESOLVER/hanging. */
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    char hang[4096], hanging[4096];

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    (void)snprintf(hang, sizeof hang, "%s/hang", getenv("RESOLVER"));
    (void)snprintf(hanging, sizeof hanging, "%s/hanging", getenv("RESOLVER"));
    if (access(hang, F_OK) == 0)
        (void)close(open(hanging, O_CREAT | O_WRONLY, 0600));
    while (access(hang, F_OK) == 0)
        (void)usleep(1000);
    return real(node, service, hints, result);
}
