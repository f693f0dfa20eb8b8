/* script_expression.h -- an expression, between the file that compiles it and the one that evaluates it. */
#ifndef RULES_SCRIPT_EXPRESSION_H
#define RULES_SCRIPT_EXPRESSION_H

#include "rules/script_internal.h"
#include "rules/script_words.h"

struct script_group {
    enum script_kind kind;
    const struct script_expression *expression;
    struct text prefix;
};

struct variable {
    struct text name;
    const struct value *value; /* of this evaluation */
    struct script_view *view;
    int reference;
};

struct group {
    struct text prefix; /* of a variable's name */
    int reference;
};

/* What the function gets, in this order: a variable, or a group. */
struct parameter {
    struct text name;
    int variable; /* -1: a group */
    int group;
    bool used; /* does the expression name it? */
};

struct part {
    struct script_part words;
    int whole, left, right; /* functions */
};

struct script_expression {
    struct arena *arena;
    const char *where;
    struct text source;
    struct variable *variables;
    struct group *groups;
    struct parameter *parameters;
    uint32_t variable_count, group_count, parameter_count;
    int function;
    struct part parts[SCRIPT_PARTS];
    uint32_t part_count;
};

/* Its number, or -1. */
int script_find_variable(const struct script_expression *e, struct text name);

/* Its view, or what it is itself. */
void script_push_variable(lua_State *L, const struct variable *v);

#endif
