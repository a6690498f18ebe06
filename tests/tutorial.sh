#!/bin/sh
# The tutorial does what it says. Run from the project's root; GRADC names the program. One line a check; the last line counts.
set -u
. tests/lib/checks.sh
page=$root/docs/tutorial.md
. tests/lib/walkthrough.sh
finish
