#!/bin/sh
# The questions of docs/inspecting.md are answered as it says. Run from the project's root; GRADC names the program. One line a check; the last
# line counts.
set -u
. tests/lib/checks.sh
page=$root/docs/inspecting.md
. tests/lib/walkthrough.sh
finish
