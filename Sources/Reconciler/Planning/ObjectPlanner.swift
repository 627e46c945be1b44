// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Plans one object: by itself where nothing changes, otherwise by a dry run. Nothing is ever written.
struct ObjectPlanner: Sendable {
    let cluster: any Cluster
    let live: LiveObjects
    let redaction: PlanRedaction
    let preparation: PlanPreparation
    let policies: [ObjectID: ConflictPolicy]
    let drift: [ObjectID: DriftRules]
    /// What others changed since it was applied, where that is known.
    let drifted: [ObjectID: [DriftDifference]]
    /// Jobs that ran to completion with these very manifests.
    let completed: Set<ObjectID>
    let check: ManifestCheck
    let doubts: ManifestDoubts
    /// Kinds that CustomResourceDefinitions among the manifests define.
    let defined: [GroupKind: ObjectID]
    /// Namespaces that the plan creates.
    let createdNamespaces: Set<String>

    /// The code of a mistake that a rollout finds before it applies anything.
    static let invalidBeforehand = "ManifestInvalid"

    func entry(for wanted: Manifest) async -> PlanEntry {
        var entry = unchanged(wanted, wanted.id)
        let present = live[wanted.id]
        let manifest = adjusted(preparation.prepared(wanted, over: present))
        if let why = preparation.whyLeftAlone(manifest, present) {
            entry.action = .leftAlone
            entry.reason = why
        } else if live.unserved.contains(wanted.groupVersionKind) {
            planUnserved(manifest, &entry)
            if entry.action == .deferred { _ = await isValid(manifest, &entry) }
        } else if let failure = live.failures[wanted.id] {
            entry.refuse(failure)
        } else if let present {
            await plan(manifest, over: present, &entry)
        } else if completed.contains(wanted.id) {
            entry.reason = "ran to completion with this very manifest before, and is not run again"
        } else {
            await planCreate(manifest, &entry)
        }
        return entry
    }

    func unchanged(_ wanted: Manifest, _ id: ObjectID) -> PlanEntry {
        PlanEntry(id: id, action: .unchanged, origin: wanted.origin.description)
    }

    /// What is as its very manifest left it needs no look.
    func isAsSent(_ wanted: Manifest, _ id: ObjectID) -> Bool {
        live.isAsSent(id) && preparation.whyLeftAloneThere(wanted) == nil
    }

    /// Without the fields that others changed and that count as right as they are: a rollout does not send them either.
    private func adjusted(_ manifest: Manifest) -> Manifest {
        guard let differences = drifted[manifest.id], !differences.isEmpty else { return manifest }
        return (drift[manifest.id] ?? DriftRules()).adjusted(manifest, differences)
    }

    /// False where a rollout would find a mistake before it applies anything.
    private func isValid(_ manifest: Manifest, _ entry: inout PlanEntry) async -> Bool {
        let problems = await doubts.confirmed(manifest, by: check)
        guard !problems.isEmpty else { return true }
        entry.action = .refused
        entry.code = Self.invalidBeforehand
        // The entry says where the manifest is.
        entry.reason = problems.told { $0.path.isEmpty ? $0.message : "\($0.path): \($0.message)" }
        return false
    }

    private func planUnserved(_ manifest: Manifest, _ entry: inout PlanEntry) {
        entry.after = redaction.shown(manifest.object)
        let kind = manifest.groupVersionKind
        if let definition = defined[kind.groupKind] {
            entry.action = .deferred
            entry.reason = "waits until the server serves \(kind), which \(definition) defines"
        } else {
            entry.action = .refused
            entry.code = ClusterFailure.Code.kindNotServed.rawValue
            entry.reason =
                "the server does not serve \(kind), and nothing here defines it; install its "
                + "CustomResourceDefinition, or correct apiVersion and kind"
        }
    }

    private func planCreate(_ manifest: Manifest, _ entry: inout PlanEntry) async {
        entry.action = .create
        entry.after = redaction.shown(manifest.object)
        guard await isValid(manifest, &entry) else { return }
        guard !createdNamespaces.contains(manifest.id.namespace) else {
            entry.reason = "its namespace is created by this plan, so that the server cannot check it yet"
            return
        }
        do throws(ClusterFailure) {
            _ = try await cluster.apply(manifest.object, as: .mainstay, force: false, dryRun: true)
        } catch {
            entry.refuse(error)
        }
    }

    // MARK: What is there

