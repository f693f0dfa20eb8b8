/* judge.h -- our own files against our own schemas (docs/schema/NAME, part of the program), by our own validator. Main
 * and reload thread. */
#ifndef RULES_JUDGE_H
#define RULES_JUDGE_H

#include "base/error.h"
#include "json/document.h"

/* Does the document satisfy the schema of this name ("gateway.schema.json")? 0, or -1 with the first mistake:
 * "rules/gateway.yaml:7:14: expected one of off, observe, enforce, found "obsrve"". */
int judge_document(const struct document *document, const char *schema, struct error *err);

/* All mistakes, `most` at most: the value that is wrong (NULL: the document) and "/listen: expected …, found …". 0, or
 * -1: there are some, or err says why the document could not be judged. */
typedef void judge_fn(void *arg, const struct value *v, struct text what);
int judge_each(const struct document *document, const char *schema, unsigned most, judge_fn *each, void *arg,
               struct error *err);

#endif
