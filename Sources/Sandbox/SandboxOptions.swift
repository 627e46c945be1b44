// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a sandbox is like and what it may cost.
package struct SandboxOptions: Sendable {
    /// What `/version` reports.
    package var gitVersion: String
    /// Store changes kept for watches; a watch from before them gets 410 Gone.
    package var historyLimit: Int
    /// Events a watch may lag behind before it is closed (the client lists again).
    package var watchBuffer: Int
    /// Largest request body, in bytes.
    package var bodyLimit: Int
    /// Reconciliations in one run to quiescence: a bound against controllers that feed each other for ever.
    package var reconcileLimit: Int
    /// How often a watch that asked for bookmarks gets one.
    package var bookmarkInterval: Duration
    /// Nodes that are registered from the start. Without one, pods are placed on a node that no object stands for.
    package var nodes: [String]
    package var access: SandboxAccess
    /// What clients verify the server by, in PEM; it is handed to workloads beside their tokens.
    package var certificateAuthority: String
    /// Those that may be named in what is written; controllers have their own, as they are programs of their own.
    package var timeZones: TimeZones

    package init(
        gitVersion: String = "v1.36.2", historyLimit: Int = 10_000, watchBuffer: Int = 1000, bodyLimit: Int = 3 << 20,
        reconcileLimit: Int = 100_000, bookmarkInterval: Duration = .seconds(60), nodes: [String] = [],
        access: SandboxAccess = .open, certificateAuthority: String = "",
        timeZones: TimeZones = .utcOnly
    ) {
        self.gitVersion = gitVersion
        self.historyLimit = historyLimit
        self.watchBuffer = watchBuffer
        self.bodyLimit = bodyLimit
        self.reconcileLimit = reconcileLimit
        self.bookmarkInterval = bookmarkInterval
        self.nodes = nodes
        self.access = access
        self.certificateAuthority = certificateAuthority
        self.timeZones = timeZones
    }
}
