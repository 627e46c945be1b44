// SPDX-License-Identifier: Apache-2.0

import Manifests

/// All open watches, those of one kind in the order they were opened.
struct Watches {
    private var open: [GroupKind: [Watch]] = [:]
    /// The first time at which something is to be done.
    private(set) var nextDeadline: Timestamp?

    mutating func add(_ watch: Watch) {
        open[watch.type.storage, default: []].append(watch)
        note(watch)
    }

    /// Tells the watches of the changed object's kind. An event is written once for all that read the same.
    mutating func deliver(_ change: Change, now: Timestamp) {
        guard var watches = open.removeValue(forKey: change.key.kind) else { return }
        var lines: [Watch.Encoding: [String: [UInt8]]] = [:]
        watches.visit { watch in
            guard let (kind, object) = watch.event(for: change) else { return true }
            let encoding = watch.encoding
            let line = lines[encoding]?[kind] ?? watch.line(kind, object, now: now)
            lines[encoding, default: [:]][kind] = line
            return watch.send(line)
        }
        open[change.key.kind] = watches.isEmpty ? nil : watches
    }

    /// Sends due bookmarks and ends watches whose time is over.
    mutating func expire(now: Timestamp, revision: UInt64, interval: Duration) {
        guard let nextDeadline, nextDeadline <= now else { return }
        self.nextDeadline = nil
        for kind in open.keys.sorted() {
            guard var watches = open.removeValue(forKey: kind) else { continue }
            watches.visit { watch in
                if let due = watch.nextBookmark, due <= now {
                    guard watch.sendBookmark(revision: revision, now: now) else { return false }
                    watch.planBookmark(now: now, interval: interval)
                }
                guard watch.deadline <= now else { return true }
                watch.output.finish()
                return false
            }
            for watch in watches { note(watch) }
            open[kind] = watches.isEmpty ? nil : watches
        }
    }

    private mutating func note(_ watch: Watch) {
        nextDeadline = [nextDeadline, watch.deadline, watch.nextBookmark].compactMap { $0 }.min()
    }
}

extension [Watch] {
    /// Calls `body` with each and drops those for which it returns false.
    fileprivate mutating func visit(_ body: (inout Watch) -> Bool) {
        var ended: [Int] = []
        for index in indices where !body(&self[index]) { ended.append(index) }
        for index in ended.reversed() { remove(at: index) }
    }
}
