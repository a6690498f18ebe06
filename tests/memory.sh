#!/bin/sh
# When memory is out, or a file holds more than there can be: a message and status 1. Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh

# A table whose cells need more than is allowed. A program with sanitizers cannot run so small.
(echo "text${tab:=$(printf '\t')}label" && yes "a${tab}b" | head -n 1000000) >"$t/rows.tsv"
if (ulimit -v 220000 && "$gradc" --version) >/dev/null 2>&1; then
  (ulimit -v 220000 && exec "$gradc" init "$t/rows.tsv" --text text --label label --out "$t/rows.graph") >"$t/out" 2>"$t/err"
  [ $? = 1 ] && has "$t/err" "error[E0951]: out of memory for " && has "$t/err" "hint: close other programs"
  ok "a command that gets no more memory says so and ends" $?
fi

# A file that never ends, and one of few bytes that holds many.
cp -rL "$demo" "$t/endless"
rm "$t/endless/config.json"
ln -s /dev/zero "$t/endless/config.json"
run train models/bert.graph --weights "$t/endless" --data "$demo" --dry-run
[ "$status" = 1 ] && has "$t/err" "config.json: error[E0801]: it holds more than 16 MiB"
ok "a configuration without an end is refused" $?
rm "$t/endless/config.json"
head -c 80M /dev/zero | gzip -1 >"$t/endless/vocab.txt"
cp "$demo/config.json" "$t/endless"
run train models/bert.graph --weights "$t/endless" --data "$demo" --dry-run
[ "$status" = 1 ] && has "$t/err" "vocab.txt: error[E0801]: it holds more than 64 MiB"
ok "a vocabulary that unpacks to very much is refused" $?

# A FIFO that nobody writes into would be waited for without end.
for file in config.json vocab.txt tokenizer.json model.safetensors; do
  rm -rf "$t/endless" && cp -rL "$demo" "$t/endless" && rm -f "$t/endless/$file" && mkfifo "$t/endless/$file"
  timeout 60 "$gradc" train models/bert.graph --weights "$t/endless" --data "$demo" --dry-run >"$t/out" 2>"$t/err"
  [ $? = 1 ] && has "$t/err" "$file: error[E0801]: cannot read the file: it is a FIFO that nobody writes into"
  ok "$file is a FIFO" $?
done

# The same for a run's settings and for the index of weights; and for data, by --max-memory.
cp -rL "$demo" "$t/many"
ln -s /dev/zero "$t/many/model.safetensors.index.json"
run train models/bert.graph --weights "$t/many" --data "$demo" --dry-run
[ "$status" = 1 ] && has "$t/err" "index.json: error[E0801]: it holds more than 64 MiB"
ok "an index of weights without an end is refused" $?
mkdir "$t/run"
cp models/bert.graph "$t/run/model.graph"
ln -s /dev/zero "$t/run/settings.json"
run eval "$t/run"
[ "$status" = 1 ] && has "$t/err" "settings.json: error[E0801]: it holds more than 16 MiB"
ok "settings without an end are refused" $?
run train models/bert.graph --weights "$demo" --data "$demo" --max-memory 8K --dry-run
[ "$status" = 1 ] && has "$t/err" ": error[E0801]: it holds more than 4 KiB"
ok "--max-memory bounds what data files hold" $?

finish
