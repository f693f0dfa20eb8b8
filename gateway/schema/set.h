/* set.h -- the inside of a schema_set: documents, the resources in them, and what has been compiled.
 *
 * A resource is a stretch of a document with a URI of its own (Core 2020-12 4.3.5): a document's root, or a schema
 * with $id. resolve.c finds things here, compile.c fills it. All of it belongs to the set's arena. */
#ifndef SCHEMA_SET_H
#define SCHEMA_SET_H

#include "base/arena.h"
#include "schema/dialect.h"
#include "schema/map.h"
#include "schema/program.h"
#include "schema/schema.h"

struct dynamic_anchor {
    struct text name;
    const struct value *place;
    struct schema *schema; /* compiled when some $dynamicRef asks for the name */
    struct dynamic_anchor *next;
};

struct resource {
    struct text uri; /* absolute, without fragment */
    const struct document *document;
    const struct value *root;
    struct resource *parent; /* the one around it in the same document, or NULL */
    struct dialect dialect;
    struct dynamic_anchor *dynamic;
    struct resource *next; /* all of the set */
    bool recursive;        /* $recursiveAnchor: true (2019-09) */
};

/* A document of the set. */
struct source {
    const struct document *document;
    struct resource **resources; /* in the order of their roots on the tape; [0] is the document's */
    uint32_t count;
    uint32_t capacity;
    uint64_t *seen; /* a bit per value: its schema has been searched for identifiers */
};

struct chain {
    struct schema *schema;
    struct chain *next;
};

struct pattern_list {
    struct pattern *pattern; /* owned */
    struct pattern_list *next;
};

struct schema_set {
    struct schema_set_options options;
    struct arena *arena;
    struct map sources;   /* document -> source */
    struct map resources; /* URI -> resource */
    struct map anchors;   /* resource, name -> value */
    struct map schemas;   /* value -> schema */
    struct map targets;   /* resource, reference -> schema */
    struct map indexes;   /* object -> member_index */
    struct map patterns;  /* text -> pattern */
    struct map wanted;    /* names of dynamic anchors that some $dynamicRef asks for */
    struct map around;    /* part of an allOf -> the schema with the allOf (OpenAPI only) */
    struct names keywords;
    struct resource *all;
    struct source *latest;     /* asked for last */
    struct chain *pending;     /* placed, but not yet compiled */
    const struct value *asked; /* the place that schema_compile was asked for */
    struct pattern_list *pattern_list;
    struct chain *compiled; /* every schema, newest first */
    struct op *scratch;     /* instructions of the schema that is being compiled */
    uint32_t scratch_count, scratch_capacity;
    uint32_t loading;     /* depth of documents that load documents */
    bool anchors_changed; /* a resource got dynamic anchors after schemas of it were compiled */
    bool no_memory;
};

/* Where a reference leads. */
struct target {
    const struct resource *resource; /* NULL: nowhere */
    const struct value *place;
};

/* ---- set.c ---- */

void set_defect(struct schema_set *set, const struct document *document, const struct value *place, bool fatal,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Remember that memory ran out; gives -1. */
int set_no_memory(struct schema_set *set);

/* A member of an object, by an index when it is big. `build` false: look only (any thread). */
const struct value *set_member(struct schema_set *set, const struct value *object, struct text name);
const struct value *set_member_find(const struct schema_set *set, const struct value *object, struct text name);

/* ---- resolve.c ---- */

struct source *set_source(struct schema_set *set, const struct document *document);
struct resource *set_resource_of(struct schema_set *set, const struct document *document, const struct value *place);

/* Search the schema at place and the schemas inside for identifiers. */
void set_identify(struct schema_set *set, struct source *source, const struct value *place);

/* The document for a URI: known, embedded, or loaded; its root resource. NULL when nobody has it. */
struct resource *set_resource(struct schema_set *set, struct text uri);

struct target set_resolve(struct schema_set *set, const struct resource *from, struct text reference);

/* The same among what is already known; changes nothing, so any thread may ask. */
struct target set_find(const struct schema_set *set, const struct resource *from, struct text reference);

/* "; this document has '#/$defs/Order'" for a reference that leads nowhere, or "". */
struct text set_nearest(struct schema_set *set, const struct resource *from, struct text reference);

#endif
