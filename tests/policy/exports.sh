#!/bin/sh
# exports.sh LIBRARY SYM HEADER: the library, shared or static, exports what the
# version script lists, no more and no less, and the header declares it.
set -eu

case $1 in
*.a) table=--extern-only ;;
*) table=--dynamic ;;
esac

wanted=$(sed -n 's/^ *\(monologue_[a-z_]*\);$/\1/p' "$2" | sort)
exported=$(nm $table --defined-only --format=posix "$1" |
    awk '$2 != "A" && NF > 1 { sub(/@.*/, "", $1); print $1 }' | sort)

if [ "$wanted" != "$exported" ]; then
    printf 'listed in %s:\n%s\n\nexported:\n%s\n' "$2" "$wanted" "$exported"
    exit 1
fi
# A mistyped name in the list would otherwise match nothing silently.
declared=$(sed -n 's/.*[ *]\(monologue_[a-z_]*\)(.*/\1/p' "$3" | sort -u)
for name in $wanted; do
    case " $(echo $declared) " in
    *" $name "*) ;;
    *) echo "$name is not declared in $3"; exit 1 ;;
    esac
done
