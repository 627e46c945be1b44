// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One change of the store. `after` is nil for a removal, whose last state is `last`.
struct Change: Sendable {
    var revision: UInt64
    var key: StoreKey
    var before: Object?
    var after: Object?
    var last: Object?
}

/// The newest changes, oldest dropped first: by number, and by age as etcd is compacted.
struct History: Sendable {
    /// kube-apiserver compacts etcd every five minutes.
    static let age: Duration = .seconds(300)
    private static let markInterval: Duration = .seconds(10)

    private let limit: Int
    private var changes: [Change] = []
    private var start = 0
    /// Which revision was the newest at some moments of the last minutes.
    private var marks: [(time: Timestamp, revision: UInt64)] = []
    /// A watch may start at this revision or later, and a list may be of it.
    private(set) var compactedRevision: UInt64 = 0

    init(limit: Int) { self.limit = max(1, limit) }

    mutating func append(_ change: Change) {
        changes.append(change)
        guard changes.count - start > limit else { return }
        drop(through: start)
    }

    /// Drops what is too old. To be told the time now and then.
    mutating func compact(now: Timestamp, revision: UInt64) {
        if marks.last.map({ now - $0.time >= Self.markInterval }) ?? true { marks.append((now, revision)) }
        while let mark = marks.first, now - mark.time >= Self.age {
            marks.removeFirst()
            let end = index(after: mark.revision)
            if end > start { drop(through: end - 1) }
            compactedRevision = max(compactedRevision, mark.revision)
        }
    }

    private mutating func drop(through index: Int) {
        compactedRevision = changes[index].revision
        start = index + 1
        // Shift once per `limit` changes, so that dropping is cheap on average.
        if start > limit {
            changes.removeFirst(start)
            start = 0
        }
    }

    var count: Int { changes.count - start }

    func changes(after revision: UInt64) -> ArraySlice<Change> { changes[index(after: revision)...] }

    private func index(after revision: UInt64) -> Int {
        var low = start
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
