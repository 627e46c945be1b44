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
        prepared.object = manifest.object.withStringDataAsData
        // Files that no pipeline names are planned as the application would apply them that has the object.
        if manifest.object.labels[OwnerLabel.key] == nil, let owner = live?.labels[OwnerLabel.key] {
            prepared.object.set(owner, at: "metadata", "labels", OwnerLabel.key)
        }
        // Whose repository it is, only its daemon knows.
        if manifest.object.annotations[SourceMark.key] == nil, let source = live?.annotations[SourceMark.key] {
            prepared.object.set(source, at: "metadata", "annotations", SourceMark.key)
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

    /// The mark that keeps an object as it is, whatever git says of it; nil where there is none.
    ///
    /// Source: Flux's kustomize-controller, "Controlling the apply behavior of resources".
    func whyLeftAlone(_ manifest: Manifest, _ live: Object?) -> String? {
        for key in ["mainstay.dev/reconcile", "kustomize.toolkit.fluxcd.io/reconcile"] {
            let isMarked = [manifest.object, live].contains { $0?.markValue(key) == "disabled" }
            if isMarked { return "is marked \(key): disabled" }
        }
        for key in ["mainstay.dev/apply", "kustomize.toolkit.fluxcd.io/ssa"] {
            switch manifest.object.markValue(key) {
            case "ignore": return "is marked \(key): Ignore"
            case "ifnotpresent" where live != nil: return "is marked \(key): IfNotPresent, and is there"
            default: break
            }
        }
        return nil
    }
}

extension Object {
    /// Flux writes its marks as annotations or labels, and in either case of letters.
    fileprivate func markValue(_ key: String) -> String? { (annotations[key] ?? labels[key])?.string?.lowercased() }
}
