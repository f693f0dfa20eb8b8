/* replay_faults.h -- `replay --faults FILE`: a gateway of our own between the run and its target, which breaks what the
 * file says. All that a gateway does on purpose is then possible, and is real on the wire. Main thread. */
#ifndef CLI_REPLAY_FAULTS_H
#define CLI_REPLAY_FAULTS_H

#include "base/buffer.h"
#include "base/error.h"
#include "rules/ruleset.h"

struct replay_faults;

struct replay_faults_options {
    const char *file;              /* of faults */
    const char *to;                /* the target's URL */
    const struct ruleset *ruleset; /* whose services the file's rules name; NULL: there are none */
    const char *ca;                /* of an https target */
    bool insecure;
};

/* Listening on a free port of this machine. *made is NULL where it fails: 0, or -1 with err. */
int replay_faults_start(struct replay_faults **made, const struct replay_faults_options *options, struct error *err);

/* "http://127.0.0.1:43117" */
const char *replay_faults_url(const struct replay_faults *f);

/* "injected: away 12 times, slow 3 times": what was done so far; nothing where nothing was. Accepts NULL. */
void replay_faults_told(const struct replay_faults *f, struct buffer *out);

void replay_faults_stop(struct replay_faults *f); /* accepts NULL */

#endif
