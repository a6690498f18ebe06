#!/usr/bin/env python3
"""Writes runtime/tokenize/unicode_runs.c: what Hugging Face's tokenizers know of each code point.

    pip install unicodedata2==16.0.0 tokenizers==0.22.2
    git clone https://github.com/unicode-rs/unicode-segmentation (Unicode 17); git clone https://github.com/huggingface/tokenizers
    python3 tests/unicode_runs.py unicode-segmentation/src/tables.rs \
        tokenizers/tokenizers/src/pre_tokenizers/unicode_scripts/scripts.rs > runtime/tokenize/unicode_runs.c

Categories are those of Unicode 16.0, ages come from perl (any version from 9.0 on), classes of grapheme clusters from
unicode-segmentation, scripts and small letters from the library itself. A property is a list of strings: for each run of equal code points a
letter, and its length where that is not 1.
"""
import itertools
import re
import string
import subprocess
import sys

import unicodedata2
from tokenizers import normalizers

CODES = 0x110000
CATEGORIES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn").split()
CLUSTERS = ("Any CR LF Control Extend ZWJ Regional_Indicator Prepend SpacingMark L V T LV LVT Extended_Pictographic "
            "InCB_Consonant").split()
LETTERS = string.ascii_letters[26:] + string.ascii_letters[:26]
HANGUL = range(0xAC00, 0xD7A4)  # LV and LVT in turn: told apart by arithmetic


def runs(values, letters=LETTERS):
    """Lines of whole runs."""
    lines = [""]
    for value, group in itertools.groupby(values):
        count = sum(1 for _ in group)
        run = letters[value] + (str(count) if count > 1 else "")
        if len(lines[-1]) + len(run) > 110:
            lines.append("")
        lines[-1] += run
    return lines


def ages():
    program = "for my $c (0..0x10ffff) { my $t = chr $c; print $t =~ /\\p{In=8.0}/ ? 0 : $t =~ /\\p{In=9.0}/ ? 1 : 2 }"
    out = subprocess.run(["perl", "-e", program], capture_output=True, check=True).stdout.decode()
    return [int(c) for c in out]


def body(tables, name):
    start = tables.index(name)
    return tables[start:tables.index("];", start)]


def clusters(tables):
    values = [0] * CODES
    rows = body(tables, "const grapheme_cat_table")
    for first, last, kind in re.findall(r"'\\u\{(\w+)\}',\s*'\\u\{(\w+)\}',\s*GC_(\w+)", rows):
        for c in range(int(first, 16), int(last, 16) + 1):
            values[c] = CLUSTERS.index("LV" if c in HANGUL else kind)
    return values


def conjuncts(tables):
    """0: neither, 1: extends a conjunct, 2: links its consonants."""
    values = [0] * CODES
    for first, last in re.findall(r"'\\u\{(\w+)\}',\s*'\\u\{(\w+)\}'", body(tables, "const InCB_Extend_table")):
        for c in range(int(first, 16), int(last, 16) + 1):
            values[c] = 1
    start = tables.index("fn is_incb_linker")
    for code in re.findall(r"\\u\{(\w+)\}", tables[start:tables.index("}\n", start)]):
        values[int(code, 16)] = 2
    return values


def scripts(source):
    """Numbers of scripts, 0 for none; Japanese is one script, as UnicodeScripts has it."""
    values, numbers = [0] * CODES, {"Any": 0}
    for first, last, name in re.findall(r"0x(\w+)(?:\.\.=0x(\w+))? => Script::(\w+)", source):
        number = numbers.setdefault("Han" if name in ("Hiragana", "Katakana") else name, len(numbers))
        for c in range(int(first, 16), int(last or first, 16) + 1):
            values[c] = number
    values[ord(" ")], values[0x30FC] = 0, numbers["Han"]
    assert len(numbers) < 256
    return values


def lower_rows():
    rows, lower = [], normalizers.Lowercase()
    for c in range(128, CODES):
        small = chr(c) if 0xD800 <= c < 0xE000 else lower.normalize_str(chr(c))
        if small == chr(c) or len(small) > 1:
            continue
        delta = ord(small) - c
        if rows and rows[-1][3] == delta and (c - rows[-1][1] == rows[-1][2] or rows[-1][2] == 0 and c - rows[-1][1] < 3):
            rows[-1] = (rows[-1][0], c, c - rows[-1][1], delta)
        else:
            rows.append((c, c, 0, delta))
    return [(first, last, stride or 1, delta) for first, last, stride, delta in rows]


def table(name, lines):
    print(f"const char *const {name}[] = {{\n" + "\n".join(f'    "{line}",' for line in lines) + "\n};\n")


def main():
    assert unicodedata2.unidata_version == "16.0.0"
    tables = open(sys.argv[1]).read()
    print("/* What is known of each code point: written by tests/unicode_runs.py, which says what from. */")
    print('#include "runtime/tokenize/unicode_runs.h"\n\n/* clang-format off */')
    table("unicode_category_runs", runs(CATEGORIES.index(unicodedata2.category(chr(c))) for c in range(CODES)))
    table("unicode_age_runs", runs(ages()))
    table("unicode_cluster_runs", runs(clusters(tables)))
    table("unicode_conjunct_runs", runs(conjuncts(tables)))
    pairs = [a + b for a in LETTERS for b in LETTERS]
    table("unicode_script_runs", runs(scripts(open(sys.argv[2]).read()), pairs))
    rows = lower_rows()
    print(f"const LowerRow unicode_lower_rows[] = {{")
    for i in range(0, len(rows), 4):
        print("    " + " ".join(f"{{0x{f:X}, 0x{l:X}, {s}, {d}}}," for f, l, s, d in rows[i:i + 4]))
    print("};\nconst int unicode_lower_count = sizeof unicode_lower_rows / sizeof *unicode_lower_rows;")


main()
