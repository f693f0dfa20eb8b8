#include "cli/flow_config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "net/fetch.h"
#include "rules/judge.h"
#include "rules/units.h"

struct reading {
    struct flow_plan *plan;
    const struct document *document;
    struct text file;
    struct error *err;
};

int
flow_plan_begin(struct flow_plan *plan)
{
    *plan = (struct flow_plan){ .repeat = 1, .concurrency = 1 };
    plan->arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    return plan->arena != NULL ? 0 : -1;
}

void
flow_plan_end(struct flow_plan *plan)
{
    arena_free(plan->arena);
    plan->arena = NULL;
}

static int
too_many(const char *where, const char *what, struct error *err)
{
    return error_set(err, ERROR_CONFIG, where, "at most %d %s can be given", FLOW_PLAN_NAMES, what);
}

/* ---- servers and tokens: the later one of a name counts ---- */

static int
put_server(struct flow_plan *plan, const char *where, struct text name, struct text url, struct error *err)
{
    uint32_t at = 0;

    if (text_equal(name, TEXT("*")))
        name = text_make(NULL, 0);
    while (at < plan->server_count && !text_equal(plan->servers[at].name, name))
        at++;
    if (at == FLOW_PLAN_NAMES)
        return too_many(where, "servers", err);
    while (url.length > 0 && url.data[url.length - 1] == '/')
        url.length--;
    plan->servers[at] = (struct flow_server){ arena_text(plan->arena, name), arena_text(plan->arena, url) };
    plan->server_count += at == plan->server_count;
    return 0;
}

/* What stands in a file is a line: editors end it, tokens do not. */
static int
read_secret(struct flow_plan *plan, const char *where, struct text path, struct text *secret, struct error *err)
{
    char at[300];

    if (file_read(secret, path.data, plan->arena, err) < 0) {
        (void)snprintf(at, sizeof at, "%s", where);
        return error_at(err, at);
    }
    while (secret->length > 0 && (secret->data[secret->length - 1] == '\n' || secret->data[secret->length - 1] == '\r'))
        secret->length--;
    return secret->length > 0 ? 0 : error_set(err, ERROR_CONFIG, where, "'%s' is empty", path.data);
}

static int
read_variable(const char *where, struct text name, struct arena *arena, struct text *secret, struct error *err)
{
    const char *value = getenv(arena_text(arena, name).data);

    if (value == NULL || value[0] == '\0')
        return error_set(err, ERROR_CONFIG, where, "the environment has no %.*s; set it, or write the token otherwise",
                         TEXT_PRINT(name));
    *secret = arena_text(arena, text_of(value));
    return 0;
}

/* `file`: the one that paths are seen from. */
static int
put_token(struct flow_plan *plan, const char *where, struct text file, struct text name, struct text value,
          struct error *err)
{
    struct text secret = arena_text(plan->arena, value);
    uint32_t at = 0;

    while (at < plan->token_count && !text_equal_nocase(plan->tokens[at].name, name))
        at++;
    if (at == FLOW_PLAN_NAMES)
        return too_many(where, "tokens", err);
    if (text_starts(value, TEXT("file:")) &&
        read_secret(plan, where, units_path(text_from(value, 5), file, plan->arena), &secret, err) < 0)
        return -1;
    if (text_starts(value, TEXT("env:")) && read_variable(where, text_from(value, 4), plan->arena, &secret, err) < 0)
        return -1;
    for (size_t i = 0; i < secret.length; i++)
        if ((unsigned char)secret.data[i] < 0x20)
            return error_set(err, ERROR_CONFIG, where,
                             "the token %.*s has control characters, which no header field "
                             "can carry",
                             TEXT_PRINT(name));
    plan->tokens[at] = (struct flow_token){ arena_text(plan->arena, name), secret };
    plan->token_count += at == plan->token_count;
    return 0;
}

static bool
split(const char *option, struct text *name, struct text *value)
{
    struct text whole = text_of(option);

    *name = text_slice(whole, 0, text_find(whole, '='));
    *value = text_from(whole, name->length + 1);
    return name->length > 0 && value->length > 0;
}

int
flow_plan_server(struct flow_plan *plan, const char *option, struct error *err)
{
    struct text name = TEXT("*"), url = text_of(option);

    if (!fetch_is_url(option) && (!split(option, &name, &url) || !fetch_is_url(url.data)))
        return error_set(err, ERROR_USAGE, "--server",
                         "NAME=URL names a source description and its http(s) URL, and a URL alone stands for all, "
                         "not '%s'",
                         option);
    return put_server(plan, "--server", name, url, err);
}

int
flow_plan_token(struct flow_plan *plan, const char *option, struct error *err)
{
    struct text name, value;

    if (!split(option, &name, &value)) /* not shown: it may be the secret itself */
        return error_set(err, ERROR_USAGE, "--token",
                         "wanted is NAME=VALUE, NAME=env:VARIABLE or NAME=file:PATH; NAME is a security scheme or a "
                         "header field");
    return put_token(plan, "--token", text_make(NULL, 0), name, value, err);
}

