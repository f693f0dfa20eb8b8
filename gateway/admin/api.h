/* api.h -- the pages of the admin listener, as one table. Answers on the listener's thread.
 *
 * A page is a method and a path template; what a page knows is in struct api. Everything that shows traffic shows it
 * redacted, as recordings are. */
#ifndef ADMIN_API_H
#define ADMIN_API_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/service.h"
#include "rules/ruleset.h"

struct feed;
struct proxy;
struct reload;

/* What the pages know. */
struct api {
    struct proxy *proxy;
    struct reload *reload; /* NULL: nothing can be reloaded */
    struct feed *feed;     /* NULL: no exchanges are kept */
    int64_t started;       /* clock_wall */
    atomic_bool draining;
};

/* One request on its way to a page. */
struct api_call {
    struct api *api;
    const struct service_request *request;
    struct service_answer *answer;
    struct text name; /* what stood for {…} in the template, percent-decoded; or empty */
};

struct api_page {
    const char *method;
    const char *path; /* "/api/v1/exchanges/{id}"; one variable at most, as the last segment */
    const char *summary;
    bool open;  /* needs no token: for probes */
    bool apart; /* reads files or waits: the others are answered meanwhile */
    void (*answer)(struct api_call *call);
};

extern const struct api_page api_pages[];
extern const size_t api_page_count;

/* The page for this request; NULL when there is none. Then *allow is the list of methods that the path has, in the
 * call's arena, or empty: no such path. HEAD finds the page of GET. Fills in call->name. */
const struct api_page *api_find(struct api_call *call, struct text *allow);

/* ---- answers ---- */

void api_content_type(struct api_call *call, struct text type);

/* problem+json with this status. */
void api_problem(struct api_call *call, uint16_t status, struct text detail);

/* The same, about one place of the request: "query limit". */
void api_problem_at(struct api_call *call, uint16_t status, struct text place, struct text detail);

/* Is this query parameter there? Its value, decoded, in the call's arena. */
bool api_query(struct api_call *call, struct text name, struct text *value);

/* Does the client ask for this media type by name? (Of wildcards and weights we do not think: each page has a default
 * that anyone can read.) */
bool api_accepts(const struct api_call *call, struct text type);

/* 404, with the list of what there is. */
void api_not_found(struct api_call *call);

/* ---- the pages, each in a file of its name ---- */

void api_status(struct api_call *call);
void api_exchanges(struct api_call *call);
void api_exchange(struct api_call *call);
void api_exchange_stream(struct api_call *call);
void api_findings(struct api_call *call);
void api_findings_reset(struct api_call *call);
void api_contracts(struct api_call *call);
void api_contract(struct api_call *call);
void api_recordings(struct api_call *call);
void api_recording(struct api_call *call);
void api_reload(struct api_call *call);
void api_replay(struct api_call *call);
void api_replay_reset(struct api_call *call);
void api_ui(struct api_call *call);
void api_faults(struct api_call *call);
void api_faults_put(struct api_call *call);
void api_faults_reset(struct api_call *call);
void api_fault_switch(struct api_call *call);
void api_sandbox(struct api_call *call);
void api_sandbox_notes(struct api_call *call);
void api_sandbox_records(struct api_call *call);
void api_sandbox_settings(struct api_call *call);
void api_sandbox_change(struct api_call *call);
void api_sandbox_reset(struct api_call *call);

#endif
