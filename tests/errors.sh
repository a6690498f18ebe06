#!/bin/sh
# Golden messages. A file of tests/errors carries its messages in lines that begin with "#> ":
#   NAME.graph  is given to `gradc check`; the lines stand at its end
#   NAME.sh     has blocks of commands, each followed by its lines, apart by blank lines. They run in a folder of their own that
#               holds `model.graph` (tests/lib/small.graph), `models`, `data` (a few rows of the demo data) and, in what comes after
#               `. trained`, a trained `run`
# Lines of the prelude are shown as "?", so that it may change.
# `sh tests/errors.sh update [FILE...]` writes what is said now into the files: read the difference before it is committed.
set -u
. tests/lib/checks.sh
mode=check
if [ "${1:-}" = update ]; then
  mode=update
  shift
fi

mkdir "$t/bin" "$t/data"
ln -s "$gradc" "$t/bin/gradc"
for file in ids-sst quora sts; do
  head -n 9 "$root/models/demo/$file-train.csv" >"$t/data/$file-train.csv"
  head -n 9 "$root/models/demo/$file-dev.csv" >"$t/data/$file-dev.csv"
done
awk -F'\t' -v OFS='\t' 'NR > 1 { $NF = NR % 5 } 1' "$t/data/ids-sst-train.csv" >"$t/all" && mv "$t/all" "$t/data/ids-sst-train.csv" # a row of each class
export HOME="$t/home" XDG_CACHE_HOME="$caches" PATH="$t/bin:$PATH" LC_ALL=C
cat >"$t/trained" <<'END'
if [ ! -d ../trained-run ]; then
  gradc train model.graph --weights models/demo --data data --out run --epochs 1 --batch 8 --quiet || exit 1
  cp -r run ../trained-run
fi
[ -d run ] || cp -r ../trained-run run
END

# Standard input as lines of a golden file.
golden() {
  sed -e "s|$t/work/||g" -e "s|$root/||g" -e '/^prelude\.graph:[0-9]/{s/:[0-9]*:[0-9]*:/:?:?:/;n;s/^ *[0-9]* |/    ? |/;}' |
    sed -e 's/^/#> /' -e 's/ $//'
}

# Runs a block; its lines go to standard output.
run_block() {
  (cd "$t/work" && sh -c "$1") >/dev/null 2>"$t/err"
  status=$?
  golden <"$t/err"
  reported=0
  grep -q 'error\[' "$t/err" && reported=1
  if [ "$reported" = 1 ] && [ "$status" = 0 ]; then echo "#> the exit status is 0 in spite of an error"; fi
  if [ "$reported" = 0 ] && [ "$status" != 0 ]; then echo "#> the exit status is $status without an error"; fi
}

# The file as it should be.
renew() { # FILE
  case "$1" in
  *.graph)
    grep -v '^#> ' "$1"
    "$gradc" check "$1" 2>&1 >/dev/null | golden
    ;;
  *.sh)
    rm -rf "$t/work"
    mkdir "$t/work"
    ln -s "$root/models" "$t/work/models"
    cp -r "$t/data" "$t/trained" "$t/work"
    cp tests/lib/small.graph "$t/work/model.graph"
    sed 's/^\. trained$/. .\/trained/' "$1" | grep -v '^#> ' | {
      block=
      while IFS= read -r line; do
        if [ -n "$line" ]; then
          block="$block$line
"
          continue
        fi
        printf '%s' "$block"
        run_block "$block"
        echo
        block=
      done
      printf '%s' "$block"
      run_block "$block"
    } | sed 's/^\. \.\/trained$/. trained/'
    ;;
  esac
}

if [ $# = 0 ]; then set -- tests/errors/*.graph tests/errors/*.sh; fi
for file in "$@"; do
  case "$file" in *_imported.graph) continue ;; esac
  renew "$file" >"$t/new"
  if [ "$mode" = update ]; then
    cmp -s "$file" "$t/new" || cp "$t/new" "$file"
    continue
  fi
  diff "$file" "$t/new" >"$t/err"
  ok "$file" $?
done
[ "$mode" = update ] || finish
