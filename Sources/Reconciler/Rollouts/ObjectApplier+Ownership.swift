// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Fields that others own: taken over once, and conflicts afterwards.
extension ObjectApplier {
    /// A take-over, an apply, and again: an entry has one version, and of an object without any owner the server names
    /// one at the first apply only.
    private static let takeOverRounds = 4

    /// The reason where the uid is another's, or nobody's.
    static let another = "AnotherObject"

    static func isAnother(_ manifest: Manifest, _ refusal: ClusterFailure) -> ApplyProblem {
        .blocked(
            Cause(
                object: manifest.id, reason: another,
                message: refusal.message),
            retryAfter: nil)
    }

    /// What was watched is not there any more. Whoever made what is there now is asked for, before anything is done to it.
    ///
    /// - Parameters:
    ///   - watched: its uid.
    ///   - problem: what the apply was answered with: not every conflict is about the uid.
    func applyToAnother(_ manifest: Manifest, watched: String, _ problem: ApplyProblem) async throws -> Result {
        let live = try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.get(manifest.id, version: manifest.groupVersionKind.version)
        }
        if live?.uid == watched {
            throw ApplyProblem.blocked(
                Cause(
                    object: manifest.id, reason: ClusterFailure.Code.stale.rawValue, message: problem.cause.message),
                retryAfter: nil)
        }
        if let live { try await requireOurs(live, manifest) }
        return try await applyOnce(manifest, watched: live, isRead: true)
    }

    /// Applies an object that is not ours yet: the fields that other tools hold on it become ours first, so that what git
    /// does not have goes. Where the manifest is what is there, no pod is started anew.
    func takeOver(_ manifest: Manifest, _ marks: ObjectMarks) async throws -> Result {
        let version = manifest.groupVersionKind.version
        var live = try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.get(manifest.id, version: version)
        }
        var notes: [String] = []
        for round in 1...Self.takeOverRounds {
            // What nobody owns is nobody's to be asked for.
            var isUnowned = false
            if let found = live {
                try await requireOurs(found, manifest)
                isUnowned = (found.value(at: "metadata", "managedFields")?.array ?? []).isEmpty
                if let patch = TakeOver.patch(found, for: manifest.object, from: policy.takeOver) {
                    live = try await asking(manifest) { () async throws(ClusterFailure) in
                        try await cluster.patch(manifest.id, version: version, patch)
                    }
                    if notes.isEmpty { notes.append("took over the fields of \(manifest.id) that other tools held") }
                }
            }
            let (stored, more) = try await send(
                manifest, marks, force: isUnowned, aim: live.map(ApplyAim.init(read:)))
            for note in more where !notes.contains(note) { notes.append(note) }
            guard round < Self.takeOverRounds,
                TakeOver.patch(stored, for: manifest.object, from: policy.takeOver) != nil
            else { return .stored(stored, notes: notes) }
            live = stored
        }
        throw ApplyProblem.blocked(
            Cause(object: manifest.id, reason: "TakeOver", message: "its fields were not taken over"), retryAfter: nil)
    }

    /// Somebody else owns a field. Where taking it would change nothing, it is mere spelling (`1000m` for `1`).
    /// Otherwise the policy says; where it says to report, the rollout waits, names who, and goes on when the other lets
    /// go, or git says to take the field.
    func resolveConflict(
        _ manifest: Manifest, _ conflict: ClusterFailure, _ marks: ObjectMarks, isOurs: Bool, uid: String?
    ) async throws -> (object: Object, notes: [String]) {
        // Nobody: the ownership was reset, and what was there has a name of the server's own.
        if !conflict.conflicts.isEmpty, conflict.conflicts.allSatisfy({ $0.manager == TakeOver.beforeFirstApply }),
            marks.mode != .merge
        {
            guard case .stored(let object, let notes) = try await retake(manifest, uid: uid) else {
                throw problem(manifest, conflict)
            }
            return (object, notes)
        }
        // One that names nothing is about the whole object.
        let conflicts = conflict.conflicts.isEmpty ? [FieldConflict(field: "", manager: "")] : conflict.conflicts
        var resolution = ConflictResolution(
            conflicts, on: manifest.id, policy, forcesAll: marks.forcesConflicts, drift: isOurs ? drift : nil)
        let rest = resolution.leavingOut(of: manifest)
        var force = !resolution.forced.isEmpty
        // Who took a field may have taken the name, or the object: a conflict is told before anything else is looked at.
        let live = try await found(manifest, uid: uid)
        do {
            if !resolution.reported.isEmpty {
                guard try await isSpelling(rest, of: live) else { throw conflict }
                force = true
            }
            let stored = try await put(rest, at: live.map(ApplyAim.init(read:)), force: force)
            return (stored, Self.notes(on: manifest.id, resolution))
        } catch let error as ClusterFailure {
            if live != nil, error.isAboutAnother { throw Self.isAnother(manifest, error) }
            throw ApplyProblem(error, object: manifest.id) ?? problem(manifest, conflict, resolution.reported)
        }
    }

    /// Whether taking the fields would change nothing.
    private func isSpelling(_ manifest: Manifest, of live: Object?) async throws(ClusterFailure) -> Bool {
        let forced = try await cluster.apply(manifest.object, as: .mainstay, force: true, dryRun: true)
        return live.map { forced.withoutServerFields == $0.withoutServerFields } ?? false
    }

    private func retake(_ manifest: Manifest, uid: String?) async throws -> Result {
        let stored: Object
        let live = try await found(manifest, uid: uid)
        do {
            stored = try await put(manifest, at: live.map(ApplyAim.init(read:)), force: true)
        } catch let error as ClusterFailure {
            if live != nil, error.isAboutAnother { throw Self.isAnother(manifest, error) }
            throw ApplyProblem(error, object: manifest.id)
                ?? .refused(Cause(object: manifest.id, reason: error.code.rawValue, message: error.message))
        }
        guard let patch = TakeOver.patch(stored, for: manifest.object, from: [TakeOver.beforeFirstApply]) else {
            return .stored(stored, notes: [])
        }
        let version = manifest.groupVersionKind.version
        return try await asking(manifest) { () async throws(ClusterFailure) in
            let patched = try await cluster.patch(manifest.id, version: version, patch)
            let again = try await cluster.apply(
                manifest.object.meant(for: ApplyAim(read: patched)), as: .mainstay, force: false, dryRun: false)
            return .stored(again, notes: ["\(manifest.id) had lost its field ownership, which was taken again"])
        }
    }

    private func problem(
        _ manifest: Manifest, _ conflict: ClusterFailure, _ reported: [FieldConflict] = []
    ) -> ApplyProblem {
        .blocked(
            Cause(
                object: manifest.id, reason: conflict.code.rawValue,
                message: "\(Self.advice(on: conflict, reported)) (\(manifest.origin))"), retryAfter: nil)
    }

    /// Who owns which fields, and what to do about it.
    static func advice(on conflict: ClusterFailure, _ reported: [FieldConflict]) -> String {
        let shown = reported.prefix(3).map(\.description).joined(separator: ", ")
        let more = reported.count > 3 ? " and \(reported.count - 3) more" : ""
        let what =
            reported.isEmpty || conflict.conflicts.isEmpty
            ? conflict.message : "other managers own fields of it: \(shown)\(more)"
        return
            "\(what); remove the fields from the manifest, let the other go, or say under `conflicts` in the pipeline, or "
            + "with the annotation \(ObjectMarks.forceKey): allowed, that they are taken"
    }

    private static func notes(on object: ObjectID, _ resolution: ConflictResolution) -> [String] {
        var notes: [String] = []
        if !resolution.forced.isEmpty {
            notes.append("took from others on \(object): \(listed(resolution.forced))")
        }
        let left = resolution.ignored.filter { !resolution.reported.contains($0) }
        if !left.isEmpty { notes.append("left to others on \(object): \(listed(left))") }
        return notes
    }

    private static func listed(_ conflicts: [FieldConflict]) -> String {
        let shown = conflicts.prefix(5).map(\.description).joined(separator: ", ")
        return conflicts.count > 5 ? "\(shown) and \(conflicts.count - 5) more" : shown
    }

    /// Entries of versions that a CustomResourceDefinition dropped get the manifest's: every apply would be answered
    /// with a 500 for ever.
    func repairOwnership(of manifest: Manifest) async throws {
        let version = manifest.groupVersionKind.version
        let live = try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.get(manifest.id, version: version)
        }
        guard let live else { return }
        try await requireOurs(live, manifest)
        var served: Set<String> = []
        for entry in ManagedFields(live.value(at: "metadata", "managedFields")).entries {
            let kind = GroupVersionKind(apiVersion: entry.manager.apiVersion, kind: manifest.id.kind)
            let isServed = try await asking(manifest) { () async throws(ClusterFailure) in
                try await cluster.kind(kind) != nil
            }
            if isServed { served.insert(entry.manager.apiVersion) }
        }
        guard let patch = TakeOver.repair(live, for: manifest.object, isServed: served.contains) else { return }
        _ = try await asking(manifest) { () async throws(ClusterFailure) in
            try await cluster.patch(manifest.id, version: version, patch)
        }
    }
}
