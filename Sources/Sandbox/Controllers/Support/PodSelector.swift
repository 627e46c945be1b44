// SPDX-License-Identifier: Apache-2.0

import Manifests

/// `matchLabels` and `matchExpressions` of apimachinery's LabelSelector.
struct PodSelector {
    private let labels: Object
    private let expressions: [Object]

    /// Nil where there is no selector: it matches nothing.
    init?(_ value: Value?) {
        guard let selector = value?.object else { return nil }
        labels = selector["matchLabels"]?.object ?? Object()
        expressions = selector.list(at: "matchExpressions")
    }

    /// The plain map a Service has; empty selects nothing.
    init?(map: Value?) {
        guard let map = map?.object, !map.isEmpty else { return nil }
        labels = map
        expressions = []
    }

    var isEmpty: Bool { labels.isEmpty && expressions.isEmpty }

    func matches(_ candidate: Object) -> Bool {
        labels.pairs.allSatisfy { candidate[$0.key] == $0.value }
            && expressions.allSatisfy { holds($0, for: candidate) }
    }

    private func holds(_ expression: Object, for candidate: Object) -> Bool {
        let value = expression["key"]?.string.flatMap { candidate[$0] }
        let values = expression["values"]?.array ?? []
        switch expression["operator"]?.string {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return !(value.map(values.contains) ?? false)
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        default: return false
        }
    }
}
