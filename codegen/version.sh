#!/bin/sh
# Writes a header that changes whenever the code generator does, so that no cached object of an older one is ever used:
# version.sh SOURCES > HEADER
set -eu
printf '/* Made from the sources of codegen/ by version.sh. */\n#define GRADC_CODE_VERSION "%s"\n' "$(cat "$@" | cksum | tr ' ' -)"
