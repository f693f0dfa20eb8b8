/* format_net.c -- addresses and names of hosts. */
#include "schema/format_check.h"

#define NAME_LONGEST  253 /* RFC 1035 2.3.4: 255 octets on the wire, less the first length and the root */
#define LABEL_LONGEST 63

static bool
is_decimal_octet(struct text t)
{
    int value = 0;

    if (t.length == 0 || t.length > 3 || (t.length > 1 && t.data[0] == '0'))
        return false;
    for (size_t i = 0; i < t.length; i++) {
        if (!format_is_digit(t.data[i]))
            return false;
        value = value * 10 + (t.data[i] - '0');
    }
    return value <= 255;
}

bool
format_is_ipv4(struct text t)
{
    struct text_split split = text_split_start(t);
    struct text part;
    int count = 0;

    while (text_split_next(&split, '.', &part)) {
        if (++count > 4 || !is_decimal_octet(part))
            return false;
    }
    return count == 4;
}

/* Groups of 16 bits, separated by single colons; the last may be an IPv4 address, which counts as two. -1:
 * malformed. */
static int
count_groups(struct text t, bool last)
{
    struct text_split split = text_split_start(t);
    struct text part;
    int count = 0;

    if (t.length == 0)
        return 0;
    while (text_split_next(&split, ':', &part)) {
        bool hex = part.length >= 1 && part.length <= 4;

        for (size_t i = 0; hex && i < part.length; i++)
            hex = format_is_hex(part.data[i]);
        if (hex)
            count++;
        else if (last && split.done && format_is_ipv4(part))
            count += 2;
        else
            return -1;
        if (count > 8)
            return -1;
    }
    return count;
}

bool
format_is_ipv6(struct text t)
{
    size_t gap = text_search(t, TEXT("::"));
    int before, after;

    if (gap == t.length)
        return count_groups(t, true) == 8;
    before = count_groups(text_slice(t, 0, gap), false);
    after = count_groups(text_from(t, gap + 2), true);
    return before >= 0 && after >= 0 && before + after <= 7; /* "::" stands for at least one group */
}

static bool
is_label(struct text label)
{
    if (label.length == 0 || label.length > LABEL_LONGEST || label.data[0] == '-' ||
        label.data[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++) {
        char c = label.data[i];

        if (!format_is_letter(c) && !format_is_digit(c) && c != '-')
            return false;
    }
    /* "--" here marks a reserved label, and only xn-- has been given a meaning (RFC 5890 2.3.1) */
    if (label.length >= 4 && label.data[2] == '-' && label.data[3] == '-')
        return format_is_a_label(label);
    return true;
}

bool
format_is_hostname(struct text t)
{
    struct text_split split = text_split_start(t);
    struct text label;

    if (t.length > NAME_LONGEST)
        return false;
    while (text_split_next(&split, '.', &label)) {
        if (!is_label(label))
            return false;
    }
    return true;
}
