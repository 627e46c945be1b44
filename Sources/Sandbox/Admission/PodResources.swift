// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a whole pod requests, or may use at most (k8s.io/component-helpers, resource).
enum PodResources {
    /// - Parameter field: `requests` or `limits`.
    static func total(of pod: Object, _ field: String) -> Object {
        func amounts(_ container: Object) -> Object { container.value(at: "resources", field)?.object ?? Object() }
        var total = pod.list(at: "spec", "containers").reduce(Object()) { combined($0, amounts($1), +) }
        // Init containers come one after the other, but sidecars stay beside all that follows.
        var sidecars = Object()
        var peak = Object()
        for container in pod.list(at: "spec", "initContainers") {
            let own = amounts(container)
            if container["restartPolicy"] == "Always" {
                total = combined(total, own, +)
                sidecars = combined(sidecars, own, +)
                peak = combined(peak, sidecars, max)
            } else {
                peak = combined(peak, combined(own, sidecars, +), max)
            }
        }
        total = combined(total, peak, max)
        for pair in (pod.value(at: "spec", "resources", field)?.object ?? Object()).pairs
        where ["cpu", "memory"].contains(pair.key) || pair.key.hasPrefix("hugepages-") {
            total[pair.key] = pair.value
        }
        for pair in (pod.value(at: "spec", "overhead")?.object ?? Object()).pairs
        where field == "requests" || total[pair.key] != nil {
            total = combined(total, [pair.key: pair.value], +)
        }
        return total
    }

    private static func combined(
        _ left: Object, _ right: Object, _ operation: (Quantity, Quantity) -> Quantity
    ) -> Object {
        var result = left
        for pair in right.pairs {
            guard let amount = pair.value.quantity else { continue }
            let sum = left[pair.key]?.quantity.map { operation($0, amount) } ?? amount
            result[pair.key] = .string(sum.canonical)
        }
        return result
    }
}
