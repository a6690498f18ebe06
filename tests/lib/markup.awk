# Is a file well-formed? Every tag is closed where it should be, attributes stand in quotes, "<" and "&" are nothing else. What is in scripts
# and styles is not looked at. Prints what is wrong, and fails. awk -f markup.awk FILE
function wrong(what) { printf "%s: %s\n", FILENAME, what; bad = 1; exit 1 }
function check_text(text) {
  gsub(/&(amp|lt|gt|quot|#39);/, "", text)
  if (text ~ /&/) wrong("a bare ampersand: " substr(text, 1, 60))
  if (text ~ /[\001-\010\013-\037]/) wrong("a control character")
}
BEGIN { RS = "<"; depth = 0; raw = "" }
NR == 1 { if ($0 !~ /^[ \n]*$/) wrong("text before the first tag"); next }
raw != "" { if (index($0, "/" raw ">") == 1) { raw = ""; depth-- } else next; next }
/^!DOCTYPE html>/ || /^\?xml [^?]*\?>/ { next }
{
  end = index($0, ">")
  if (!end) wrong("a tag without an end: " substr($0, 1, 60))
  tag = substr($0, 1, end - 1)
  if (tag !~ /^(script|style)/) check_text(substr($0, end + 1))
  if (tag ~ /^\//) {
    name = substr(tag, 2)
    if (depth == 0 || open[depth] != name) wrong("</" name "> closes <" open[depth] ">")
    depth--
    next
  }
  if (tag !~ /^[a-zA-Z][a-zA-Z0-9]*( [a-zA-Z0-9:-]+=("[^"]*"|'[^']*'))*\/?$/) wrong("not a tag: " substr(tag, 1, 80))
  check_text(tag)
  tags++
  if (tag ~ /\/$/) next
  name = tag
  sub(/ .*/, "", name)
  open[++depth] = name
  if (name == "script" || name == "style") raw = name
}
END { if (!bad && (depth || tags < 3)) { print FILENAME ": <" open[depth] "> is not closed"; exit 1 } }
