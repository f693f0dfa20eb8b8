#include "rules/routes.h"

#include <stdlib.h>

#include "rules/first_segment.h"

/* One match.paths entry of one service. */
struct prefix {
    struct text path; /* without slashes at its end; "" matches everything */
    const struct service *service;
};

struct routes {
    struct prefix *prefixes; /* the longest first */
    uint32_t prefix_count;
    const struct service **own; /* services found by their contract's own paths */
    uint32_t own_count;
    struct first_segments *first_segments; /* of own */
    const struct service *last_resort;     /* or NULL */
};

static struct text
without_slashes(struct text path)
{
    while (path.length > 0 && path.data[path.length - 1] == '/')
        path.length--;
    return path;
}

/* Is prefix the beginning of path, up to a segment's end? */
static bool
below(struct text path, struct text prefix)
{
    return text_starts(path, prefix) && (path.length == prefix.length || path.data[prefix.length] == '/');
}

/* 2 by name, 1 because the service takes any host, 0 not. */
static int
host_fit(const struct service_settings *s, struct text host)
{
    if (s->host_count == 0)
        return 1;
    host = authority_host(host);
    for (uint32_t i = 0; i < s->host_count; i++)
        if (text_equal_nocase(s->hosts[i], host))
            return 2;
    return 0;
}

static bool
hosts_overlap(const struct service_settings *a, const struct service_settings *b)
{
    if (a->host_count == 0 || b->host_count == 0)
        return a->host_count == b->host_count; /* a named host beats any host: no clash */
    for (uint32_t i = 0; i < a->host_count; i++)
        for (uint32_t k = 0; k < b->host_count; k++)
            if (text_equal_nocase(a->hosts[i], b->hosts[k]))
                return true;
    return false;
}

/* ---- building ---- */

static int
longest_first(const void *a, const void *b)
{
    size_t x = ((const struct prefix *)a)->path.length, y = ((const struct prefix *)b)->path.length;

    return x < y ? 1 : x > y ? -1 : 0;
}

static int
refuse_equal_prefixes(const struct routes *r, struct error *err)
{
    for (uint32_t i = 0; i < r->prefix_count; i++) {
        for (uint32_t k = i + 1; k < r->prefix_count; k++) {
            const struct prefix *a = &r->prefixes[i], *b = &r->prefixes[k];

            if (a->service != b->service && text_equal(a->path, b->path) &&
                hosts_overlap(a->service->settings, b->service->settings))
                return error_set(
                    err, ERROR_CONFIG, b->service->settings->where.data,
                    "service '%.*s' claims the path '%.*s' that service '%.*s' claims, too; give one of them "
                    "other paths or hosts",
                    TEXT_PRINT(b->service->settings->name), TEXT_PRINT(b->path),
                    TEXT_PRINT(a->service->settings->name));
        }
    }
    return 0;
}

/* One operation of a service that is found by its own paths. */
struct claim {
    struct text key; /* "GET /api/orders/{}" */
    const struct service *service;
};

static int
by_key(const void *a, const void *b)
{
    return text_compare(((const struct claim *)a)->key, ((const struct claim *)b)->key);
}

/* The template with the names of its variables taken out: templates that differ in names only claim the same
 * requests. */
static struct text
claim_key(const struct operation *o, struct text base, struct arena *arena)
{
    struct text key = arena_print(arena, "%.*s %.*s%.*s", TEXT_PRINT(operation_method(o)), TEXT_PRINT(base),
                                  TEXT_PRINT(operation_path(o)));
    char *out = (char *)(uintptr_t)key.data;
    size_t n = 0;
    bool inside = false;

    for (size_t i = 0; i < key.length; i++) {
        if (key.data[i] == '}')
            inside = false;
        if (!inside)
            out[n++] = key.data[i];
        if (key.data[i] == '{')
            inside = true;
    }
    return text_make(key.data, n);
}

static uint32_t
count_claims(const struct routes *r)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < r->own_count; i++)
        count += contract_operation_count(r->own[i]->contract) * contract_base_count(r->own[i]->contract);
    return count;
}

static int
refuse_equal_claims(const struct routes *r, struct arena *arena, struct error *err)
{
    uint32_t total = count_claims(r), count = 0;
    struct claim *claims = ARENA_ARRAY(arena, struct claim, total);

    if (claims == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < r->own_count; i++) {
        const struct contract *c = r->own[i]->contract;

        for (uint32_t b = 0; b < contract_base_count(c); b++)
            for (uint32_t o = 0; o < contract_operation_count(c); o++)
                claims[count++] =
                    (struct claim){ claim_key(contract_operation(c, o), contract_base(c, b), arena), r->own[i] };
    }
    qsort(claims, count, sizeof(claims[0]), by_key);
    for (uint32_t i = 1; i < count; i++) {
        const struct service_settings *a = claims[i - 1].service->settings, *b = claims[i].service->settings;

        if (a != b && text_equal(claims[i - 1].key, claims[i].key) && hosts_overlap(a, b))
            return error_set(err, ERROR_CONFIG, b->where.data,
                             "services '%.*s' and '%.*s' both have '%.*s' in their contracts; say which is meant by "
                             "match: { paths: … } or { hosts: … }",
                             TEXT_PRINT(a->name), TEXT_PRINT(b->name), TEXT_PRINT(claims[i].key));
    }
    return 0;
}

