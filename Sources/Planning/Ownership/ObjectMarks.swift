// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What annotations and labels on an object ask for: our own, and those of Flux, Argo CD, Helm, kpt and kapp.
///
/// The one place that reads them, for planning, applying, pruning and drift.
package struct ObjectMarks: Sendable, Hashable {
    /// How an object is applied.
    package enum Mode: String, Sendable, Hashable {
        /// As it is in git; foreign fields are dealt with as the drift table says.
        case override = "Override"
        /// As it is in git, and nothing that others added is ever taken over or reverted.
        case merge = "Merge"
        /// Made where it is not there, and then left alone.
        case ifNotPresent = "IfNotPresent"
        /// Never applied.
        case ignore = "Ignore"
    }

    /// Whether an object may be deleted and made anew where a field cannot be changed in place.
    package enum Replacement: Sendable, Hashable {
        case unmarked
        case allowed
        /// Said by somebody who knows that data may hang on the object.
        case allowedWithData
    }

    package var mode = Mode.override
    /// `reconcile: disabled`: as long as it says so, neither applied nor pruned.
    package var isSuspended = false
    /// Fields are taken from whoever else owns them.
    package var forcesConflicts = false
    package var replacement = Replacement.unmarked
    /// The mark that keeps the object from being pruned, as text.
    package var keepMark: String?
    /// `mainstay.dev/prune: allowed`, for kinds that are pruned only where marked.
    package var allowsPrune = false
    /// Pruned after what does not say so.
    package var prunesLast = false
    /// Its manifest is sent without being looked at.
    package var skipsValidation = false
    /// Fields of other tools' managers stay theirs when the object is first applied.
    package var skipsTakeOver = false
    /// Marks that mean nothing here, and what stands in their place.
    package var notes: [String] = []

    package static let applyKey = "mainstay.dev/apply"
    package static let reconcileKey = "mainstay.dev/reconcile"
    package static let forceKey = "mainstay.dev/force"
    package static let replaceKey = "mainstay.dev/replace"
    package static let pruneKey = "mainstay.dev/prune"
    private static let flux = "kustomize.toolkit.fluxcd.io/"

    package init(_ object: Object) {
        // Most objects carry none.
        guard object.hasAnyMark else { return }
        readMode(of: object)
        isSuspended = [Self.reconcileKey, Self.flux + "reconcile"].contains { object.mark($0) == "disabled" }
        forcesConflicts = object.mark(Self.forceKey) == "allowed"
        switch object.mark(Self.replaceKey) {
        case "allowed": replacement = .allowed
        case "allowed-with-data": replacement = .allowedWithData
        default: if object.mark(Self.flux + "force") == "enabled" { replacement = .allowed }
        }
        allowsPrune = object.mark(Self.pruneKey) == "allowed"
        for (key, value) in Self.keepMarks where object.mark(key) == value {
            keepMark = keepMark ?? "\(key): \(value)"
        }
        readSyncOptions(of: object)
    }

    private mutating func readMode(of object: Object) {
        for key in [Self.applyKey, Self.flux + "ssa"] {
            guard let word = object.mark(key) else { continue }
            let modes: [Mode] = [.override, .merge, .ifNotPresent, .ignore]
            guard let mode = modes.first(where: { $0.rawValue.lowercased() == word }) else {
                let words = modes.map(\.rawValue).joined(separator: ", ")
                notes.append("\(key) is none of \(words), and was ignored")
                continue
            }
            self.mode = mode
            return
        }
    }

    /// Labels and annotations that keep an object from being pruned, in the words of each tool.
    private static let keepMarks: [(key: String, value: String)] = [
        (pruneKey, "disabled"), (reconcileKey, "disabled"), (flux + "prune", "disabled"),
        (flux + "reconcile", "disabled"), ("helm.sh/resource-policy", "keep"),
        ("client.lifecycle.config.k8s.io/deletion", "detach"), ("cli-utils.sigs.k8s.io/on-remove", "keep"),
        ("kapp.k14s.io/delete-strategy", "orphan"),
    ]
}

extension ObjectMarks {
    /// What holds for an object: git's marks, and those of the cluster that protect.
    ///
    /// A mark that allows harm counts in git only, where it was reviewed.
    package init(manifest: Object, live: Object?) {
        self.init(manifest)
        guard let live else { return }
        let there = ObjectMarks(live)
        if there.isSuspended { isSuspended = true }
        keepMark = keepMark ?? there.keepMark
    }

    /// Whether an object is neither applied nor reverted, whatever git says.
    package var leavesAlone: Bool { isSuspended || mode == .ignore }

    package static let whyPresent = "is there, and marked \(applyKey): IfNotPresent"

    /// Why an object stays as it is, whatever git says of it; nil where nothing says so.
    package func reasonToLeaveAlone(isThere: Bool) -> String? {
        if leavesAlone { return whyLeftAlone }
        return mode == .ifNotPresent && isThere ? Self.whyPresent : nil
    }

    /// Why, as text.
    package var whyLeftAlone: String {
        isSuspended ? "is marked reconcile: disabled" : "is marked \(Self.applyKey): \(mode.rawValue)"
    }
}

extension Object {
    /// The value of an annotation, or of a label where there is no such annotation, in lower case: Flux writes its marks
    /// as either, and in either case of letters.
    package func mark(_ key: String) -> String? {
        (annotations[key] ?? labels[key])?.string?.lowercased()
    }

    private static let markPrefixes = [
        "mainstay.dev/", "kustomize.toolkit.fluxcd.io/", "argocd.argoproj.io/", "helm.sh/", "kapp.k14s.io/",
        "client.lifecycle.config.k8s.io/", "cli-utils.sigs.k8s.io/",
    ]

    fileprivate var hasAnyMark: Bool {
        for place in ["annotations", "labels"] {
            for pair in value(at: "metadata", place)?.object?.pairs ?? [] where pair.key != OwnerLabel.key {
                if Self.markPrefixes.contains(where: pair.key.hasPrefix) { return true }
            }
        }
        return false
    }
}
