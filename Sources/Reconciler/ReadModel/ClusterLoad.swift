// SPDX-License-Identifier: Apache-2.0

/// How busy the daemon is with its API server, for metrics.
package struct ClusterLoad: Sendable, Equatable {
    /// Empty for the default cluster.
    package var cluster = ""
    /// How many requests may be under way at once, as learnt from the server's answers.
    package var limit: Int
    package var inFlight: Int
    /// Those that wait for their turn.
    package var waiting: Int
    /// Answers of 429 since the start.
    package var refused: Int
    /// Requests that were sent again since the start.
    package var repeated: Int
    /// Requests since the start, by method; an opened watch is `WATCH`.
    package var sent: [String: Int]

    package init(limit: Int, inFlight: Int, waiting: Int, refused: Int, repeated: Int, sent: [String: Int] = [:]) {
        self.limit = limit
        self.inFlight = inFlight
        self.waiting = waiting
        self.refused = refused
        self.repeated = repeated
        self.sent = sent
    }
}
