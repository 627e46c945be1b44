// SPDX-License-Identifier: Apache-2.0

/// Bounds on what a remote may make us wait for, store or walk.
package struct GitLimits: Sendable, Hashable {
    /// Until a connection stands.
    package var connect: Duration = .seconds(10)
    /// The longest time a remote may stay silent. A server that packs a large repository is silent for a while.
    package var silence: Duration = .seconds(60)
    /// Asking for heads, from start to end.
    package var heads: Duration = .seconds(30)
    /// Fetching, from start to end; the first one brings the whole history.
    package var fetch: Duration = .seconds(900)
    /// The largest list of refs.
    package var advertisementBytes = 64 << 20
    /// The most that one fetch may bring.
    package var fetchBytes = 4 << 30
    /// The most commits a history query looks at.
    package var historyCommits = 200_000

    package init() {}
}
