#!/bin/sh
# Usage: known.sh FILE MARK, and on stdin a line for each host: NAME ID HOST
# Prints each host whose keys are not known in FILE as those of the instance ID, after "new" if there is no line with
# its NAME, "other" if there are lines of another instance, and "foreign" if there are lines without any mark.
while read -r name id host; do
    lines=$(ssh-keygen -F "$name" -f "$1" 2>/dev/null | grep -v '^[#@]')
    case "$lines" in
        '') printf 'new %s\n' "$host" ;;
        *" $2$id"*) ;;
        *" $2"*) printf 'other %s\n' "$host" ;;
        *) printf 'foreign %s\n' "$host" ;;
    esac
done
