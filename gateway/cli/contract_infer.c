/* contract_infer.c -- plumbline contract infer: a contract from recorded traffic. */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/contract_commands.h"
#include "cli/contract_update.h"
#include "drift/infer.h"

struct asked {
    const char *out, *title, *service, *host, *update;
    bool write;
    struct option_list recordings;
};

/* ---- the result ---- */

static void
add(void *arg, struct exchange *x)
{
    infer_add(arg, x);
}

static void
tell(const struct infer_reading *r, const struct infer_counts *counts)
{
    fprintf(stderr, "plumbline " INFER_COMMAND ": %" PRIu64 " exchange%s, %" PRIu64 " operation%s", counts->exchanges,
            counts->exchanges == 1 ? "" : "s", counts->operations, counts->operations == 1 ? "" : "s");
    if (counts->left_out > 0)
        fprintf(stderr, "; %" PRIu64 " left out (refused by Plumbline, injected faults, no HTTP of an API)",
                counts->left_out);
    fprintf(stderr, "\n");
    if (counts->full)
        fprintf(stderr, "plumbline " INFER_COMMAND
                        ": there was more than fits in memory: what came late is not in the contract; use --service\n");
    if (r->broken > 0)
        fprintf(stderr, "plumbline " INFER_COMMAND ": %" PRIu64 " entr%s could not be read\n", r->broken,
                r->broken == 1 ? "y" : "ies");
}

static int
infer_contract(const struct asked *asked, struct infer_reading *r, struct infer *infer, struct error *err)
{
    const char *title = asked->title != NULL ? asked->title : asked->service != NULL ? asked->service : "API";
    const char *first = asked->recordings.items[0], *from = strcmp(first, "-") == 0 ? SPOOL_NAME : first;
    struct infer_counts counts;
    struct buffer out;
    int result = 0;

    if (infer_read(r, err) < 0)
        return -1;
    counts = infer_counts(infer);
    if (counts.exchanges == counts.left_out)
        return error_set(err, ERROR_CONFIG, from, "there is no exchange in it that says something about an API%s",
                         asked->service != NULL ? " of that service"
                         : asked->host != NULL  ? " of that host"
                                                : "");
    buffer_init(&out, LIMIT_FILE_BYTES);
    infer_write(infer, text_of(title), text_of(from), &out);
    if (buffer_failed(&out))
        result = error_memory(err);
    else
        result = infer_put(asked->out, buffer_text(&out), err);
    buffer_release(&out);
    counts = infer_counts(infer);
    tell(r, &counts);
    return result;
}

static int
run(const struct asked *asked)
{
    struct infer *infer = infer_new();
    struct infer_reading r = INFER_READING(.recordings = &asked->recordings, .service = asked->service,
                                           .host = asked->host, .add = add, .arg = infer);
    struct error err = { .kind = ERROR_NONE };
    int code = EXIT_FINE;

    if (infer == NULL)
        (void)error_memory(&err);
    if (err.kind != ERROR_NONE || infer_contract(asked, &r, infer, &err) < 0)
        code = command_fail(INFER_COMMAND, &err);
    else if (r.broken > 0)
        code = EXIT_CONFIG;
    spool_release(&r.spool);
    infer_free(infer);
    return code;
}

static int
run_update(const struct asked *asked)
{
    struct infer_reading r =
        INFER_READING(.recordings = &asked->recordings, .service = asked->service, .host = asked->host);
    struct error err = { .kind = ERROR_NONE };
    int result = contract_update(&r, asked->update, asked->write, asked->out, &err);

    spool_release(&r.spool);
    if (result < 0)
        return command_fail(INFER_COMMAND, &err);
    return r.broken > 0 ? EXIT_CONFIG : EXIT_FINE;
}

int
contract_infer(int argc, char **argv)
{
    struct asked asked = { .out = NULL };
    const struct option options[] = {
        { "--output", 'o', OPTION_TEXT, "FILE", NULL, "write it there (standard output)", &asked.out },
        { "--service", 0, OPTION_TEXT, "NAME", NULL, "look at the exchanges of this service alone", &asked.service },
        { "--host", 0, OPTION_TEXT, "NAME", NULL, "look at what was sent to this host alone", &asked.host },
        { "--title", 0, OPTION_TEXT, "TITLE", NULL, "the title of a new contract (the service, or API)", &asked.title },
        { "--update", 0, OPTION_TEXT, "CONTRACT", NULL, "print the JSON Patch that makes this one fit the traffic",
          &asked.update },
        { "--write", 0, OPTION_FLAG, NULL, NULL, "with --update: change the file itself, JSON or YAML", &asked.write },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = INFER_COMMAND,
        .summary = "Make a contract from recorded traffic, or change one so that it fits.",
        .arguments = "RECORDING|HAR...",
        .example = "plumbline contract infer logs/staging -o contracts/staging.openapi.json",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more = "A recording called - is standard input.\n"
                "Exit: 0 fine, 2 an input cannot be read or says nothing, or --write cannot be, 3 environment.",
    };
    struct error err = { .kind = ERROR_NONE };
    int code;

    if (!options_read(&usage, argc, argv, &asked.recordings, &code))
        return code;
    if (asked.write && (asked.update == NULL || asked.out != NULL)) {
        (void)error_set(&err, ERROR_CONFIG, "--write",
                        asked.update == NULL ? "needs --update CONTRACT, which it changes"
                                             : "and -o cannot both be meant");
        return command_fail(INFER_COMMAND, &err);
    }
    return asked.update != NULL ? run_update(&asked) : run(&asked);
}
