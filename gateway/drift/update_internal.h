/* update_internal.h -- changes that violations ask for, one per place and kind. */
#ifndef DRIFT_UPDATE_INTERNAL_H
#define DRIFT_UPDATE_INTERNAL_H

#include "drift/infer_internal.h"
#include "drift/update.h"
#include "traffic/exchange.h"

#define UPDATE_REPAIRS 4000u /* different ones in one round */
#define UPDATE_LEFT    50u   /* kinds of violations that are told */
#define UPDATE_VALUES  8u    /* new values of one enum; with more it is none */

enum repair_kind {
    REPAIR_TYPE,     /* one type more */
    REPAIR_ENUM,     /* one value more, also of a const */
    REPAIR_REQUIRED, /* `name` is not required */
    REPAIR_BOUND,    /* the bound is where the farthest value is */
    REPAIR_DROP,     /* the keyword goes */
    REPAIR_MEMBER,   /* a property `name` */
    REPAIR_BRANCH,   /* one alternative more */
    REPAIR_OPTIONAL, /* a parameter, header or body is not required */
    REPAIR_QUERY,    /* a query parameter `name` */
    REPAIR_STATUS,   /* an answer `name` */
    REPAIR_CONTENT,  /* a media type `name` of a body or an answer */
    REPAIR_METHOD,   /* a method `name` of a path that is there */
};

struct repair {
    enum repair_kind kind;
    struct text pointer; /* of the keyword, or of the object that gets something */
    struct text name;
    uint64_t seen;
    struct infer_shape *shape; /* of the values that broke it */
    struct text values[UPDATE_VALUES];
    uint32_t value_count;
    bool values_more;
    struct text farthest;          /* a number */
    struct infer_operation *tally; /* of the exchanges that asked for it */
    enum side side;
    uint16_t status;
};

struct update {
    const struct contract *contract;
    struct arena *arena;
    struct schema_scratch *scratch;
    struct infer *infer; /* paths that the contract has not; its arena is for all tallies */
    struct repair *repairs;
    uint32_t repair_count;
    struct update_left left[UPDATE_LEFT];
    uint32_t left_count;
    struct update_op *ops;
    uint32_t op_count, op_capacity;
    uint64_t seen;
};

/* ---- update_keyword.c ---- */

/* What a violation of a schema asks for; value: what broke it, or NULL. False: nothing can be done. */
bool update_keyword(struct update *u, const struct violation *v, const struct value *value);

/* ---- update.c ---- */

/* The repair of this kind and place, new or counted once more; NULL: there are too many. */
struct repair *update_repair(struct update *u, enum repair_kind kind, struct text pointer, struct text name);

/* ---- update_ops.c ---- */

void update_make_ops(struct update *u);

#endif
