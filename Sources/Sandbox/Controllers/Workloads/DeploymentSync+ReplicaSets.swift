// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Finding, making, numbering and retiring ReplicaSets.
extension DeploymentSync {
    private static let hashLabel = "pod-template-hash"

    mutating func findReplicaSets() {
        var owned = cluster.controlled(by: deployment, kind: .replicaSet)
        if !deployment.isTerminating {
            for var orphan in cluster.orphans(for: deployment, kind: .replicaSet) {
                orphan.adopt(by: deployment)
                result.update(orphan)
                owned.append(orphan)
            }
            owned.sort(by: Object.isOlder)
        }
        new = owned.first(where: hasCurrentTemplate)
        let newUID = new?.uid
        old = owned.filter { $0.uid != newUID }
    }

    private func hasCurrentTemplate(_ replicaSet: Object) -> Bool {
        guard var template = replicaSet.value(at: "spec", "template")?.object else { return false }
        template.set(nil, at: "metadata", "labels", Self.hashLabel)
        return Value.object(template) == deployment.value(at: "spec", "template")
    }

    /// Makes the new ReplicaSet if asked to, and gives it and the Deployment the highest revision.
    mutating func synchronizeRevision(creating: Bool) {
        let revision = String((old.map(\.rolloutRevision).max() ?? 0) + 1)
        if var existing = new {
            if annotate(&existing, revision: revision, isNew: false) {
                result.update(existing)
                new = existing
            }
            let number = existing.string(at: "metadata", "annotations", Self.revisionKey) ?? revision
            publish(
                revision: number,
                condition: progressing == nil
                    ? ("FoundNewReplicaSet", "Found new replica set \"\(existing.name)\"") : nil)
        } else if creating {
            create(revision: revision)
        }
    }

    private mutating func create(revision: String) {
        let collisions = deployment.count("collisionCount")
        let template = deployment.value(at: "spec", "template")?.object ?? Object()
        let hash = GeneratedNames.hash(of: template, collisions: collisions)
        let name = "\(deployment.name)-\(hash)"
        if cluster.object(GroupKind.replicaSet.named(name, in: deployment.namespace)) != nil {
            var status = deployment["status"]?.object ?? Object()
            status["collisionCount"] = .count(collisions + 1)
            result.writeStatus(status, of: &deployment)
            return
        }
        var labeled = template
        labeled.set(.string(hash), at: "metadata", "labels", Self.hashLabel)
        var selector = deployment.value(at: "spec", "selector")?.object ?? Object()
        selector.set(.string(hash), at: "matchLabels", Self.hashLabel)
        var replicaSet: Object = [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string(name), "namespace": .string(deployment.namespace),
                "labels": labeled.value(at: "metadata", "labels") ?? [:],
                "ownerReferences": [deployment.asController],
            ],
            "spec": ["replicas": 0, "selector": .object(selector), "template": .object(labeled)],
        ]
        if let seconds = deployment.value(at: "spec", "minReadySeconds") {
            replicaSet.set(seconds, at: "spec", "minReadySeconds")
        }
        let size = math.newSize(current: 0, total: total)
        replicaSet.set(.count(size), at: "spec", "replicas")
        _ = annotate(&replicaSet, revision: revision, isNew: true)
        result.changes.append(.create(replicaSet))
        new = replicaSet
        if size > 0 { noteScaling(name, from: 0, to: size) }
        publish(revision: revision, condition: ("NewReplicaSetCreated", "Created new replica set \"\(name)\""))
    }

    /// The Deployment's annotations, the revision, and the sizes that proportional scaling reads back.
    private func annotate(_ replicaSet: inout Object, revision: String, isNew: Bool) -> Bool {
        let before = replicaSet
        var annotations = replicaSet.annotations
        let own = [Self.revisionKey, Self.historyKey, Self.desiredKey, Self.maximumKey]
        for pair in deployment.annotations.pairs
        where !own.contains(pair.key) && pair.key != "kubectl.kubernetes.io/last-applied-configuration" {
            annotations[pair.key] = pair.value
        }
        let present = annotations[Self.revisionKey]?.string
        if (present.flatMap { Int($0) } ?? 0) < (Int(revision) ?? 0) {
            annotations[Self.revisionKey] = .string(revision)
            if let present {
                let history = annotations[Self.historyKey]?.string.map { "\($0),\(present)" } ?? present
                annotations[Self.historyKey] = .string(history)
            }
        }
        if isNew { setSizes(in: &annotations) }
        replicaSet.set(.object(annotations), at: "metadata", "annotations")
        let seconds = deployment.int(at: "spec", "minReadySeconds") ?? 0
        if (replicaSet.int(at: "spec", "minReadySeconds") ?? 0) != seconds {
            replicaSet.set(seconds == 0 ? nil : .count(seconds), at: "spec", "minReadySeconds")
        }
        return replicaSet != before
    }

    private func setSizes(in annotations: inout Object) {
        annotations[Self.desiredKey] = .string(String(math.replicas))
        annotations[Self.maximumKey] = .string(String(math.maximumReplicas))
    }

    /// The annotation goes with the status, in one write.
    private mutating func publish(revision: String, condition: (reason: String, message: String)?) {
        var status = deployment["status"]?.object ?? Object()
        if hasProgressDeadline, let condition {
            status.setRolloutCondition(
                Condition(
                    type: "Progressing", status: .isTrue, reason: condition.reason, message: condition.message),
                now: now)
        }
        let isNumbered = deployment.string(at: "metadata", "annotations", Self.revisionKey) == revision
        deployment.set(.string(revision), at: "metadata", "annotations", Self.revisionKey)
        result.writeStatus(status, of: &deployment, always: !isNumbered)
    }

    /// Writes a ReplicaSet's size, and the annotations that go with it, where they differ. True where the size does.
    @discardableResult
    mutating func setSize(of replicaSet: Object, to size: Int) -> Bool {
        var changed = replicaSet
        changed.set(.count(size), at: "spec", "replicas")
        var annotations = replicaSet.annotations
        setSizes(in: &annotations)
        changed.set(.object(annotations), at: "metadata", "annotations")
        if changed != replicaSet { result.update(changed) }
        if new?.name == changed.name { new = changed }
        old = old.map { $0.name == changed.name ? changed : $0 }
        guard replicaSet.replicas != size else { return false }
        noteScaling(replicaSet.name, from: replicaSet.replicas, to: size)
        return true
    }

    private mutating func noteScaling(_ name: String, from: Int, to: Int) {
        let direction = to > from ? "up" : "down"
        result.event(
            deployment, "ScalingReplicaSet", "Scaled \(direction) replica set \(name) from \(from) to \(to)")
    }

    /// Keeps as many retired ReplicaSets as `revisionHistoryLimit` says, the latest ones.
    mutating func cleanUpHistory() {
        let limit = deployment.int(at: "spec", "revisionHistoryLimit") ?? 10
        let retired = old.filter { !$0.isTerminating }
            .sorted { ($0.rolloutRevision, $0.name) < ($1.rolloutRevision, $1.name) }
        for replicaSet in retired.prefix(max(0, retired.count - limit))
        where replicaSet.replicas == 0 && replicaSet.count("replicas") == 0
            && (replicaSet.generation ?? 0) <= replicaSet.count("observedGeneration")
        {
            result.delete(replicaSet)
        }
    }
}

extension Object {
    var rolloutRevision: Int {
        string(at: "metadata", "annotations", DeploymentSync.revisionKey).flatMap { Int($0) } ?? 0
    }
}
