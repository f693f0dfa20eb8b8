/* crowd.c -- a list, the least recently served first. */
#include "net/crowd.h"

#include <stddef.h>
#include <sys/socket.h>

void
crowd_remove(struct crowd *c, struct crowd_peer *peer)
{
    *(peer->older != NULL ? &peer->older->newer : &c->oldest) = peer->newer;
    *(peer->newer != NULL ? &peer->newer->older : &c->newest) = peer->older;
    c->count--;
}

void
crowd_add(struct crowd *c, struct crowd_peer *peer)
{
    peer->older = c->newest;
    peer->newer = NULL;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = peer;
    c->newest = peer;
    c->count++;
}

void
crowd_served(struct crowd *c, struct crowd_peer *peer, bool busy)
{
    peer->busy = busy;
    crowd_remove(c, peer);
    crowd_add(c, peer);
}

static bool
shut_oldest(struct crowd *c, bool also_busy)
{
    for (struct crowd_peer *peer = c->oldest; peer != NULL; peer = peer->newer) {
        if (peer->shut || (peer->busy && !also_busy))
            continue;
        peer->shut = true;
        (void)shutdown(peer->fd, SHUT_RDWR);
        return true;
    }
    return false;
}

void
crowd_make_room(struct crowd *c)
{
    if (!shut_oldest(c, false))
        (void)shut_oldest(c, true);
}
