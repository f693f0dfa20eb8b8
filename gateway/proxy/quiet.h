/* quiet.h -- when a worker gives memory of a burst back to the system.
 *
 * While many exchanges are inside at once, arenas are made beyond those that a worker keeps; what they leave behind
 * stays with malloc for the next burst. A worker that had to make one looks again every QUIET_TICK, and once there was
 * little traffic for QUIET_TICKS of them in a row, it gives back what is spare and looks no more until the next burst:
 * nothing is counted on the way of an exchange. Belongs to its worker's thread. */
#ifndef PROXY_QUIET_H
#define PROXY_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#define QUIET_TICK  (10 * INT64_C(1000000000)) /* nanoseconds */
#define QUIET_TICKS 3
#define QUIET_MOST  100 /* exchanges in one tick that are little traffic */
#define QUIET_KEPT  16  /* arenas that stay */

struct quiet {
    bool watching;
    uint64_t begun; /* exchanges ever, at the last tick */
    unsigned ticks; /* quiet ones in a row */
};

/* An arena had to be made. True: begin to tick. */
bool quiet_wake(struct quiet *q, uint64_t begun);

enum quiet_what {
    QUIET_GO_ON, /* tick again */
    QUIET_GIVE,  /* give back what is spare; no more ticks */
};

/* A tick: so many exchanges were begun, ever. */
enum quiet_what quiet_tick(struct quiet *q, uint64_t begun);

#endif
