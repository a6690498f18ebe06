#!/bin/sh
# Graph files that are long in one way: each ends soon, with an answer or a message. Looked up one by one, their names would take minutes; put
# together piece by piece, their texts would take gigabytes. Run from the project's root; GRADC names the program. One line a check; the last
# line counts.
set -u
. tests/lib/checks.sh
# A program with sanitizers reserves more addresses than that: its time alone is bounded.
bounded=
(ulimit -v 4000000 && "$gradc" --version) >/dev/null 2>&1 && bounded=yes

repeated() { # COUNT FORMAT: the line with each number from 0
  awk -v n="$1" -v format="$2\n" 'BEGIN { for (i = 0; i < n; i++) printf format, i, i }'
}
task() { # the task's body, from standard input, in $t/t.graph
  {
    cat <<'G'
tokens vocab = 10, positions = 4
def weights(i) {
  param w: f32[2] ~ zeros
  return w
}
task t {
  data "{split}.tsv" tab unquoted
  input words: text
  label y: class[2]
G
    cat
    cat <<'G'
  param table: f32[10, 2] ~ zeros
  z = gather(gather(table, words.ids), words.first)
  loss cross_entropy(z, y)
  predict argmax(z)
  metric accuracy
}
G
  } >"$t/t.graph"
}
# In bounded time and memory.
check() { # FILE
  status=0
  (
    [ -z "$bounded" ] || ulimit -v 4000000
    timeout 20 "$GRADC" check "$@" >"$t/out" 2>"$t/err"
  ) || status=$?
}

# --- Many names ---
repeated 40000 'config a%d = %d' >"$t/c.graph"
check "$t/c.graph"
[ "$status" = 0 ]
ok "40,000 config values" $?
repeated 30000 '  a%d = %d' | task
check "$t/t.graph"
[ "$status" = 0 ]
ok "30,000 names in a task" $?
{ echo 'def f0(x) { return x }' && repeated 10000 'def f%d(x, y) { return f0(x) + %d }' | tail -n +2; } >"$t/d.graph"
check "$t/d.graph"
[ "$status" = 0 ]
ok "10,000 functions" $?
echo '  repeat i in 0..20000 { x = weights(i) in "w{i}" }' | task
check "$t/t.graph"
[ "$status" = 0 ]
ok "20,000 parameters" $?
check models/bert.graph --set layers=400
[ "$status" = 0 ] && has "$t/out" "6409 tensors"
ok "an encoder of 400 layers" $?

# --- Long texts ---
echo 'config zz = 1' >"$t/part.graph"
repeated 20000 'import "part.graph" # %d' >"$t/i.graph"
check "$t/i.graph"
[ "$status" = 0 ]
ok "20,000 imports of one file" $?
printf '  x = weights(0) in "%s"\n' "$(repeated 20000 '{words}' | tr -d '\n' | sed 's/{words}/{vocab}/g')" | task
sed -i 's/^tokens vocab = 10/config vocab = 10\ntokens vocab = vocab/' "$t/t.graph"
check "$t/t.graph"
[ "$status" = 1 ] && has "$t/err" "error[E0312]: this text has more than 1000 bytes"
ok "a scope of many parts" $?
repeated 1 "  x = weights(0) in \"$(repeated 2000 'aaaaaaaaaa' | tr -d '\n')\"" | task
check "$t/t.graph"
[ "$status" = 1 ] && has "$t/err" "error[E0312]"
ok "a long scope" $?
{ printf 'config a = 1' && repeated 100000 ' + 1' | tr -d '\n' && echo; } >"$t/l.graph"
check "$t/l.graph"
[ "$status" = 1 ] && [ "$(wc -c <"$t/err")" -lt 3000 ]
ok "of a long line, what is around the mistake" $?

# --- Many mistakes ---
repeated 20000 '  a%d = b%d' | task
check "$t/t.graph"
[ "$status" = 1 ] && [ "$(grep -c 'error\[' "$t/err")" = 100 ] && has "$t/err" "only the first 100 errors are shown"
ok "of 20,000 mistakes the first hundred" $?

# --- Many arguments and outputs ---
{ repeated 30000 'a%d = %d' | tr '\n' ',' | sed 's/^/def f(/; s/,$/) { return a1 }/' && echo; } >"$t/f.graph"
repeated 30000 'a%d = %d' | tr '\n' ',' | sed 's/^/  q = f(/; s/,$/)/' | task
cat "$t/t.graph" >>"$t/f.graph"
check "$t/f.graph"
[ "$status" = 0 ]
ok "30,000 arguments by name" $?
repeated 20000 '  show weights(0) in "w" as "s%d"' | sed '2,$s/weights(0) in "w"/x/; 1s/.*/  x = weights(0) in "w"/' | task
check "$t/t.graph"
[ "$status" = 0 ]
ok "20,000 values to show" $?

finish
