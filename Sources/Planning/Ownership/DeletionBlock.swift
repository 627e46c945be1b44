// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What keeps an object that is being deleted from going.
package enum DeletionBlock {
    package static let reason = "DeletionBlocked"

    /// Names the finalizers and who has to remove them, as far as the object tells.
    package static func cause(of object: Object) -> Cause {
        let finalizers = (object.metadata["finalizers"]?.array ?? []).compactMap(\.string)
        let since = object.metadata["deletionTimestamp"]?.string.map { " since \($0)" } ?? ""
        guard !finalizers.isEmpty else {
            let isNamespace = object.objectID.groupKind == GroupKind(group: "", kind: "Namespace")
            let why = isNamespace ? "what is in it goes first" : "it ends by itself"
            return Cause(object: object.objectID, reason: reason, message: "is being deleted\(since): \(why)")
        }
        let holders = finalizers.prefix(5).map { finalizer in
            "\(SafeText.word(finalizer)) (\(holder(of: finalizer, on: object)))"
        }
        return Cause(
            object: object.objectID, reason: reason,
            message: "is being deleted\(since), and is held by \(holders.joined(separator: ", "))")
    }

    /// Those of Kubernetes itself, and what they wait for.
    private static let known = [
        "kubernetes.io/pvc-protection": "until no pod uses the claim",
        "kubernetes.io/pv-protection": "until no claim is bound to the volume",
        "foregroundDeletion": "until what it owns is gone",
        "orphan": "until what it owns is let go",
        "service.kubernetes.io/load-balancer-cleanup": "until the cloud's load balancer is gone",
        "customresourcecleanup.apiextensions.k8s.io": "until all objects of the kind are gone",
        "batch.kubernetes.io/job-tracking": "until the Job controller has counted the pod",
    ]

    private static func holder(of finalizer: String, on object: Object) -> String {
        if let what = known[finalizer] { return what }
        let field = "v:\(JSON.text(.string(finalizer)))"
        let managers = (object.metadata["managedFields"]?.array ?? []).filter { entry in
            entry["fieldsV1"]?["f:metadata"]?["f:finalizers"]?[field] != nil
        }.compactMap { $0["manager"]?.string }
        guard let manager = managers.first else {
            return "whoever set it has to remove it; nothing shows who that is"
        }
        return "set by \(SafeText.word(manager)), which has to run to remove it"
    }
}
