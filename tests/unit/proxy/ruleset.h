/* ruleset.h -- for tests: the smallest ruleset that there is, one service without operations. */
#ifndef TEST_PROXY_RULESET_H
#define TEST_PROXY_RULESET_H

#include "unit.h"

#include <unistd.h>

#include "rules/ruleset.h"

/* New, or NULL. Its contract is read at once and needs no file afterwards. */
static struct ruleset *
ruleset_small(void)
{
    char path[] = "/tmp/plumbline-ruleset-XXXXXX.json";
    const char *paths[] = { path };
    const char text[] = "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{}}";
    int fd = mkstemps(path, 5);
    struct ruleset *made = NULL;

    if (fd < 0)
        return NULL;
    if (write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1)
        made = ruleset_new(settings_proxy(paths, 1, "http://127.0.0.1:1", false, NULL, NULL), NULL, NULL, NULL);
    (void)close(fd);
    (void)unlink(path);
    return made;
}

#endif
