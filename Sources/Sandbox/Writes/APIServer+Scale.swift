// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The scale subresource: `replicas` of a workload as a kind of its own, with its owners.
extension APIServer {
    func scale(of object: Object, _ type: ResourceType) throws(StatusError) -> Object {
        let specPath = Self.replicasPath(type)
        let statusPath = type.custom?.statusReplicasPath ?? ["status", "replicas"]
        guard let replicas = object.value(at: specPath) else {
            throw .internalError("the spec replicas field \".\(specPath.joined(separator: "."))\" does not exist")
        }
        var metadata = Object()
        for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[key] = object.metadata[key]
        }
        var status: Object = ["replicas": object.value(at: statusPath) ?? 0]
        if let path = type.custom?.labelSelectorPath {
            status["selector"] = object.value(at: path)
        } else if let labels = object.value(at: "spec", "selector", "matchLabels")?.object {
            let pairs = labels.pairs.map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
            status["selector"] = .string(pairs.joined(separator: ","))
        }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
            "spec": replicas == 0 ? [:] : ["replicas": replicas], "status": .object(status),
        ]
    }

    private static func replicasPath(_ type: ResourceType) -> [String] {
        type.custom?.specReplicasPath ?? ["spec", "replicas"]
    }

    mutating func updateScale(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> Object {
        var write = try writeRequest(request, target, route)
        write.isPatch = request.method == "PATCH"
        let type = route.type
        let live = try get(route)
        let current = try scale(of: live, type)
        let path = Self.replicasPath(type)
        let owners = ScaleOwners(live: live, type: type, path: path)
        var managed = owners.inScale
        let wanted = try wantedScale(request, target, current, type, &managed, manager: write.manager)
        if !wanted.uid.isEmpty, wanted.uid != live.uid {
            throw .conflict(
                type, write.name,
                "Precondition failed: UID in precondition: \(wanted.uid), UID in object meta: \(live.uid)")
        }
        let stored = try storeScale(wanted, of: live, write, owners: owners.inParent(managed))
        return try scale(of: stored, type)
    }

    /// As a client that reads the Scale, changes it and writes it back.
    mutating func setScale(_ request: WriteRequest, replicas: Int) throws(StatusError) {
        let type = request.type
        guard let live = store.object(request.key)?.served(as: type) else { throw .notFound(type, request.name) }
        let owners = ScaleOwners(live: live, type: type, path: Self.replicasPath(type))
        var managed = owners.inScale
        let current = try scale(of: live, type)
        var wanted = current
        wanted.set(.count(replicas), at: "spec", "replicas")
        try note(wanted, instead: current, in: &managed, manager: request.manager)
        _ = try storeScale(wanted, of: live, request, owners: owners.inParent(managed))
    }

    private mutating func storeScale(
        _ wanted: Object, of live: Object, _ request: WriteRequest, owners: ManagedFields
    ) throws(StatusError) -> Object {
        let replicas = wanted.value(at: "spec", "replicas") ?? 0
        if let count = replicas.integer, count < 0 {
            let cause = Validation.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
            throw .invalid(group: "autoscaling", kind: "Scale", name: request.name, causes: [cause])
        }
        var object = live
        object.set(replicas, at: Self.replicasPath(request.type)[...])
        object.setMetadata(
            "resourceVersion", wanted.resourceVersion.isEmpty ? nil : .string(wanted.resourceVersion))
        var write = request
        write.subresource = ""
        return try update(object, write, owners: owners)
    }

    /// As elsewhere: an object that nobody is known to own fields of is not tracked.
    private func note(
        _ wanted: Object, instead current: Object, in managed: inout ManagedFields, manager name: String
    ) throws(StatusError) {
        guard !managed.entries.isEmpty else { return }
        let type = ResourceType.scale
        let manager = ManagedFields.Manager(
            name: name, operation: "Update", apiVersion: type.apiVersion, subresource: "scale")
        try managed.update(
            from: current, to: wanted, versions: FieldVersions(type: type, types: [type], subresource: "scale"),
            manager: manager, time: now().secondsDescription)
    }

    /// The Scale that a request asks for, and who owns its replicas then.
    private func wantedScale(
        _ request: SandboxRequest, _ target: RequestTarget, _ current: Object, _ type: ResourceType,
        _ managed: inout ManagedFields, manager name: String
    ) throws(StatusError) -> Object {
        let scaleType = ResourceType.scale
        let mediaType = BodyReader.mediaType(request)
        let versions = FieldVersions(type: scaleType, types: [scaleType], subresource: "scale")
        func manager(_ operation: String) -> ManagedFields.Manager {
            ManagedFields.Manager(
                name: name, operation: operation, apiVersion: scaleType.apiVersion, subresource: "scale")
        }
        let time = now().secondsDescription
        if request.method == "PATCH", mediaType.hasPrefix("application/apply-patch") {
            try checkApplier(target)
            let configuration = try ApplyConfiguration(request.body)
            try configuration.check(kind: scaleType.groupVersionKind, schema: scaleType.schema)
            let merged = try managed.apply(
                configuration.object, to: current, versions: versions, manager: manager("Apply"),
                force: target.flag("force"), time: time)
            return merged ?? current
        }
        let wanted: Object
        if request.method == "PUT" {
            guard let body = try BodyReader.object(of: request, kind: scaleType.kind) else {
                throw .badRequest("the object provided is unrecognized")
            }
            wanted = body
        } else {
            var repeated: [String] = []
            wanted = try patched(current, request.body, mediaType: mediaType, scaleType, repeated: &repeated)
        }
        try note(wanted, instead: current, in: &managed, manager: name)
        return wanted
    }
}

