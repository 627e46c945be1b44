// SPDX-License-Identifier: Apache-2.0

package import Planning

/// Asks others than the cluster: what a check names by URL or address. From where the daemon runs, with its own
/// deadlines; redirects are answers, and certificates are verified.
package protocol CheckProbe: Sendable {
    /// - Parameter isQuery: of metrics, for which the operator may have given credentials.
    func get(
        _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
    ) async throws(ProbeFailure) -> CheckAnswer
    /// Whether something takes a connection.
    func connect(host: String, port: Int) async throws(ProbeFailure)
}

/// Why nothing was answered. Texts are safe to store and show.
package struct ProbeFailure: Error, Sendable, Equatable {
    /// False where it is ours to ask better: a name that nobody knows here, a file that cannot be read.
    package var isTheirs: Bool
    package var message: String

    package init(isTheirs: Bool, message: String) {
        self.isTheirs = isTheirs
        self.message = message
    }
}

/// Where nobody can be asked.
package struct NoProbe: CheckProbe {
    package init() {}

    package func get(
        _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
    ) async throws(ProbeFailure) -> CheckAnswer {
        throw ProbeFailure(isTheirs: false, message: "nothing is asked directly here")
    }

    package func connect(host: String, port: Int) async throws(ProbeFailure) {
        throw ProbeFailure(isTheirs: false, message: "nothing is asked directly here")
    }
}
