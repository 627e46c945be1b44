// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// An object that does a piece of work in a rollout, such as a migration: a node of the order like any other, with a
/// place in it (`HookOrder`), and an end.
///
/// Our own annotations, Argo CD's (its manual, "Resource Hooks"), and Helm's as Argo CD reads them.
package struct Hook: Sendable, Hashable {
    package enum Phase: String, Sendable, CaseIterable {
        /// Before the application's workloads change.
        case before
        /// Among everything else.
        case during
        /// Once all else is healthy.
        case after
        /// When the rollout failed, before it is taken back.
        case onFailure = "on-failure"
    }

    package enum Deletion: String, Sendable, CaseIterable {
        case succeeded, failed
        /// When the next revision's is about to be made.
        case beforeCreation = "before-creation"
    }

    package var phase: Phase
    package var deletion: [Deletion]
    /// Its name in git: what all revisions' runs of it have in common.
    package var base: String
    /// How long its run may take, where it says so.
    package var deadline: Duration?

    package static let key = "mainstay.dev/hook"
    package static let deletionKey = "mainstay.dev/hook-delete"
    package static let deadlineKey = "mainstay.dev/hook-deadline"
    /// Its number among those of its phase, where the pipeline states it.
    static let orderKey = "mainstay.dev/hook-order"
    /// On every run: the hook's name in git.
    package static let baseKey = "mainstay.dev/hook-of"
    static let argoKey = "argocd.argoproj.io/hook"
    private static let argoDeletionKey = "argocd.argoproj.io/hook-delete-policy"

    /// Nil for what is no hook, and for one that is not run here.
    package init?(of object: Object) {
        guard let phase = Self.words(of: object).lazy.compactMap(Self.phase).first else { return nil }
        self.phase = phase
        let annotations = object.annotations
        deletion = Self.deletion(of: object)
        base = annotations[Self.baseKey]?.string ?? object.name
        deadline = annotations[Self.deadlineKey]?.string.flatMap(DurationText.parse)
    }

    /// When what a hook made is deleted.
    static func deletion(of object: Object) -> [Deletion] {
        let annotations = object.annotations
        let own = split(annotations[deletionKey])
        var deletion = own.compactMap { Deletion(rawValue: $0) }
        if own.isEmpty {
            let argo = split(annotations[argoDeletionKey])
            deletion =
                argo.isEmpty
                ? split(annotations[helmDeletionKey]).compactMap(helmDeletion) : argo.compactMap(Self.deletion)
        }
        return deletion.isEmpty ? [.beforeCreation] : deletion
    }

    static func split(_ value: Value?) -> [String] {
        (value?.string ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
    }

    static func words(of object: Object) -> [String] {
        let own = split(object.annotations[key])
        guard own.isEmpty else { return own }
        let argo = split(object.annotations[argoKey])
        return argo.isEmpty ? helmWords(of: object) : argo
    }

    private static func phase(_ word: String) -> Phase? {
        switch word {
        case "PreSync": .before
        case "Sync": .during
        case "PostSync": .after
        case "SyncFail": .onFailure
        default: Phase(rawValue: word)
        }
    }

    private static func deletion(_ word: String) -> Deletion? {
        switch word {
        case "HookSucceeded": .succeeded
        case "HookFailed": .failed
        case "BeforeHookCreation": .beforeCreation
        default: nil
        }
    }
}

extension Hook {
    /// Kinds that run once and cannot be changed.
    package static func runsOnce(_ kind: GroupKind) -> Bool {
        [GroupKind(group: "batch", kind: "Job"), GroupKind(group: "", kind: "Pod")].contains(kind)
    }

    /// The manifests that a rendered one stands for: a run for each phase that a hook names, named after the digest, so
    /// that a new revision has a new Job; none for one that is not run here; anything else as it is.
    static func runs(of manifest: Manifest, digest: String) -> [Manifest] {
        let object = manifest.object
        guard object.annotations[baseKey] == nil else { return [manifest] }
        let generated = generatedBase(of: object)
        let words = words(of: object)
        guard !words.isEmpty else {
            guard let generated else { return [manifest] }
            return [renamed(manifest, generated, digest)]
        }
        var phases: [Phase] = []
        for phase in words.compactMap(phase) where !phases.contains(phase) { phases.append(phase) }
        // A word that nobody knows is for validation to refuse: left out, the object would be pruned.
        if phases.isEmpty, !words.allSatisfy(isLeftOut) { return [manifest] }
        return phases.map { phase in
            var base = generated ?? object.name
            // Of several runs each has a name of its own.
            if phase != phases.first { base += "-\(phase.rawValue)" }
            let isNamedAfterDigest = generated != nil || runsOnce(manifest.id.groupKind)
            var run = isNamedAfterDigest ? renamed(manifest, base, digest) : manifest
            run.object.set(.string(phase.rawValue), at: "metadata", "annotations", key)
            run.object.set(.string(base), at: "metadata", "annotations", baseKey)
            setDeadline(of: &run.object)
            return run
        }
    }

    static func generatedBase(of object: Object) -> String? {
        guard let prefix = object.value(at: "metadata", "generateName")?.string, !prefix.isEmpty,
            object.name.isEmpty || object.name == prefix
        else { return nil }
        var base = prefix[...]
        while base.last == "-" { base.removeLast() }
        return base.isEmpty ? "run" : String(base)
    }

    /// Pods carry a Job's name in a label, which has 63 characters (RFC 1123).
    static func renamed(_ manifest: Manifest, _ base: String, _ digest: String) -> Manifest {
        var renamed = manifest
        let start = base.prefix(63 - 1 - suffixLength)
        renamed.object.set(.string("\(start)-\(digest.prefix(suffixLength))"), at: "metadata", "name")
        if renamed.object.value(at: "metadata", "generateName") != nil {
            renamed.object.set(nil, at: "metadata", "generateName")
        }
        return renamed
    }

    private static let suffixLength = 10

    static func setDeadline(of object: inout Object) {
        guard object.groupVersionKind.groupKind == GroupKind(group: "batch", kind: "Job"),
            object.value(at: "spec", "activeDeadlineSeconds") == nil,
            let deadline = object.annotations[deadlineKey]?.string.flatMap(DurationText.parse), deadline > .zero
        else { return }
        object.set(
            .integer(max(1, deadline.milliseconds / 1000)), at: "spec", "activeDeadlineSeconds")
    }

    private static func isLeftOut(_ word: String) -> Bool {
        word.lowercased() == "skip" || RemovalHook.phase(word) != nil
    }

    /// Words of a hook annotation that mean nothing: a mistake, since nobody knows when it should run.
    package static func unknownWords(of object: Object) -> [String] {
        words(of: object).filter { phase($0) == nil && !isLeftOut($0) }
    }

    /// What a manifest's hook annotations ask for and do not get.
    package static func notes(on object: Object) -> [String] {
        var notes: [String] = []
        if let text = object.annotations[deadlineKey]?.string, DurationText.parse(text) == nil {
            notes.append("\(deadlineKey) is no duration such as 10m, and was ignored")
        }
        for word in split(object.annotations[deletionKey]) where Deletion(rawValue: word) == nil {
            notes.append("\(deletionKey) knows succeeded, failed and before-creation, not \(SafeText.word(word))")
        }
        return notes
    }
}

// MARK: Runs

extension Hook {
    /// What all runs of a hook have in common; nil for what is no hook.
    package static func identity(of object: Object) -> ObjectID? {
        guard let hook = Hook(of: object) else { return nil }
        var id = object.objectID
        id.name = hook.base
        return id
    }

    package static func identities(of manifests: [Manifest]) -> Set<ObjectID> {
        Set(manifests.compactMap { identity(of: $0.object) })
    }

    /// Whether an object may be a run of the same hook at another digest, by its name.
    package static func mayBeRun(_ id: ObjectID, of run: Manifest) -> Bool {
        guard id.groupKind == run.id.groupKind, id.namespace == run.id.namespace,
            id.name.utf8.count == run.id.name.utf8.count
        else { return false }
        return id.name.dropLast(suffixLength) == run.id.name.dropLast(suffixLength)
    }

    /// Whether an object may be a run of the hook that has this name in git.
    package static func mayBeRun(_ id: ObjectID, named hook: ObjectID) -> Bool {
        guard runsOnce(id.groupKind), id.groupKind == hook.groupKind, id.namespace == hook.namespace else {
            return false
        }
        return id.name.dropLast(suffixLength) == "\(hook.name.prefix(63 - 1 - suffixLength))-"
    }

    private static func isTrue(_ type: String, of job: Object) -> Bool {
        (job.value(at: "status", "conditions")?.array ?? []).contains {
            $0["type"]?.string == type && $0["status"]?.string == "True"
        }
    }

    /// Whether a live Job, or Pod, did its work.
    package static func hasSucceeded(_ object: Object) -> Bool {
        object.kind == "Pod"
            ? object.value(at: "status", "phase")?.string == "Succeeded" : isTrue("Complete", of: object)
    }

    package static func hasFailed(_ object: Object) -> Bool {
        object.kind == "Pod" ? object.value(at: "status", "phase")?.string == "Failed" : isTrue("Failed", of: object)
    }

    package static func hasEnded(_ object: Object) -> Bool { hasSucceeded(object) || hasFailed(object) }
}
