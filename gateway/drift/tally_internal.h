/* tally_internal.h -- what the files of the tally share; for them alone. */
#ifndef DRIFT_TALLY_INTERNAL_H
#define DRIFT_TALLY_INTERNAL_H

#include "base/buffer.h"
#include "drift/tally.h"
#include "schema/parts.h"

struct tally_node;

struct tally_member {
    struct text name;
    struct schema_part where; /* the first schema that names it */
    struct tally_node *node;
    bool required;
    uint64_t seen;
};

struct tally_choice {
    const struct value *value;
    struct schema_part where;
    uint64_t seen;
};

#define TALLY_BRANCHES 64 /* of one value that are told apart */

struct tally_branch {
    struct text name;
    struct schema_part where;
    const struct schema *schema;
    struct tally_node *node;
    bool holds; /* for the value of this place that is being walked */
    uint64_t seen;
};

/* All schemas that hold for one place of a message. What is in it is found when a value comes to it. */
struct tally_node {
    struct tally_node *outer;  /* of a branch: what it is a branch of; else NULL */
    struct schema_part *parts; /* of a branch, the first one is that which is listed there */
    uint32_t part_count, part_room;
    bool expanded;
    bool open; /* it says something about members that it does not name */
    struct tally_member *members;
    uint32_t member_count, member_room;
    struct tally_node *items;
    struct tally_choice *choices;
    uint32_t choice_count, choice_room;
    struct tally_branch *branches;
    uint32_t branch_count, branch_room;
};

/* The root of one kind of body: of the request, or of an answer. */
struct tally_body {
    struct text type; /* media type as it was sent, without parameters */
    uint32_t answer;  /* index; UINT32_MAX: the request */
    struct tally_node *root;
    struct tally_body *next;
};

struct tally_operation {
    uint64_t exchanges;
    uint64_t *answers;    /* by index */
    uint64_t *parameters; /* by index */
    struct tally_body *bodies;
};

struct tally {
    const struct ruleset *ruleset;
    struct arena *arena;
    struct tally_operation *operations; /* of all services */
    uint32_t nodes;
    bool full;
};

/* ---- tally_plan.c ---- */

/* New and empty; NULL: there are too many, or no memory. */
struct tally_node *tally_node_new(struct tally *t);
int tally_node_add(struct tally *t, struct tally_node *node, struct schema_part part);

/* Find out what is in it. 0, or -1 (no memory). */
int tally_node_expand(struct tally *t, struct tally_node *node, const struct schema_set *set);

struct tally_member *tally_node_member(const struct tally_node *node, struct text name);

/* ---- tally_walk.c ---- */

struct tally_walk {
    struct tally *tally;
    const struct tally_exchange *x;
    enum side side;
    const struct schema_set *set;
    struct buffer place; /* pointer of the value at hand */
    bool failed;
};

/* Count a value of this place, with all inside. */
void tally_walk(struct tally_walk *w, struct tally_node *node, const struct value *value);

#endif
