// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A label selector: in its query form `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`, or as objects hold one.
struct LabelSelector: Sendable {
    enum Operation: Sendable { case isIn, notIn, exists, absent, greater, less }

    struct Requirement: Sendable {
        var key: String
        var operation: Operation
        var values: [String] = []
    }

    private(set) var requirements: [Requirement] = []

    init() {}

    /// - Throws: 400 in the words of apimachinery's `labels.Parse`.
    init(_ text: String) throws(StatusError) {
        var parser = LabelSelectorParser(text)
        requirements = try parser.requirements()
    }

    /// `matchLabels` and `matchExpressions`. Nil where there is no selector: it matches nothing.
    init?(selector: Value?) {
        guard let selector = selector?.object else { return nil }
        requirements = Self.requirements(selector["matchLabels"]?.object ?? Object())
        requirements += selector.list(at: "matchExpressions").map { expression in
            let values = (expression["values"]?.array ?? []).compactMap(\.string)
            let key = expression["key"]?.string ?? ""
            return switch expression["operator"]?.string {
            case "In": Requirement(key: key, operation: .isIn, values: values)
            case "NotIn": Requirement(key: key, operation: .notIn, values: values)
            case "Exists": Requirement(key: key, operation: .exists)
            case "DoesNotExist": Requirement(key: key, operation: .absent)
            // One of no values: matches nothing.
            default: Requirement(key: key, operation: .isIn)
            }
        }
    }

    /// The plain map a Service has; empty selects nothing.
    init?(map: Value?) {
        guard let map = map?.object, !map.isEmpty else { return nil }
        requirements = Self.requirements(map)
    }

    private static func requirements(_ map: Object) -> [Requirement] {
        map.pairs.map { Requirement(key: $0.key, operation: .isIn, values: [$0.value.string].compactMap { $0 }) }
    }

    var isEmpty: Bool { requirements.isEmpty }

    func matches(_ labels: Object) -> Bool {
        requirements.allSatisfy { requirement in
            let value = labels[requirement.key]?.string
            return switch requirement.operation {
            case .isIn: value.map(requirement.values.contains) ?? false
            case .notIn: !(value.map(requirement.values.contains) ?? false)
            case .exists: value != nil
            case .absent: value == nil
            case .greater: Self.compare(value, requirement.values) { $0 > $1 }
            case .less: Self.compare(value, requirement.values) { $0 < $1 }
            }
        }
    }

    private static func compare(_ value: String?, _ bounds: [String], by holds: (Int64, Int64) -> Bool) -> Bool {
        guard let number = value.flatMap({ Int64($0) }), let bound = bounds.first.flatMap({ Int64($0) }) else {
            return false
        }
        return holds(number, bound)
    }
}
