// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Synchronization

/// What was asked of the cluster before rollouts, for a while: many applications begin together in the same namespaces.
package final class PreflightBoard: Sendable {
    private struct State {
        var rules: [String: (rules: AccessRules, at: Timestamp)] = [:]
        var withoutQuotas: [String: Timestamp] = [:]
    }

    /// What is allowed is believed as long; what is not is asked again.
    private static let rulesLast = Duration.seconds(600)
    /// Where there is none, one is not looked for at every rollout; what is used of one changes.
    private static let noQuotasLast = Duration.seconds(60)

    private let state = Mutex(State())

    package init() {}

    func rules(in namespace: String, now: Timestamp) -> AccessRules? {
        state.withLock { state in
            state.rules[namespace].flatMap { now - $0.at < Self.rulesLast ? $0.rules : nil }
        }
    }

    func set(_ rules: AccessRules?, in namespace: String, at now: Timestamp) {
        state.withLock { $0.rules[namespace] = rules.map { ($0, now) } }
    }

    /// Whether it is known that the namespace has no quota.
    func hasNoQuota(_ namespace: String, now: Timestamp) -> Bool {
        state.withLock { state in state.withoutQuotas[namespace].map { now - $0 < Self.noQuotasLast } ?? false }
    }

    func noteQuotas(in namespace: String, areThere: Bool, at now: Timestamp) {
        state.withLock { $0.withoutQuotas[namespace] = areThere ? nil : now }
    }
}