/// The owners of `replicas` of a workload, seen from its Scale.
///
/// Source: k8s.io/apimachinery, util/managedfields/scalehandler.go.
private struct ScaleOwners {
    let parent: ManagedFields
    let apiVersion: String
    let path: [PathElement]

    private static let replicas: [PathElement] = [.field("spec"), .field("replicas")]

    init(live: Object, type: ResourceType, path: [String]) {
        parent = ManagedFields(live.value(at: "metadata", "managedFields"))
        apiVersion = type.apiVersion
        self.path = path.map { .field($0) }
    }

    /// Under the same managers, in the Scale's terms.
    var inScale: ManagedFields {
        var result = ManagedFields()
        var set = FieldSet()
        set.insert(Self.replicas)
        result.entries = parent.entries.filter { $0.set.contains(path) }.map { entry in
            ManagedFields.Entry(manager: entry.manager, time: entry.time, set: set)
        }
        return result
    }

    /// Back: who lost the replicas of the Scale loses them here, who took them there has them here.
    func inParent(_ scale: ManagedFields) -> ManagedFields {
        var set = FieldSet()
        set.insert(path)
        var owners = scale.entries.filter { $0.set.contains(Self.replicas) }
        var result = ManagedFields()
        for var entry in parent.entries {
            if entry.set.contains(path) {
                let index = owners.firstIndex { $0.manager.isSame(as: entry.manager) }
                if let index { owners.remove(at: index) } else { entry.set = entry.set.subtracting(set) }
            }
            if !entry.set.isEmpty { result.entries.append(entry) }
        }
        for owner in owners {
            var manager = owner.manager
            manager.apiVersion = apiVersion
            if result.index(of: manager) == nil {
                // Without a time, as the real server leaves it.
                result.entries.append(ManagedFields.Entry(manager: manager, time: nil, set: set))
            }
        }
        return result
    }
}

extension ResourceType {
    /// The type that scale subresources speak.
    static let scale = ResourceType(
        group: "autoscaling", version: "v1", plural: "scales", singular: "scale", kind: "Scale",
        listKind: "ScaleList", namespaced: true, verbs: [])

    /// The Scale of a kind. Of a custom kind it is printed by columns like the kind itself
    /// (apiextensions-apiserver, `getScaleColumnsForVersion`).
    static func scale(of type: ResourceType) -> ResourceType {
        guard type.custom != nil else { return scale }
        var result = scale
        result.custom = CustomVersion(
            schema: [:],
            columns: [
                [
                    "name": "Desired", "type": "integer", "description": "Number of desired replicas",
                    "jsonPath": ".spec.replicas",
                ],
                [
                    "name": "Available", "type": "integer", "description": "Number of actual replicas",
                    "jsonPath": ".status.replicas",
                ],
                [
                    "name": "Age", "type": "date", "description": .string(TableColumns.ageDescription),
                    "jsonPath": ".metadata.creationTimestamp",
                ],
            ], isStored: true)
        return result
    }
}
