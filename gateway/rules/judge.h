/* judge.h -- our own files against our own schemas (docs/schema/NAME, part of the program), by our own validator. Main
 * and reload thread. */
#ifndef RULES_JUDGE_H
#define RULES_JUDGE_H

#include "base/error.h"
#include "json/document.h"

/* Does the document satisfy the schema of this name ("gateway.schema.json")? 0, or -1 with the first mistake:
 * "rules/gateway.yaml:7:14: expected one of off, observe, enforce, found "obsrve"". */
int judge_document(const struct document *document, const char *schema, struct error *err);

#endif
