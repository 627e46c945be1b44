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

    /// Without what controllers of the recorded cluster wrote, which depends on when they ran.
    static func withoutControllers(_ value: Value) -> Value {
        guard var object = value.object else { return value }
        object["status"] = nil
        object.set(nil, at: "metadata", "annotations", "deployment.kubernetes.io/revision")
        if object.annotations.isEmpty { object.set(nil, at: "metadata", "annotations") }
        if let entries = object.value(at: "metadata", "managedFields")?.array {
            object.set(.array(entries.filter { $0["subresource"] == nil }), at: "metadata", "managedFields")
        }
        return .object(object)
    }

    private static let shapeOnly: Set<String> = [
        "uid", "resourceVersion", "continue", "clusterIP", "nodePort", "serverAddress", "storageVersionHash",
        // The sandbox has no certificate authority.
        "ca.crt",
    ]

    private static func compare(
        _ expected: Value, _ actual: Value, _ key: String, _ path: String, _ result: inout [String]
    ) {
        switch (expected, actual) {
        case (.object(let left), .object(let right)):
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
            for (index, pair) in zip(left, right).enumerated() {
                compare(pair.0, pair.1, "", "\(path)[\(index)]", &result)
            }
        // The recorded cluster named its controller manager so.
        case (.string("kcm"), .string(let name)) where key == "manager" && name.hasSuffix("controller"): return
        case (.string(let left), .string(let right)):
            if shapeOnly.contains(key) || masked(left) == masked(right) { return }
            result.append("\(path): expected \(short(expected)), got \(short(actual))")
        default:
            if key == "nodePort" { return }
            if expected != actual { result.append("\(path): expected \(short(expected)), got \(short(actual))") }
        }
    }

    /// Times, uids, revisions and hashes inside a text, replaced by what they are.
    private static func masked(_ text: String) -> String {
        var result = text
        result.replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/, with: "TIME")
        result.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UID")
        result.replace(/^[0-9]+[smh]$/, with: "AGE")
        result.replace(/^(gen|x)-[a-z0-9]{5}$/, with: "NAME")
        result.replace(/-[bcdfghjklmnpqrstvwxz2456789]{8,10}\b/, with: "-HASH")
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
