#!/bin/sh
# docs/language.md is true: its generated parts are what the program prints now, the examples in it elaborate, and what the parser reads or
# the language has built in is written in it. `sh tests/docs.sh update` renews the generated parts.
set -u
. tests/lib/checks.sh
page=docs/language.md
: >"$t/err"

# The page with each part between its marks made anew by the command that the mark names.
renew() {
  while IFS= read -r line; do
    case $line in
    "<!-- generated: gradc explain "*) printf '%s\n' "$line" && "$gradc" explain "$(echo "$line" | cut -d' ' -f5)" && skip=1 ;;
    "<!-- end -->") printf '%s\n' "$line" && skip= ;;
    *) [ -n "${skip:-}" ] || printf '%s\n' "$line" ;;
    esac || return 1
  done <"$page"
}
renew >"$t/page" 2>"$t/err" || { cat "$t/err"; exit 1; }
if [ "${1:-}" = update ]; then
  cp "$t/page" "$page"
  exit
fi
diff "$page" "$t/page" >"$t/err"
ok "the generated parts are fresh (otherwise: sh tests/docs.sh update)" $?

ls docs | grep '\.md$' | while read -r name; do grep -q ": $name\$" docs/site/mkdocs.yml || echo "$name"; done >"$t/err"
[ ! -s "$t/err" ]
ok "every page is in the site's navigation" $?

# Each block of graph text, as a file of its own, is right; so is the block of IR.
awk -v to="$t" '
  /^```/ && !inside { inside = 1; readable = $0 !~ /ebnf/; next }
  /^```/ { inside = 0; if (file) close(file); file = ""; next }
  inside && readable && !file && /^def / { file = sprintf("%s/%03d.graph", to, ++n); print "tokens vocab = 9, positions = 9" > file }
  inside && readable && !file && /^graph "/ { file = to "/example.gir"; printf "" > file }
  inside && file { print > file }' "$page"
count=0
: >"$t/err"
for file in "$t"/*.graph; do
  "$gradc" check "$file" >/dev/null 2>>"$t/err" && count=$((count + 1))
done
[ ! -s "$t/err" ] && [ "$count" = "$(grep -c '^OP(' graph/ops.def)" ]
ok "$count examples of operators are right" $?
"$gradc" opt "$t/example.gir" --passes simplify,differentiate,fuse >"$t/out" 2>"$t/err" && grep -q 'output "grad.scale"' "$t/out"
ok "the example of the IR is right" $?

# Names that the sources have and the page lacks.
missing() { # NAMES PATTERN-BEFORE PATTERN-AFTER
  for name in $1; do grep -q -- "$2$name$3" "$page" || echo "$page lacks '$name'"; done >"$t/err"
  [ -n "$1" ] && [ ! -s "$t/err" ]
}
# (a comment such as 'x = y +' is no rule)
rules=$(sed -n 's/^.*\/\* \([a-z][a-z][a-z]*\) = .*/\1/p' frontend/parse*.c | sort -u)
missing "$rules" '^' ' *= '
ok "the rules of the grammar" $?
missing "$(sed -n 's/^.*\/\* \([a-z]*\) = .*/\1/p' graph/read.c | sort -u)" '^' ' *= '
ok "the rules of the IR" $?
missing "$(sed -n 's/^    {"\([a-z_0-9]*\)", "[^"]*", build_.*/\1/p' frontend/builtin.c)" '`' '('
ok "the functions that are built in" $?
missing "$(sed -n 's/^def \([a-z_0-9]*\)(.*/\1/p' frontend/prelude.graph)" '`' '('
ok "the definitions of the prelude" $?

for file in models/heads/*.graph; do grep -q "(../$file)" docs/training.md || echo "docs/training.md lacks $file"; done >"$t/err"
[ ! -s "$t/err" ]
ok "the heads that there are" $?

"$gradc" train --help | sed -n 's/^  --\([a-z-]*\)  *--[a-z-]*$/\1/p' | tr - _ >"$t/names"
while read -r name; do grep -q -- "\`--$name\`" docs/training.md || echo "docs/training.md lacks --$name"; done <"$t/names" >"$t/err"
[ -s "$t/names" ] && [ ! -s "$t/err" ]
ok "the other spellings of options" $?

finish
