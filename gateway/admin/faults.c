/* faults.c -- /api/v1/faults: what is broken on purpose, how often it was, and its switches. */
#include "admin/write.h"
#include "proxy/fault_counts.h"
#include "proxy/fault_overlay.h"
#include "proxy/reload.h"
#include "proxy/server.h"
#include "rules/fault.h"

/* ---- what there is ---- */

struct listing {
    struct json_writer w;
    struct arena *arena;
    const struct faults *faults;
    struct fault_counts *counts;
};

static void
write_rule(struct listing *l, const struct fault_rule *rule, bool preset)
{
    struct text when = fault_when_text(l->faults, rule, l->arena);

    json_object(&l->w);
    write_text(&l->w, "name", rule->name);
    if (!preset)
        write_bool(&l->w, "enabled", rule->enabled);
    write_text(&l->w, "effect", text_of(fault_effect_key(rule->effect)));
    write_text(&l->w, "does", fault_does_text(rule, l->arena));
    write_text(&l->w, "side", rule->side == SIDE_REQUEST ? TEXT("request") : TEXT("response"));
    write_text(&l->w, "when", when.length > 0 ? when : TEXT("always"));
    write_text(&l->w, "where", rule->where);
    if (!preset)
        write_number(&l->w, "fired", fault_counts_firings(l->counts, rule));
    json_end_object(&l->w);
}

void
api_faults(struct api_call *call)
{
    struct ruleset *ruleset = proxy_ruleset(call->api->proxy);
    struct fault_overlay *overlay = reload_faults(call->api->reload);
    struct listing l = { .arena = call->request->arena,
                         .faults = ruleset_faults(ruleset),
                         .counts = proxy_fault_counts(call->api->proxy) };
    const struct fault_rule *rule;

    write_begin(&l.w, call);
    json_object(&l.w);
    write_text(&l.w, "source", overlay != NULL && fault_overlay_has_rules(overlay) ? TEXT("admin") : TEXT("settings"));
    write_number(&l.w, "seed", ruleset_settings(ruleset)->seed);
    write_number(&l.w, "forgotten", fault_counts_forgotten(l.counts));
    write_key(&l.w, "faults");
    json_array(&l.w);
    for (uint32_t i = 0; (rule = fault_at(l.faults, i)) != NULL; i++)
        write_rule(&l, rule, false);
    json_end_array(&l.w);
    write_key(&l.w, "presets");
    json_array(&l.w);
    for (uint32_t i = 0; (rule = fault_preset_at(l.faults, i)) != NULL; i++)
        write_rule(&l, rule, true);
    json_end_array(&l.w);
    json_end_object(&l.w);
    ruleset_drop(ruleset);
}

/* ---- changes ---- */

static struct fault_overlay *
overlay_of(struct api_call *call)
{
    struct fault_overlay *overlay = reload_faults(call->api->reload);

    if (overlay == NULL)
        api_problem(call, 409, TEXT("nothing can be changed here"));
    return overlay;
}

/* What is wrong with the body is a matter of who sent it (400, "admin:3:5"); with the files that are read anew, not. */
static void
tell_failure(struct api_call *call, const struct error *err)
{
    bool own = text_starts(text_of(err->where), TEXT(FAULT_OVERLAY_NAME ":"));

    api_problem_at(call,
                   own                              ? 400
                   : err->kind == ERROR_ENVIRONMENT ? 409
                                                    : 422,
                   err->where[0] != '\0' ? text_of(err->where) : TEXT("settings"), text_of(err->what));
}

static void
answer_change(struct api_call *call, int result, const struct error *err)
{
    if (result == 0)
        api_faults(call);
    else
        tell_failure(call, err);
}

void
api_faults_put(struct api_call *call)
{
    struct fault_overlay *overlay = overlay_of(call);
    struct error err = { .kind = ERROR_NONE };

    if (overlay != NULL)
        answer_change(call, fault_overlay_put(overlay, call->request->message.body, call->api->reload, &err), &err);
}

void
api_faults_reset(struct api_call *call)
{
    struct fault_overlay *overlay = overlay_of(call);
    struct error err = { .kind = ERROR_NONE };

    if (overlay != NULL)
        answer_change(call, fault_overlay_drop(overlay, call->api->reload, &err), &err);
}

static bool
is_there(struct api_call *call)
{
    struct ruleset *ruleset = proxy_ruleset(call->api->proxy);
    bool there = fault_named(ruleset_faults(ruleset), call->name) != NULL;

    ruleset_drop(ruleset);
    return there;
}

/* {"enabled": true} */
static bool
read_switch(struct api_call *call, bool *on)
{
    struct document document;
    const struct value *enabled = NULL;

    if (document_parse(&document, call->request->message.body, NULL, call->request->arena, NULL) == 0)
        enabled = VALUE_MEMBER(document.root, "enabled");
    if (!value_is_boolean(enabled) || document.root->count != 1) {
        api_problem_at(call, 400, TEXT("body"), TEXT("expected {\"enabled\": true} or {\"enabled\": false}"));
        return false;
    }
    *on = enabled->type == VALUE_TRUE;
    return true;
}

void
api_fault_switch(struct api_call *call)
{
    struct fault_overlay *overlay = overlay_of(call);
    struct error err = { .kind = ERROR_NONE };
    bool on;

    if (overlay == NULL)
        return;
    if (!is_there(call))
        api_problem_at(call, 404, TEXT("path name"), TEXT("there is no fault rule of this name"));
    else if (read_switch(call, &on))
        answer_change(call, fault_overlay_switch(overlay, call->name, on, call->api->reload, &err), &err);
}
