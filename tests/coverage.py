#!/usr/bin/python3
"""coverage.py COUNTS LIST WANT: what the tests do not reach, and why.

COUNTS is gcovr's JSON.  LIST has lines "FILE FUNCTION LINES REASON": so many
lines of this function are never reached, for this reason; numbers of lines, not
line numbers, so that the list lasts.  Prints each function with more lines that
are not reached than LIST gives a reason for, and each entry that has become
too large: what depends on the moment, such as a signal's, differs from run to
run.  Fails below WANT % of all lines, and where LIST names a function that is
not in the file.
"""
import bisect
import collections
import json
import re
import sys


def missed(counts):
    """{(file, function): line numbers never reached}, lines, lines reached."""
    out = collections.defaultdict(list)
    total = reached = 0
    for file in counts["files"]:
        # A kernel's name ends in its instruction set.
        starts = sorted(
            (f["lineno"], re.sub(r"_(base|avx2|avx512)$", "", f["name"]))
            for f in file["functions"]
        )
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            total += 1
            if line["count"] > 0:
                reached += 1
                continue
            at = bisect.bisect(starts, (line["line_number"], "~")) - 1
            name = starts[max(at, 0)][1] if starts else "-"
            out[file["file"], name].append(line["line_number"])
    return out, total, reached


def reasons(path):
    """{(file, function): (lines, reason)}."""
    out = {}
    with open(path, encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            if line.strip() and not line.startswith("#"):
                word = line.split(None, 3)
                if len(word) < 4 or not word[2].isdigit():
                    sys.exit(f"{path}:{number}: want FILE FUNCTION LINES REASON")
                out[word[0], word[1]] = (int(word[2]), word[3])
    return out


def gone(file, function):
    """True if the source has no such function (any more)."""
    try:
        with open(file, encoding="utf-8") as text:
            return not re.search(rf"\b{re.escape(function)}[()]", text.read())
    except FileNotFoundError:
        return True


def main(counts, listed, want):
    with open(counts, encoding="utf-8") as text:
        miss, total, reached = missed(json.load(text))
    known = reasons(listed)
    stale = sorted(key for key in known if gone(*key))
    for key in stale:
        print(f"error: {listed}: {key[0]} has no {key[1]}")
    open_lines = 0
    for key, lines in sorted(miss.items()):
        allowed = known.get(key, (0, ""))[0]
        if len(lines) > allowed:
            open_lines += len(lines) - allowed
            print(f"warning: {key[0]}: {key[1]}: {len(lines)} lines are not "
                  f"reached, {listed} has {allowed}: "
                  + " ".join(map(str, lines)))
    for key, (allowed, _) in sorted(known.items()):
        if len(miss.get(key, ())) < allowed and key not in stale:
            print(f"note: {listed}: {key[0]} {key[1]} {allowed}: "
                  f"{len(miss.get(key, ()))} lines are not reached now")
    percent = 100 * reached / total
    print(f"{reached} of {total} lines of src/ are reached: {percent:.1f} %; "
          f"{total - reached - open_lines} others have a reason, "
          f"{open_lines} have none")
    return percent < want or bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
