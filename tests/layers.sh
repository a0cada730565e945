#!/bin/bash
# layers.sh -- data flows one way: a folder includes only the folders in its
# row.  Also: every header pairs with a source file, and nothing but err.c and
# par.c ends the program.
set -u
cd "$(dirname "$0")/.." || exit 1

may() {
    case $1 in
    core) echo core ;;
    kern | par) echo "core $1" ;;
    data) echo core par data ;;
    model) echo core kern model ;;
    train) echo core kern par data model train ;;
    explain) echo core kern par data model train explain ;;
    embed) echo core kern par embed ;;
    store) echo core par store ;;
    plot) echo core store plot ;;
    *) echo core kern par data model train explain embed store plot app ;;
    esac
}

status=0
complain() {
    echo "layers.sh: $*" >&2
    status=1
}

for folder in src/* include/*; do
    name=$(basename "$folder")
    allowed=$(may "$name")
    while IFS=: read -r file line text; do
        other=$(sed 's/.*"\([a-z]*\)\/.*/\1/' <<<"$text")
        [[ " $allowed " == *" $other "* ]] ||
            complain "$file:$line: $name may not include $other"
    done < <(grep -rnE '^#include "[a-z]+/' "$folder")
done

while IFS=: read -r file line text; do
    complain "$file:$line: ends the program:$text"
done < <(grep -rnE '(^|[^_a-z])(exit|abort|assert) *\(' src analysis --include='*.c' |
    grep -vE '^(src/core/err|src/par/par)\.c:|^[^:]*:[0-9]*: *(/?\*|.*//)')

while IFS=: read -r file line text; do
    complain "$file:$line: unbounded or locale-bound call:$text"
done < <(grep -rnE '(^|[^_a-z])(sprintf|strcpy|strcat|atoi|atof|gets|rand|srand) *\(' src analysis --include='*.[ch]')

exit $status
