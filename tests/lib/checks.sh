# What the shell tests share: `ok NAME STATUS` prints and counts a check, showing $t/err when it failed; `finish` prints the closing line.
passed=0
failed=0

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

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
