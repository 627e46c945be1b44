// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Fields that others own: what `ObjectApplier` would take, leave or report.
extension ObjectPlanner {
    /// Somebody else owns a field. Where taking it changes nothing it is mere spelling; otherwise the policy says, and
    /// drift's rules of an object that is ours.
    func planConflict(
        _ manifest: Manifest, over present: Object, _ conflict: ClusterFailure, _ entry: inout PlanEntry
    ) async {
        let isReset =
            !conflict.conflicts.isEmpty
            && conflict.conflicts.allSatisfy { $0.manager == TakeOver.beforeFirstApply }
            && ObjectMarks(manifest.object).mode != .merge
        let isOurs = Ownership.claimedTarget(of: present) != nil
        let found =
            isReset ? [] : conflict.conflicts.isEmpty ? [FieldConflict(field: "", manager: "")] : conflict.conflicts
        let (rest, resolution) = resolved(found, manifest, isOurs: isOurs)
        do throws(ClusterFailure) {
            let forced = try await cluster.apply(rest.object, as: .mainstay, force: true, dryRun: true)
            guard forced.withoutServerFields != present.withoutServerFields else { return }
            show(from: present, to: forced, &entry)
            tell(resolution, conflict, manifest, &entry)
        } catch {
            entry.refuse(error)
        }
    }

    /// What is not ours yet is taken over first, so that what other tools' managers hold and git does not have goes.
    /// False where there is nothing to take over.
    func planTakeOver(_ manifest: Manifest, over present: Object, _ entry: inout PlanEntry) async -> Bool {
        let marks = ObjectMarks(manifest: manifest.object, live: present)
        let managers = (policies[manifest.id] ?? ConflictPolicy()).takeOver
        guard Ownership.claimedTarget(of: present) == nil, marks.mode != .merge, !marks.skipsTakeOver,
            TakeOver.patch(present, for: manifest.object, from: managers) != nil
        else { return false }
        var conflict = ClusterFailure(code: .fieldConflict, message: "")
        var (rest, resolution) = resolved([], manifest, isOurs: false)
        do throws(ClusterFailure) {
            do throws(ClusterFailure) {
                _ = try await cluster.apply(manifest.object, as: .mainstay, force: false, dryRun: true)
            } catch {
                guard error.code == .fieldConflict else { throw error }
                conflict = error
                (rest, resolution) = resolved(
                    error.conflicts.filter { !managers.contains($0.manager) }, manifest, isOurs: false)
            }
            let applied = try await cluster.apply(rest.object, as: .mainstay, force: true, dryRun: true)
            guard let lost = TakeOver.lost(by: present, applied: applied, for: manifest.object, from: managers) else {
                return false
            }
            // The server's own defaults come back at once.
            let fresh = await asNew(manifest)
            let result = lost.fields.reduce(applied) { $0.replacing($1, with: fresh?.value(atPath: $1)) }
            show(from: present, to: result, &entry)
            entry.reason = "takes over the fields that \(lost.managers.joined(separator: ", ")) holds"
            tell(resolution, conflict, manifest, &entry)
        } catch {
            if error.code == .invalid {
                await planInvalid(manifest, over: present, error, &entry)
            } else {
                entry.refuse(error)
            }
        }
        return true
    }

    /// What would be sent, and what becomes of the fields that others hold.
    private func resolved(
        _ conflicts: [FieldConflict], _ manifest: Manifest, isOurs: Bool
    ) -> (rest: Manifest, resolution: ConflictResolution) {
        var resolution = ConflictResolution(
            conflicts, on: manifest.id, policies[manifest.id] ?? ConflictPolicy(),
            forcesAll: ObjectMarks(manifest.object).forcesConflicts,
            drift: isOurs ? drift[manifest.id] ?? DriftRules() : nil)
        return (resolution.leavingOut(of: manifest), resolution)
    }

    private func tell(
        _ resolution: ConflictResolution, _ conflict: ClusterFailure, _ manifest: Manifest, _ entry: inout PlanEntry
    ) {
        guard resolution.reported.isEmpty else {
            entry.action = .refused
            entry.code = conflict.code.rawValue
            entry.reason = ObjectApplier.advice(on: conflict, resolution.reported)
            return
        }
        let what = [("takes by force", resolution.forced), ("leaves to others", resolution.ignored)]
        let words = what.filter { !$0.1.isEmpty }
            .map { word, fields in "\(word) \(fields.map(\.description).joined(separator: ", "))" }
        entry.reason = ([entry.reason] + words).filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// The manifest as the server would complete it if there were nothing of the name.
    private func asNew(_ manifest: Manifest) async -> Object? {
        var object = manifest.object
        object.set(.string("mainstay-probe-\(manifest.id.name.prefix(40))"), at: "metadata", "name")
        do throws(ClusterFailure) {
            return try await cluster.apply(object, as: .mainstay, force: false, dryRun: true)
        } catch {
            // Then a default shows as going, and comes back.
            return nil
        }
    }
}

extension ConflictResolution {
    /// The manifest without what is left to others. A path that leads nowhere cannot be left out, and is not to be taken.
    mutating func leavingOut(of manifest: Manifest) -> Manifest {
        var rest = manifest
        for conflict in ignored {
            if let object = rest.object.removing(serverPath: conflict.field) {
                rest.object = object
            } else {
                reported.append(conflict)
            }
        }
        return rest
    }
}
