#include "admin/sandbox_page.h"

#include "base/limits.h"
#include "proxy/server.h"

void
sandbox_page_none(struct api_call *call)
{
    api_problem(call, 404, TEXT("no service is simulated by a script, so nothing is remembered"));
}

void
sandbox_page_error(struct api_call *call, const struct error *err)
{
    uint16_t status = err->kind == ERROR_INPUT ? 413 : 503;
    struct text where = err->where[0] != '\0' ? text_of(err->where) : TEXT("sandbox");

    api_problem_at(call, status, where, text_of(err->what));
}

void
sandbox_page_answer(struct api_call *call, sandbox_page_fn *write, const struct sandbox_query *query)
{
    struct sandbox_state *state = proxy_sandbox(call->api->proxy);
    struct error err = { .kind = ERROR_NONE };
    enum sandbox_written written = SANDBOX_FAILED;
    struct json_writer w;

    if (state == NULL) {
        sandbox_page_none(call);
        return;
    }
    if (store_begin(sandbox_state_store(state), &err) == 0) {
        json_begin(&w, &call->answer->body, 0);
        written = write(&(struct sandbox_page){ call, state, sandbox_state_store(state), query, &w }, &err);
        store_rollback(sandbox_state_store(state));
    }
    if (written == SANDBOX_WRITTEN) {
        api_content_type(call, TEXT("application/json"));
    } else if (written == SANDBOX_FAILED) {
        buffer_clear(&call->answer->body);
        sandbox_page_error(call, &err);
    }
    sandbox_state_drop(state);
}

/* ---- names ---- */

void
sandbox_names_begin(struct sandbox_names *names, bool with_service)
{
    buffer_init(&names->text, 64 * LIMIT_KIB);
    names->with_service = with_service;
}

void
sandbox_names_end(struct sandbox_names *names)
{
    buffer_release(&names->text);
}

bool
sandbox_names_add(void *arg, struct text service, struct text name, uint64_t count)
{
    struct sandbox_names *names = arg;

    (void)count;
    if (service.length == 0) /* what the sandbox keeps for itself */
        return true;
    if (buffer_length(&names->text) > 0)
        buffer_add(&names->text, TEXT(", "));
    if (names->with_service) {
        buffer_add(&names->text, service);
        buffer_byte(&names->text, '/');
    }
    buffer_add(&names->text, name);
    return true;
}

enum sandbox_written
sandbox_page_names(struct sandbox_page *page, uint16_t status, const char *place, const char *what,
                   struct sandbox_names *names)
{
    struct text there = buffer_length(&names->text) > 0 ? buffer_text(&names->text) : TEXT("none");
    struct text detail = arena_print(page->call->request->arena, "%s; there are %.*s", what, TEXT_PRINT(there));

    sandbox_names_end(names);
    api_problem_at(page->call, status, text_of(place), detail);
    return SANDBOX_ANSWERED;
}
