// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// Applies one object and finds out what a refusal means.
package struct ObjectApplier: Sendable {
    package let cluster: any Cluster
    /// Whose objects are whose.
    let claim: ObjectClaim
    let policy: ConflictPolicy
    /// What is done about changes by others to what is ours.
    let drift: DriftRules
    let handover: ReplicaHandover
    /// Records, durably, that an object is about to be deleted and made anew.
    package let announceReplacement: @Sendable (ObjectID) async throws -> Void

    package enum Result: Sendable {
        /// As stored, and what a person should know.
        case stored(Object, notes: [String])
        /// Nothing was sent, since a mark says so.
        case leftAlone(why: String)
    }

    /// - Parameter manifests: all of the rollout: among them may be what scales what is applied.
    package init(
        cluster: any Cluster, manifests: [Manifest], claim: ObjectClaim, policy: ConflictPolicy = ConflictPolicy(),
        drift: DriftRules = DriftRules(),
        announceReplacement: @escaping @Sendable (ObjectID) async throws -> Void
    ) {
        self.cluster = cluster
        self.claim = claim
        self.policy = policy
        self.drift = drift
        handover = ReplicaHandover(manifests: manifests)
        self.announceReplacement = announceReplacement
    }

    /// Throws `ApplyProblem`, or what recording threw.
    ///
    /// - Parameter watched: the live object, as far as it is known; what is not ours yet is taken over first.
    package func apply(_ manifest: Manifest, watched: Object?) async throws -> Result {
        do {
            return try await applyOnce(manifest, watched: watched)
        } catch let problem as ApplyProblem where problem.cause.reason == Self.another {
            return try await applyToAnother(manifest, watched: watched?.uid ?? "", problem)
        }
    }

    /// - Parameter isRead: it was read for this, right before.
    func applyOnce(_ manifest: Manifest, watched: Object?, isRead: Bool = false) async throws -> Result {
        let marks = ObjectMarks(manifest: manifest.object, live: watched)
        if marks.leavesAlone { return .leftAlone(why: marks.whyLeftAlone) }
        if marks.mode == .ifNotPresent, try await isThere(manifest, watched) {
            return .leftAlone(why: ObjectMarks.whyPresent)
        }
        let isOurs = watched.flatMap(Ownership.claimedTarget) != nil
        if watched != nil, !isOurs, marks.mode != .merge, !marks.skipsTakeOver {
            return try await takeOver(manifest, marks)
        }
        let (object, notes) = try await send(
            manifest, marks, isOurs: isOurs, isNew: watched == nil,
            aim: watched.map { isRead ? ApplyAim(read: $0) : ApplyAim(watched: $0) })
        return .stored(object, notes: notes)
    }

    private func isThere(_ manifest: Manifest, _ watched: Object?) async throws -> Bool {
        if watched != nil { return true }
        return try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.get(manifest.id, version: manifest.groupVersionKind.version) != nil
        }
    }

    /// Applies, and finds out what a refusal means.
    ///
    /// - Parameters:
    ///   - isOurs: we have applied it before.
    ///   - isNew: the watch knows of no such object.
    ///   - force: whatever others own is taken.
    ///   - aim: the object that it is meant for, where that is known: another of its name is not touched.
    func send(
        _ wanted: Manifest, _ marks: ObjectMarks, isOurs: Bool = false, isNew: Bool = false, force: Bool = false,
        aim: ApplyAim? = nil, mayRepair: Bool = true
    ) async throws -> (object: Object, notes: [String]) {
        var (manifest, aim) = (wanted, aim)
        do {
            if !isNew { (manifest, aim) = try await leavingReplicas(wanted, aim) }
            return (try await put(manifest, at: aim, force: force), [])
        } catch let error as ClusterFailure {
            if aim != nil, error.isAboutAnother { throw Self.isAnother(manifest, error) }
            switch error.code {
            case .fieldConflict:
                return try await resolveConflict(manifest, error, marks, isOurs: isOurs, uid: aim?.uid)
            case .invalid: return (try await resolveInvalid(manifest, error, anew: wanted), [])
            case .serverError: throw await resolveServerError(manifest, error)
            case .brokenOwnership where mayRepair:
                try await repairOwnership(of: manifest)
                let (object, notes) = try await send(
                    wanted, marks, isOurs: isOurs, aim: aim.map { ApplyAim(uid: $0.uid) }, mayRepair: false)
                return (object, notes + ["mended the field ownership of \(manifest.id), which named a dropped version"])
            default:
                throw ApplyProblem(error, object: manifest.id)
                    ?? .refused(Cause(object: manifest.id, reason: error.code.rawValue, message: error.message))
            }
        }
    }

    /// Asks the cluster; a failure is the object's problem.
    func asking<Answer>(
        _ manifest: Manifest, _ question: () async throws(ClusterFailure) -> Answer
    ) async throws(ApplyProblem) -> Answer {
        do throws(ClusterFailure) {
            return try await question()
        } catch {
            throw ApplyProblem(error, object: manifest.id)
                ?? .refused(Cause(object: manifest.id, reason: error.code.rawValue, message: error.message))
        }
    }
}