/* ---- inputs ---- */

static int
put_layer(struct flow_plan *plan, const struct document *document, const struct value *inputs, struct error *err)
{
    if (plan->layer_count == FLOW_PLAN_NAMES)
        return too_many(document->name, "files with inputs", err);
    plan->layers[plan->layer_count++] = (struct flow_layer){ document, inputs };
    return 0;
}

int
flow_plan_data(struct flow_plan *plan, const char *path, struct error *err)
{
    struct document *document = ARENA_NEW(plan->arena, struct document);

    if (document == NULL)
        return error_memory(err);
    if (document_read(document, path, plan->arena, err) < 0)
        return -1;
    if (!value_is(document->root, VALUE_OBJECT))
        return error_set(err, ERROR_CONFIG, path, "inputs are an object, by name; this is %s",
                         value_type_name(document->root));
    return put_layer(plan, document, document->root, err);
}

/* ---- the file ---- */

static const char *
where(const struct reading *r, const struct value *v)
{
    return document_where(r->document, v, r->plan->arena).data;
}

static const char *
path_of(const struct reading *r, const struct value *v)
{
    return units_path(value_text(v), r->file, r->plan->arena).data;
}

/* One word or a list of them: the items. */
static uint32_t
words(const struct value *v, const struct value **first)
{
    if (v == NULL)
        return 0;
    *first = v->type == VALUE_ARRAY ? value_first(v) : v;
    return v->type == VALUE_ARRAY ? v->count : 1;
}

static int
read_servers(struct reading *r, const struct value *v)
{
    if (v == NULL)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) {
        struct text url = arena_text(r->plan->arena, value_text(value_next(name)));

        if (!fetch_is_url(url.data)) /* of the environment */
            return error_set(r->err, ERROR_CONFIG, where(r, value_next(name)), "this is no http(s) URL");
        if (put_server(r->plan, where(r, name), value_text(name), url, r->err) < 0)
            return -1;
    }
    return 0;
}

static int
read_tokens(struct reading *r, const struct value *v)
{
    if (v == NULL)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) {
        const struct value *value = value_next(name);

        if (put_token(r->plan, where(r, value), r->file, value_text(name), value_text(value), r->err) < 0)
            return -1;
    }
    return 0;
}

static int
read_sources(struct reading *r, const struct value *v)
{
    struct flow_plan *plan = r->plan;

    if (v == NULL)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) {
        if (plan->source_count == FLOW_PLAN_NAMES)
            return too_many(where(r, name), "sources", r->err);
        plan->sources[plan->source_count++] =
            arena_print(plan->arena, "%.*s=%s", TEXT_PRINT(value_text(name)), path_of(r, value_next(name))).data;
    }
    return 0;
}

static int
read_inputs(struct reading *r, const struct value *data, const struct value *inputs)
{
    const struct value *word = NULL;

    for (uint32_t left = words(data, &word); left > 0; left--, word = value_next(word)) {
        const char *path = path_of(r, word);

        if (flow_plan_data(r->plan, path, r->err) < 0)
            return file_exists(path) ? -1 : error_at(r->err, where(r, word));
    }
    return inputs != NULL ? put_layer(r->plan, r->document, inputs, r->err) : 0;
}

/* FORMAT, or FORMAT=FILE beside the configuration. */
static void
read_reports(struct reading *r, const struct value *v)
{
    struct flow_plan *plan = r->plan;
    const struct value *word = NULL;
    uint32_t left = words(v, &word);

    if (left > 0)
        plan->reports.count = 0;
    for (; left > 0; left--, word = value_next(word)) {
        struct text whole = value_text(word), format = text_slice(whole, 0, text_find(whole, '='));

        if (format.length < whole.length)
            whole = arena_print(plan->arena, "%.*s=%s", TEXT_PRINT(format),
                                units_path(text_from(whole, format.length + 1), r->file, plan->arena).data);
        plan->reports.items[plan->reports.count++] = arena_text(plan->arena, whole).data;
    }
}

static void
read_workflows(struct reading *r, const struct value *v)
{
    const struct value *word = NULL;
    uint32_t left = words(v, &word);

    if (left > 0)
        r->plan->workflow_count = 0;
    for (; left > 0 && r->plan->workflow_count < FLOW_PLAN_NAMES; left--, word = value_next(word))
        r->plan->workflows[r->plan->workflow_count++] = arena_text(r->plan->arena, value_text(word)).data;
}

static void
read_path(const struct reading *r, const struct value *v, const char **path)
{
    if (v != NULL)
        *path = path_of(r, v);
}

static void
read_count(const struct value *v, uint32_t *count)
{
    uint64_t number;

    if (v != NULL && text_to_u64(value_text(v), &number) && number <= UINT32_MAX)
        *count = (uint32_t)number;
}

static void
read_flag(const struct value *v, bool *flag)
{
    if (v != NULL)
        *flag = v->type == VALUE_TRUE;
}

