#!/bin/sh
# Usage: usable.sh PYTHON PLAYBOOK FORKS, with an inventory on stdin. It may hold passwords, so nobody else can read it.
umask 077
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cat > "$folder/members.yml" && "$1" -m ansible playbook -i "$folder/members.yml" -f "$3" "$2" < /dev/null
