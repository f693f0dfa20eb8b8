/* yaml_nodes.h -- where the nodes of a YAML text stand, for those who change it and leave the rest as it is.
 *
 * The tape (document.h) says what a text means and where values begin; here is what it does not keep: ends, styles,
 * anchors, and aliases as they are written. Nodes are in the order in which they were written, a map's keys and values
 * in turn, as on the tape; an alias is one node. No I/O; any thread. */
#ifndef JSON_YAML_NODES_H
#define JSON_YAML_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum yaml_kind {
    YAML_SCALAR,
    YAML_ALIAS,
    YAML_SEQUENCE,
    YAML_MAP,
};

enum yaml_style {
    YAML_PLAIN, /* also a scalar of no text */
    YAML_SINGLE,
    YAML_DOUBLE,
    YAML_LITERAL, /* | or > */
    YAML_FLOW,    /* [a, b] */
    YAML_BLOCK,
};

struct yaml_node {
    uint8_t kind;        /* enum yaml_kind */
    uint8_t style;       /* enum yaml_style */
    bool shared;         /* has an anchor that an alias means */
    bool property;       /* has an anchor or a tag in front of it */
    uint32_t span;       /* nodes, with all inside; n + n->span is what follows */
    uint32_t count;      /* items, or members */
    uint32_t start, end; /* bytes, with quotes and brackets; anchors and tags are in front. A YAML_LITERAL begins behind
                            its first line. A block begins at its first key or dash and ends with its last value */
};

/* The nodes of a text that document_read takes; *nodes is the root, NULL where it is no YAML. In the arena. False: no
 * memory, or no YAML. */
bool yaml_nodes(struct text source, struct arena *arena, const struct yaml_node **nodes);

/* The key behind this one's value; the item behind this one. */
static inline const struct yaml_node *
yaml_next(const struct yaml_node *n)
{
    return n + n->span;
}

#endif
