/* label.h -- what a line says that the next ones are about: "Request Body:", "**404 Response**", "Query parameters".
 * Private to extract/. No state. */
#ifndef EXTRACT_LABEL_H
#define EXTRACT_LABEL_H

#include <stdbool.h>

#include "base/text.h"

enum label_kind {
    LABEL_NONE,
    LABEL_REQUEST,
    LABEL_RESPONSE,
    LABEL_HEADERS,
    LABEL_PATH,       /* parameters */
    LABEL_QUERY,      /* the same */
    LABEL_PARAMETERS, /* of whichever kind */
    LABEL_STATUSES,   /* statuses, errors */
    LABEL_METHOD,
    LABEL_ENDPOINT,
    LABEL_BASE, /* where the server is */
};

struct label {
    enum label_kind kind;
    unsigned status;    /* that it names, or 0 */
    struct text reason; /* what is behind the status: "Not Found" */
    struct text value;  /* what is behind the colon */
};

/* heading: the line is one, so it is a label if it says such a thing at all. */
void label_read(struct text line, bool heading, struct label *label);

/* A status (100 to 599) with which the text begins, or that it calls one ("returns 404", "status code: 201", "(204)");
 * 0: none. What is behind it is *rest. */
unsigned label_status(struct text t, struct text *rest);

#endif
