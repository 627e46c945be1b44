// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One open watch.
struct Watch {
    var type: ResourceType
    var namespace: String?
    var filter: ListFilter
    var representation: Representation
    var deadline: Timestamp?
    /// Nil when the client did not ask for bookmarks.
    var nextBookmark: Timestamp?
    var bookmarkInterval: Duration
    let output: WatchOutput

    /// What this watch is told of a change: an object that starts or stops to match is added or deleted.
    func event(for change: Change) -> Value? {
        guard change.key.kind == type.storage, namespace == nil || namespace == change.key.namespace else { return nil }
        let was = change.before.map(filter.matches) ?? false
        let isNow = change.after.map(filter.matches) ?? false
        switch (was, isNow) {
        case (false, true): return event("ADDED", change.after)
        case (true, true): return event("MODIFIED", change.after)
        case (true, false):
            // The state that matched last, under the revision at which it stopped to.
            var last = change.before
            last?.setMetadata("resourceVersion", .string(String(change.revision)))
            return event("DELETED", last)
        case (false, false): return nil
        }
    }

    func event(_ kind: String, _ object: Object?) -> Value? {
        guard let object else { return nil }
        return ["type": .string(kind), "object": representation.single(object.served(as: type), type: type)]
    }

    func bookmark(revision: UInt64, initialEventsEnd: Bool = false) -> Value {
        var metadata: Object = ["resourceVersion": .string(String(revision))]
        if initialEventsEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return [
            "type": "BOOKMARK",
            "object": [
                "kind": .string(type.kind), "apiVersion": .string(type.apiVersion), "metadata": .object(metadata),
            ],
        ]
    }

    /// False when the consumer is gone or lags too far behind.
    func send(_ event: Value, now: Timestamp) -> Bool { output.send(JSON.bytes(event) + [0x0A], now: now) }
}

/// All open watches, in the order they were opened.
struct Watches {
    private var open: [Watch] = []

    mutating func add(_ watch: Watch) { open.append(watch) }

    mutating func deliver(_ change: Change, registry: ResourceRegistry, now: Timestamp) {
        open.removeAll { watch in
            guard let event = watch.event(for: change) else { return false }
            return !watch.send(event, now: now)
        }
    }

    var nextDeadline: Timestamp? {
        open.flatMap { [$0.deadline, $0.nextBookmark, $0.output.nextDue] }.compactMap { $0 }.min()
    }

    var outputs: [WatchOutput] { open.map(\.output) }

    mutating func removeEnded() { open.removeAll(where: \.output.isEnded) }

    func lift(rule: String) {
        for watch in open { watch.output.lift(rule: rule) }
    }

    /// Ends watches whose time is over and sends due bookmarks.
    mutating func expire(now: Timestamp, revision: UInt64) {
        open = open.compactMap { watch in
            var watch = watch
            guard watch.output.release(now: now) else { return nil }
            if let deadline = watch.deadline, deadline <= now {
                // The last bookmark lets the client resume without a list.
                if watch.nextBookmark != nil { _ = watch.send(watch.bookmark(revision: revision), now: now) }
                watch.output.finish()
                return nil
            }
            if let due = watch.nextBookmark, due <= now {
                guard watch.send(watch.bookmark(revision: revision), now: now) else { return nil }
                watch.nextBookmark = now + watch.bookmarkInterval
            }
            return watch
        }
    }
}

extension Object {
    /// As a version of its kind: conversion between served versions changes the name only.
    func served(as type: ResourceType) -> Object {
        guard apiVersion != type.apiVersion else { return self }
        var copy = self
        copy["apiVersion"] = .string(type.apiVersion)
        return copy
    }
}
