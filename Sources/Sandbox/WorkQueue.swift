// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What is left to do: first in, first out, each thing once; and what to do again later.
struct WorkQueue {
    enum Work: Hashable {
        case reconcile(controller: Int, ObjectID)
        /// Delete the object if its owners are gone.
        case collect(StoreKey)
        /// Carry out foreground deletion or orphaning of the object's dependents.
        case finalize(StoreKey)
        case namespace(String)
        case definition(String)
        /// Gather the rules of aggregated ClusterRoles.
        case aggregation
        /// Fill a service account's Secret.
        case tokenSecret(StoreKey)
    }

    /// A controller, by its number, and an object that it looks after.
    struct Place: Hashable, Comparable {
        var controller: Int
        var key: ObjectID

        static func < (left: Place, right: Place) -> Bool {
            (left.controller, left.key) < (right.controller, right.key)
        }
    }

    private var items: [Work] = []
    private var head = 0
    private var waiting: Set<Work> = []
    private var wakes = WakeSchedule()

    mutating func add(_ work: Work) {
        if waiting.insert(work).inserted { items.append(work) }
    }

    mutating func next() -> Work? {
        guard head < items.count else {
            items.removeAll(keepingCapacity: true)
            head = 0
            return nil
        }
        defer { head += 1 }
        waiting.remove(items[head])
        return items[head]
    }

    /// Nil forgets an earlier wake.
    mutating func setWake(_ time: Timestamp?, controller: Int, key: ObjectID) {
        wakes[Place(controller: controller, key: key)] = time
    }

    /// A wake at that time, or at an earlier one that is set already.
    mutating func hasten(_ time: Timestamp, controller: Int, key: ObjectID) {
        let wake = Place(controller: controller, key: key)
        wakes[wake] = min(time, wakes[wake] ?? time)
    }

    var nextWake: Timestamp? { wakes.next }

    /// Queues what is due.
    mutating func wake(now: Timestamp) {
        while let wake = wakes.popDue(now: now) { add(.reconcile(controller: wake.controller, wake.key)) }
    }
}
