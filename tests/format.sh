#!/bin/sh
# gradc fmt keeps the graph: every file under models/ with its layout spoilt and comments added has the same graphs as before, and
# formatting brings the layout back. Run from the project's root; GRADC names the program. The last line counts.
set -u
. tests/lib/checks.sh
cp -r "$root/models" "$t/models"

# The tasks with the hashes of their graphs; files of definitions alone say nothing but their sizes.
graphs() { "$gradc" check "$1" 2>"$t/err"; } # FILE

# Other indentation, empty lines, a comment after every line but the blank ones, spaces at the ends and around brackets. Texts in quotes
# stay as they are, and so do commas and operators, which fmt spaces by itself.
spoil() { # FILE
  awk '{ sub(/^ */, ""); line = $0
         for (i = NR % 5; i > 0; i--) line = " " line
         if ($0 !~ /["#]/) { gsub(/\(/, "(  ", line); gsub(/\)/, "  )", line); gsub(/, /, ",", line); gsub(/ [+*] /, "   &", line) }
         print line "   " ($0 == "" || /#/ ? "" : "# note " NR)
         if (NR % 3 == 0) print "" }' "$1"
}

for file in $(cd "$root" && find models -name '*.graph' | sort); do
  graphs "$t/$file" >"$t/before" || { ok "$file can be checked" 1; continue; }
  cp "$t/$file" "$t/kept"
  spoil "$t/kept" >"$t/$file"
  graphs "$t/$file" | cmp -s - "$t/before"
  ok "$file has the same graphs in another layout" $?
  "$gradc" fmt "$t/$file" --write 2>"$t/err" && graphs "$t/$file" | cmp -s - "$t/before"
  ok "$file has the same graphs after fmt" $?
  [ "$(grep -c '# note' "$t/$file")" = "$(spoil "$t/kept" | grep -c '# note')" ] && "$gradc" fmt "$t/$file" | cmp -s - "$t/$file"
  ok "$file keeps its comments, and fmt changes nothing more" $?
  cp "$t/kept" "$t/$file"
done

# The hash tells graphs apart.
sed -e 's/argmax(logits)/argmax(-logits)/' -e "s#encoders/#$root/models/encoders/#" "$root/models/bert.graph" >"$t/other.graph"
graphs "$t/other.graph" | grep graphs >"$t/out"
graphs "$root/models/bert.graph" | grep graphs | cmp -s - "$t/out"
[ $? = 1 ]
ok "another graph has another hash" $?

# A byte order mark says nothing, in a file and in what it imports.
printf '\357\273\277import "%s"\n' "$root/models/bert.graph" >"$t/mark.graph"
printf '\357\273\277import "mark.graph"\n' >"$t/marks.graph"
run check "$t/marks.graph"
[ "$status" = 0 ] && run fmt "$t/mark.graph" && [ "$status" = 0 ]
ok "a byte order mark is passed over" $?
finish
