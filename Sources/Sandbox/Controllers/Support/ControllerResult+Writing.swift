// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ControllerResult {
    mutating func event(_ regarding: Object, _ reason: String, _ message: String, warning: Bool = false) {
        changes.append(
            .event(regarding: regarding, type: warning ? "Warning" : "Normal", reason: reason, message: message))
    }

    /// Writes a status that differs from the object's own, or (with annotations) always.
    mutating func writeStatus(_ status: Object, of object: inout Object, always: Bool = false) {
        guard always || object["status"]?.object != status else { return }
        object["status"] = .object(status)
        changes.append(.updateStatus(object.unconditional))
    }

    mutating func update(_ object: Object) { changes.append(.update(object.unconditional)) }

    mutating func delete(_ object: Object) { changes.append(.delete(object.objectID, uid: object.uid)) }

    mutating func deleteForeground(_ object: Object) {
        changes.append(.deleteForeground(object.objectID, uid: object.uid))
    }

    /// Asks to come back at the earliest of several times.
    mutating func wake(at time: Timestamp) { wakeAt = wakeAt.map { min($0, time) } ?? time }
}

extension Object {
    /// Without a resourceVersion: a snapshot's is outdated by the first of several writes in one pass.
    fileprivate var unconditional: Object {
        var object = self
        object.set(nil, at: "metadata", "resourceVersion")
        return object
    }

    /// Sets a count, or leaves it out when zero, as `omitempty` does.
    mutating func setCount(_ key: String, _ value: Int) { self[key] = value == 0 ? nil : .count(value) }
}
