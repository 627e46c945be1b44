// SPDX-License-Identifier: Apache-2.0

import Manifests

/// When which controller is to look at which object again: one time for each, the first of all at hand.
struct WakeSchedule {
    typealias Wake = WorkQueue.Place

    private struct Entry {
        var time: Timestamp
        var wake: Wake

        static func < (left: Entry, right: Entry) -> Bool { (left.time, left.wake) < (right.time, right.wake) }
    }

    private var times: [Wake: Timestamp] = [:]
    /// A binary heap. It holds entries that `times` says otherwise of, but never as the first.
    private var heap: [Entry] = []

    /// The first time at which something is to be looked at.
    var next: Timestamp? { heap.first?.time }

    subscript(wake: Wake) -> Timestamp? {
        get { times[wake] }
        set {
            guard times[wake] != newValue else { return }
            times[wake] = newValue
            if let newValue { push(Entry(time: newValue, wake: wake)) }
            dropOutdated()
        }
    }

    /// The first wake that is due, which is forgotten.
    mutating func popDue(now: Timestamp) -> Wake? {
        guard let first = heap.first, first.time <= now else { return nil }
        times[first.wake] = nil
        dropOutdated()
        return first.wake
    }

    private mutating func dropOutdated() {
        while let first = heap.first, times[first.wake] != first.time { pop() }
        // Times that are moved again and again leave their old entries behind.
        guard heap.count > 2 * times.count + 64 else { return }
        heap = times.map { Entry(time: $0.value, wake: $0.key) }.sorted { $0 < $1 }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
