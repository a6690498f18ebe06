# A page that does what it says is taken apart into files, commands and what they print, and carried out. A test begins with checks.sh, names
# the `page`, and reads this.
#
#     ```graph NAME   a file                ```sh   commands, which end well, or with 1 (```sh fails)   ```text   what the commands before it print
#
# In what is printed a line `...` stands for any lines, and `...` within a line for any text.
mkdir "$t/bin" "$t/work" "$t/blocks"
ln -s "$gradc" "$t/bin/gradc"
ln -s "$root/models" "$t/work/models"
export PATH="$t/bin:$PATH" XDG_CACHE_HOME="$caches"

# Blocks as files: NUMBER.KIND, and the name of a graph file in NUMBER.name.
awk -v to="$t/blocks" '
  /^```[a-z]/ { n++; kind = substr($1, 4); file = sprintf("%s/%03d.%s", to, n, kind); printf "" > file
                if ($2) print $2 > sprintf("%s/%03d.name", to, n); next }
  /^```$/ { if (file) close(file); file = ""; next }
  file { print > file }' "$page"

# Does the text ($2) follow the pattern ($1)?
matches() {
  awk '
    function pattern(line) {
      gsub(/[][\\.^$*+?(){}|]/, "\\\\&", line)
      gsub(/\\\.\\\.\\\./, ".*", line)
      return "^" line "$"
    }
    FNR == NR { wanted[++n] = $0; next }
    { got[++m] = $0 }
    END {
      for (i = j = 1; i <= n; i++) {
        if (wanted[i] == "...") { loose = 1; continue }
        while (loose && j <= m && got[j] !~ pattern(wanted[i])) j++
        if (j > m || got[j] !~ pattern(wanted[i])) { print "expected: " wanted[i]; print "got: " (j > m ? "the end" : got[j]); exit 1 }
        loose = 0
        j++
      }
      if (!loose && j <= m) { print "not expected: " got[j]; exit 1 }
    }' "$1" "$2"
}

cd "$t/work" || exit 1
: >"$t/out"
ran=0
for block in "$t"/blocks/*; do
  number=$(basename "$block" | cut -d. -f1)
  case $block in
  *.graph)
    cp "$block" "$(cat "$t/blocks/$number.name")"
    ;;
  *.sh)
    sh -e "$block" >"$t/out" 2>&1
    status=$?
    ran=$((ran + 1))
    expected=0
    [ "$(cat "$t/blocks/$number.name" 2>/dev/null)" = fails ] && expected=1
    [ "$status" = "$expected" ]
    status=$?
    cp "$t/out" "$t/err"
    ok "$(head -n 1 "$block" | cut -c1-80) ends with $expected" $status
    ;;
  *.text)
    matches "$block" "$t/out" >"$t/err"
    status=$?
    cat "$t/out" >>"$t/err"
    ok "$(head -n 1 "$t/blocks/$(printf '%03d' $((${number#"${number%%[!0]*}"} - 1))).sh" | cut -c1-90)" $status
    ;;
  esac
done
[ "$ran" -ge 10 ]
ok "there is something to walk through" $?
