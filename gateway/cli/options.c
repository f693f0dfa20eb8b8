/* options.c -- command lines read by a table, and --help printed from the same table. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"

#define OPTIONS_MAX 48
#define HELP_COLUMN 30

struct parser {
    const struct usage *usage;
    int argc;
    char **argv;
    int at;
};

static enum options_result
bad(const struct usage *usage, const char *what, const char *word, const char *more)
{
    fprintf(stderr, "plumbline %s: %s '%s'%s; 'plumbline %s --help' tells more\n", usage->name, what, word, more,
            usage->name);
    return OPTIONS_BAD;
}

static void
print_option(const struct option *o)
{
    char left[96];
    int n;

    if (o->letter != 0)
        n = snprintf(left, sizeof(left), "  -%c, %s", o->letter, o->name);
    else
        n = snprintf(left, sizeof(left), "  %s", o->name);
    if (o->argument != NULL && n > 0 && (size_t)n < sizeof(left))
        n += snprintf(left + n, sizeof(left) - (size_t)n, " %s", o->argument);
    if (n < HELP_COLUMN)
        printf("%-*s %s\n", HELP_COLUMN, left, o->help);
    else
        printf("%s\n%-*s %s\n", left, HELP_COLUMN, "", o->help);
}

static void
print_help(const struct usage *usage)
{
    printf("%s\n\nusage: plumbline %s%s%s\n\n", usage->summary, usage->name, usage->arguments[0] != '\0' ? " " : "",
           usage->arguments);
    if (usage->example != NULL)
        printf("  $ %s\n\n", usage->example);
    for (const struct option *o = usage->options; o != NULL && o->name != NULL; o++)
        print_option(o);
    printf("%-*s %s\n", HELP_COLUMN, "  --help", "this page");
    if (usage->more != NULL)
        printf("\n%s\n", usage->more);
}

static enum options_result
unknown_option(const struct usage *usage, struct text word)
{
    const char *names[OPTIONS_MAX];
    char shown[128], hint[160] = "";
    size_t count = 0;
    const char *near;

    for (const struct option *o = usage->options; o != NULL && o->name != NULL && count < OPTIONS_MAX - 1; o++)
        names[count++] = o->name;
    names[count++] = "--help";
    snprintf(shown, sizeof(shown), "%.*s", TEXT_PRINT(word));
    near = text_nearest(word, names, count);
    if (near != NULL)
        snprintf(hint, sizeof(hint), "; did you mean '%s'?", near);
    return bad(usage, "there is no option", shown, hint);
}

static bool
is_choice(const char *choices, const char *word)
{
    struct text_split split = text_split_start(text_of(choices));
    struct text part;

    while (text_split_next(&split, '|', &part))
        if (text_equal(part, text_of(word)))
            return true;
    return false;
}

static enum options_result
store_number(const struct usage *usage, const struct option *o, const char *word)
{
    uint64_t number;

    if (!text_to_u64(text_of(word), &number) || number > LONG_MAX) {
        fprintf(stderr, "plumbline %s: %s wants a whole number, not '%s'\n", usage->name, o->name, word);
        return OPTIONS_BAD;
    }
    *(long *)o->value = (long)number;
    return OPTIONS_OK;
}

static enum options_result
store(const struct usage *usage, const struct option *o, const char *word)
{
    struct option_list *list = o->value;

    if (o->kind != OPTION_FLAG && word[0] == '\0') {
        fprintf(stderr, "plumbline %s: %s wants %s, and nothing was given\n", usage->name, o->name, o->argument);
        return OPTIONS_BAD;
    }
    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)o->value = true;
        return OPTIONS_OK;
    case OPTION_NUMBER:
        return store_number(usage, o, word);
    case OPTION_CHOICE:
        if (!is_choice(o->choices, word)) {
            fprintf(stderr, "plumbline %s: %s is one of %s, not '%s'\n", usage->name, o->name, o->choices, word);
            return OPTIONS_BAD;
        }
        *(const char **)o->value = word;
        return OPTIONS_OK;
    case OPTION_LIST:
        if (list->count == OPTION_LIST_MAX)
            return bad(usage, "too many times", o->name, "");
        list->items[list->count++] = word;
        return OPTIONS_OK;
    case OPTION_TEXT:
        *(const char **)o->value = word;
        return OPTIONS_OK;
    }
    return OPTIONS_BAD;
}

/* The row for "--name", "--name=value" or "-c". */
static const struct option *
find_option(const struct usage *usage, struct text name)
{
    for (const struct option *o = usage->options; o != NULL && o->name != NULL; o++) {
        if (text_equal(name, text_of(o->name)))
            return o;
        if (o->letter != 0 && name.length == 2 && name.data[0] == '-' && name.data[1] == o->letter)
            return o;
    }
    return NULL;
}

static enum options_result
take_option(struct parser *p)
{
    char *word = p->argv[p->at++];
    struct text whole = text_of(word);
    struct text name = text_slice(whole, 0, text_find(whole, '='));
    const struct option *o = find_option(p->usage, name);
    const char *value = name.length < whole.length ? word + name.length + 1 : NULL;

    if (text_equal(name, TEXT("--help")) || text_equal(name, TEXT("-h"))) {
        print_help(p->usage);
        return OPTIONS_HELP;
    }
    if (o == NULL)
        return unknown_option(p->usage, name);
    if (o->kind == OPTION_FLAG && value != NULL)
        return bad(p->usage, "there is no value for", o->name, "");
    if (o->kind != OPTION_FLAG && value == NULL) {
        if (p->at >= p->argc)
            return bad(p->usage, "a value is missing behind", o->name, "");
        value = p->argv[p->at++];
    }
    return store(p->usage, o, value);
}

static enum options_result
judge_arguments(const struct usage *usage, const struct option_list *arguments)
{
    if (arguments->count < usage->least) {
        fprintf(stderr, "plumbline %s: something is missing: plumbline %s %s\n", usage->name, usage->name,
                usage->arguments);
        return OPTIONS_BAD;
    }
    if (arguments->count > usage->most)
        return bad(usage, "one argument too many:", arguments->items[usage->most], "");
    return OPTIONS_OK;
}

enum options_result
options_parse(const struct usage *usage, int argc, char **argv, struct option_list *arguments)
{
    struct parser p = { .usage = usage, .argc = argc, .argv = argv, .at = 1 };
    bool only_arguments = false;
    enum options_result result;

    arguments->count = 0;
    while (p.at < argc) {
        const char *word = argv[p.at];

        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
            p.at++;
        } else if (!only_arguments && word[0] == '-' && word[1] != '\0') {
            if ((result = take_option(&p)) != OPTIONS_OK)
                return result;
        } else {
            if (arguments->count == OPTION_LIST_MAX)
                return bad(usage, "too many arguments from", word, " on");
            arguments->items[arguments->count++] = argv[p.at++];
        }
    }
    return judge_arguments(usage, arguments);
}

bool
options_read(const struct usage *usage, int argc, char **argv, struct option_list *arguments, int *code)
{
    enum options_result result = options_parse(usage, argc, argv, arguments);

    *code = result == OPTIONS_BAD ? EXIT_CONFIG : EXIT_FINE;
    return result == OPTIONS_OK;
}