/* The keys of the file, or of one environment; their types are judged already. */
static int
read_keys(struct reading *r, const struct value *keys)
{
    struct flow_plan *plan = r->plan;
    const struct value *timeout = VALUE_MEMBER(keys, "timeout");

    read_workflows(r, VALUE_MEMBER(keys, "workflow"));
    read_reports(r, VALUE_MEMBER(keys, "report"));
    read_path(r, VALUE_MEMBER(keys, "rules"), &plan->rules);
    read_path(r, VALUE_MEMBER(keys, "record"), &plan->record);
    read_path(r, VALUE_MEMBER(keys, "log_file"), &plan->log_file);
    read_count(VALUE_MEMBER(keys, "repeat"), &plan->repeat);
    read_count(VALUE_MEMBER(keys, "concurrency"), &plan->concurrency);
    read_flag(VALUE_MEMBER(keys, "fail_fast"), &plan->fail_fast);
    read_flag(VALUE_MEMBER(keys, "unchecked"), &plan->unchecked);
    if (timeout != NULL && !units_duration(value_text(timeout), &plan->timeout))
        return error_set(r->err, ERROR_CONFIG, where(r, timeout), "this timeout is too large");
    if (read_servers(r, VALUE_MEMBER(keys, "servers")) < 0 || read_tokens(r, VALUE_MEMBER(keys, "tokens")) < 0 ||
        read_sources(r, VALUE_MEMBER(keys, "sources")) < 0)
        return -1;
    return read_inputs(r, VALUE_MEMBER(keys, "data"), VALUE_MEMBER(keys, "inputs"));
}

static int
no_environment(const struct reading *r, const struct value *all, struct text asked, const char *at)
{
    const char *names[FLOW_PLAN_NAMES], *near;
    size_t count = 0;
    struct text list = text_make(NULL, 0);

    for (VALUE_EACH_MEMBER(name, all)) {
        if (count < FLOW_PLAN_NAMES)
            names[count++] = arena_text(r->plan->arena, value_text(name)).data;
        list = arena_print(r->plan->arena, "%.*s%s%.*s", TEXT_PRINT(list), list.length > 0 ? ", " : "",
                           TEXT_PRINT(value_text(name)));
    }
    if (asked.length == 0)
        return error_set(r->err, ERROR_USAGE, at, "which environment? Say --env NAME; there are %.*s",
                         TEXT_PRINT(list));
    near = text_nearest(asked, names, count);
    return error_set(r->err, ERROR_CONFIG, at, "there is no environment '%.*s'; %s%s%s", TEXT_PRINT(asked),
                     near != NULL ? "did you mean '" : "there are ", near != NULL ? near : list.data,
                     near != NULL ? "'?" : "");
}

/* *keys NULL: there are no environments. Nothing is judged yet. */
static int
choose(const struct reading *r, const char *asked, const struct value **keys)
{
    const struct value *root = r->document->root;
    const struct value *all = VALUE_MEMBER(root, "environments"), *said = VALUE_MEMBER(root, "environment");
    struct text name = asked != NULL                  ? text_of(asked)
                       : value_is(said, VALUE_STRING) ? value_text(said)
                                                      : text_make(NULL, 0);

    *keys = NULL;
    if (all == NULL && name.length > 0)
        return error_set(r->err, ERROR_CONFIG, r->document->name,
                         "there is no environment '%.*s': the file has no `environments`", TEXT_PRINT(name));
    if (!value_is(all, VALUE_OBJECT) || all->count == 0)
        return 0;
    if (name.length == 0 && all->count == 1)
        *keys = value_next(value_first(all));
    else
        *keys = value_member(all, name);
    if (*keys == NULL)
        return no_environment(r, all, name, asked == NULL && said != NULL ? where(r, said) : r->document->name);
    return 0;
}

/* ${NAME}, but for environments that are not asked for: they may want variables that are not there. */
static int
expand(const struct reading *r, const struct value *chosen)
{
    const struct value *root = r->document->root;

    if (root->type == VALUE_OBJECT) {
        for (VALUE_EACH_MEMBER(name, root)) {
            if (!text_equal(value_text(name), TEXT("environments")) &&
                units_expand(r->document, value_next(name), r->plan->arena, r->err) < 0)
                return -1;
        }
    }
    return chosen != NULL ? units_expand(r->document, chosen, r->plan->arena, r->err) : 0;
}

int
flow_config_read(struct flow_plan *plan, const char *path, const char *environment, struct error *err)
{
    struct document *document = ARENA_NEW(plan->arena, struct document);
    struct reading r = { .plan = plan, .document = document, .file = text_of(path), .err = err };
    const struct value *keys;

    if (document == NULL)
        return error_memory(err);
    if (document_read(document, path, plan->arena, err) < 0 || choose(&r, environment, &keys) < 0 ||
        expand(&r, keys) < 0 || judge_document(document, "flow-config.schema.json", err) < 0 ||
        read_keys(&r, document->root) < 0)
        return -1;
    return keys != NULL ? read_keys(&r, keys) : 0;
}
