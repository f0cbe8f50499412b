#!/usr/bin/env bash
# Usage: tests/keep.sh COMMAND
# Start a simulator that keeps running, run COMMAND on it, and print how to use and how to stop the simulator.
set -euo pipefail

log=.build/simulator.log
: > "$log"
nohup python -m simulator --port 0 --speed 10 > "$log" 2>&1 < /dev/null &
until [ -s "$log" ]; do # the first line is the URL, which is written when the simulator is ready
    kill -0 $! || { cat "$log"; exit 1; }
    sleep 0.1
done
MGC_API_URL=$(head -n 1 "$log")
export MGC_API_URL MGC_API_KEY=simulator
status=0
"$@" || status=$?
cat << EOF

The simulator goes on at ${MGC_API_URL}
Watch it, and let something go wrong:
  ${MGC_API_URL%%{*}
Run a playbook on it:
  MGC_API_URL='${MGC_API_URL}' MGC_API_KEY=${MGC_API_KEY} \\
  ANSIBLE_COLLECTIONS_PATH='${ANSIBLE_COLLECTIONS_PATH}' .venv/bin/ansible-playbook YOUR_PLAYBOOK.yml
Stop it:
  kill $!
EOF
exit "$status"
