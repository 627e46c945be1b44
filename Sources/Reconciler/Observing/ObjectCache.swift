// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// The live objects of one kind in one namespace, as a list and the watch after it tell them. A pure value.
///
/// Kept packed, and unpacked when somebody asks: most of what is watched is never looked at, and a tree takes many times
/// the room.
package struct ObjectCache: Sendable {
    package private(set) var resourceVersion = ""
    /// True once a list was read; stays true while a broken watch is mended.
    package private(set) var isSynced = false
    private var objects: [String: Stored] = [:]
    /// The versions at which objects went, while an older event may still come; few.
    private var gone: [String: UInt64] = [:]
    /// Keys of the objects that each uid controls.
    private var keysByController: [String: Set<String>] = [:]

    private struct Stored: Sendable, Equatable {
        var seen: SeenObject
        var controller: String?

        init(_ object: Object) {
            seen = SeenObject(object)
            controller = object.controllerUID
        }

        var version: UInt64? { seen.version }
        var object: Object { seen.packed.object }
    }

    package init(_ objects: [Object] = []) {
        for object in objects { insert(object) }
    }

    /// Takes a complete list: what is not in it is gone. True where something changed.
    package mutating func replace(with page: ObjectPage) -> Bool {
        replace(with: ObjectCache(page.objects), at: page.resourceVersion)
    }

    /// Takes over what was collected elsewhere, as of a version.
    package mutating func replace(with fresh: ObjectCache, at version: String) -> Bool {
        let isNews = !isSynced || objects != fresh.objects
        self = fresh
        gone = [:]
        resourceVersion = version
        isSynced = true
        return isNews
    }

    /// Takes an event of a watch that is still telling what there is, in no order of versions.
    package mutating func collect(_ event: ClusterEvent) {
        switch event {
        case .present(let object):
            remove(Self.key(object))
            insert(object)
        case .deleted(let object): remove(Self.key(object))
        case .opened, .bookmark, .complete: break
        }
    }

    /// Takes an object that was read by itself, where it is newer than what is known of it. The version that a watch
    /// goes on from stays: of other objects it has told nothing yet.
    package mutating func learn(_ object: Object) -> Bool {
        let key = Self.key(object)
        guard let version = object.versionNumber, version > max(objects[key]?.version ?? 0, gone[key] ?? 0) else {
            return false
        }
        remove(key)
        insert(object)
        return true
    }

    package enum Applied: Sendable, Hashable {
        case changed
        /// Told before, or older than what is known of the object.
        case unchanged
        /// Of an object that is not known, and older than what is: a late event, or one of long ago. Which, only a list
        /// can tell.
        case doubtful
    }

    /// Takes an event. No object goes back to an older version, whatever the order that events come in.
    package mutating func apply(_ event: ClusterEvent) -> Applied {
        switch event {
        case .present(let object):
            let key = Self.key(object)
            if let known = objects[key] {
                if let version = object.versionNumber, let last = known.version, version <= last {
                    return .unchanged
                }
                remove(key)
            } else if let version = object.versionNumber {
                if let last = gone[key] {
                    if version <= last { return .unchanged }
                } else if let seen = UInt64(resourceVersion), version <= seen {
                    return .doubtful
                }
            }
            gone[key] = nil
            insert(object)
            advance(to: object.resourceVersion)
            return .changed
        case .deleted(let object):
            let key = Self.key(object)
            if let version = object.versionNumber, let last = objects[key]?.version, version < last {
                return .unchanged
            }
            remember(key, goneAt: object.versionNumber)
            advance(to: object.resourceVersion)
            return remove(key) ? .changed : .unchanged
        case .bookmark(let version), .complete(let version):
            advance(to: version)
            return .unchanged
        case .opened: return .unchanged
        }
    }

    private mutating func advance(to version: String) {
        if let new = UInt64(version), let old = UInt64(resourceVersion), new < old { return }
        resourceVersion = version
    }

    private static let remembered = 1024

    private mutating func remember(_ key: String, goneAt version: UInt64?) {
        guard let version else { return }
        gone[key] = max(version, gone[key] ?? 0)
        guard gone.count > Self.remembered else { return }
        let middle = gone.values.sorted()[gone.count / 2]
        gone = gone.filter { $0.value >= middle }
    }

    package func contains(namespace: String, name: String) -> Bool { objects["\(namespace)/\(name)"] != nil }

    package func object(namespace: String, name: String) -> Object? { objects["\(namespace)/\(name)"]?.object }

    package func seen(namespace: String, name: String) -> SeenObject? { objects["\(namespace)/\(name)"]?.seen }

    /// The objects that the object with this uid controls, sorted by namespace and name.
    package func controlled(by uid: String) -> [Object] {
        (keysByController[uid] ?? []).sorted().compactMap { objects[$0]?.object }
    }

    private mutating func insert(_ object: Object) {
        let key = Self.key(object)
        let stored = Stored(object)
        objects[key] = stored
        if let controller = stored.controller { keysByController[controller, default: []].insert(key) }
    }

    /// False where there was none.
    @discardableResult
    private mutating func remove(_ key: String) -> Bool {
        guard let stored = objects.removeValue(forKey: key) else { return false }
        if let controller = stored.controller {
            keysByController[controller]?.remove(key)
            if keysByController[controller]?.isEmpty == true { keysByController[controller] = nil }
        }
        return true
    }

    private static func key(_ object: Object) -> String { "\(object.namespace)/\(object.name)" }
}

/// A live object as it is kept, and what is asked of most without the object itself.
package struct SeenObject: Sendable, Equatable {
    package let packed: PackedObject
    package let version: UInt64?
    /// A mark on it says that it is to be left alone.
    package let isSuspended: Bool

    package init(_ object: Object) {
        packed = PackedObject(object.trimmedForObservation)
        version = object.versionNumber
        isSuspended = ObjectMarks(object).isSuspended
    }
}

extension Object {
    /// Resource versions are numbers (KEP-5504), but of kinds that other servers than the API server itself serve.
    fileprivate var versionNumber: UInt64? { UInt64(resourceVersion) }

    /// The uid of the owner that controls the object.
    package var controllerUID: String? {
        let owners = value(at: "metadata", "ownerReferences")?.array ?? []
        return owners.first { $0["controller"]?.bool == true }?["uid"]?.string
    }

    /// Without what judging never reads, which is half of an object's size: `managedFields` and the copy that
    /// `kubectl apply` keeps in an annotation.
    package var trimmedForObservation: Object {
        var trimmed = self
        trimmed.set(nil, at: "metadata", "managedFields")
        trimmed.set(nil, at: "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
        if kind == "Secret" || kind == "ConfigMap" {
            trimmed["data"] = nil
            trimmed["stringData"] = nil
            trimmed["binaryData"] = nil
        }
        return trimmed
    }
}
