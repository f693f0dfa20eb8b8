/* patch_internal.h -- what changing JSON and changing YAML share, and the parts of the latter; for patch*.c. */
#ifndef DRIFT_PATCH_INTERNAL_H
#define DRIFT_PATCH_INTERNAL_H

#include "drift/patch.h"
#include "drift/patch_yaml.h"
#include "json/document.h"
#include "json/yaml_nodes.h"

/* The index that a token of a pointer means in an array; "-" and `count` only where something is added. */
bool patch_index(struct text token, uint32_t count, bool adding, uint32_t *index);

/* A token of a pointer unescaped. False: a '~' is followed by something else than 0 or 1 (RFC 6901 3). */
bool patch_token(struct text token, struct arena *arena, struct text *name);

/* ---- places in a YAML text ---- */

/* Where the line of this place begins; and how far behind that it is. */
uint32_t yaml_line_start(struct text yaml, uint32_t place);
unsigned yaml_column(struct text yaml, uint32_t place);

/* The style of a scalar; YAML_PLAIN where it is none, or NULL. */
enum yaml_style yaml_style_of(const struct yaml_node *node);

/* ---- how a YAML text is laid out: what is added looks like what is there ---- */

struct yaml_manner {
    unsigned step;   /* columns that a map in a map is further in */
    unsigned dash;   /* the same of a list in a map */
    bool flow_lists; /* lists of words are written [a, b] */
    bool singles;    /* what needs quotes has single ones */
    struct text eol;
};

struct yaml_manner yaml_manner_of(struct text yaml, const struct yaml_node *root);

/* Lines of a value that stands behind "key:" or "-", with what is in front of it on its line, and the end of its last
 * line. `column`: of the key, or the dash. */
void yaml_lay_member(struct buffer *out, const struct yaml_manner *manner, struct text key, const struct value *value,
                     unsigned column);
void yaml_lay_item(struct buffer *out, const struct yaml_manner *manner, const struct value *value, unsigned column);

/* What is inside of a collection with members or items, line by line, each from this column on; hangs: the first line
 * has its indentation, or a dash, already. */
void yaml_lay_inside(struct buffer *out, const struct yaml_manner *manner, const struct value *value, unsigned column,
                     bool hangs);

/* On one line; like: the style of a neighbour (YAML_PLAIN where there is none), JSON where that is YAML_DOUBLE. */
void
yaml_lay_flow(struct buffer *out, const struct yaml_manner *manner, const struct value *value, enum yaml_style like);

void yaml_lay_spaces(struct buffer *out, unsigned count);

/* A key, written as its neighbour is (YAML_BLOCK: there is none). flow: inside of braces. */
void
yaml_lay_key(struct buffer *out, const struct yaml_manner *manner, struct text key, enum yaml_style like, bool flow);

/* May it be written on one line behind its key? */
bool yaml_lays_flat(const struct yaml_manner *manner, const struct value *value);

/* ---- the change ---- */

struct yaml_edit {
    struct text yaml;
    const struct patch_op *op;
    const struct value *value; /* what is added, or NULL */
    struct arena *arena;
    struct buffer *out;
    struct yaml_manner manner;
    struct patch_refused *refused;

    const struct yaml_node *above;     /* the collection around the parent, or NULL */
    const struct yaml_node *above_key; /* of the parent in it, when that is a map */
    const struct yaml_node *parent;
    const struct yaml_node *before; /* the value in front of the target, or NULL */
    const struct yaml_node *key;    /* of a member that is there */
    const struct yaml_node *node;   /* the target; NULL: it is not there */
    const struct yaml_node *next;   /* the key or item behind it, or NULL */
    struct text name;               /* of a member, unescaped */
};

/* False, with refused filled in. */
bool yaml_refuse(struct yaml_edit *e, uint32_t place, const char *why);

/* ---- patch_yaml_block.c: parents in block style ---- */

bool yaml_block_insert(struct yaml_edit *e);
bool yaml_block_remove(struct yaml_edit *e);

/* e->node, in a parent of either style. */
bool yaml_replace(struct yaml_edit *e);

/* The parent, which is empty, gets its first member or item in block style. False: that cannot be. */
bool yaml_block_open(struct yaml_edit *e);

/* ---- patch_yaml_flow.c: parents in flow style ---- */

bool yaml_flow_insert(struct yaml_edit *e);
bool yaml_flow_remove(struct yaml_edit *e);

#endif
