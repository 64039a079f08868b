#!/bin/sh
# Proves and times GpuLoss on this machine's GPU: ./run [--out FOLDER] [--only STEPS] (--help tells more).
exec "$(dirname "$(readlink -f "$0")")/GpuLoss.Bench" gpu "$@"
