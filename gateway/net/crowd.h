/* crowd.h -- the connections of one server by when they were last served, so that one can go where there are too many.
 *
 * Belongs to the server's thread. The sockets are the server's: a shut one is told to end, and is closed and taken out
 * by the server, once it finds it so. */
#ifndef NET_CROWD_H
#define NET_CROWD_H

#include <stdbool.h>
#include <stdint.h>

struct crowd_peer {
    struct crowd_peer *older, *newer;
    int fd;
    bool busy; /* its answer is on its way */
    bool shut;
};

/* Starts zeroed. */
struct crowd {
    struct crowd_peer *oldest, *newest;
    uint32_t count;
};

/* It came, or it left. */
void crowd_add(struct crowd *c, struct crowd_peer *peer);
void crowd_remove(struct crowd *c, struct crowd_peer *peer);

/* It is being served (busy), or was. */
void crowd_served(struct crowd *c, struct crowd_peer *peer, bool busy);

/* Shut one: who asked nothing for the longest time; where all are being answered, the one whose answer takes longest.
 * So a thousand silent connections, or trickling ones, do not keep out the next client. */
void crowd_make_room(struct crowd *c);

#endif
