# What the shell tests share; they are run from the project's root and begin with it. GRADC names the program; $t is a folder of the
# test's own, gone at its end. `ok NAME STATUS` prints and counts a check, showing $t/err when it failed; `not_run NAME WHY` says that one was left
# out; `finish` prints the closing line.
gradc=${GRADC:-$PWD/build/gradc}
root=$PWD
demo="$root/models/demo"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
# Compiled kernels: ./test names one folder for all scripts and both builds, so that none is compiled twice.
caches=${GRADC_TEST_CACHES:-$t/caches}
kernels=$caches/gradc
passed=0
failed=0

# gradc with these words: output in $t/out, messages in $t/err, status in $status.
run() { "$gradc" "$@" >"$t/out" 2>"$t/err"; status=$?; }
has() { grep -qF -e "$2" "$1"; } # FILE TEXT

# A run of no step: numbers of the initialisers, but written down, since nothing is answered without weights.
untrained() { # FILE TASKS DATA FOLDER
  "$gradc" train "$1" --tasks "$2" --weights "$demo" --data "$3" --epochs 0 --no-eval --quiet --out "$4" >"$t/out" 2>"$t/err"
}

ok() {
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
    echo "ok      $1"
  else
    failed=$((failed + 1))
    echo "FAILED  $1"
    sed 's/^/        | /' "$t/err" | head -12
  fi
}

# A check that needs what this machine lacks: NAME WHY. It counts as neither; group.sh shows it.
not_run() { echo "NOT RUN $1: $2"; }

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
