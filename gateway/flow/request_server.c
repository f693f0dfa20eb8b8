/* request_server.c -- where the requests of a source go.
 *
 * A server that was given for the source by name stands for the whole of the contract's. One that was given for all
 * ("*", or no name) stands for scheme and host alone: the path of the contract's server, relative ones included, is
 * put behind it, so that one gateway can stand before many services. */
#include "contract/sending.h"
#include "flow/request.h"
#include "schema/uri.h"

static const struct flow_server *
find_server(const struct flow_server *servers, uint32_t count, struct text name)
{
    for (uint32_t i = count; i > 0; i--) /* the later one wins, as with other options */
        if (text_equal(servers[i - 1].name, name))
            return &servers[i - 1];
    return NULL;
}

static bool
is_http(struct text url)
{
    struct uri uri = uri_split(url);

    return uri.has_scheme && uri.authority.length > 0 &&
           (text_equal_nocase(uri.scheme, TEXT("http")) || text_equal_nocase(uri.scheme, TEXT("https")));
}

/* "https://{region}.example/{version}" with the defaults of its variables (OAS 3.1 4.8.6). data is NULL: one has none.
 */
static struct text
fill_variables(const struct value *server, struct arena *arena)
{
    const struct value *variables = VALUE_MEMBER(server, "variables"), *value;
    struct text rest = value_text(VALUE_MEMBER(server, "url")), url = TEXT("");

    for (;;) {
        size_t open = text_find(rest, '{'), close = open + text_find(text_from(rest, open), '}');

        if (close >= rest.length)
            return arena_print(arena, "%.*s%.*s", TEXT_PRINT(url), TEXT_PRINT(rest));
        value = VALUE_MEMBER(value_member(variables, text_slice(rest, open + 1, close - open - 1)), "default");
        if (!value_is(value, VALUE_STRING) && !value_is(value, VALUE_NUMBER))
            return text_make(NULL, 0);
        url = arena_print(arena, "%.*s%.*s%.*s", TEXT_PRINT(url), (int)open, rest.data, TEXT_PRINT(value_text(value)));
        rest = text_from(rest, close + 1);
    }
}

/* The first absolute URL of the list, else the first of any kind; empty: there is none that can be used. */
static struct text
contract_url(const struct value *servers, struct arena *arena)
{
    struct text first = TEXT("");

    if (!value_is(servers, VALUE_ARRAY))
        return first;
    for (VALUE_EACH_ITEM(server, servers)) {
        struct text url;

        if (!value_is(VALUE_MEMBER(server, "url"), VALUE_STRING))
            continue;
        url = fill_variables(server, arena);
        if (url.data != NULL && is_http(url))
            return url;
        if (first.length == 0 && url.data != NULL)
            first = url;
    }
    return first;
}

/* "http://host:8080" and the path of the contract's server. */
static struct text
behind(struct text base, struct text url, struct arena *arena)
{
    struct text path = uri_split(url).path;

    while (base.length > 0 && base.data[base.length - 1] == '/')
        base.length--;
    while (path.length > 0 && (path.data[0] == '.' || path.data[0] == '/')) /* "./v1", "../v1" */
        path = text_from(path, 1);
    return arena_print(arena, "%.*s%s%.*s", TEXT_PRINT(base), path.length > 0 ? "/" : "", TEXT_PRINT(path));
}

/* No white space, no control characters, no user: others read logs. */
static bool
is_fine(struct text url)
{
    struct uri uri = uri_split(url);

    for (size_t i = 0; i < url.length; i++)
        if ((unsigned char)url.data[i] <= ' ' || url.data[i] == 0x7f)
            return false;
    return is_http(url) && !uri.has_query && text_find(url, '#') == url.length &&
           text_find(uri.authority, '@') == uri.authority.length;
}

struct text
flow_request_server(const struct flow_source *source, const struct operation *operation,
                    const struct flow_server *servers, uint32_t server_count, struct arena *arena, struct error *err)
{
    struct text name = source != NULL ? source->name : TEXT(""), url = TEXT("");
    const struct flow_server *own = name.length > 0 ? find_server(servers, server_count, name) : NULL;
    const struct flow_server *all = find_server(servers, server_count, TEXT("*"));
    const struct flow_server *unnamed = find_server(servers, server_count, TEXT(""));

    if (operation == NULL && source != NULL && source->contract != NULL)
        operation = contract_operation(source->contract, 0);
    if (operation != NULL)
        url = contract_url(sending_servers(operation), arena);
    if (all == NULL || (unnamed != NULL && unnamed > all))
        all = unnamed;
    if (own != NULL)
        url = own->url;
    else if (all != NULL)
        url = behind(all->url, url, arena);
    while (url.length > 0 && url.data[url.length - 1] == '/')
        url.length--;
    if (is_fine(url))
        return arena_text(arena, url);
    if (own != NULL || all != NULL)
        (void)error_set(err, ERROR_CONFIG, NULL, "the server '%.*s' is no URL like http://host:8080/path",
                        TEXT_PRINT(url));
    else
        (void)error_set(err, ERROR_CONFIG, NULL,
                        "the contract of '%.*s' has no server with an absolute URL; say where it is: --server %.*s=URL",
                        TEXT_PRINT(name), TEXT_PRINT(name));
    return text_make(NULL, 0);
}
