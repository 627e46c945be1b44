// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// This daemon took over a namespace from another, with a ledger of its own: what this one's ledger says of the
/// namespace may be old.
package struct Succession: Sendable, Hashable {
    /// Empty for the default one.
    package var cluster: String
    package var namespace: String
    /// Who ruled before; nil where a person removed the record that named it.
    package var from: Tenant?
    package var at: Timestamp

    package init(cluster: String, namespace: String, from: Tenant?, at: Timestamp) {
        self.cluster = cluster
        self.namespace = namespace
        self.from = from
        self.at = at
    }

    /// `another daemon, "host-b" (installation 1f2e)`.
    package var other: String { from.map { "another daemon, \($0)" } ?? "another daemon" }

    /// What the status says as long as it bears on an application.
    package var text: String {
        "\(other), ruled here until \(at.secondsDescription), and this one's ledger is older: what differs from it is shown, "
            + "and not undone before the next rollout"
    }
}
