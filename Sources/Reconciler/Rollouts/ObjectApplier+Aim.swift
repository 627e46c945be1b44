// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// The object that an apply is meant for.
struct ApplyAim: Sendable {
    var uid: String
    /// Where it was read for this: it may not have changed since, but by what does not concern whose it is.
    var version: String?

    init(uid: String) { self.uid = uid }

    /// What a watch told of may have a status by now that is newer: its uid alone counts.
    init(watched: Object) { uid = watched.uid }

    init(read live: Object) {
        uid = live.uid
        version = live.resourceVersion
    }
}

/// Nothing is applied to an object that by now is another, or another's.
extension ObjectApplier {
    /// A controller may write a status between reading and applying.
    private static let attempts = 3

    /// Throws `ApplyProblem` where an object is another application's, or another daemon's.
    func requireOurs(_ live: Object, _ manifest: Manifest) async throws {
        guard let cause = try await claim.refusal(of: live, manifest.origin) else { return }
        throw ApplyProblem.blocked(cause, retryAfter: nil)
    }

    /// What is there, which is not somebody else's.
    ///
    /// - Parameter uid: whose it has to be, where something is there; nil for any.
    func found(_ manifest: Manifest, uid: String?) async throws -> Object? {
        let live = try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.get(manifest.id, version: manifest.groupVersionKind.version)
        }
        guard let live else { return nil }
        try await requireOurs(live, manifest)
        if let uid, live.uid != uid {
            throw Self.isAnother(
                manifest, ClusterFailure(code: .stale, message: "another object of the name was made meanwhile"))
        }
        return live
    }

    /// Applies what no watch tells of.
    func readAndApply(_ manifest: Manifest) async throws -> Result {
        try await applyOnce(manifest, watched: try await found(manifest, uid: nil), isRead: true)
    }

    /// Sends an apply. Where the object was read for it and changed since, it is looked at again.
    ///
    /// Throws `ClusterFailure` where the server refuses, `ApplyProblem` where the object is somebody else's by now.
    func put(_ manifest: Manifest, at aim: ApplyAim?, force: Bool) async throws -> Object {
        var aim = aim
        var attempt = 1
        while true {
            do throws(ClusterFailure) {
                let sent = manifest.object.meant(for: aim)
                return try await cluster.apply(sent, as: .mainstay, force: force, dryRun: false)
            } catch {
                guard error.code == .stale, aim?.version != nil, attempt < Self.attempts else { throw error }
            }
            aim = try await found(manifest, uid: aim?.uid).map(ApplyAim.init(read:)) ?? aim
            attempt += 1
        }
    }

    /// The manifest without the replicas that an autoscaler owns, and what it is to be applied to.
    func leavingReplicas(_ wanted: Manifest, _ aim: ApplyAim?) async throws -> (Manifest, ApplyAim?) {
        guard handover.scaled.contains(wanted.id), let live = try await found(wanted, uid: aim?.uid) else {
            return (wanted, aim)
        }
        let prepared = try await handover.prepare(wanted, live, on: cluster)
        return (prepared.manifest, ApplyAim(read: prepared.live))
    }
}

extension Object {
    /// With the uid, and the version where it is known, as preconditions: the server refuses to apply it to another
    /// object of the name (422), to a version that is no more (409), and to make it anew where there is none (409).
    func meant(for aim: ApplyAim?) -> Object {
        guard let aim, !aim.uid.isEmpty else { return self }
        var object = self
        object.set(.string(aim.uid), at: "metadata", "uid")
        if let version = aim.version { object.set(.string(version), at: "metadata", "resourceVersion") }
        return object
    }
}