    private func plan(_ manifest: Manifest, over present: Object, _ entry: inout PlanEntry) async {
        if present.metadata["deletionTimestamp"]?.string != nil {
            entry.action = .create
            entry.reason = "the one that is there is being deleted; it is made anew once that is gone"
            entry.after = redaction.shown(manifest.object)
            return
        }
        if isFailedRun(present, manifest) {
            entry.action = .replace
            entry.reason = "it failed: it is deleted, and run again"
            entry.show(from: redaction.shown(present), to: redaction.shown(manifest.object))
            entry.differences = []
            entry.omittedDifferences = 0
            return
        }
        if UnchangedCheck.holds(manifest.object, in: present) { return }
        if let handedOver = preparation.handedOver(manifest), UnchangedCheck.holds(handedOver, in: present) { return }
        guard await isValid(manifest, &entry) else {
            return entry.show(
                from: redaction.shown(present), to: redaction.shown(Self.overlay(manifest.object, on: present)))
        }
        if await planTakeOver(manifest, over: present, &entry) { return }
        do throws(ClusterFailure) {
            let result = try await cluster.apply(manifest.object, as: .mainstay, force: false, dryRun: true)
            show(from: present, to: result, &entry)
        } catch {
            switch error.code {
            case .fieldConflict: await planConflict(manifest, over: present, error, &entry)
            case .invalid: await planInvalid(manifest, over: present, error, &entry)
            default: entry.refuse(error)
            }
        }
    }

    /// A run that failed is made anew by the next rollout: what made it fail may be mended.
    private func isFailedRun(_ present: Object, _ manifest: Manifest) -> Bool {
        Hook.runsOnce(manifest.id.groupKind) && !completed.contains(manifest.id) && Hook.hasFailed(present)
            && Ownership.claimedTarget(of: present) != nil
            && ObjectMarks(manifest: manifest.object, live: present).keepMark == nil
    }

    func show(from present: Object, to result: Object, _ entry: inout PlanEntry) {
        guard present.withoutServerFields != result.withoutServerFields else { return }
        entry.action = .configure
        entry.show(from: redaction.shown(present), to: redaction.shown(result))
    }

    /// An immutable field and a wrong one look alike: see `ObjectApplier`.
    func planInvalid(
        _ manifest: Manifest, over present: Object, _ refusal: ClusterFailure, _ entry: inout PlanEntry
    ) async {
        entry.show(
            from: redaction.shown(present), to: redaction.shown(Self.overlay(manifest.object, on: present)))
        do throws(ClusterFailure) {
            guard try await cluster.acceptsAsNew(manifest.object) else {
                entry.refuse(refusal, code: "ManifestInvalid")
                return
            }
        } catch {
            entry.refuse(error)
            return
        }
        entry.immutableFields = immutableFields(named: refusal.fields, entry.differences)
        let fields = entry.immutableFields.joined(separator: ", ")
        if manifest.isReplaceable {
            entry.action = .replace
            entry.reason = "\(fields.isEmpty ? "a field" : fields) cannot be changed in place"
        } else {
            entry.action = .refused
            entry.code = "ImmutableField"
            entry.reason =
                "\(fields.isEmpty ? "a field" : fields) cannot be changed in place: \(manifest.replacementAdvice)"
        }
    }

    /// What the object would be if it could: the server does not say where it refuses.
    private static func overlay(_ manifest: Object, on present: Object) -> Object {
        let merged = try? StrategicMerge.merge(
            patch: .object(manifest), into: .object(present), groupVersionKind: manifest.groupVersionKind)
        return merged?.object ?? manifest
    }

    /// The server names a field roughly (`spec` of a StatefulSet): what differs below it is meant.
    private func immutableFields(named fields: [String], _ differences: [ShownDifference]) -> [String] {
        let roots = fields.filter { !$0.isEmpty }.map { ".\($0)" }
        guard !roots.isEmpty else { return differences.map(\.path) }
        let below = differences.map(\.path).filter { path in
            roots.contains { path == $0 || path.hasPrefix("\($0).") || path.hasPrefix("\($0)[") }
        }
        return below.isEmpty ? roots : below
    }
}

extension PlanEntry {
    mutating func refuse(_ failure: ClusterFailure, code: String? = nil) {
        action = .refused
        self.code = code ?? failure.code.rawValue
        // What it is about, the entry says.
        let subject = failure.message.firstRange(of: "\(id): ")
        reason = subject.map { String(failure.message[$0.upperBound...]) } ?? failure.message
    }
}
