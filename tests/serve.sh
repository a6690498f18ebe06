#!/bin/sh
# gradc serve: answers equal to gradc predict's, whoever asks and however many at once; bad lines, bad clients, bad sockets; a stop.
# Run from the project's root; GRADC names the program. The client is tests/socket_lines.c.
set -u
. tests/lib/checks.sh
trap '[ -z "${server:-}" ] || kill -9 "$server" 2>/dev/null; rm -rf "$t"' EXIT
client=$(dirname "$gradc")/tests/socket_lines
model="$root/models/bert.graph"
socket="$t/socket"
: >"$t/err"

untrained "$model" sentiment,paraphrase,similarity "$demo" "$t/run"

start() { # OPTIONS
  "$gradc" serve "$model" --weights "$t/run" --cache "$kernels" --socket "$socket" "$@" 2>"$t/err" & server=$!
  for _ in $(seq 300); do
    [ -S "$socket" ] && "$client" "$socket" </dev/null >/dev/null && return
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
}
ask() { "$client" "$socket"; }
stop() { kill -TERM "$server"; wait "$server"; status=$?; server=; }

# Requests, and what gradc predict says to the same rows.
awk -F '\t' 'NR > 1 && NR < 30 { gsub(/"/, ""); printf "{\"id\": %d, \"task\": \"sentiment\", \"sentence\": \"%s\"}\n", NR - 1, $3 }' "$demo/ids-sst-dev.csv" >"$t/requests"
awk -F '\t' 'NR == 1 || NR < 30 { gsub(/"/, ""); print }' "$demo/ids-sst-dev.csv" >"$t/rows.csv"
"$gradc" predict "$model" --weights "$t/run" --cache "$kernels" --task sentiment --input "$t/rows.csv" --probabilities --format jsonl 2>"$t/err" |
  awk '{ sub(/^\{/, ""); print "{\"id\":" NR "," $0 }' >"$t/expected"

start
ok "it starts" $?
has "$t/err" "listening on $socket"
ok "and says when clients can connect" $?
[ "$(stat -c %a "$socket")" = 600 ]
ok "the socket is the user's alone" $?
ask <"$t/requests" >"$t/answers"
[ "$(wc -l <"$t/expected")" = 28 ] && cmp -s "$t/answers" "$t/expected"
ok "answers are those of gradc predict, in order" $?
head -n 1 "$t/requests" | tr -d '\n' | ask >"$t/out" && head -n 1 "$t/expected" | cmp -s - "$t/out"
ok "one request, without an end of line: the same bits" $?

printf '\357\273\277{"id": 1, "task": "sentiment", "text": "fine"}\n' | ask >"$t/out" && has "$t/out" '{"id":1,"prediction":'
ok "a byte order mark before a request" $?

# An id comes back as it was written, of any size; texts are those that predict takes.
printf '%s\n' '{"id": 14933243513335727984, "task": "sentiment", "text": "fine"}' '{"id": 1700000000.123, "task": "sentiment", "sentence": "fi\u0000ne"}' '{"id": [0.10, {"a": "b"}], "task": "sentiment", "text": "fine"}' |
  ask >"$t/out" && [ "$(grep -c '"prediction":' "$t/out")" = 3 ] && has "$t/out" '{"id":14933243513335727984,' && has "$t/out" '{"id":1700000000.123,' && has "$t/out" '{"id":[0.10, {"a": "b"}],'
ok "ids come back as they were written" $?

# ---- Many at once ----------------------------------------------------------------------------------------------

pids=
for i in 1 2 3 4 5 6 7 8; do
  for _ in 1 2 3 4 5; do cat "$t/requests"; done | ask >"$t/many.$i" & pids="$pids $!"
done
wait $pids
for _ in 1 2 3 4 5; do cat "$t/expected"; done >"$t/five"
same=0
for i in 1 2 3 4 5 6 7 8; do cmp -s "$t/five" "$t/many.$i" || same=1; done
ok "eight clients at once, each with its own answers" $same
for _ in $(seq 20); do cat "$t/requests"; done | "$client" "$socket" leave && ask <"$t/requests" | cmp -s - "$t/expected"
ok "a client that goes away without its answers" $?

# ---- Requests ------------------------------------------------------------------------------------------------------

