// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Leaves `replicas` to the autoscaler that scales a workload.
///
/// Dropping the field while we are its only owner would set it to 1, so the live number is first applied by a manager
/// of its own, which holds it until the autoscaler's next scale takes it. That is done when the workload is sent for a
/// reason of its own: an autoscaler that scales takes the field from whoever has it, and needs no hand-over.
struct ReplicaHandover: Sendable {
    /// The workloads that the autoscalers among the manifests scale.
    let scaled: Set<ObjectID>

    init(manifests: [Manifest]) {
        scaled = Set(
            manifests.compactMap { manifest in
                guard manifest.id.groupKind == GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler"),
                    let target = manifest.object.value(at: "spec", "scaleTargetRef"),
                    let kind = target["kind"]?.string, let name = target["name"]?.string
                else { return nil }
                let group = GroupVersionKind(apiVersion: target["apiVersion"]?.string ?? "apps/v1", kind: kind).group
                return ObjectID(group: group, kind: kind, namespace: manifest.id.namespace, name: name)
            })
    }

    /// The manifest as it is to be applied, and the workload by then.
    ///
    /// - Parameter live: the workload, as it was read. Where there is none yet, the manifest's replicas are the start.
    func prepare(
        _ manifest: Manifest, _ live: Object, on cluster: any Cluster
    ) async throws(ClusterFailure) -> (manifest: Manifest, live: Object) {
        var live = live
        if live.isOwner(.mainstay, of: "f:replicas"), let replicas = live.value(at: "spec", "replicas") {
            let holder: Object = [
                "apiVersion": .string(manifest.object.apiVersion), "kind": .string(manifest.id.kind),
                "metadata": ["name": .string(manifest.id.name), "namespace": .string(manifest.id.namespace)],
                "spec": ["replicas": replicas],
            ]
            live = try await cluster.apply(
                holder.meant(for: ApplyAim(read: live)), as: .replicas, force: true, dryRun: false)
        }
        var prepared = manifest
        prepared.object.set(nil, at: "spec", "replicas")
        return (prepared, live)
    }
}

extension Object {
    /// True where the manager's apply owns the field of `spec`.
    fileprivate func isOwner(_ manager: FieldManager, of field: String) -> Bool {
        (metadata["managedFields"]?.array ?? []).contains { entry in
            entry["manager"]?.string == manager.rawValue && entry["operation"]?.string == "Apply"
                && entry["subresource"] == nil && entry["fieldsV1"]?["f:spec"]?[field] != nil
        }
    }
}
