#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds mainstay and runs its demo. Options are the demo's: --keep, --plain.
# It is a debug build, which is ready in half the time of a release build and fast enough to show everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

require_swift
install_build_packages
say "building (a few minutes the first time)"
swift build --product mainstay >&2
exec "$(swift build --show-bin-path)/mainstay" demo "$@"
