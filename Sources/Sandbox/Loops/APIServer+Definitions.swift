// SPDX-License-Identifier: Apache-2.0

import Manifests

/// CustomResourceDefinitions: established ones are served, deleted ones take their objects with them.
extension APIServer {
    static let definitionKind = GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")

    mutating func reconcileDefinition(_ name: String) {
        let key = StoreKey(kind: Self.definitionKind, namespace: "", name: name)
        guard let definition = store.object(key) else {
            registry.remove(name)
            return
        }
        if definition.isTerminating {
            removeInstances(of: definition, at: key)
            return
        }
        registry.define(name, ResourceType.types(of: definition))
        establish(definition, at: key)
    }

    private mutating func establish(_ definition: Object, at key: StoreKey) {
        guard let type = registry.resource(for: Self.definitionKind) else { return }
        var object = definition
        let names = definition.value(at: "spec", "names") ?? [:]
        object.set(names, at: "status", "acceptedNames")
        let time = now().secondsDescription
        Self.setCondition(&object, "NamesAccepted", "NoConflicts", "no conflicts found", time)
        Self.setCondition(
            &object, "Established", "InitialNamesAccepted", "the initial names have been accepted", time)
        guard object != definition else { return }
        let request = WriteRequest(
            type: type, namespace: "", name: key.name, subresource: "status", manager: "kapi")
        _ = try? update(object, request)
    }

    static func markTerminating(_ definition: inout Object, time: Timestamp) {
        setCondition(
            &definition, "Terminating", "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            time.secondsDescription)
    }

    private static func setCondition(
        _ object: inout Object, _ type: String, _ reason: String, _ message: String, _ time: String
    ) {
        var conditions = object.value(at: "status", "conditions")?.array ?? []
        guard !conditions.contains(where: { $0["type"] == .string(type) }) else { return }
        conditions.append([
            "type": .string(type), "status": "True", "lastTransitionTime": .string(time), "reason": .string(reason),
            "message": .string(message),
        ])
        object.set(.array(conditions), at: "status", "conditions")
    }

    private mutating func removeInstances(of definition: Object, at key: StoreKey) {
        let types = ResourceType.types(of: definition)
        var remaining = false
        if let type = types.first {
            for object in store.objects(type.storage, namespace: nil) {
                let request = WriteRequest(
                    type: type, namespace: object.namespace, name: object.name, manager: "kapi")
                if !object.isTerminating { _ = try? delete(request, DeleteOptions()) }
                remaining = remaining || store.object(request.key) != nil
            }
        }
        guard !remaining else { return }
        registry.remove(key.name)
        removeFinalizer("customresourcecleanup.apiextensions.k8s.io", from: key)
    }
}

extension ResourceType {
    /// The served versions of a definition, the preferred (newest) first.
    static func types(of definition: Object) -> [ResourceType] {
        guard let spec = definition["spec"], let group = spec["group"]?.string,
            let plural = spec["names"]?["plural"]?.string, let kind = spec["names"]?["kind"]?.string
        else { return [] }
        let versions = (spec["versions"]?.array ?? []).filter { $0["served"]?.bool == true }
        return versions.compactMap { version -> ResourceType? in
            guard let name = version["name"]?.string else { return nil }
            var type = ResourceType(
                group: group, version: name, plural: plural,
                singular: spec["names"]?["singular"]?.string ?? kind.lowercased(), kind: kind,
                listKind: spec["names"]?["listKind"]?.string ?? kind + "List",
                namespaced: spec["scope"]?.string == "Namespaced",
                verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"])
            type.shortNames = strings(spec["names"]?["shortNames"])
            type.categories = strings(spec["names"]?["categories"])
            let scale = version["subresources"]?["scale"]
            func path(_ key: String) -> [String]? {
                scale?[key]?.string.map { $0.split(separator: ".").map(String.init) }
            }
            type.custom = CustomVersion(
                schema: version["schema"]?["openAPIV3Schema"] ?? [:],
                columns: version["additionalPrinterColumns"]?.array ?? [],
                specReplicasPath: path("specReplicasPath"), statusReplicasPath: path("statusReplicasPath"),
                labelSelectorPath: path("labelSelectorPath"))
            let verbs = ["get", "patch", "update"]
            if version["subresources"]?["status"] != nil {
                type.subresources.append(Subresource(name: "status", kind: kind, verbs: verbs))
            }
            if scale != nil { type.subresources.append(Subresource(name: "scale", kind: "Scale", verbs: verbs)) }
            return type
        }.sorted { Self.priority($0.version) > Self.priority($1.version) }
    }

    private static func strings(_ value: Value?) -> [String] { (value?.array ?? []).compactMap(\.string) }

    /// Kubernetes' version order: v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > anything else.
    private static func priority(_ version: String) -> VersionPriority {
        guard let match = version.wholeMatch(of: /v([0-9]+)(?:(alpha|beta)([0-9]+))?/) else {
            return VersionPriority(stability: 0, major: 0, minor: 0)
        }
        let stability = match.2.map { $0 == "beta" ? 2 : 1 } ?? 3
        return VersionPriority(
            stability: stability, major: Int(match.1) ?? 0, minor: match.3.flatMap { Int($0) } ?? 0)
    }

    private struct VersionPriority: Comparable {
        var stability: Int
        var major: Int
        var minor: Int

        static func < (left: VersionPriority, right: VersionPriority) -> Bool {
            (left.stability, left.major, left.minor) < (right.stability, right.major, right.minor)
        }
    }
}
