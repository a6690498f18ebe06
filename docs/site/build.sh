#!/bin/sh
# The docs as a site, in build/site/html: sh docs/site/build.sh. Needs Python and PyPI, which gradc itself never does.
# Its example is the page of the demo's run, which is trained first if it is not there.
set -eu
export NO_MKDOCS_2_WARNING=1
cd "$(dirname "$0")/../.."
site=build/site
pages=$site/pages

[ -d run/demo ] && [ -x build/gradc ] || ./demo
rm -rf "$pages" "$site/html"
mkdir -p "$pages/models/demo"
cp docs/site/mkdocs.yml "$site"
cp docs/*.md "$pages"
cp README.md "$pages/index.md"
cp CONTRIBUTING.md "$pages/contributing.md"
cp models/demo/README.md "$pages/models/demo"

# The first sentence of the comment that a file begins with.
says() { awk '!/^#/ { exit } { sub(/^# */, ""); text = text (NR > 1 ? " " : "") $0 } END { sub(/\. [A-Z].*/, ".", text); print text }' "$1"; }

# Files that the docs name are shown as text, folders as lists of their files.
for file in models/*.graph models/*/*.graph frontend/prelude.graph; do
  mkdir -p "$pages/$(dirname "$file")"
  { printf '# %s\n\n' "$file"; sed 's/^/    /' "$file"; } >"$pages/$file.md"
done
for folder in models/heads models/encoders models/adapters models/optimizers; do
  {
    printf '# %s\n\n' "$folder"
    for file in "$folder"/*.graph; do echo "* [${file##*/}](${file##*/}.md): $(says "$file")"; done
  } >"$pages/$folder/index.md"
done
sed -i -E -e 's/\]\((\.\.\/)?((models|frontend)\/[a-z0-9_\/]*\.graph)\)/](\2.md)/g' \
  -e 's/\]\((models\/(heads|encoders|adapters|optimizers))\)/](\1\/index.md)/g' \
  -e 's/\]\(docs\//](/g; s/\]\(CONTRIBUTING\.md/](contributing.md/g' -e 's/\]\(models\/demo\/notes\.csv\)/](models\/demo\/README.md)/g' "$pages"/*.md

build/gradc report run/demo --bench --out "$pages/demo.html"
[ -x "$site/tools/bin/mkdocs" ] || python3 -m venv "$site/tools"
"$site/tools/bin/pip" install -q "mkdocs-material>=9,<10"
"$site/tools/bin/mkdocs" build --strict -q -f "$site/mkdocs.yml"
echo "the site: $site/html/index.html"
