// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// What the server does not take: wrong manifests, and fields that cannot be changed in place.
extension ObjectApplier {
    /// An immutable field and a wrong one look alike, so the server is asked whether it would take the manifest as
    /// a new object. Only then, and only what is safe to recreate, is recreated.
    ///
    /// - Parameter wanted: as git has it, which is what a new object begins with.
    func resolveInvalid(
        _ manifest: Manifest, _ refusal: ClusterFailure, anew wanted: Manifest
    ) async throws -> Object {
        let refused = ApplyProblem.refused(
            Cause(object: manifest.id, reason: "ManifestInvalid", message: "\(refusal.message) (\(manifest.origin))"))
        let isImmutable: Bool
        do {
            isImmutable = try await cluster.acceptsAsNew(manifest.object)
        } catch {
            throw ApplyProblem(error, object: manifest.id) ?? refused
        }
        guard isImmutable else { throw refused }
        guard manifest.isReplaceable else { throw immutable(manifest, refusal) }
        return try await replace(wanted)
    }

    private func immutable(_ manifest: Manifest, _ refusal: ClusterFailure) -> ApplyProblem {
        let fields = refusal.fields.prefix(3).joined(separator: ", ")
        let what = refusal.fields.isEmpty ? "a field" : fields
        return .refused(
            Cause(
                object: manifest.id, reason: "ImmutableField",
                message:
                    "\(refusal.message); \(what) cannot be changed in place: \(manifest.replacementAdvice) (\(manifest.origin))"
            ))
    }

    private func replace(_ wanted: Manifest) async throws -> Object {
        var manifest = wanted
        let version = manifest.groupVersionKind.version
        let old = try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.get(manifest.id, version: version)
        }
        if let old, old.isRunningJob { throw waiting(forRunning: manifest) }
        // As many as the autoscaler had come to, not as few as git began with.
        if handover.scaled.contains(manifest.id), let replicas = old?.value(at: "spec", "replicas") {
            manifest.object.set(replicas, at: "spec", "replicas")
        }
        let anew = manifest
        try await announceReplacement(anew.id)
        var rest = try await found(anew, uid: nil)
        if let live = rest {
            rest = try await asking(anew) { () async throws(ClusterFailure) in
                _ = try await cluster.delete(anew.id, version: version, uid: live.uid)
                let rest = try await cluster.get(anew.id, version: version)
                guard let rest, rest.uid == live.uid else { return rest }
                throw ClusterFailure(code: .stale, message: "waits until the old \(anew.id) is gone to make it anew")
            }
            // Somebody may have been faster.
            if let rest { try await requireOurs(rest, anew) }
        }
        let aim = rest.map(ApplyAim.init(read:))
        return try await asking(anew) { () async throws(ClusterFailure) in
            try await cluster.apply(anew.object.meant(for: aim), as: .mainstay, force: false, dryRun: false)
        }
    }

    /// Work that is under way is not cut off, nor done twice at a time.
    private func waiting(forRunning manifest: Manifest) -> ApplyProblem {
        .blocked(
            Cause(
                object: manifest.id, reason: "JobRunning",
                message: "is to be made anew, and waits until the pods of the one that runs have ended; give it "
                    + "activeDeadlineSeconds, or delete it, where it never does"), retryAfter: nil)
    }

    /// The reason of a block that may be the manifest's own doing.
    static let suspected = "ManifestSuspected"

    /// The server refuses some manifests with a 500 like that of a server in trouble. Where it answers so again, and
    /// takes next to nothing of the same object, it may be the manifest: it is, where it goes on so.
    func resolveServerError(_ manifest: Manifest, _ failure: ClusterFailure) async -> ApplyProblem {
        let waiting =
            ApplyProblem(failure, object: manifest.id)
            ?? .blocked(
                Cause(object: manifest.id, reason: failure.code.rawValue, message: failure.message), retryAfter: nil)
        guard await dryRun(manifest.object) == .serverError else { return waiting }
        var bare: Object = ["apiVersion": .string(manifest.object.apiVersion), "kind": .string(manifest.id.kind)]
        bare["metadata"] = ["name": .string(manifest.id.name)]
        if !manifest.id.namespace.isEmpty { bare.set(.string(manifest.id.namespace), at: "metadata", "namespace") }
        switch await dryRun(bare) {
        case nil, .invalid:
            return .blocked(
                Cause(
                    object: manifest.id, reason: Self.suspected,
                    message:
                        "the server fails on this manifest (HTTP 500), and on nothing else of the object; check it "
                        + "against the kind's schema, or apply it by hand to see the server's words (\(manifest.origin))"
                ),
                retryAfter: nil)
        default: return waiting
        }
    }

    /// How the server refuses an apply; nil where it does not.
    private func dryRun(_ object: Object) async -> ClusterFailure.Code? {
        do throws(ClusterFailure) {
            _ = try await cluster.apply(object, as: .mainstay, force: true, dryRun: true)
            return nil
        } catch {
            return error.code
        }
    }
}

extension Manifest {
    /// The mark that lets the object be deleted and made anew; nil for kinds that never are.
    package var replacementMark: String? {
        switch (id.group, id.kind) {
        case ("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition"): nil
        // Their data hangs on them.
        case ("", "PersistentVolumeClaim"), ("", "PersistentVolume"), ("apps", "StatefulSet"): "allowed-with-data"
        default: "allowed"
        }
    }

    /// What to do about a field that cannot be changed in place.
    var replacementAdvice: String {
        guard let mark = replacementMark else {
            return "use a new name: a \(id.kind) is never deleted to be made anew"
        }
        return "use a new name, or mark the object with the annotation \(ObjectMarks.replaceKey): \(mark) "
            + "to have it deleted and made anew"
    }

    /// Jobs always; namespaces and definitions never; others where their mark says so.
    package var isReplaceable: Bool {
        if id.groupKind == GroupKind(group: "batch", kind: "Job") { return true }
        let marked = ObjectMarks(object).replacement
        return switch replacementMark {
        case "allowed"?: marked != .unmarked
        case "allowed-with-data"?: marked == .allowedWithData
        default: false
        }
    }
}

extension Object {
    /// A Job of which a pod does its work right now. One whose pods cannot start may be made anew.
    var isRunningJob: Bool {
        guard groupVersionKind.groupKind == GroupKind(group: "batch", kind: "Job") else { return false }
        return (value(at: "status", "ready")?.integer ?? 0) > 0
    }
}
