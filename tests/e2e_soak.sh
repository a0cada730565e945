#!/bin/bash
# e2e_soak.sh -- ten kills of tests/soak.sh.
KILLS=${KILLS:-10} SOAK_MINUTES=${SOAK_MINUTES:-4} exec "$(dirname "$0")/soak.sh"
