// SPDX-License-Identifier: Apache-2.0

/// Days of a daemon in simulated time. They need no deadlines and all of the processor, so `deploy/test.sh` runs them
/// apart from what is waited for by the clock: `--filter Stories`.
enum Stories {}
