#!/usr/bin/env bash
# Usage: tests/ansible-test.sh sanity|integration [ARGUMENTS]
# Run ansible-test, of the ansible-core that comes first on PATH, in a copy of the checkout whose folder has the
# collection's name. Each command has a copy of its own: two runs in one folder disturb each other.
set -euo pipefail

command=$1
shift
tree=.build/$command/ansible_collections/magalu/cloud
log=$PWD/.build/$command/log
tests/sync.sh "$tree"
python tests/get_pip.py
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$tree"
case $command in
    sanity) run=(ansible-test sanity) ;;
    integration) run=(tests/integration/run --local) ;;
esac
"${run[@]}" --python "$python" "$@" 2>&1 | tee "$log"
if grep "All targets skipped" "$log"; then exit 1; fi # else a run that found no files would pass
