#!/usr/bin/env bash
# Usage: tests/sync.sh DIRECTORY
# Copy the files that git tracks, or would track, into DIRECTORY and make it a repository: ansible-test finds its files
# with `git ls-files`; in a folder that an outer repository ignores it would find no files, and pass.
set -euo pipefail

mkdir -p "$1"
find "$1" -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -r -d '' file; do
        if [ -e "$file" ] || [ -L "$file" ]; then printf '%s\0' "$file"; fi
    done |
    tar --create --null --no-recursion --files-from=- | tar --extract --directory "$1"
git -C "$1" init --quiet
