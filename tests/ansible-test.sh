#!/usr/bin/env bash
# Usage: tests/ansible-test.sh sanity|integration|integration-old|acceptance [ARGUMENTS]; sanity takes paths, too.
# Run ansible-test of the first ansible-core on PATH in a copy of the checkout whose folder has the collection's name.
# Each command has a copy of its own, because two runs in one folder would disturb each other.
# integration-old runs the modules, and sanity also imports them, on the oldest Python they support.
set -euo pipefail

command=$1
shift
oldest=3.9
tree=.build/$command/ansible_collections/magalu/cloud
log=$PWD/.build/$command/log
tests/sync.sh "$tree"
python tests/get_pip.py
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$tree"

ansible_test() { # fail also if no files were found, which ansible-test lets pass
    "$@" 2>&1 | tee "$log"
    # The targets' aliases enable deprecation warnings, which ansible-test hides by default.
    if grep --text -A 3 -e "All targets skipped" -e "\[DEPRECATION WARNING\]" "$log"; then return 1; fi
}

has_oldest() { # pyenv's shim of an inactive version is on PATH, too, but fails
    for bin in "${PYENV_ROOT:-/nonexistent}/versions/$oldest".*/bin; do
        PATH=$(dirname "$(command -v ansible-test)"):$bin:$PATH
    done
    "python$oldest" -c pass 2> /dev/null || ! echo "left out, since this machine has no Python $oldest: $command on it"
}

case $command in
    sanity)
        ansible_test ansible-test sanity --python "$python" "$@"
        if [ $# -gt 0 ]; then ansible_test ansible-test sanity --test pep8 --python "$python"; fi # not ruff's rules
        if has_oldest; then ansible_test ansible-test sanity --test compile --test import --python "$oldest" "$@"; fi
        ;;
    integration | acceptance)
        ansible_test tests/integration/run --local --python "$python" "$@"
        ;;
    integration-old)
        hosts=(--controller "origin:python=$python" --target "controller:python=venv/$oldest")
        if has_oldest; then ansible_test tests/integration/run "${hosts[@]}" "$@"; fi
        ;;
esac
