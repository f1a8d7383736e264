#!/bin/bash
# Runs the missing shards of a run with GNU parallel, then merges them. Killed anywhere, it goes on when called again.
#   shards.sh RUN [OPTION...]     options of parallel: --jobs 4, --sshloginfile hosts (with a shared file system)
# LANDFALL is how the machines call landfall (`npx landfall` if not set), THREADS the threads of one shard (1).
set -euo pipefail
run=$(realpath "${1:?usage: shards.sh RUN [OPTION...]}")
shift
read -ra landfall <<<"${LANDFALL:-npx landfall}"

"${landfall[@]}" shards status "$run" --list |
  parallel --quote --no-run-if-empty --retries 3 --joblog "$run/log/parallel.log" "$@" \
    "${landfall[@]}" shards run "$run" --threads "${THREADS:-1}" --index
"${landfall[@]}" shards merge "$run"