cat >"$t/odd" <<'END'
{"id": {"a": [1]}, "task": "sentiment", "text": "Bland."}
{"id": 2, "task": "similarity", "sentence1": "A man.", "sentence2": "A man."}
{"id": 3, "task": "sentiment"}
{"id": 4, "task": "nothing", "sentence": "x"}
{"id": 5, "sentence": "x"}
{"id": 6,

[7]
{"task": "sentiment", "sentence": "Bland."}
END
ask <"$t/odd" >"$t/out"
[ "$(wc -l <"$t/out")" = 8 ] && sed -n 1p "$t/out" | grep -q '^{"id":{"a": *\[1\]},"prediction":[0-4],"probabilities":\[' &&
  sed -n 2p "$t/out" | grep -qE '^\{"id":2,"prediction":-?[0-9.e-]+\}$'
ok "any id comes back; 'text' is the one text; tasks have what they show" $?
sed -n 3,7p "$t/out" >"$t/found"
cat >"$t/wanted" <<'END'
{"id":3,"error":"there is no column 'sentence'"}
{"id":4,"error":"there is no such task"}
{"id":5,"error":"name the task: {\"task\": ...}"}
{"id":null,"error":"this line is not a JSON object in UTF-8"}
{"id":null,"error":"this line is not a JSON object in UTF-8"}
END
cmp -s "$t/found" "$t/wanted"
ok "what is wrong with a request is its answer" $?
{ head -n 1 "$t/requests"; head -c 3000000 /dev/zero | tr '\0' x; } | ask >"$t/out" 2>/dev/null
head -n 1 "$t/expected" | cat - "$t/out" | sort | uniq -c | grep -q '^ *2 ' && has "$t/out" '{"id":null,"error":"a line is longer than 1048576 bytes"}'
ok "a line without end is refused; what came before is answered" $?
ask <"$t/requests" | cmp -s - "$t/expected"
ok "and the next client is served" $?

stop
start --task sentiment
printf '%s\n' '{"text": "\u4e2d \u6587"}' '{"text": "fine"}' '{"id": 1, "text": "a", "text": "b"}' | ask >"$t/out"
has "$t/out" '{"id":1,"error":"two members are called '"'text'"'"}'
ok "a text that is given twice is refused by its own name" $?
stop
has "$t/err" "sentiment: 2 rows, 1 mostly [UNK]"
ok "at the end it says how many texts were mostly [UNK]" $?
start --task sentiment
[ "$(echo '{}' | ask)" = "{\"id\":null,\"error\":\"there is no column 'sentence'\"}" ]
ok "an object without members lacks the column" $?
stop
start

# ---- Sockets ----------------------------------------------------------------------------------------------------------

run serve "$model" --weights "$t/run" --cache "$kernels" --socket "$socket"
[ "$status" = 1 ] && has "$t/err" "error[E0956]" && has "$t/err" "another server is listening there"
ok "a socket in use is left alone" $?
mkfifo "$t/slow"
"$client" "$socket" <"$t/slow" >"$t/last" & last=$!
exec 4>"$t/slow"
cat "$t/requests" >&4
for _ in $(seq 100); do [ "$(wc -l <"$t/last")" = 28 ] && break; sleep 0.05; done
stop
exec 4>&-
wait $last
[ "$status" = 0 ] && cmp -s "$t/last" "$t/expected" && [ ! -e "$socket" ]
ok "SIGTERM: what was asked is answered, the socket is gone, status 0" $?
start --task sentiment && kill -9 "$server"
wait "$server" 2>/dev/null
[ -S "$socket" ] && start --task sentiment && sed 's/"task": "sentiment", //' "$t/requests" | ask | cmp -s - "$t/expected"
ok "a socket that a killed server left is replaced; one task needs no name" $?
stop
echo mine >"$t/file"
run serve "$model" --weights "$t/run" --cache "$kernels" --socket "$t/file"
[ "$status" = 1 ] && has "$t/err" "there is a file that is not a socket" && has "$t/file" mine
ok "a file that is no socket is left alone" $?
run serve "$model" --weights "$t/run" --cache "$kernels"
[ "$status" = 1 ] && has "$t/err" "error[E0957]"
ok "no socket is named" $?

finish
