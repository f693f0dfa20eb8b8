/* card_number.h -- payment card numbers (ISO/IEC 7812-1) in any text: 13 to 19 digits in a range that card schemes use,
 * with a valid check digit.
 *
 * The digits may stand in groups of three to seven with one kind of separator (a space or a hyphen). Digits of a longer
 * run and digits of a decimal fraction are none. Text without long runs of digits costs one look at every 13th byte.
 * Any thread. */
#ifndef RULES_CARD_NUMBER_H
#define RULES_CARD_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* The first card number at or after `from`: true with [*start, *end). */
bool card_number_search(struct text t, size_t from, size_t *start, size_t *end);

/* Do the digits of t, whatever stands between them, end in a valid check digit (Luhn, ISO/IEC 7812-1 annex B)? */
bool card_number_luhn(struct text t);

#endif
