// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Finds the Event that a repeat counts up, and the Events whose time is over.
struct EventIndex: Sendable {
    static let kind = GroupKind(group: "", kind: "Event")
    /// An Event is kept for an hour after it was last written (`--event-ttl`).
    static let lifetime: Duration = .seconds(3600)

    /// What repeats have in common.
    struct Topic: Hashable, Sendable {
        var namespace: String
        var uid: String
        var reason: String
        var message: String
        var component: String
    }

    private struct Written: Sendable {
        var time: Timestamp
        var key: StoreKey
        var version: String
    }

    private var names: [Topic: String] = [:]
    /// Oldest first; `written[..<head]` is done with.
    private var written: [Written] = []
    private var head = 0

    func name(of topic: Topic) -> String? { names[topic] }

    /// - Parameter change: of an Event.
    mutating func note(_ change: Change, now: Timestamp) {
        if let event = change.after {
            names[Self.topic(event)] = event.name
            written.append(Written(time: now, key: change.key, version: event.resourceVersion))
        } else if let event = change.last, names[Self.topic(event)] == event.name {
            names[Self.topic(event)] = nil
        }
    }

    /// What was last written too long ago, under the version it had then: it may have been written since.
    mutating func expired(now: Timestamp) -> [(key: StoreKey, version: String)] {
        var result: [(key: StoreKey, version: String)] = []
        while head < written.count, now - written[head].time >= Self.lifetime {
            result.append((written[head].key, written[head].version))
            head += 1
        }
        if head * 2 > written.count {
            written.removeFirst(head)
            head = 0
        }
        return result
    }

    private static func topic(_ event: Object) -> Topic {
        Topic(
            namespace: event.namespace, uid: event.value(at: "involvedObject", "uid")?.string ?? "",
            reason: event["reason"]?.string ?? "", message: event["message"]?.string ?? "",
            component: event.value(at: "source", "component")?.string ?? "")
    }
}
