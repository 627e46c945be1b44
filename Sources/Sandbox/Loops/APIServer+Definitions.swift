// SPDX-License-Identifier: Apache-2.0

import Manifests

/// CustomResourceDefinitions: established ones are served, deleted ones take their objects with them.
extension APIServer {
    static let definitionKind = GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")

    mutating func reconcileDefinition(_ name: String) {
        let key = StoreKey(kind: Self.definitionKind, namespace: "", name: name)
        guard let definition = store.object(key) else {
            registry.remove(name)
            registerServices()
            // Names that it had are free for others now.
            for other in store.objects(Self.definitionKind, namespace: nil) { queue.add(.definition(other.name)) }
            return
        }
        if definition.isTerminating {
            removeInstances(of: definition, at: key)
            return
        }
        establish(definition, at: key)
    }

    /// Accepts the names that no other definition of the group has, and serves the kind once all are its own.
    private mutating func establish(_ definition: Object, at key: StoreKey) {
        guard let type = registry.resource(for: Self.definitionKind) else { return }
        var object = definition
        let time = now().secondsDescription
        let others = store.objects(Self.definitionKind, namespace: nil).filter {
            $0.name != definition.name && $0["spec"]?["group"] == definition["spec"]?["group"]
        }
        var naming = DefinitionNames(definition, others: others.map { $0["status"]?["acceptedNames"] ?? [:] })
        naming.settle()
        object.set(.object(naming.accepted), at: "status", "acceptedNames")
        let isEstablished = Self.condition(definition, "Established")?["status"] == "True"
        if let conflict = naming.conflict {
            Self.setCondition(&object, "NamesAccepted", "False", conflict.reason, conflict.message, time)
            if !isEstablished {
                Self.setCondition(
                    &object, "Established", "False", "NotAccepted", "not all names are accepted", time)
            }
        } else {
            Self.setCondition(&object, "NamesAccepted", "True", "NoConflicts", "no conflicts found", time)
            if !isEstablished {
                Self.setCondition(
                    &object, "Established", "True", "InitialNamesAccepted",
                    "the initial names have been accepted", time)
            }
        }
        if Self.condition(object, "Established")?["status"] == "True" {
            registry.define(
                key.name, ResourceType.types(of: definition),
                unserved: ResourceType.types(of: definition, served: false))
            registerServices()
        }
        guard object != definition else { return }
        let request = WriteRequest(
            type: type, namespace: "", name: key.name, subresource: "status", manager: "kube-apiserver")
        _ = try? update(object, request)
    }

    static func markTerminating(_ definition: inout Object, time: Timestamp) {
        setCondition(
            &definition, "Terminating", "True", "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            time.secondsDescription)
    }

    private static func condition(_ definition: Object, _ type: String) -> Value? {
        definition.value(at: "status", "conditions")?.array?.first { $0["type"] == .string(type) }
    }

    /// The time changes with the status only.
    private static func setCondition(
        _ object: inout Object, _ type: String, _ status: String, _ reason: String, _ message: String, _ time: String
    ) {
        var conditions = object.value(at: "status", "conditions")?.array ?? []
        let index = conditions.firstIndex { $0["type"] == .string(type) }
        let old = index.map { conditions[$0] }
        let since = old?["status"] == .string(status) ? old?["lastTransitionTime"] : nil
        let condition: Value = [
            "type": .string(type), "status": .string(status), "lastTransitionTime": since ?? .string(time),
            "reason": .string(reason), "message": .string(message),
        ]
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        object.set(.array(conditions), at: "status", "conditions")
    }

    private mutating func removeInstances(of definition: Object, at key: StoreKey) {
        let types = ResourceType.types(of: definition)
        var remaining = false
        if let type = types.first {
            for object in store.objects(type.storage, namespace: nil) {
                let request = WriteRequest(
                    type: type, namespace: object.namespace, name: object.name, manager: "kube-apiserver")
                if !object.isTerminating { _ = try? delete(request, DeleteOptions()) }
                remaining = remaining || store.object(request.key) != nil
            }
        }
        guard !remaining else { return }
        registry.remove(key.name)
        removeFinalizer("customresourcecleanup.apiextensions.k8s.io", from: key)
    }
}

/// Which names of a definition are its own, among those that others of its group have.
private struct DefinitionNames {
    private let requested: Object
    private(set) var accepted: Object
    private let resources: Set<String>
    private let kinds: Set<String>
    private(set) var conflict: (reason: String, message: String)?

    init(_ definition: Object, others: [Value]) {
        requested = definition.value(at: "spec", "names")?.object ?? Object()
        accepted = definition.value(at: "status", "acceptedNames")?.object ?? Object()
        resources = Set(
            others.flatMap { names in
                ([names["plural"], names["singular"]].compactMap { $0 } + (names["shortNames"]?.array ?? []))
                    .compactMap(\.string)
            })
        kinds = Set(others.flatMap { [$0["kind"], $0["listKind"]].compactMap { $0?.string } })
    }

    mutating func settle() {
        claim("plural", "PluralConflict", resources)
        claim("singular", "SingularConflict", resources)
        let shortNames = (requested["shortNames"]?.array ?? []).compactMap(\.string)
        let own = (accepted["shortNames"]?.array ?? []).compactMap(\.string)
        let taken = shortNames.filter { !own.contains($0) && resources.contains($0) }
        if taken.isEmpty {
            accepted["shortNames"] = requested["shortNames"]
        } else {
            let list = taken.map { "\"\($0)\" is already in use" }
            conflict = ("ShortNamesConflict", list.count == 1 ? list[0] : "[\(list.joined(separator: ", "))]")
        }
        claim("kind", "KindConflict", kinds)
        claim("listKind", "ListKindConflict", kinds)
        accepted["categories"] = requested["categories"]
    }

    private mutating func claim(_ key: String, _ reason: String, _ taken: Set<String>) {
        let name = requested[key]?.string ?? ""
        if requested[key] != accepted[key], taken.contains(name) {
            conflict = (reason, "\"\(name)\" is already in use")
        } else {
            accepted[key] = requested[key]
        }
    }
}
