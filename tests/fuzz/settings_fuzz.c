/* settings_fuzz.c -- any bytes as a settings file. A mistake has a place and a message; what is accepted has services
 * and sane numbers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "rules/redaction.h"
#include "rules/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static void
look_at(const struct settings *s)
{
    struct error err = { .kind = ERROR_NONE };
    struct redaction *redaction = redaction_new(s->redaction_document, s->redaction, &err);

    demand(redaction != NULL || err.kind != ERROR_NONE);
    redaction_free(redaction);
    demand(s->service_count > 0 && s->listen_count > 0 && s->workers <= LIMIT_WORKERS);
    for (uint32_t i = 0; i < s->service_count; i++) {
        const struct service_settings *service = &s->services[i];

        demand(service->contract.length > 0 && service->contract.data[service->contract.length] == '\0');
        demand(service->policy.request <= MODE_ENFORCE && service->policy.idle_timeout >= 0);
        demand(service->upstream.kind != UPSTREAM_TCP ||
               (service->upstream.host.length > 0 && service->upstream.port > 0));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    struct error err = { .kind = ERROR_NONE };
    struct settings *s;
    FILE *file;

    if (path[0] == '\0')
        (void)snprintf(path, sizeof path, "/tmp/plumbline-settings-fuzz-%d.yaml", (int)getpid());
    file = fopen(path, "w");
    if (file == NULL || (size > 0 && fwrite(data, 1, size, file) != size) || fclose(file) != 0)
        abort();
    s = settings_load(path, NULL, &err);
    if (s != NULL)
        look_at(s);
    else
        demand(err.kind != ERROR_NONE && err.what[0] != '\0');
    settings_free(s);
    (void)unlink(path);
    return 0;
}
