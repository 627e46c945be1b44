// SPDX-License-Identifier: Apache-2.0

import Manifests

/// `DeleteOptions`, from the body or the query.
struct DeleteOptions: Sendable {
    enum Propagation: String, Sendable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }

    var propagation: Propagation?
    var gracePeriodSeconds: Int64?
    var uid: String?
    var resourceVersion: String?

    init() {}

    init(_ target: RequestTarget, body: Object?) {
        propagation = (body?["propagationPolicy"]?.string ?? target["propagationPolicy"]).flatMap(Propagation.init)
        if propagation == nil, body?["orphanDependents"]?.bool == true { propagation = .orphan }
        gracePeriodSeconds = body?["gracePeriodSeconds"]?.integer ?? target["gracePeriodSeconds"].flatMap { Int64($0) }
        uid = body?.value(at: "preconditions", "uid")?.string
        resourceVersion = body?.value(at: "preconditions", "resourceVersion")?.string
    }
}

extension APIServer {
    enum Deletion {
        /// Still there, marked: something holds it.
        case marked(Object)
        case removed(Object)
    }

    mutating func delete(_ request: WriteRequest, _ options: DeleteOptions) throws(StatusError) -> Deletion {
        let type = request.type
        guard let live = store.object(request.key) else { throw .notFound(type, request.name) }
        try check(options, against: live, type)
        var object = try admitted(live, request, operation: "delete")
        var finalizers = object.finalizers
        let hasDependents = type.kind != "Namespace"
        switch options.propagation ?? (type.group == "batch" && type.kind == "Job" ? .orphan : .background) {
        case .foreground where hasDependents && !finalizers.contains("foregroundDeletion"):
            finalizers.append("foregroundDeletion")
        case .orphan where hasDependents && !finalizers.contains("orphan") && !live.isTerminating:
            finalizers.append("orphan")
        default: break
        }
        if type.kind == "CustomResourceDefinition", !live.isTerminating {
            finalizers.append("customresourcecleanup.apiextensions.k8s.io")
        }
        object.setFinalizers(finalizers)
        let grace = type.kind == "Pod" ? podGrace(live, options) : 0
        let held = grace > 0 || !finalizers.isEmpty || (type.kind == "Namespace" && !Strategy.isFinalized(object))
        guard held else {
            if !request.dryRun { remove(request.key) }
            return .removed(live)
        }
        mark(&object, type, grace: grace)
        if object == live || request.dryRun { return .marked(object) }
        return .marked(put(object.inCanonicalOrder(custom: type.custom != nil), at: request.key))
    }

    private func check(_ options: DeleteOptions, against live: Object, _ type: ResourceType) throws(StatusError) {
        if let uid = options.uid, uid != live.uid {
            throw StatusError(
                code: 409, reason: "Conflict",
                message: "Operation cannot be fulfilled on \(type.kind) \"\(live.name)\": the UID in the precondition "
                    + "(\(uid)) does not match the UID in record (\(live.uid)). The object might have been deleted and "
                    + "then recreated",
                details: StatusError.Details(name: live.name, group: type.group, kind: type.kind))
        }
        if let version = options.resourceVersion, version != live.resourceVersion {
            throw StatusError(
                code: 409, reason: "Conflict",
                message: "Operation cannot be fulfilled on \(type.kind) \"\(live.name)\": the ResourceVersion in the "
                    + "precondition (\(version)) does not match the ResourceVersion in record "
                    + "(\(live.resourceVersion)). The object might have been modified",
                details: StatusError.Details(name: live.name, group: type.group, kind: type.kind))
        }
    }

    private func mark(_ object: inout Object, _ type: ResourceType, grace: Int64) {
        let time = now()
        if !object.isTerminating {
            if let generation = object.generation, type.kind != "CustomResourceDefinition" {
                object.setMetadata("generation", .integer(generation + 1))
            }
            object.setMetadata("deletionTimestamp", .string((time + .seconds(grace)).secondsDescription))
            if type.kind != "Namespace", type.kind != "CustomResourceDefinition" {
                object.setMetadata("deletionGracePeriodSeconds", .integer(grace))
            }
            if type.kind == "Namespace" { object.set("Terminating", at: "status", "phase") }
            if type.kind == "CustomResourceDefinition" { Self.markTerminating(&object, time: time) }
        } else if let old = object.value(at: "metadata", "deletionGracePeriodSeconds")?.integer, grace < old {
            object.setMetadata("deletionTimestamp", .string((time + .seconds(grace)).secondsDescription))
            object.setMetadata("deletionGracePeriodSeconds", .integer(grace))
        }
    }

    /// Pods that never ran, or have ended, go at once.
    private func podGrace(_ pod: Object, _ options: DeleteOptions) -> Int64 {
        let phase = pod.value(at: "status", "phase")?.string
        guard pod.value(at: "spec", "nodeName") != nil, phase != "Succeeded", phase != "Failed" else { return 0 }
        return options.gracePeriodSeconds
            ?? pod.value(at: "spec", "terminationGracePeriodSeconds")?.integer ?? 30
    }
}
