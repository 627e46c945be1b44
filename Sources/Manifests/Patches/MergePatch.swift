// SPDX-License-Identifier: Apache-2.0

/// JSON merge patch (RFC 7386).
package enum MergePatch {
    /// Maps merge at every depth, null removes a key, anything else replaces.
    package static func apply(_ patch: Value, to value: Value) -> Value {
        guard case .object(let changes) = patch else { return patch }
        var result = value.object ?? Object()
        for pair in changes.pairs {
            if pair.value.isNull {
                result[pair.key] = nil
            } else {
                result[pair.key] = apply(pair.value, to: result[pair.key] ?? .null)
            }
        }
        return .object(result)
    }
}
