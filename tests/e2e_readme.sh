#!/bin/bash
# e2e_readme.sh -- what the README says of options and tasks is what there is.
set -eu
cd "$(dirname "$0")/.."
program=${BUILD_DIR:-build/release}/exigo-mpi

# The README's options are those of --help, word for word.
diff <(sed -n '/^  --/,/^```/p' README.md | sed '/^```/d') \
    <("$program" --help | sed -n '/^options/,/^$/{/^options/d;/^$/d;p}')

# Every `make TASK` it names is a task.
# shellcheck disable=SC2013
for task in $(grep -oE '\bmake [a-z]+' README.md | awk '{print $2}' | sort -u); do
    grep -qE "^$task:" Makefile || {
        echo "README names make $task, which is no task" >&2
        exit 1
    }
done

# Every file of the project it links to is there.
for file in $(grep -oE '\]\([a-zA-Z][^):]*\)' README.md | tr -d '])(' | sort -u); do
    [ -e "$file" ] || {
        echo "README links to $file, which is not there" >&2
        exit 1
    }
done
