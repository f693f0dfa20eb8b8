/* sandbox.c -- /api/v1/sandbox: what the simulated services are and remember, their switches, and a new start. */
#include "admin/sandbox_page.h"
#include "proxy/server.h"

/* ---- the overview ---- */

static void
write_services(struct sandbox_page *page)
{
    struct proxy *proxy = page->call->api->proxy;
    char name[SANDBOX_NAME];
    uint32_t handlers;

    write_key(page->w, "services");
    json_array(page->w);
    for (uint32_t i = 0; proxy_sandbox_service(proxy, i, name, sizeof name, &handlers); i++) {
        json_object(page->w);
        write_text(page->w, "name", text_of(name));
        write_number(page->w, "handlers", handlers);
        json_end_object(page->w);
    }
    json_end_array(page->w);
}

static bool
write_count(void *arg, struct text service, struct text name, uint64_t count)
{
    struct json_writer *w = arg;

    if (service.length == 0)
        return true;
    json_object(w);
    write_text(w, "service", service);
    write_text(w, "name", name);
    write_number(w, "count", count);
    json_end_object(w);
    return true;
}

static void
write_clock(struct sandbox_page *page)
{
    write_key(page->w, "clock");
    json_object(page->w);
    write_text(page->w, "kind", sandbox_state_is_fixed(page->state) ? TEXT("fixed") : TEXT("real"));
    write_time(page->w, "now", sandbox_state_now(page->state));
    json_end_object(page->w);
}

static enum sandbox_written
write_overview(struct sandbox_page *page, struct error *err)
{
    json_object(page->w);
    write_services(page);
    write_clock(page);
    write_number(page->w, "seed", sandbox_state_seed(page->state));
    write_text_or_null(page->w, "state", sandbox_state_file(page->state));
    write_key(page->w, "lists");
    json_array(page->w);
    if (store_note_lists(page->store, write_count, page->w, err) < 0)
        return SANDBOX_FAILED;
    json_end_array(page->w);
    write_key(page->w, "collections");
    json_array(page->w);
    if (store_collections(page->store, write_count, page->w, err) < 0)
        return SANDBOX_FAILED;
    json_end_array(page->w);
    json_end_object(page->w);
    return SANDBOX_WRITTEN;
}

void
api_sandbox(struct api_call *call)
{
    sandbox_page_answer(call, write_overview, NULL);
}

/* ---- settings ---- */

static bool
is_simulated(struct proxy *proxy, struct text service)
{
    char name[SANDBOX_NAME];
    uint32_t handlers;

    for (uint32_t i = 0; proxy_sandbox_service(proxy, i, name, sizeof name, &handlers); i++)
        if (text_equal(service, text_of(name)))
            return true;
    return false;
}

static enum sandbox_written
tell_services(struct sandbox_page *page)
{
    struct sandbox_names names;
    char name[SANDBOX_NAME];
    uint32_t handlers;

    sandbox_names_begin(&names, false);
    for (uint32_t i = 0; proxy_sandbox_service(page->call->api->proxy, i, name, sizeof name, &handlers); i++)
        (void)sandbox_names_add(&names, TEXT("any"), text_of(name), 0);
    return sandbox_page_names(page, 404, "path service", "no simulated service has this name", &names);
}

static enum sandbox_written
write_settings(struct sandbox_page *page, struct error *err)
{
    struct api_call *call = page->call;

    if (!is_simulated(call->api->proxy, call->name))
        return tell_services(page);
    return sandbox_state_settings(page->state, call->name, &call->answer->body, err) < 0 ? SANDBOX_FAILED
                                                                                         : SANDBOX_WRITTEN;
}

void
api_sandbox_settings(struct api_call *call)
{
    sandbox_page_answer(call, write_settings, NULL);
}

/* 0, or -1: answered, because the body is no object, or the change was not taken. */
static int
change_settings(struct api_call *call)
{
    struct sandbox_state *state = proxy_sandbox(call->api->proxy);
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    int result = -1;

    if (state == NULL || !is_simulated(call->api->proxy, call->name)) {
        result = 0; /* the page says so */
    } else if (document_parse(&document, call->request->message.body, NULL, call->request->arena, NULL) < 0 ||
               document.root->type != VALUE_OBJECT) {
        api_problem_at(call, 400, TEXT("body"),
                       TEXT("expected a JSON object: its members are laid over the settings, null takes one away"));
    } else {
        result = sandbox_state_change(state, call->name, document.root, &err);
        if (result < 0)
            sandbox_page_error(call, &err);
    }
    sandbox_state_drop(state);
    return result;
}

void
api_sandbox_change(struct api_call *call)
{
    if (change_settings(call) == 0)
        sandbox_page_answer(call, write_settings, NULL);
}

/* ---- a new start ---- */

void
api_sandbox_reset(struct api_call *call)
{
    struct sandbox_state *state = proxy_sandbox(call->api->proxy);
    struct error err = { .kind = ERROR_NONE };

    if (state == NULL)
        sandbox_page_none(call);
    else if (sandbox_state_reset(state, &err) == 0)
        call->answer->status = 204;
    else if (err.kind == ERROR_CONFIG || err.kind == ERROR_INPUT) /* the seed file: file:line:column */
        api_problem_at(call, 422, text_of(err.where), text_of(err.what));
    else
        sandbox_page_error(call, &err);
    sandbox_state_drop(state);
}
