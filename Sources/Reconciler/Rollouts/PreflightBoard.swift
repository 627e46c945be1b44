// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Synchronization

/// What was asked of the cluster before rollouts, for a while, by what passed since the daemon's start: many
/// applications begin together in the same namespaces.
package final class PreflightBoard: Sendable {
    private struct State {
        var rules: [String: (rules: AccessRules, at: Duration)] = [:]
        var withoutQuotas: [String: Duration] = [:]
    }

    /// What is allowed is believed as long; what is not is asked again.
    private static let rulesLast = Duration.seconds(600)
    /// Where there is none, one is not looked for at every rollout; what is used of one changes.
    private static let noQuotasLast = Duration.seconds(60)

    private let state = Mutex(State())

    package init() {}

    func rules(in namespace: String, now: Duration) -> AccessRules? {
        state.withLock { state in
            state.rules[namespace].flatMap { now - $0.at < Self.rulesLast ? $0.rules : nil }
        }
    }

    func set(_ rules: AccessRules?, in namespace: String, at now: Duration) {
        state.withLock { $0.rules[namespace] = rules.map { ($0, now) } }
    }

    /// Whether it is known that the namespace has no quota.
    func hasNoQuota(_ namespace: String, now: Duration) -> Bool {
        state.withLock { state in state.withoutQuotas[namespace].map { now - $0 < Self.noQuotasLast } ?? false }
    }

    func noteQuotas(in namespace: String, areThere: Bool, at now: Duration) {
        state.withLock { $0.withoutQuotas[namespace] = areThere ? nil : now }
    }
}
