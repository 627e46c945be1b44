// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Application.Check {
    /// The name of the Job that it is, where it is one.
    package var job: String? { if case .job(let name) = question { name } else { nil } }
}

extension Manifest {
    /// A Job that a check names, and that says nothing of hooks itself, runs as an `after` hook: once a revision, when
    /// everything else is healthy; its failure is the rollout's.
    func asCheck(among jobs: [String]) -> Manifest {
        guard id.groupKind == Self.job, jobs.contains(id.name), Hook(of: object) == nil else { return self }
        var check = self
        check.object.set(.string(Hook.Phase.after.rawValue), at: "metadata", "annotations", Hook.key)
        return check
    }

    /// Whether it is a run of the Job of that name in git.
    package func isRun(ofCheck job: String) -> Bool {
        id.groupKind == Self.job && (Hook(of: object)?.base ?? id.name) == job
    }

    private static let job = GroupKind(group: "batch", kind: "Job")
}
