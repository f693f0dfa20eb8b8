/* playback_find_internal.h -- between playback_find*.c; nobody else includes it. */
#ifndef REPLAY_PLAYBACK_FIND_INTERNAL_H
#define REPLAY_PLAYBACK_FIND_INTERNAL_H

#include "replay/playback_find.h"

/* Two numbers and what is known of them, by a hash that is their key. */
struct playback_slot {
    uint64_t key; /* 0: free */
    uint32_t first, last;
    uint32_t count;
};

struct playback_table {
    struct playback_slot *slots;
    uint32_t mask, used;
};

bool playback_table_init(struct playback_table *t);
void playback_table_clear(struct playback_table *t);
struct playback_slot *playback_table_find(const struct playback_table *t, uint64_t key); /* or NULL */
struct playback_slot *playback_table_add(struct playback_table *t, uint64_t key); /* found or new; NULL: no memory */

struct playback_finder {
    struct catalog *catalog;
    struct arena *scratch; /* of one recorded exchange that is compared */
    struct playback_bindings *bindings;
    struct playback_table keys;   /* entries with a key: the first, the last, how many; by next_key */
    struct playback_table states; /* of a request: the entry that answered it last, as `first`; its step, as `count` */
    struct playback_table marks;  /* ids: the last write of this run about it, as `first` */
    uint32_t warm_group, warm_entry; /* where warming up goes on; CATALOG_NONE: at the group's beginning */
    bool loose[MATCH_LOOSE_KINDS];   /* there are entries of this kind */
};

#define PLAYBACK_IDS 64 /* of one request */

/* One request on its way. */
struct playback_search {
    struct playback_finder *f;
    const struct playback_service *service;
    struct playback_found *found;
    struct arena *arena;
    struct text path; /* of the request, as recorded */
    struct match_request live;
    const struct operation *operation; /* NULL: of none */
    uint64_t service_hash;
    uint64_t ids[PLAYBACK_IDS]; /* hashes of what it is about */
    uint32_t id_count;
    uint32_t bound; /* the entry that it can be bound to, or CATALOG_NONE */
    struct match_differences bound_differences;
};

/* What the request is about; the place in the recording before which no answer is given to it; an entry answered it. */
void playback_find_ids(struct playback_search *s, const struct contract_match *match);
uint32_t playback_floor(const struct playback_search *s);
void playback_mark(struct playback_search *s, uint32_t number);

bool playback_is_write(struct text method);

/* Learn the keys of entries: of this target, of this operation. 0, or -1: no memory. */
int playback_match_target(struct playback_search *s, struct text target);
int playback_match_groups(struct playback_search *s);

/* May an entry of this group answer? */
bool playback_group_fits(const struct playback_search *s, const struct catalog_group *g);

/* Read an entry's request for comparing, in the scratch, which is emptied first. False: it cannot be read. */
bool
playback_read_request(struct playback_search *s, uint32_t number, struct exchange *x, struct match_request *recorded);

/* The next one by key. 1 found, 0 not, -1 with err. */
int playback_choose(struct playback_search *s, struct error *err);

/* What comes nearest, and what it can be bound to. 0, or -1 with err. */
int playback_find_closest(struct playback_search *s, struct error *err);

#endif
