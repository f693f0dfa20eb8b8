#!/bin/sh
# Writes the table of base/embedded.h for the files it is given, to standard output.
# A file is known by its path without the folders that only say where the sources keep it.
set -eu

cat <<'HEAD'
/* Written by gateway/base/embed.sh. */
#include "base/embedded.h"

HEAD
i=0
for file in "$@"; do
    cat <<PART
__asm__(".section .rodata\\n.balign 16\\n.global embedded_$i\\nembedded_$i:\\n"
        ".incbin \\"$file\\"\\n.byte 0\\n.previous\\n");
extern const char embedded_$i[];
PART
    i=$((i + 1))
done

echo
echo "const struct embedded embedded_table[] = {"
i=0
for file in "$@"; do
    name=${file#docs/}
    name=${name#gateway/admin/}
    name=${name#gateway/}
    echo "    { \"$name\", embedded_$i, $(wc -c <"$file") },"
    i=$((i + 1))
done
echo "    { 0, 0, 0 },"
echo "};"
