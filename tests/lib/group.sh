#!/bin/sh
# Runs one group of tests for ./test, from the project's root: group.sh FOLDER LABEL LOGS NAME. FOLDER: of the build; the group's output
# goes to LOGS/NAME, what it counted to LOGS/NAME.sums ("PASSED FAILED"), one line about it to standard output.
set -u
folder=$1 label=$2 log=$3/$4 name=$4

status=0
if [ -f "tests/$name.sh" ]; then
  GRADC="$PWD/$folder/gradc" sh "tests/$name.sh" >"$log" 2>&1 || status=$?
else
  "$folder/tests/test_$name" >"$log" 2>&1 || status=$?
fi

# Criterion's closing line, or "N passed, N failed" of a script. A group that ends without one has failed.
sums=$(sed -e 's/\x1b\[[0-9;]*m//g' "$log" | awk '
  /Synthesis: Tested:/ { gsub(/[^0-9]+/, " "); split($0, n, " "); p = n[2]; f = n[3] + n[4]; got = 1 }
  /^[0-9]+ passed, [0-9]+ failed$/ { p = $1; f = $3; got = 1 }
  END { if (got) print p, f; else print 0, 1 }')
passed=${sums% *}
failed=${sums#* }
if [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ]; }; then failed=1; fi
echo "$passed $failed" >"$log.sums"
# Of the processor, in user and in system mode; in a pipe `times` would be another shell's.
times >"$log.times"
seconds=$(awk 'END { for (i = 1; i <= 2; i++) { split($i, n, /[ms]/); sum += 60 * n[1] + n[2] } printf "%.0f", sum }' "$log.times")
grep '^NOT RUN ' "$log" | sed "s/^/$name: /"
printf '%-32s %s passed, %s failed, %s s\n' "$name$label" "$passed" "$failed" "$seconds"
