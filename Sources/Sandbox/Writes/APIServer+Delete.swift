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
    /// Asked for something that is no policy.
    private var unknownPropagation: String?
    /// The old way to say it; excludes a policy.
    private var orphanDependents: Bool?
    var gracePeriodSeconds: Int64?
    var uid: String?
    var resourceVersion: String?
    private var dryRun: [String] = []

    init() {}

    /// Of the body, where there is one, and else of the query (apiserver, DeleteResource).
    init(_ target: RequestTarget, _ request: SandboxRequest) throws(StatusError) {
        if let body = try BodyReader.object(of: request) {
            self.init(body)
        } else {
            self.init()
            setPropagation(target["propagationPolicy"])
            orphanDependents = target["orphanDependents"].map { $0 == "true" }
            gracePeriodSeconds = target["gracePeriodSeconds"].flatMap { Int64($0) }
            dryRun = target.all("dryRun")
        }
    }

    init(_ body: Object) {
        setPropagation(body["propagationPolicy"]?.string)
        orphanDependents = body["orphanDependents"]?.bool
        gracePeriodSeconds = body["gracePeriodSeconds"]?.integer
        uid = body.value(at: "preconditions", "uid")?.string
        resourceVersion = body.value(at: "preconditions", "resourceVersion")?.string
        dryRun = (body["dryRun"]?.array ?? []).compactMap(\.string)
    }

    private mutating func setPropagation(_ policy: String?) {
        propagation = policy.flatMap(Propagation.init)
        if propagation == nil { unknownPropagation = policy }
    }

    /// Nothing is to be kept of it.
    var isDryRun: Bool { !dryRun.isEmpty }

    /// Says nothing of dependents: the kind decides.
    var leavesPropagationOpen: Bool { propagation == nil && orphanDependents == nil }

    /// apimachinery's ValidateDeleteOptions.
    func check() throws(StatusError) {
        var causes: [StatusError.Cause] = []
        if orphanDependents != nil, propagation != nil || unknownPropagation != nil {
            causes.append(
                StatusError.Cause(
                    reason: "FieldValueInvalid",
                    message: "Invalid value: \"\(propagation?.rawValue ?? unknownPropagation ?? "")\": "
                        + "orphanDependents and deletionPropagation cannot be both set", field: "propagationPolicy"))
        }
        if let unknownPropagation {
            causes.append(
                StatusError.Cause(
                    reason: "FieldValueNotSupported",
                    message: "Unsupported value: \"\(unknownPropagation)\": supported values: "
                        + "\"Foreground\", \"Background\", \"Orphan\", \"nil\"", field: "propagationPolicy"))
        }
        if isDryRun, dryRun != ["All"] {
            var unsupported = Causes()
            unsupported.unsupported(Field("dryRun", nil), ["All"], showing: .array(dryRun.map { .string($0) }))
            causes += unsupported.list
        }
        guard causes.isEmpty else {
            throw .invalid(group: "meta.k8s.io", kind: "DeleteOptions", name: "", causes: causes)
        }
    }

    /// The finalizers that carry the policy, in place of those that are there (apiserver, registry/generic).
    func finalizers(of object: Object, orphansByDefault: Bool) -> [String] {
        let present = object.finalizers
        var orphans = orphansByDefault
        var isForeground = false
        if let orphanDependents {
            orphans = orphanDependents
        } else if let propagation {
            orphans = propagation == .orphan
            isForeground = propagation == .foreground
        } else if present.contains("orphan") {
            orphans = true
        } else if present.contains("foregroundDeletion") {
            orphans = false
            isForeground = true
        }
        var result = present.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
        if orphans { result.append("orphan") }
        if isForeground { result.append("foregroundDeletion") }
        return result
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
        try options.check()
        try check(options, against: live, type)
        if type.kind == "Namespace", ["default", "kube-public", "kube-system"].contains(live.name) {
            throw .forbidden(type, live.name, "this namespace may not be deleted")
        }
        var object = try admitted(live, request, operation: "delete")
        let orphans = type.orphansByDefault && !live.isTerminating
        var finalizers =
            type.kind == "Namespace"
            ? object.finalizers : options.finalizers(of: object, orphansByDefault: orphans)
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

    /// Pods that never ran, or have ended, go at once; a deletion under way is only ever made shorter.
    private func podGrace(_ pod: Object, _ options: DeleteOptions) -> Int64 {
        let phase = pod.value(at: "status", "phase")?.string
        guard pod.value(at: "spec", "nodeName") != nil, phase != "Succeeded", phase != "Failed" else { return 0 }
        let under = pod.value(at: "metadata", "deletionGracePeriodSeconds")?.integer
        let asked =
            options.gracePeriodSeconds ?? under ?? pod.value(at: "spec", "terminationGracePeriodSeconds")?.integer ?? 30
        // Negative means at once, but with a chance to notice.
        return min(asked < 0 ? 1 : asked, under ?? Int64.max)
    }
}

extension ResourceType {
    /// Kinds whose dependents stay when nobody says otherwise: Jobs, for compatibility with their first version.
    var orphansByDefault: Bool { group == "batch" && kind == "Job" }
}
