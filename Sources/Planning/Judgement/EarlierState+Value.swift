// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// As the ledger keeps it, for a rollout that goes on after the daemon has ended.
extension EarlierState {
    package var value: Value {
        var fields = Object()
        fields["status"] = .string(status.rawValue)
        fields["reason"] = .string(reason)
        fields["ailment"] = ailment.map { .string($0) }
        return .object(fields)
    }

    /// Nil where it is none. Until when it may mend is told by the rollout.
    package init?(_ value: Value) {
        guard let status = value["status"]?.string.flatMap(HealthStatus.init(rawValue:)),
            let reason = value["reason"]?.string
        else { return nil }
        self.init(status: status, reason: reason, ailment: value["ailment"]?.string)
    }
}
