// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What an apply does with a manifest before it sends it, as far as it shows in a plan.
struct PlanPreparation: Sendable {
    /// Workloads whose replicas an autoscaler sets.
    let scaled: Set<ObjectID>

    /// As the apply would send it: `stringData` in `data`, and the replicas that an autoscaler chose.
    func prepared(_ manifest: Manifest, over live: Object?) -> Manifest {
        var prepared = manifest
        prepared.object = SentForm.object(manifest.object)
        // Files that no pipeline names are planned as the application would apply them that has the object.
        if manifest.object.labels[OwnerLabel.key] == nil, let owner = live?.labels[OwnerLabel.key] {
            prepared.object.set(owner, at: "metadata", "labels", OwnerLabel.key)
        }
        // Whose repository it is, only its daemon knows; on what is ours it is brought up to date with the next change,
        // and is none by itself.
        let isOurs = live.flatMap(Ownership.claimedTarget) != nil
        if isOurs || manifest.object.annotations[SourceMark.key] == nil {
            let source = live?.annotations[SourceMark.key]
            if source != nil || manifest.object.annotations[SourceMark.key] != nil {
                prepared.object.set(source, at: "metadata", "annotations", SourceMark.key)
            }
        }
        if scaled.contains(manifest.id), let live, manifest.object.value(at: "spec", "replicas") != nil {
            prepared.object.set(live.value(at: "spec", "replicas"), at: "spec", "replicas")
        }
        return prepared
    }

    /// The same after `replicas` were handed over to the autoscaler; nil where none scales it.
    func handedOver(_ manifest: Manifest) -> Object? {
        guard scaled.contains(manifest.id) else { return nil }
        var object = manifest.object
        object.set(nil, at: "spec", "replicas")
        return object
    }

    /// Why an object stays as it is, whatever git says of it; nil where nothing says so.
    func whyLeftAlone(_ manifest: Manifest, _ live: Object?) -> String? {
        if let why = whyNotApplied(manifest) { return why }
        return ObjectMarks(manifest: manifest.object, live: live).reasonToLeaveAlone(isThere: live != nil)
    }

    /// The same where it is there, and nothing on it says so.
    func whyLeftAloneThere(_ manifest: Manifest) -> String? {
        whyNotApplied(manifest) ?? ObjectMarks(manifest.object).reasonToLeaveAlone(isThere: true)
    }

    private func whyNotApplied(_ manifest: Manifest) -> String? {
        Hook(of: manifest.object)?.phase == .onFailure ? "runs where a rollout fails, and only then" : nil
    }
}
