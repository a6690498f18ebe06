#!/bin/sh
# Gradients of the encoders that ship (models/encoders), each by the task of models/bert.graph that stands on it. Run from the project's root; GRADC names
# the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh

files=0
for file in models/encoders/*.graph; do
  [ "$file" = models/encoders/bert.graph ] && continue # it has no task
  # As in tests/models.sh.
  files=$((files + 1))
  [ -z "${GRADC_SANITIZED:-}" ] || [ $((files % 3)) = 0 ] || continue
  "$gradc" gradcheck "$file" --tasks sentiment --cache "$kernels" >"$t/err" 2>&1
  ok "$(basename "$file") has right gradients" $?
done

finish
