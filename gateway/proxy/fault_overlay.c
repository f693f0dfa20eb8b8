#include "proxy/fault_overlay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct switched {
    struct switched *next;
    bool on;
    size_t length;
    char name[];
};

/* One state of it. */
struct layer {
    char *rules; /* NULL: those of the files */
    size_t length;
    struct switched *switches;
};

struct fault_overlay {
    pthread_mutex_t changing; /* one change at a time, its reload included */
    pthread_mutex_t lock;     /* for what follows; held shortly */
    struct layer layer;
};

static void
layer_free(struct layer *l)
{
    free(l->rules);
    while (l->switches != NULL) {
        struct switched *next = l->switches->next;

        free(l->switches);
        l->switches = next;
    }
    *l = (struct layer){ .rules = NULL };
}

struct fault_overlay *
fault_overlay_new(void)
{
    struct fault_overlay *o = calloc(1, sizeof *o);

    if (o == NULL)
        return NULL;
    (void)pthread_mutex_init(&o->changing, NULL);
    (void)pthread_mutex_init(&o->lock, NULL);
    return o;
}

void
fault_overlay_free(struct fault_overlay *o)
{
    if (o == NULL)
        return;
    layer_free(&o->layer);
    (void)pthread_mutex_destroy(&o->lock);
    (void)pthread_mutex_destroy(&o->changing);
    free(o);
}

int
fault_overlay_apply(struct fault_overlay *o, struct settings *s, struct error *err)
{
    int result = 0;

    (void)pthread_mutex_lock(&o->lock);
    if (o->layer.rules != NULL)
        result = settings_put_faults(s, text_make(o->layer.rules, o->layer.length), FAULT_OVERLAY_NAME, err);
    for (const struct switched *w = o->layer.switches; w != NULL && result == 0; w = w->next)
        if (settings_switch_fault(s, text_make(w->name, w->length), w->on) < 0)
            result = error_memory(err);
    (void)pthread_mutex_unlock(&o->lock);
    return result;
}

bool
fault_overlay_has_rules(struct fault_overlay *o)
{
    bool has;

    (void)pthread_mutex_lock(&o->lock);
    has = o->layer.rules != NULL;
    (void)pthread_mutex_unlock(&o->lock);
    return has;
}

/* ---- changes ---- */

static struct layer
exchange(struct fault_overlay *o, struct layer next)
{
    struct layer before;

    (void)pthread_mutex_lock(&o->lock);
    before = o->layer;
    o->layer = next;
    (void)pthread_mutex_unlock(&o->lock);
    return before;
}

/* Takes the layer. What was there comes back where the reload fails. */
static int
change(struct fault_overlay *o, struct layer next, struct reload *r, struct error *err)
{
    struct layer before = exchange(o, next);
    struct reload_result result;

    if (reload_now(r, &result, err) == 0) {
        layer_free(&before);
        return 0;
    }
    next = exchange(o, before);
    layer_free(&next);
    return -1;
}

static bool
add_switch(struct layer *l, const char *name, size_t length, bool on)
{
    struct switched *w = malloc(sizeof *w + length);

    if (w == NULL)
        return false;
    *w = (struct switched){ .next = l->switches, .on = on, .length = length };
    memcpy(w->name, name, length);
    l->switches = w;
    return true;
}

static bool
copy_rules(struct layer *l, struct text rules)
{
    l->rules = malloc(rules.length + 1);
    l->length = rules.length;
    if (l->rules != NULL && rules.length > 0)
        memcpy(l->rules, rules.data, rules.length);
    return l->rules != NULL;
}

int
fault_overlay_put(struct fault_overlay *o, struct text rules, struct reload *r, struct error *err)
{
    struct layer next = { .rules = NULL };
    int result;

    (void)pthread_mutex_lock(&o->changing);
    result = copy_rules(&next, rules) ? change(o, next, r, err) : error_memory(err);
    (void)pthread_mutex_unlock(&o->changing);
    return result;
}

int
fault_overlay_drop(struct fault_overlay *o, struct reload *r, struct error *err)
{
    int result;

    (void)pthread_mutex_lock(&o->changing);
    result = change(o, (struct layer){ .rules = NULL }, r, err);
    (void)pthread_mutex_unlock(&o->changing);
    return result;
}

/* All that there is, but this name's switch. Only changes write to the layer, and they wait for each other. */
static bool
copy_layer(struct layer *next, const struct layer *l, struct text but)
{
    if (l->rules != NULL && !copy_rules(next, text_make(l->rules, l->length)))
        return false;
    for (const struct switched *w = l->switches; w != NULL; w = w->next)
        if (!text_equal(text_make(w->name, w->length), but) && !add_switch(next, w->name, w->length, w->on))
            return false;
    return true;
}

int
fault_overlay_switch(struct fault_overlay *o, struct text name, bool on, struct reload *r, struct error *err)
{
    struct layer next = { .rules = NULL };
    int result;

    (void)pthread_mutex_lock(&o->changing);
    if (copy_layer(&next, &o->layer, name) && add_switch(&next, name.data, name.length, on)) {
        result = change(o, next, r, err);
    } else {
        layer_free(&next);
        result = error_memory(err);
    }
    (void)pthread_mutex_unlock(&o->changing);
    return result;
}
