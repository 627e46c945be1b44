// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// StatefulSets: numbered pods with their own claims, made, replaced and removed in order
/// (kubernetes, pkg/controller/statefulset).
package struct StatefulSetController: SandboxController {
    package let name = "statefulset-controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "StatefulSet": [object.objectID]
        case "Pod": object.controllerKey(of: .statefulSet).map { [$0] } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let set = cluster.object(key) else { return ControllerResult() }
        var sync = StatefulSetSync(set, in: cluster, now: now)
        sync.run()
        return sync.result
    }
}

/// One pass over one StatefulSet.
struct StatefulSetSync {
    private static let revisionLabel = "controller-revision-hash"

    let cluster: any ClusterReader
    let now: Timestamp
    var statefulSet: Object
    var result = ControllerResult()
    private var history: RevisionHistory
    private var currentRevision = Object()
    private var updateRevision = Object()
    /// By ordinal, as stored.
    private var pods: [Int: Object] = [:]
    private var counts = Counts()

    private struct Counts {
        var replicas = 0
        var ready = 0
        var available = 0
        var current = 0
        var updated = 0
    }

    init(_ statefulSet: Object, in cluster: any ClusterReader, now: Timestamp) {
        self.statefulSet = statefulSet
        self.cluster = cluster
        self.now = now
        history = RevisionHistory(of: statefulSet, hashLabel: "controller.kubernetes.io/hash", in: cluster)
        for pod in cluster.controlled(by: statefulSet, kind: .pod) {
            guard let ordinal = pod.name.split(separator: "-").last.flatMap({ Int($0) }) else { continue }
            pods[ordinal] = pod
        }
    }

