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

/// The newest changes, oldest dropped first.
struct History: Sendable {
    private let limit: Int
    private var changes: [Change] = []
    private var start = 0
    /// A watch may start at this revision or later.
    private(set) var compactedRevision: UInt64 = 0

    init(limit: Int) { self.limit = max(1, limit) }

    mutating func append(_ change: Change) {
        changes.append(change)
        guard changes.count - start > limit else { return }
        compactedRevision = changes[start].revision
        start += 1
        // Shift once per `limit` appends, so that dropping is cheap on average.
        if start > limit {
            changes.removeFirst(start)
            start = 0
        }
    }

    var count: Int { changes.count - start }

    func changes(after revision: UInt64) -> ArraySlice<Change> {
        var low = start
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return changes[low...]
    }
}
