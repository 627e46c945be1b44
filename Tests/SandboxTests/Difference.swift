// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Compares answers with recorded ones, modulo what differs between any two clusters: uids, revisions, times,
/// generated names, addresses, ports and tokens need only have the right shape.
enum Difference {
    /// Where two values differ, as `path: expected X, got Y`.
    static func between(_ expected: Value, _ actual: Value) -> [String] {
        var result: [String] = []
        compare(expected, actual, "", "", &result)
        return result
    }

    /// What controllers wrote: the status, and the annotations that go with it.
    static func ofControllers(_ value: Value) -> Value {
        [
            "status": value["status"] ?? nil,
            "revision": value["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"] ?? nil,
        ]
    }

    private static let shapeOnly: Set<String> = [
        "uid", "resourceVersion", "continue", "pod-template-hash", "controller-revision-hash", "clusterIP", "nodePort",
        "serverAddress", "storageVersionHash",
        // The sandbox has no certificate authority.
        "ca.crt",
    ]

    private static func compare(
        _ expected: Value, _ actual: Value, _ key: String, _ path: String, _ result: inout [String]
    ) {
        if expected == actual { return }
        switch (expected, actual) {
        case (.object(let left), .object(let right)):
            if key == "fieldsV1" {
                let (left, right) = (withoutTimes(left), withoutTimes(right))
                if left != right { result.append("\(path): expected \(short(left)), got \(short(right))") }
                return
            }
            let generated = left["generateName"] != nil || right["generateName"] != nil
            for pair in left.pairs {
                let below = "\(path).\(pair.key)"
                guard let other = right[pair.key] else {
                    if pair.key != "storageVersionHash" {
                        result.append("\(below): missing, expected \(short(pair.value))")
                    }
                    continue
                }
                if generated, pair.key == "name" { continue }
                compare(pair.value, other, pair.key, below, &result)
            }
            for pair in right.pairs where left[pair.key] == nil {
                result.append("\(path).\(pair.key): unexpected \(short(pair.value))")
            }
        case (.array(let left), .array(let right)):
            if key == "clusterIPs" { return }
            if left.count != right.count {
                result.append("\(path): expected \(left.count) items, got \(right.count): \(short(actual))")
                return
            }
            for (index, pair) in zip(left, aligned(right, to: left)).enumerated() {
                compare(pair.0, pair.1, "", "\(path)[\(index)]", &result)
            }
        // What the recorded programs were called.
        case (.string("kcm"), .string("kube-controller-manager")) where key == "manager": return
        case (.string("kapi"), .string("kube-apiserver")) where key == "manager": return
        case (.string(let left), .string(let right)):
            if left == right || shapeOnly.contains(key) || masked(left) == masked(right) { return }
            result.append("\(path): expected \(short(expected)), got \(short(actual))")
        default:
            if key == "nodePort" { return }
            if expected != actual { result.append("\(path): expected \(short(expected)), got \(short(actual))") }
        }
    }

    /// Objects whose names differ in what was generated only come in the order of that: matched to those they equal.
    private static func aligned(_ actual: [Value], to expected: [Value]) -> [Value] {
        func name(_ value: Value) -> String {
            masked((value["metadata"]?["name"] ?? value["cells"]?[0])?.string ?? "")
        }
        guard expected.contains(where: { $0["metadata"] != nil || $0["cells"] != nil }) else { return actual }
        var result = actual
        for index in expected.indices {
            let wanted = name(expected[index])
            let match = result.indices.dropFirst(index).first {
                name(result[$0]) == wanted && between(expected[index], result[$0]).isEmpty
            }
            if let match, result[index...match].allSatisfy({ name($0) == wanted }) {
                result.swapAt(index, match)
            }
        }
        return result
    }

    /// A writer owns a condition's time only where it changed it: whether two writes came within one second.
    private static func withoutTimes(_ fields: Object) -> Value {
        var result = Object()
        for pair in fields.pairs where pair.key != "f:lastTransitionTime" {
            let key = pair.key.contains("\"uid\"") ? masked(pair.key) : pair.key
            guard let below = pair.value.object, !below.isEmpty else {
                result[key] = pair.value
                continue
            }
            let rest = withoutTimes(below)
            if rest != [:] { result[key] = rest }
        }
        return .object(result)
    }

    /// Times, uids, revisions and hashes inside a text, replaced by what they are.
    private static func masked(_ text: String) -> String {
        var result = text
        result.replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/, with: "TIME")
        result.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UID")
        result.replace(/^([0-9]+[smhd])+$/, with: "AGE")
        result.replace(/^(gen|x)-[a-z0-9]{5}$/, with: "NAME")
        // Events are named by the time of their making, and so is what a CronJob makes.
        result.replace(/\.[0-9a-f]{16}$/, with: ".TIME")
        result.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/, with: "-NAME")
        result.replace(/:[0-9]{5}\//, with: ":PORT/")
        result.replace(/[-=][bcdfghjklmnpqrstvwxz2456789]{8,10}(?![a-z0-9])/, with: "-HASH")
        result.replace(/10\.[0-9]+\.[0-9]+\.[0-9]+/, with: "ADDRESS")
        result.replace(/current: [0-9]+/, with: "current: N")
        result.replace(/127\.0\.0\.1:[0-9]+/, with: "ADDRESS")
        return result
    }

    private static func short(_ value: Value) -> String {
        let text = JSON.text(value)
        return text.count > 300 ? text.prefix(300) + "…" : text
    }
}