    private var start: Int { statefulSet.int(at: "spec", "ordinals", "start") ?? 0 }
    private var isParallel: Bool { statefulSet.string(at: "spec", "podManagementPolicy") == "Parallel" }
    private var isOnDelete: Bool { statefulSet.string(at: "spec", "updateStrategy", "type") == "OnDelete" }
    private var partition: Int { statefulSet.int(at: "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0 }

    mutating func run() {
        updateRevision = history.latest(result: &result)
        currentRevision = history.named(statefulSet.string(at: "status", "currentRevision")) ?? updateRevision
        count()
        // One that is being deleted only tells what is left of it.
        if !statefulSet.isTerminating {
            act()
            ownClaims()
        }
        writeStatus()
        let live = Set(pods.values.compactMap { $0.labels[Self.revisionLabel]?.string })
        history.cleanUp(keeping: live.union([currentRevision.name, updateRevision.name]), result: &result)
    }

    private mutating func count() {
        for (_, pod) in pods.sorted(by: { $0.key < $1.key }) {
            counts.replicas += 1
            if pod.isPodReady, !pod.isPodFinished { counts.ready += 1 }
            if isAvailable(pod) { counts.available += 1 }
            if !pod.isTerminating { note(pod, 1) }
        }
    }

    private mutating func note(_ pod: Object, _ change: Int) {
        let revision = pod.labels[Self.revisionLabel]?.string
        if revision == currentRevision.name { counts.current += change }
        if revision == updateRevision.name { counts.updated += change }
    }

    private mutating func isAvailable(_ pod: Object) -> Bool {
        pod.isPodAvailable(
            minReadySeconds: statefulSet.int(at: "spec", "minReadySeconds") ?? 0, now: now, result: &result)
    }

    /// One pod at a time unless the policy is Parallel: fill up, then shrink, then update.
    private mutating func act() {
        let wanted = start..<(start + statefulSet.replicas)
        for ordinal in wanted {
            guard let pod = pods[ordinal] else {
                create(ordinal)
                if isParallel { continue }
                return
            }
            if pod.isPodFinished {
                if !pod.isTerminating { delete(pod) }
                if !isParallel { return }
            } else if !isParallel, pod.isTerminating || !isAvailable(pod) {
                return
            }
        }
        let condemned = pods.keys.filter { !wanted.contains($0) }.sorted(by: >)
        for ordinal in condemned {
            guard let pod = pods[ordinal] else { continue }
            if !pod.isTerminating { delete(pod) }
            if !isParallel { return }
        }
        if !isOnDelete { update(wanted) }
    }

    /// From the highest ordinal down to the partition, the next one once the last is well again.
    private mutating func update(_ wanted: Range<Int>) {
        let maximum = statefulSet.value(at: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
        let limit = IntOrPercent.count(maximum, of: statefulSet.replicas, roundingUp: true) ?? 1
        if limit > 1 { return updateSeveral(wanted, limit: limit) }
        for ordinal in wanted.reversed() where ordinal >= start + partition {
            guard let pod = pods[ordinal] else { return }
            if pod.labels[Self.revisionLabel]?.string != updateRevision.name, !pod.isTerminating {
                return delete(pod)
            }
            guard !pod.isTerminating, isAvailable(pod) else { return }
        }
    }

    /// As many at a time as may be unavailable, still from the highest ordinal down.
    private mutating func updateSeveral(_ wanted: Range<Int>, limit: Int) {
        var room = limit
        for ordinal in wanted {
            guard let pod = pods[ordinal], !pod.isTerminating, isAvailable(pod) else {
                room -= 1
                continue
            }
        }
        for ordinal in wanted.reversed() where ordinal >= start + partition && room > 0 {
            guard let pod = pods[ordinal], !pod.isTerminating,
                pod.labels[Self.revisionLabel]?.string != updateRevision.name
            else { continue }
            delete(pod)
            room -= 1
        }
    }

    /// Claims that are to go with the set, or with a pod that scaling removes, are owned by it.
    private mutating func ownClaims() {
        let policy = statefulSet.value(at: "spec", "persistentVolumeClaimRetentionPolicy")
        let goWithSet = policy?["whenDeleted"] == "Delete"
        let goWithPod = policy?["whenScaled"] == "Delete"
        let wanted = start..<(start + statefulSet.replicas)
        for (ordinal, pod) in pods.sorted(by: { $0.key < $1.key }) {
            let isCondemned = !wanted.contains(ordinal)
            var owner: Object?
            if goWithPod, isCondemned { owner = pod } else if goWithSet { owner = statefulSet }
            for template in statefulSet.list(at: "spec", "volumeClaimTemplates") {
                let id = GroupKind.persistentVolumeClaim.named(
                    "\(template.name)-\(pod.name)", in: statefulSet.namespace)
                guard var claim = cluster.object(id), !claim.isTerminating else { continue }
                let ours = [statefulSet.uid, pod.uid]
                var references = (claim.value(at: "metadata", "ownerReferences")?.array ?? [])
                    .filter { !ours.contains($0["uid"]?.string ?? "") }
                if let owner { references.append(owner.asController) }
                let value: Value? = references.isEmpty ? nil : .array(references)
                guard claim.value(at: "metadata", "ownerReferences") != value else { continue }
                claim.set(value, at: "metadata", "ownerReferences")
                result.update(claim)
            }
        }
    }

    private mutating func delete(_ pod: Object) {
        result.delete(pod)
        result.event(
            statefulSet, "SuccessfulDelete", "Delete Pod \(pod.name) in StatefulSet \(statefulSet.name) successful")
        note(pod, -1)
    }

    private mutating func create(_ ordinal: Int) {
        let isOld = isOnDelete ? false : ordinal < start + partition
        let revision = isOld ? currentRevision : updateRevision
        let name = "\(statefulSet.name)-\(ordinal)"
        var pod = Object.pod(
            named: name, generateName: "\(statefulSet.name)-", from: revision.revisionTemplate, owner: statefulSet,
            labels: [
                ("apps.kubernetes.io/pod-index", String(ordinal)), (Self.revisionLabel, revision.name),
                ("statefulset.kubernetes.io/pod-name", name),
            ])
        pod.set(.string(name), at: "spec", "hostname")
        if let service = statefulSet.string(at: "spec", "serviceName"), !service.isEmpty {
            pod.set(.string(service), at: "spec", "subdomain")
        }
        claimVolumes(for: &pod)
        result.changes.append(.create(pod))
        result.event(
            statefulSet, "SuccessfulCreate", "Create Pod \(name) in StatefulSet \(statefulSet.name) successful")
        counts.replicas += 1
        note(pod, 1)
    }

    /// Makes the pod's claims where they are missing, and mounts them.
    private mutating func claimVolumes(for pod: inout Object) {
        let templates = statefulSet.list(at: "spec", "volumeClaimTemplates")
        guard !templates.isEmpty else { return }
        var volumes: [Value] = []
        for template in templates {
            let claim = "\(template.name)-\(pod.name)"
            volumes.append(
                ["name": .string(template.name), "persistentVolumeClaim": ["claimName": .string(claim)]])
            guard cluster.object(GroupKind.persistentVolumeClaim.named(claim, in: statefulSet.namespace)) == nil else {
                continue
            }
            var labels = template.labels
            for pair in (statefulSet.value(at: "spec", "selector", "matchLabels")?.object ?? Object()).pairs {
                labels[pair.key] = pair.value
            }
            var metadata = template.metadata
            metadata["name"] = .string(claim)
            metadata["namespace"] = .string(statefulSet.namespace)
            metadata["labels"] = .object(labels)
            result.changes.append(
                .create([
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": .object(metadata),
                    "spec": template["spec"] ?? [:],
                ]))
            result.event(
                statefulSet, "SuccessfulCreate",
                "Create Claim \(claim) Pod \(pod.name) in StatefulSet \(statefulSet.name) success")
        }
        let claimed = templates.map(\.name)
        let others = pod.list(at: "spec", "volumes").filter { !claimed.contains($0["name"]?.string ?? "") }
        pod.set(.array(volumes + others.map(Value.object)), at: "spec", "volumes")
    }

    private mutating func writeStatus() {
        var current = currentRevision.name
        let isUpdated = counts.updated == counts.replicas && counts.ready == counts.replicas
        if !isOnDelete, isUpdated, current != updateRevision.name, counts.replicas == statefulSet.replicas {
            current = updateRevision.name
            counts.current = counts.updated
        }
        var status = Object()
        status["observedGeneration"] = statefulSet.generation.map(Value.integer)
        status["replicas"] = .count(counts.replicas)
        status.setCount("readyReplicas", counts.ready)
        status.setCount("currentReplicas", counts.current)
        status.setCount("updatedReplicas", counts.updated)
        status["currentRevision"] = .string(current)
        status["updateRevision"] = .string(updateRevision.name)
        status["collisionCount"] = 0
        status["availableReplicas"] = .count(counts.available)
        result.writeStatus(status, of: &statefulSet)
    }
}
