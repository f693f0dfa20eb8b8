/* body.h -- the content of a message against the media types that the contract lists. The same for both sides. For
 * this folder only. */
#ifndef CONTRACT_BODY_H
#define CONTRACT_BODY_H

#include "contract/parameters.h"

/* The media type of the list that fits the message best: the most specific range wins (OAS 3.1 4.8.14). NULL: none,
 * or no Content-Type. */
const struct media *body_media(const struct media_list *list, const struct message *m);

/* Does the head say that content follows, and how sure is that? */
bool body_surely_none(const struct message *m);
bool body_surely_some(const struct message *m);

/* What the head tells: Content-Type there and listed, content that cannot be looked into. place: the body or response
 * in the contract. */
void
check_body_head(const struct checking *c, const struct media_list *list, const struct message *m, struct place place);

bool body_needs_content(const struct media_list *list, const struct message *m);

/* The content itself, by its state. */
void check_body_content(const struct checking *c, const struct media_list *list, const struct message *m);

/* A multipart body, decoded (multipart.c). */
void check_multipart(const struct checking *c, const struct media *media, const struct message *m, struct text body);

/* A sequence of items that is all there (items.c). */
void check_items_whole(const struct checking *c, const struct media *media, struct text body);

/* JSON against the media's schema; json-syntax and json-duplicate-key are said. */
void check_json(const struct checking *c, const struct media *media, const struct shape *shape, enum violation_id id,
                struct text json, struct text instance);

#endif
