#!/bin/sh
# Writes C source that holds a text file as a string: embed.sh INPUT NAME > OUTPUT
set -eu
printf '/* Made from %s by embed.sh. */\nextern const char %s[];\nconst char %s[] = {' "$(basename "$1")" "$2" "$2"
od -An -v -tu1 "$1" | awk '{ for (i = 1; i <= NF; i++) printf "%s%s,", (n++ % 20 ? " " : "\n    "), $i }'
printf '\n    0};\n'
