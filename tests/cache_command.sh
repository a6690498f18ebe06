#!/bin/sh
# gradc cache: lists, verifies, bounds and clears the kernel cache; a run bounds what it adds to. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh
cache="$t/cache"
probe() { run run models/bert.graph --def "$1" --compiled --shape x=4x8 --cache "$cache" --threads 1; }
files() { find "$cache" -name '*.o' | wc -l; }
of_cache() { action=$1; shift; run cache "$action" --cache "$cache" "$@"; }

of_cache ls
[ "$status" = 0 ] && has "$t/out" "0 files, 0.0 MB"
ok "an empty cache" $?
probe softmax
probe gelu
count=$(files)
of_cache ls
[ "$status" = 0 ] && [ "$count" -ge 2 ] && has "$t/out" "$count files" && [ "$(grep -c '\.o$' "$t/out")" = "$count" ] && has "$t/out" " s  row_"
ok "each kernel is listed with size, age and name" $?
of_cache verify
[ "$status" = 0 ] && has "$t/out" "good: $count files"
ok "what was written is whole" $?

damaged=$(find "$cache" -name '*.o' | head -1)
printf x | dd of="$damaged" bs=1 seek=300 conv=notrunc 2>/dev/null
: >"$cache/notes.txt"
of_cache verify
[ "$status" = 1 ] && has "$t/err" "error[E0705]" && has "$t/err" "$(basename "$damaged")" && has "$t/out" "good: $((count - 1)) file"
ok "a changed byte is found" $?
left="$cache/0123456789abcdef0123456789abcdef.o.12-0.tmp"
: >"$left"
of_cache gc
[ "$status" = 0 ] && has "$t/out" "removed: 1 file" && [ ! -e "$damaged" ] && [ -e "$left" ]
ok "gc removes what is damaged, not what is being written" $?
touch -d '2 days ago' "$left"
of_cache gc
[ "$status" = 0 ] && [ ! -e "$left" ] && [ "$(files)" = $((count - 1)) ]
ok "but what a killed process left, when it is old" $?
of_cache gc --cache-size 0
[ "$status" = 0 ] && [ "$(files)" = 0 ] && [ -e "$cache/notes.txt" ]
ok "gc obeys --cache-size; files of others stay" $?

probe softmax
run run models/bert.graph --def gelu --compiled --shape x=4x8 --cache "$cache" --cache-size 0
[ "$status" = 0 ] && [ "$(files)" = 0 ]
ok "a run that adds to it keeps it within its size" $?
probe softmax
touch -d '2 days ago' "$cache"/*.o
of_cache ls
has "$t/out" "48 h" || has "$t/out" "2 d"
ok "the age is that of the last use" $?
probe softmax
of_cache ls
! has "$t/out" "2 d" && ! has "$t/out" "48 h"
ok "which a warm start is" $?
of_cache clear
[ "$status" = 0 ] && [ "$(files)" = 0 ] && [ -e "$cache/notes.txt" ]
ok "clear" $?

of_cache list
[ "$status" = 1 ] && has "$t/err" "error[E0704]"
ok "an unknown action" $?
mkdir -m 755 "$t/open"
run cache ls --cache "$t/open"
[ "$status" = 1 ] && has "$t/err" "E0703"
ok "a folder that is open to others" $?

finish
