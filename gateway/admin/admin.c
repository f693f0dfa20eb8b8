/* admin.c -- the listener: every request is judged by the guard, then goes to its page. */
#include "admin/admin.h"

#include <stdlib.h>

#include "admin/api.h"
#include "admin/feed.h"
#include "admin/guard.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/address.h"
#include "proxy/server.h"

#define ADMIN_MAX_BODY (64 * LIMIT_KIB) /* rules of faults, settings of a simulated service */

struct admin {
    struct api api;
    struct guard guard;
    struct ruleset *ruleset; /* held: whose address and token it was started with */
    struct service_server *server;
    char url[ADDRESS_TEXT + 16];
};

static void
refuse(struct api_call *call, uint16_t status, const char *why)
{
    if (status == 401)
        service_answer_header(call->answer, TEXT("WWW-Authenticate"), TEXT("Bearer realm=\"plumbline admin\""));
    api_problem(call, status, text_of(why));
}

/* Whatever the answer is: it is for this reader alone, and no browser may make a page, a script or a frame of it; but
 * of our own pages, which run what comes from here and nothing else. */
static void
protect(struct service_answer *answer, bool ui)
{
    struct text policy = ui ? TEXT("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                                   "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
                            : TEXT("default-src 'none'; frame-ancestors 'none'");

    service_answer_header(answer, TEXT("X-Content-Type-Options"), TEXT("nosniff"));
    service_answer_header(answer, TEXT("Cache-Control"), TEXT("no-store"));
    service_answer_header(answer, TEXT("Content-Security-Policy"), policy);
    service_answer_header(answer, TEXT("Referrer-Policy"), TEXT("no-referrer"));
}

static void
on_admin_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    struct admin *admin = arg;
    struct api_call call = { .api = &admin->api, .request = request, .answer = answer };
    struct text allow;
    const struct api_page *page = api_find(&call, &allow);
    const char *why;
    uint16_t status = guard_check(&admin->guard, &request->message, page != NULL && page->open, &why);

    protect(answer, page != NULL && page->answer == api_ui);
    if (status != 0) {
        refuse(&call, status, why);
    } else if (page != NULL) {
        page->answer(&call);
    } else if (allow.length > 0) {
        service_answer_header(answer, TEXT("Allow"), allow);
        api_problem(&call, 405, TEXT("this page has no such method"));
    } else {
        api_not_found(&call);
    }
}

/* Whoever may not ask gets its answer at once. */
static bool
is_apart(void *arg, const struct service_request *request)
{
    struct admin *admin = arg;
    struct service_answer none = { .status = 0 };
    struct api_call call = { .api = &admin->api, .request = request, .answer = &none };
    struct text allow;
    const struct api_page *page = api_find(&call, &allow);
    const char *why;

    return page != NULL && page->apart && guard_check(&admin->guard, &request->message, page->open, &why) == 0;
}

static int
serve(struct admin *admin, const struct settings *settings, struct error *err)
{
    struct service_options options = {
        .address = settings->admin.data,
        .max_body = ADMIN_MAX_BODY,
        .make_room = true,
        .handler = on_admin_request,
        .apart = is_apart,
        .arg = admin,
    };
    uint16_t port;

    admin->guard.token = settings->admin_token;
    admin->guard.hosts = settings->admin_hosts;
    admin->guard.host_count = settings->admin_host_count;
    if (!address_split(settings->admin, &admin->guard.host, &port))
        admin->guard.host = (struct text){ NULL, 0 };
    if (guard_address(&admin->guard, options.address, err) < 0)
        return error_at(err, settings->admin_where.data);
    admin->server = service_start(&options, err);
    if (admin->server == NULL)
        return error_at(err, settings->admin_where.data);
    service_url(admin->server, admin->url, sizeof(admin->url));
    return 0;
}

int
admin_start(struct admin **admin, struct proxy *proxy, struct reload *reload, struct error *err)
{
    struct ruleset *ruleset = proxy_ruleset(proxy);
    const struct settings *settings = ruleset_settings(ruleset);
    struct admin *a = NULL;

    *admin = NULL;
    if (settings->admin.length == 0 || (a = calloc(1, sizeof(*a))) == NULL) {
        int code = settings->admin.length == 0 ? 0 : error_memory(err);

        ruleset_drop(ruleset);
        return code;
    }
    a->ruleset = ruleset;
    a->api = (struct api){ .proxy = proxy, .reload = reload, .started = clock_wall() };
    if (feed_start(&a->api.feed, proxy_recent(proxy), err) < 0 || serve(a, settings, err) < 0) {
        admin_stop(a);
        return -1;
    }
    *admin = a;
    return 0;
}

const char *
admin_url(const struct admin *admin)
{
    return admin->url;
}

uint16_t
admin_port(const struct admin *admin)
{
    return service_port(admin->server);
}

void
admin_drain(struct admin *admin)
{
    if (admin != NULL)
        atomic_store(&admin->api.draining, true);
}

void
admin_stop(struct admin *admin)
{
    if (admin == NULL)
        return;
    feed_stop(admin->api.feed); /* its streams end before their server does */
    service_stop(admin->server);
    feed_free(admin->api.feed);
    ruleset_drop(admin->ruleset);
    free(admin);
}
