// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The live objects of one kind in one namespace, as a list and the watch after it tell them. A pure value.
package struct ObjectCache: Sendable {
    package private(set) var resourceVersion = ""
    /// True once a list was read; stays true while a broken watch is mended.
    package private(set) var isSynced = false
    private var objects: [String: Object] = [:]
    /// Keys of the objects that each uid controls.
    private var keysByController: [String: Set<String>] = [:]

    package init() {}

    /// Takes a complete list: what is not in it is gone. True where something changed.
    package mutating func replace(with page: ObjectPage) -> Bool {
        let before = isSynced ? objects : nil
        objects = [:]
        keysByController = [:]
        for object in page.objects { insert(object) }
        resourceVersion = page.resourceVersion
        isSynced = true
        return before != objects
    }

    /// True where something changed.
    package mutating func apply(_ event: ClusterEvent) -> Bool {
        switch event {
        case .present(let object):
            remove(Self.key(object))
            insert(object)
            resourceVersion = object.resourceVersion
            return true
        case .deleted(let object):
            resourceVersion = object.resourceVersion
            return remove(Self.key(object)) != nil
        case .bookmark(let version):
            resourceVersion = version
            return false
        }
    }

    package func object(namespace: String, name: String) -> Object? { objects["\(namespace)/\(name)"] }

    /// The objects that the object with this uid controls, sorted by namespace and name.
    package func controlled(by uid: String) -> [Object] {
        (keysByController[uid] ?? []).sorted().compactMap { objects[$0] }
    }

    private mutating func insert(_ object: Object) {
        let key = Self.key(object)
        objects[key] = object.trimmedForObservation
        if let controller = object.controllerUID { keysByController[controller, default: []].insert(key) }
    }

    @discardableResult
    private mutating func remove(_ key: String) -> Object? {
        guard let object = objects.removeValue(forKey: key) else { return nil }
        if let controller = object.controllerUID {
            keysByController[controller]?.remove(key)
            if keysByController[controller]?.isEmpty == true { keysByController[controller] = nil }
        }
        return object
    }

    private static func key(_ object: Object) -> String { "\(object.namespace)/\(object.name)" }
}

extension Object {
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
