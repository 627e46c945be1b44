// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Fields that other tools wrote become ours when an object is first applied, so that what git no longer has really
/// goes. A change of `managedFields` alone: it starts no pod anew.
package enum TakeOver {
    /// Tools that apply whole manifests, as an object had them before. People's own edits (`kubectl-edit`,
    /// `kubectl-patch` …) are not among them: those are conflicts, and reported.
    package static let managers = [
        "kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "kubectl", beforeFirstApply, "helm",
        "argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller",
    ]
    /// Whom the server names as the owner of what was there when an object was first applied (KEP-555).
    package static let beforeFirstApply = "before-first-apply"

    /// The JSON patch that makes the managers' fields ours; nil where they have none to give.
    ///
    /// An Apply entry has one version. So the fields of one version go at a time, others' before the manifest's: after
    /// an apply the entry is of the manifest's version.
    package static func patch(_ live: Object, for manifest: Object, from managers: [String]) -> [Value]? {
        var fields = ManagedFields(live.value(at: "metadata", "managedFields"))
        let candidates = fields.entries.filter { isTaken($0, managers) && !leaves($0, manifest).taken.isEmpty }
        let own = fields.entries.first(where: \.isOurs)
        let version =
            own?.manager.apiVersion ?? candidates.map(\.manager.apiVersion).first { $0 != manifest.apiVersion }
            ?? manifest.apiVersion
        let chosen = candidates.filter { $0.manager.apiVersion == version }
        guard !chosen.isEmpty else { return nil }

        var ours =
            own
            ?? .init(
                manager: .init(name: PruneRules.fieldManager, operation: "Apply", apiVersion: version), set: FieldSet())
        fields.entries.removeAll { entry in entry.isOurs || chosen.contains { $0.manager == entry.manager } }
        for entry in chosen {
            let (taken, left) = leaves(entry, manifest)
            ours.set = ours.set.union(taken)
            if !left.isEmpty { fields.entries.append(.init(manager: entry.manager, time: entry.time, set: left)) }
        }
        ours.set = ours.set.subtracting(lastApplied)
        fields.entries.append(ours)
        return operations(live, fields)
    }

    /// What an object loses when it is first applied: fields of the managers that the manifest does not have and nobody
    /// else holds, and who held them, as it may be shown; nil where the managers have none to give.
    ///
    /// - Parameter applied: the object as applying the manifest by force would leave it, with its `managedFields`.
    package static func lost(
        by live: Object, applied: Object, for manifest: Object, from managers: [String]
    ) -> (fields: [[PathElement]], managers: [String])? {
        let entries = ManagedFields(live.value(at: "metadata", "managedFields")).entries
        let given = entries.filter { isTaken($0, managers) && !leaves($0, manifest).taken.isEmpty }
        guard !given.isEmpty else { return nil }
        var taken = FieldSet()
        for entry in given { taken = taken.union(leaves(entry, manifest).taken) }
        var kept = FieldSet()
        for entry in ManagedFields(applied.value(at: "metadata", "managedFields")).entries {
            let isGiven = given.contains { $0.manager == entry.manager }
            kept = kept.union(isGiven ? leaves(entry, manifest).left : entry.set)
        }
        var names: [String] = []
        for name in given.map({ SafeText.word($0.manager.name) }) where !names.contains(name) { names.append(name) }
        // A map or an item stays as long as anything in it does.
        return (taken.paths.filter { !kept.contains(atOrBelow: $0) } + [lastAppliedPath], names)
    }

    /// The JSON patch that gives entries of versions that are no longer served the manifest's; nil where there are none.
    ///
    /// Such an entry has every apply answered with a 500 (its CustomResourceDefinition dropped the version). Owners
    /// and fields stay as they are, which resetting `managedFields` would lose.
    package static func repair(_ live: Object, for manifest: Object, isServed: (String) -> Bool) -> [Value]? {
        let before = ManagedFields(live.value(at: "metadata", "managedFields"))
        var after = ManagedFields()
        for entry in before.entries {
            var entry = entry
            if !isServed(entry.manager.apiVersion) { entry.manager.apiVersion = manifest.apiVersion }
            if let index = after.index(of: entry.manager) {
                after.entries[index].set = after.entries[index].set.union(entry.set)
            } else {
                after.entries.append(entry)
            }
        }
        return after == before ? nil : operations(live, after)
    }

    private static func operations(_ live: Object, _ fields: ManagedFields) -> [Value] {
        var operations: [Value] = [
            ["op": "test", "path": "/metadata/resourceVersion", "value": .string(live.resourceVersion)],
            ["op": "replace", "path": "/metadata/managedFields", "value": fields.value ?? [[:]]],
        ]
        if live.annotations[SentForm.lastApplied] != nil {
            let key = SentForm.lastApplied.split(separator: "/", omittingEmptySubsequences: false).joined(
                separator: "~1")
            operations.append(["op": "remove", "path": .string("/metadata/annotations/\(key)")])
        }
        return operations
    }

    /// Our own name with another operation is an old mistake of ours, whose fields would never go.
    private static func isTaken(_ entry: ManagedFields.Entry, _ managers: [String]) -> Bool {
        guard entry.manager.subresource.isEmpty, !entry.isOurs else { return false }
        return managers.contains(entry.manager.name) || entry.manager.name == PruneRules.fieldManager
    }

    // MARK: What is not taken

    /// What controllers and people put on objects is not a manifest's, whoever is named as its owner.
    private static func leaves(_ entry: ManagedFields.Entry, _ manifest: Object) -> (taken: FieldSet, left: FieldSet) {
        var kept = alwaysLeft
        // Dropped by its only owner, `replicas` becomes 1.
        if manifest.value(at: "spec", "replicas") == nil { kept.insert(path("spec", "replicas")) }
        if entry.manager.name == beforeFirstApply { kept = kept.union(leftBeforeFirstApply) }
        return (entry.set.subtractingSubtrees(kept), entry.set.keepingSubtrees(kept))
    }

    private static func path(_ names: String...) -> [PathElement] { names.map { .field($0) } }

    private static func set(_ paths: [[PathElement]]) -> FieldSet {
        var set = FieldSet()
        for path in paths { set.insert(path) }
        return set
    }

    private static let lastAppliedPath = path("metadata", "annotations", SentForm.lastApplied)
    private static let lastApplied = set([lastAppliedPath])
    private static let alwaysLeft = set([
        path("status"), path("metadata", "finalizers"), path("metadata", "ownerReferences"),
        // A restart that was asked for: dropping it would start every pod anew.
        path("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"),
    ])
    /// That entry holds everything that was there, the work of controllers too.
    private static let leftBeforeFirstApply = set([
        path("spec", "clusterIP"), path("spec", "clusterIPs"), path("spec", "volumeName"), path("spec", "nodeName"),
        path("metadata", "annotations", "deployment.kubernetes.io/revision"),
        path("metadata", "annotations", "pv.kubernetes.io/bind-completed"),
        path("metadata", "annotations", "pv.kubernetes.io/bound-by-controller"),
        path("metadata", "annotations", "volume.kubernetes.io/selected-node"),
        path("metadata", "annotations", "volume.kubernetes.io/storage-provisioner"),
        path("metadata", "annotations", "volume.beta.kubernetes.io/storage-provisioner"),
    ])
}
