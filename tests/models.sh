#!/bin/sh
# Every model that ships is checked, and its gradients: each head by its own tasks. (tests/encoder_gradients.sh and tests/adapters.sh check gradients by
# the task of the model that they change; tests/encoders.sh, tests/adapters.sh and tests/heads.sh compare layouts with that of gradc fmt.)
# Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh
export XDG_CACHE_HOME="$caches"

files=0
for file in models/bert.graph models/heads/*.graph models/encoders/*.graph models/adapters/*.graph models/optimizers/*.graph models/experiments/*.graph; do
  "$gradc" check "$file" >"$t/out" 2>"$t/err"
  ok "$file is a model" $?
  tasks=$(sed -n 's/^\(override \)*task \([a-z_0-9]*\).*/\2/p' "$file" | paste -sd, -)
  case $file in
  */encoders/* | */adapters/*) continue ;;
  */optimizers/*) tasks=${tasks:-sentiment} ;;
  esac
  [ -n "$tasks" ] || continue
  # The same code differentiates and evaluates them all: with sanitizers every third will do.
  files=$((files + 1))
  [ -z "${GRADC_SANITIZED:-}" ] || [ $((files % 3)) = 0 ] || continue
  "$gradc" gradcheck "$file" --tasks "$tasks" >"$t/out" 2>&1
  status=$?
  grep -v '^ ' "$t/out" >"$t/err"
  [ "$status" = 0 ] && [ "$(grep -c '^task ' "$t/out")" = "$(echo "$tasks" | tr , '\n' | wc -l)" ]
  ok "$file: gradients of $tasks" $?
done

finish
