#!/bin/sh
# Every model that ships is checked, and its gradients: each head by its own tasks, an encoder or an adapter by the task of the model
# that it changes. (tests/heads.sh, tests/encoders.sh and tests/adapters.sh compare their layout with that of gradc fmt, which is why it is not asked here.)
# Run from the project's root; GRADC names the program.
set -u
. tests/lib/checks.sh
export XDG_CACHE_HOME="$caches"

for file in models/bert.graph models/heads/*.graph models/encoders/*.graph models/adapters/*.graph models/optimizers/*.graph models/experiments/*.graph; do
  "$gradc" check "$file" >"$t/out" 2>"$t/err"
  ok "$file is a model" $?
  tasks=$(sed -n 's/^\(override \)*task \([a-z_0-9]*\).*/\2/p' "$file" | paste -sd, -)
  case $file in
  models/encoders/bert.graph) ;; # the tasks of models/bert.graph stand on it
  */encoders/* | */adapters/* | */optimizers/*) tasks=${tasks:-sentiment} ;;
  esac
  [ -n "$tasks" ] || continue
  "$gradc" gradcheck "$file" --tasks "$tasks" >"$t/out" 2>&1
  status=$?
  grep -v '^ ' "$t/out" >"$t/err"
  [ "$status" = 0 ] && [ "$(grep -c '^task ' "$t/out")" = "$(echo "$tasks" | tr , '\n' | wc -l)" ]
  ok "$file: gradients of $tasks" $?
done

finish
