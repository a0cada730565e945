#!/bin/bash
# e2e_names.sh -- names that markup, JSON, CSV, a terminal or UTF-8 could trip
# over: a folder of such a name, and classes, titles, options of such names in a
# results file.  What is printed is lines that can be shown; events are JSON,
# figures XML and PNG, tables CSV, as Python reads them.
# shellcheck source=tests/e2e.sh
. "$(dirname "$0")/e2e.sh"
python=${PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import h5py' 2>/dev/null; then
    echo "skipped: no h5py"
    finish
fi
name=$'<a href="x">&amp;\n\e[2J\x01\xff\xe2\x80\xae--]]>"\\,é'
out="$scratch/$name"

cat >"$scratch/read.py" <<'PY'
"""read.py KIND FILE...: each is of its kind, and of text that can be shown."""
import csv
import json
import struct
import sys
import unicodedata
import xml.etree.ElementTree as xml
import zlib


def shown(text):
    bad = [c for c in text if unicodedata.category(c) in
           ("Cc", "Cf", "Zl", "Zp", "Cs")]
    assert not bad, f"{text[:200]!r}: {bad[:5]}"


def lines(data):
    for line in data.decode("utf-8").split("\n"):
        shown(line)


def events(data):
    assert data.endswith(b"\n")
    for line in data.decode("utf-8").splitlines():
        json.loads(line)
        shown(line)


def svg(data):
    root = xml.fromstring(data)
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title.text
    shown(title.text)
    kinds = {e.tag.split("}")[1] for e in root.iter()}
    assert not kinds & {"script", "a", "foreignObject"}, kinds


def png(data):
    at, seen = 8, {}
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        assert crc == zlib.crc32(kind + body)
        if kind in (b"tEXt", b"iTXt"):
            key, text = body.split(b"\0", 1)
            if kind == b"iTXt":
                assert text[:2] == b"\0\0"
                text = text[2:].split(b"\0", 2)[2]
            seen[key] = text.decode("ascii" if kind == b"tEXt" else "utf-8")
            shown(seen[key])
        at += 12 + size
    assert b"Title" in seen and b"Source" in seen, seen


def table(data):
    rows = list(csv.reader(data.decode("utf-8", "surrogateescape")
                           .split("\n"), strict=True))
    assert len({len(r) for r in rows if r}) == 1, rows


for path in sys.argv[2:]:
    with open(path, "rb") as f:
        try:
            {"lines": lines, "events": events, "svg": svg, "png": png,
             "table": table}[sys.argv[1]](f.read())
        except Exception as e:
            sys.exit(f"{sys.argv[1]}: {path!r}: {type(e).__name__}: {e}")
PY

# is KIND FILE...
is() {
    "$python" "$scratch/read.py" "$@" || fail "want $*"
}
basis=(--data "$data" --limit-train 64 --limit-test 64 --epochs 1
    --saliency-samples 2 --tsne-perplexity 5 --tsne-iterations 20
    --tsne-sweep '3,5' --tsne-epochs)

# A folder of that name: of the run, as text and as events; of the tools.
on 2 "${basis[@]}" --out "$out" >"$scratch/log" 2>"$scratch/err" ||
    fail "the run: $(cat "$scratch/err")"
is lines "$scratch/log" "$scratch/err"
is events "$out/run.jsonl"
is svg "$out"/plots/*.svg
is png "$out"/plots/*.png
on 1 "${basis[@]}" --out "$out" --log json >"$scratch/log" 2>&1 ||
    fail "the run, told as events: $(cat "$scratch/log")"
is events "$scratch/log" "$out/run.jsonl"
on 2 "${basis[@]}" --out "$out" --data "$out/none" >"$scratch/log" 2>&1
[ $? = 2 ] || fail "no data: want exit status 2"
is lines "$scratch/log"
cp "$out/results.h5" "$scratch/$name.h5"
"$build"/analysis/exigo-plot "$scratch/$name.h5" --out "$out/again" \
    >"$scratch/log" 2>&1 || fail "exigo-plot: $(cat "$scratch/log")"
is lines "$scratch/log"
is svg "$out"/again/*.svg
is png "$out"/again/*.png
"$build"/analysis/exigo-plot "$out/none.h5" >"$scratch/log" 2>&1 &&
    fail "exigo-plot: no such file"
is lines "$scratch/log"

# Names that are long when escaped.
long=$scratch/$(printf '\001%.0s' {1..200})/$(printf '\002%.0s' {1..200})
mkdir -p "$long"
on 1 --doctor --log json --out "$long" >"$scratch/log" 2>&1 ||
    fail "--doctor: $(cat "$scratch/log")"
is events "$scratch/log"
on 1 "${basis[@]}" --data "$long" --log json >"$scratch/log" 2>&1
[ $? = 1 ] || fail "long names: want exit status 1"
is lines "$scratch/log"

# What a results file may hold.
"$python" - "$scratch/$name.h5" "$scratch/x.h5" <<'PY' || fail "no file to try"
import os
import shutil
import sys

import h5py

source, to = (os.fsencode(p) for p in sys.argv[1:])
shutil.copy(source, to)
texts = ["<script>alert('1')</script>", "&amp;&#0;]]>", "--><g/><!--",
         '"}\n{"event": "done"', "\x1b[2J\x1b]0;title\x07", "\x01\x7f",
         b"caf\xe9 \xff\xc0\x80\xed\xa0\x80", "\u202etxt.exe \u2066\u2028",
         "\ufffe \uffff %s%n", "a,b;\t'c'" * 300]
with h5py.File(to, "r+") as f:
    old = f["dataset/class_names"]
    assert len(old) == len(texts)
    del f["dataset/class_names"]
    f.create_dataset("dataset/class_names", data=texts,
                     dtype=h5py.string_dtype())
    for group in ("tsne", "tsne_3d"):
        f[group].attrs["title"] = "<t>&\x1b[2J\u202e" + 30 * "--"
        f[group].attrs["perplexities"] = "5,<b>\n\x1b[1m"
    for option, text in (("lr", "\x1b[2J<&>"), ("seed", "\u202e6"),
                         ("model", '"a",\n"b"\x07')):
        f["config"].attrs[option] = text
    f["config"].attrs["\x1b[31mred"] = "\x1b[2J"
PY
"$build"/analysis/exigo-plot "$scratch/x.h5" --out "$scratch/x" \
    >"$scratch/log" 2>&1 || fail "hostile names: $(cat "$scratch/log")"
is lines "$scratch/log"
is svg "$scratch"/x/*.svg
is png "$scratch"/x/*.png
[ "$(find "$scratch/x" -name '*.svg' | wc -l)" -ge 8 ] || fail "few figures"
"$build"/analysis/exigo-merge "$scratch/x.h5" "$scratch/$name.h5" \
    --csv "$scratch/x.csv" >"$scratch/log" 2>&1 ||
    fail "exigo-merge: $(cat "$scratch/log")"
is lines "$scratch/log"
is table "$scratch/x.csv"
[ "$(grep -ac 'best_epoch' "$scratch/log")" = 1 ] || fail "exigo-merge: want a head"

# More phases than a run has would take minutes to print.
"$python" - "$scratch/x.h5" "$scratch/phases.h5" <<'PY' || fail "no file to try"
import shutil
import sys

import h5py
import numpy as np

shutil.copy(sys.argv[1], sys.argv[2])
with h5py.File(sys.argv[2], "r+") as f:
    n = 200000
    for name, data in (("phase", np.full(n, b"train")),
                       ("seconds", np.ones((n, 3)))):
        del f["provenance"][name]
        f["provenance"].create_dataset(name, data=data, compression=1)
PY
timeout 20 "$build"/analysis/exigo-merge --phases "$scratch/phases.h5" \
    >"$scratch/log" 2>&1
[ $? = 1 ] || fail "200,000 phases: want exit status 1"
grep -q '^exigo: .*/provenance: 200000 phases' "$scratch/log" ||
    fail "200,000 phases: $(head -c 300 "$scratch/log")"
on 1 --config "$scratch/x.h5" --data "$data" --out "$scratch/c" \
    >"$scratch/log" 2>&1
[ $? = 2 ] || fail "options of such values: want exit status 2"
is lines "$scratch/log"
finish
