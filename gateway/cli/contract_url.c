/* contract_url.c -- from a URL on the command line to a contract. */
#include "cli/contract_url.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "net/fetch.h"

struct contract *
contract_url_load(const char *path_or_url, const struct contract_options *options, struct error *err)
{
    struct contract *c = NULL;
    struct buffer text;

    if (!fetch_is_url(path_or_url))
        return contract_load(path_or_url, options, err);
    buffer_init(&text, LIMIT_FILE_BYTES);
    if (fetch_get(path_or_url, &text, err) == 0)
        c = contract_load_text(buffer_text(&text), path_or_url, options, err);
    buffer_release(&text);
    return c;
}

static int
fetch_one(struct service_settings *service, struct arena *arena, struct error *err)
{
    struct buffer text;
    int result;

    buffer_init(&text, LIMIT_FILE_BYTES);
    result = fetch_get(service->contract.data, &text, err);
    if (result == 0) {
        service->contract_text = arena_text(arena, buffer_text(&text));
        result = service->contract_text.data != NULL ? 0 : error_memory(err);
    }
    buffer_release(&text);
    return result;
}

int
contract_url_fetch(struct settings *settings, struct error *err)
{
    for (uint32_t i = 0; i < settings->service_count; i++)
        if (fetch_is_url(settings->services[i].contract.data) &&
            fetch_one(&settings->services[i], settings->arena, err) < 0)
            return -1;
    return 0;
}
