/* access.h -- one line per exchange on standard error: text or JSON.
 *
 * Lines are put together per turn of the worker's loop and written with one call. Format (docs/configuration.md):
 *
 *     2026-03-01T12:00:00.123Z <id> 127.0.0.1:4711 "GET /orders/7?x" 200 1234B 1.2ms shop/getOrder ok
 *
 * The last word is the verdict: `ok`, `2 violations: body-schema header-missing`, `unchecked: size`, `refused:
 * parameter-missing`, `unmatched`, … */
#ifndef PROXY_ACCESS_H
#define PROXY_ACCESS_H

struct transit;
struct worker;

void access_init(struct worker *w);
void access_line(const struct transit *t);

/* Write what is put together. */
void access_flush(struct worker *w);

#endif
