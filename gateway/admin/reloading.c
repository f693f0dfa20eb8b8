/* reloading.c -- POST /api/v1/reload: the settings and contracts anew, all of them or nothing. */
#include "admin/write.h"
#include "proxy/reload.h"
#include "proxy/server.h"

static void
write_names(struct json_writer *w, const char *key, const struct ruleset *of, const struct ruleset *not_in)
{
    write_key(w, key);
    json_array(w);
    for (uint32_t i = 0; i < ruleset_service_count(of); i++) {
        struct text name = ruleset_service(of, i)->settings->name;

        if (ruleset_service_named(not_in, name) == NULL)
            json_string(w, name);
    }
    json_end_array(w);
}

static bool
is_same_text(const struct contract *a, const struct contract *b)
{
    const struct document *d;
    uint32_t place = 0, files = 0;

    while ((d = contract_document_next(a, &place)) != NULL) {
        const struct document *other = contract_document_named(b, text_of(d->name));

        if (other == NULL || !text_equal(d->source, other->source))
            return false;
        files++;
    }
    for (place = 0; contract_document_next(b, &place) != NULL;)
        files--;
    return files == 0;
}

static void
write_changed(struct json_writer *w, const struct ruleset *before, const struct ruleset *now)
{
    write_key(w, "contracts_changed");
    json_array(w);
    for (uint32_t i = 0; i < ruleset_service_count(now); i++) {
        const struct service *s = ruleset_service(now, i);
        const struct service *old = ruleset_service_named(before, s->settings->name);

        if (old != NULL && !is_same_text(old->contract, s->contract))
            json_string(w, s->settings->name);
    }
    json_end_array(w);
}

static void
write_result(struct api_call *call, const struct reload_result *result, const struct ruleset *before)
{
    struct ruleset *now = proxy_ruleset(call->api->proxy);
    struct json_writer w;

    write_begin(&w, call);
    json_object(&w);
    write_number(&w, "generation", result->generation);
    write_number(&w, "late", result->late);
    write_names(&w, "services_added", now, before);
    write_names(&w, "services_removed", before, now);
    write_changed(&w, before, now);
    json_end_object(&w);
    ruleset_drop(now);
}

void
api_reload(struct api_call *call)
{
    struct ruleset *before = proxy_ruleset(call->api->proxy);
    struct error err = { .kind = ERROR_NONE };
    struct reload_result result;

    if (call->api->reload == NULL)
        api_problem(call, 409, TEXT("nothing can be reloaded here"));
    else if (reload_now(call->api->reload, &result, &err) == 0)
        write_result(call, &result, before);
    else
        api_problem_at(call, err.kind == ERROR_ENVIRONMENT ? 409 : 422,
                       err.where[0] != '\0' ? text_of(err.where) : TEXT("settings"), text_of(err.what));
    ruleset_drop(before);
}
