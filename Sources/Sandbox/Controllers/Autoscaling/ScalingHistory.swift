// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What an autoscaler remembers of the last hour: what was asked for, and what was done.
struct ScalingHistory {
    struct Entry {
        var replicas: Int
        var time: Timestamp
    }

    /// The longest window that rules may name.
    private static let window = Duration.seconds(3600)

    var nextLook: Timestamp?
    private(set) var recommendations: [Entry]
    /// Replicas added, and taken away.
    private(set) var added: [Entry]
    private(set) var removed: [Entry]

    init(_ memory: Object?) {
        func entries(_ field: String) -> [Entry] {
            (memory?.list(at: field) ?? []).compactMap { object in
                guard let replicas = object.int(at: "replicas"), let time = object.int(at: "time") else { return nil }
                return Entry(replicas: replicas, time: Timestamp(millisecondsSinceEpoch: Int64(time)))
            }
        }
        nextLook = memory?.int(at: "nextLook").map { Timestamp(millisecondsSinceEpoch: Int64($0)) }
        recommendations = entries("recommendations")
        added = entries("added")
        removed = entries("removed")
    }

    var memory: Object {
        func value(_ entries: [Entry]) -> Value {
            .array(
                entries.map { ["replicas": .count($0.replicas), "time": .integer($0.time.millisecondsSinceEpoch)] })
        }
        var memory: Object = [
            "recommendations": value(recommendations), "added": value(added), "removed": value(removed),
        ]
        memory["nextLook"] = nextLook.map { .integer($0.millisecondsSinceEpoch) }
        return memory
    }

    /// The size that it finds at its first look is a recommendation too.
    mutating func begin(replicas: Int, now: Timestamp) {
        if recommendations.isEmpty { recommend(replicas, now: now) }
    }

    mutating func recommend(_ replicas: Int, now: Timestamp) {
        recommendations.removeAll { $0.time + Self.window < now }
        recommendations.append(Entry(replicas: replicas, time: now))
    }

    mutating func note(from current: Int, to desired: Int, now: Timestamp) {
        let entry = Entry(replicas: abs(desired - current), time: now)
        if desired > current {
            added.removeAll { $0.time + Self.window < now }
            added.append(entry)
        } else {
            removed.removeAll { $0.time + Self.window < now }
            removed.append(entry)
        }
    }
}