struct routes *
routes_new(const struct service *services, uint32_t count, bool catch_all, struct arena *arena, struct error *err)
{
    struct routes *r = ARENA_NEW(arena, struct routes);
    uint32_t prefixes = 0;

    for (uint32_t i = 0; i < count; i++)
        prefixes += services[i].settings->path_count;
    if (r == NULL || (r->prefixes = ARENA_ARRAY(arena, struct prefix, prefixes)) == NULL ||
        (r->own = ARENA_ARRAY(arena, const struct service *, count)) == NULL) {
        error_memory(err);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct service_settings *s = services[i].settings;

        for (uint32_t p = 0; p < s->path_count; p++)
            r->prefixes[r->prefix_count++] = (struct prefix){ without_slashes(s->paths[p]), &services[i] };
        if (s->path_count == 0)
            r->own[r->own_count++] = &services[i];
    }
    if (catch_all && count > 0)
        r->last_resort = &services[0];
    if (r->prefix_count > 0)
        qsort(r->prefixes, r->prefix_count, sizeof(r->prefixes[0]), longest_first);
    if (refuse_equal_prefixes(r, err) < 0 || refuse_equal_claims(r, arena, err) < 0)
        return NULL;
    r->first_segments = first_segments_new(r->own, r->own_count, arena);
    if (r->first_segments == NULL) {
        error_memory(err);
        return NULL;
    }
    return r;
}

/* ---- looking up ---- */

/* OPTIONS * asks about a whole server (RFC 9110 9.3.7): it goes to whoever has all of its paths. */
static bool
has_all(const struct prefix *p, struct text path)
{
    return p->path.length == 0 && text_equal(path, TEXT("*"));
}

static const struct prefix *
find_prefix(const struct routes *r, struct text host, struct text path)
{
    const struct prefix *best = NULL;
    int best_fit = 0;

    for (uint32_t i = 0; i < r->prefix_count; i++) {
        const struct prefix *p = &r->prefixes[i];
        int fit;

        if (best != NULL && p->path.length < best->path.length)
            break;
        if ((below(path, p->path) || has_all(p, path)) && (fit = host_fit(p->service->settings, host)) > best_fit) {
            best = p;
            best_fit = fit;
        }
    }
    return best;
}

static void
take(struct route *route, const struct service *service, struct text method, struct text path, struct text stripped,
     bool bare, struct arena *arena)
{
    route->service = service;
    route->policy = NULL;
    route->path = path;
    route->stripped = stripped;
    contract_find(service->contract, method, path, bare, arena, &route->match);
}

/* How well a service that has no match.paths answers this request: an operation beats a path with other methods, that
 * beats a base path. */
static int
own_fit(const struct service *service, const struct contract_match *match, struct text path)
{
    if (match->operation != NULL)
        return 3;
    if (match->path_known)
        return 2;
    for (uint32_t b = 0; b < contract_base_count(service->contract); b++) {
        struct text base = contract_base(service->contract, b);

        if (base.length > 0 && below(path, base))
            return 1;
    }
    return 0;
}

static void
find_own(const struct routes *r, struct text host, struct text method, struct text path, struct arena *arena,
         struct route *route)
{
    const struct service_places *candidates = first_segments_find(r->first_segments, path);
    struct route candidate; /* large, so only what is read is set */
    int best = 0;

    for (uint32_t i = 0; i < candidates->count; i++) {
        const struct service *service = r->own[candidates->places[i]];
        int fit, host_points = host_fit(service->settings, host);

        if (host_points == 0)
            continue;
        take(&candidate, service, method, path, text_make(NULL, 0), false, arena);
        fit = own_fit(service, &candidate.match, path);
        if (fit == 0 || fit * 2 + host_points <= best)
            continue;
        best = fit * 2 + host_points;
        *route = candidate;
        if (fit == 3 && host_points == 2)
            return;
    }
}

void
routes_find(const struct routes *r, struct text host, struct text method, struct text path, struct arena *arena,
            struct route *route)
{
    const struct prefix *p = find_prefix(r, host, path);

    route->service = NULL;
    route->policy = NULL;
    route->match.operation = NULL;
    route->match.path_known = false;
    route->match.parameter_count = 0;
    if (p != NULL) {
        bool strip = p->service->settings->strip;
        struct text rest = strip ? text_from(path, p->path.length) : path;

        if (rest.length == 0)
            rest = TEXT("/");
        take(route, p->service, method, rest, strip ? p->path : text_make(NULL, 0), true, arena);
    } else {
        find_own(r, host, method, path, arena, route);
        if (route->service == NULL && r->last_resort != NULL)
            take(route, r->last_resort, method, path, text_make(NULL, 0), true, arena);
    }
    if (route->service != NULL)
        route->policy = route->match.operation != NULL
                            ? &route->service->policies[operation_index(route->match.operation)]
                            : &route->service->settings->policy;
}
