// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// Applies one object and finds out what a refusal means.
package struct ObjectApplier: Sendable {
    package let cluster: any Cluster
    let handover: ReplicaHandover
    /// Records, durably, that an object is about to be deleted and made anew.
    package let announceReplacement: @Sendable (ObjectID) async throws -> Void

    /// - Parameter manifests: all of the rollout: among them may be what scales what is applied.
    package init(
        cluster: any Cluster, manifests: [Manifest],
        announceReplacement: @escaping @Sendable (ObjectID) async throws -> Void
    ) {
        self.cluster = cluster
        handover = ReplicaHandover(manifests: manifests)
        self.announceReplacement = announceReplacement
    }

    /// The object as stored. Throws `ApplyProblem`, or what recording threw.
    package func apply(_ wanted: Manifest) async throws -> Object {
        var manifest = wanted
        do {
            manifest = try await handover.prepare(wanted, on: cluster)
            return try await cluster.apply(manifest.object, as: .mainstay, force: false, dryRun: false)
        } catch {
            if let problem = ApplyProblem(error, object: manifest.id) { throw problem }
            return error.code == .fieldConflict
                ? try await resolveConflict(manifest, error) : try await resolveInvalid(manifest, error)
        }
    }

    /// Somebody else owns a field. Where taking it would change nothing, it is mere spelling (`1000m` for `1`).
    /// Otherwise the rollout waits, and names who: it goes on when the other lets go, or git says to take the field.
    private func resolveConflict(_ manifest: Manifest, _ conflict: ClusterFailure) async throws -> Object {
        do throws(ClusterFailure) {
            if manifest.object.annotations[Manifest.forceAnnotation]?.string != "allowed" {
                let forced = try await cluster.apply(manifest.object, as: .mainstay, force: true, dryRun: true)
                let live = try await cluster.get(manifest.id, version: manifest.groupVersionKind.version)
                guard let live, forced.withoutBookkeeping == live.withoutBookkeeping else { throw conflict }
            }
            return try await cluster.apply(manifest.object, as: .mainstay, force: true, dryRun: false)
        } catch {
            throw ApplyProblem(error, object: manifest.id)
                ?? .blocked(
                    Cause(
                        object: manifest.id, reason: conflict.code.rawValue,
                        message: "\(conflict.message) (the annotation \(Manifest.forceAnnotation): allowed on the "
                            + "object does that)"), retryAfter: nil)
        }
    }

    /// An immutable field and a wrong one look alike, so the server is asked whether it would take the manifest as
    /// a new object. Only then, and only what is safe to recreate, is recreated.
    private func resolveInvalid(_ manifest: Manifest, _ refusal: ClusterFailure) async throws -> Object {
        let refused = ApplyProblem.refused(
            Cause(object: manifest.id, reason: "ManifestInvalid", message: refusal.message))
        let isImmutable: Bool
        do {
            isImmutable = try await cluster.acceptsAsNew(manifest.object)
        } catch {
            throw ApplyProblem(error, object: manifest.id) ?? refused
        }
        guard isImmutable else { throw refused }
        guard manifest.isReplaceable else {
            throw ApplyProblem.refused(
                Cause(
                    object: manifest.id, reason: "ImmutableField",
                    message: "\(refusal.message); the field cannot be changed in place: use a new name, or mark the "
                        + "object with the annotation \(Manifest.replaceAnnotation): allowed to have it recreated"))
        }
        return try await replace(manifest)
    }

    private func replace(_ manifest: Manifest) async throws -> Object {
        try await announceReplacement(manifest.id)
        do throws(ClusterFailure) {
            let version = manifest.groupVersionKind.version
            if let live = try await cluster.get(manifest.id, version: version) {
                _ = try await cluster.delete(manifest.id, version: version, uid: live.uid)
                if let rest = try await cluster.get(manifest.id, version: version), rest.uid == live.uid {
                    throw ClusterFailure(
                        code: .stale, message: "waits until the old \(manifest.id) is gone to make it anew")
                }
            }
            return try await cluster.apply(manifest.object, as: .mainstay, force: false, dryRun: false)
        } catch {
            throw ApplyProblem(error, object: manifest.id)
                ?? .refused(Cause(object: manifest.id, reason: error.code.rawValue, message: error.message))
        }
    }
}

extension Manifest {
    /// Marks an object whose fields are taken from whoever else owns them.
    package static let forceAnnotation = "mainstay.dev/force"
    /// Marks an object that may be deleted and made anew where a field cannot be changed in place.
    package static let replaceAnnotation = "mainstay.dev/replace"

    /// Jobs always; claims and stateful sets never (their data hangs on them); others where marked.
    package var isReplaceable: Bool {
        switch id.groupKind {
        case GroupKind(group: "batch", kind: "Job"): true
        case GroupKind(group: "", kind: "PersistentVolumeClaim"), GroupKind(group: "", kind: "PersistentVolume"),
            GroupKind(group: "apps", kind: "StatefulSet"), GroupKind(group: "", kind: "Namespace"):
            false
        default: object.annotations[Self.replaceAnnotation]?.string == "allowed"
        }
    }
}

extension Object {
    /// Without what the server keeps about an object: what is left is equal where nothing would change.
    fileprivate var withoutBookkeeping: Object {
        var object = self
        object["status"] = nil
        for key in ["managedFields", "resourceVersion", "generation"] { object.set(nil, at: "metadata", key) }
        return object
    }
}
