// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One open watch.
struct Watch {
    var type: ResourceType
    var namespace: String?
    var filter: ListFilter
    var form: Representation.Form
    /// Changes up to this revision are known to the client.
    var after: UInt64
    var deadline: Timestamp
    /// Nil when the client did not ask for bookmarks, or gets no more.
    var nextBookmark: Timestamp?
    let output: WatchOutput
    /// Tables name their columns in the first event only.
    private var sentHeaders = false

    init(
        type: ResourceType, namespace: String?, filter: ListFilter, form: Representation.Form, after: UInt64,
        deadline: Timestamp, output: WatchOutput
    ) {
        self.type = type
        self.namespace = namespace
        self.filter = filter
        self.form = form
        self.after = after
        self.deadline = deadline
        self.output = output
    }

    /// What this watch is told of a change: an object that starts or stops to match is added or deleted.
    func event(for change: Change) -> (kind: String, object: Object)? {
        guard change.revision > after, change.key.kind == type.storage,
            namespace == nil || namespace == change.key.namespace
        else { return nil }
        let was = change.before.map(filter.matches) ?? false
        let isNow = change.after.map(filter.matches) ?? false
        switch (was, isNow) {
        case (false, true): return change.after.map { ("ADDED", $0) }
        case (true, true): return change.after.map { ("MODIFIED", $0) }
        case (true, false):
            // The state that matched last, under the revision at which it stopped to.
            var last = change.before
            last?.setMetadata("resourceVersion", .string(String(change.revision)))
            return last.map { ("DELETED", $0) }
        case (false, false): return nil
        }
    }

    /// What two watches must have in common for an event to read the same in both.
    struct Encoding: Hashable {
        var apiVersion: String
        var form: Representation.Form
        var hasHeaders: Bool
    }

    var encoding: Encoding { Encoding(apiVersion: type.apiVersion, form: form, hasHeaders: !sentHeaders) }

    func line(_ kind: String, _ object: Object, now: Timestamp) -> [UInt8] {
        let representation = Representation(form: form, now: now)
        let shown = representation.single(object.served(as: type), type: type, headers: !sentHeaders)
        return Self.line(kind, shown)
    }

    private static func line(_ kind: String, _ shown: Value) -> [UInt8] {
        var bytes = JSON.bytes(["type": .string(kind), "object": shown])
        bytes.append(0x0A)
        return bytes
    }

    /// False when the watch has ended: the consumer is gone, or lags too far behind, or a fault ended it.
    mutating func send(_ line: [UInt8], now: Timestamp) -> Bool {
        if case .table = form { sentHeaders = true }
        return output.send(line, now: now)
    }

    mutating func send(_ kind: String, _ object: Object, now: Timestamp) -> Bool {
        send(line(kind, object, now: now), now: now)
    }

    mutating func sendBookmark(revision: UInt64, initialEventsEnd: Bool = false, now: Timestamp) -> Bool {
        var metadata: Object = ["resourceVersion": .string(String(revision))]
        if initialEventsEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return send(
            "BOOKMARK",
            ["kind": .string(type.kind), "apiVersion": .string(type.apiVersion), "metadata": .object(metadata)],
            now: now)
    }

    /// Bookmarks come at an interval, and once two seconds before the watch's time is over (`nextBookmarkTime` of the
    /// watch cache).
    mutating func planBookmark(now: Timestamp, interval: Duration) {
        let last = deadline + .seconds(-2)
        nextBookmark = now + interval
        if last < now + interval { nextBookmark = last > now ? last : nil }
    }

    /// Ends the watch with an error: once a watch is accepted, errors are events.
    func fail(_ error: StatusError, now: Timestamp) -> Bool {
        _ = output.send(Self.line("ERROR", error.value), now: now)
        output.finish()
        return false
    }
}
