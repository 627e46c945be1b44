// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The ControllerRevisions of a StatefulSet or DaemonSet: one per pod template it has had.
struct RevisionHistory {
    let owner: Object
    /// The label that holds a revision's hash; the two kinds name it differently.
    let hashLabel: String
    private(set) var revisions: [Object]

    init(of owner: Object, hashLabel: String, in cluster: any ClusterReader) {
        self.owner = owner
        self.hashLabel = hashLabel
        revisions = cluster.controlled(by: owner, kind: .controllerRevision)
            .sorted { ($0.revisionNumber, $0.name) < ($1.revisionNumber, $1.name) }
    }

    /// The revision of the present template, made or renumbered to be the latest where it is not.
    mutating func latest(result: inout ControllerResult) -> Object {
        var template = owner.value(at: "spec", "template")?.object ?? Object()
        template["$patch"] = "replace"
        let data: Value = ["spec": ["template": .object(template)]]
        let number = (revisions.last?.revisionNumber ?? 0) + 1
        guard let index = revisions.firstIndex(where: { $0["data"] == data }) else {
            let hash = GeneratedNames.hash(of: template)
            var labels = template.value(at: "metadata", "labels")?.object ?? Object()
            labels[hashLabel] = .string(hash)
            let revision: Object = [
                "apiVersion": "apps/v1", "kind": "ControllerRevision",
                "metadata": [
                    "name": .string("\(owner.name)-\(hash)"), "namespace": .string(owner.namespace),
                    "labels": .object(labels), "ownerReferences": [owner.asController],
                ],
                "data": data, "revision": .count(number),
            ]
            result.changes.append(.create(revision))
            revisions.append(revision)
            return revision
        }
        var revision = revisions[index]
        if index != revisions.count - 1 {
            revision["revision"] = .count(number)
            result.update(revision)
            revisions.remove(at: index)
            revisions.append(revision)
        }
        return revision
    }

    func named(_ name: String?) -> Object? { revisions.first { $0.name == name } }

    /// Deletes what neither pods nor the status name, beyond the limit, the oldest first.
    ///
    /// - Parameter countingLive: whether earlier revisions that are named count against the limit; DaemonSets say so.
    func cleanUp(keeping live: Set<String>, countingLive: Bool = false, result: inout ControllerResult) {
        let limit = owner.int(at: "spec", "revisionHistoryLimit") ?? 10
        let retired = revisions.filter { !live.contains($0.name) }
        let count = countingLive ? revisions.count - 1 : retired.count
        for revision in retired.prefix(max(0, count - limit)) { result.delete(revision) }
    }
}

extension Object {
    fileprivate var revisionNumber: Int { int(at: "revision") ?? 0 }

    /// The pod template a ControllerRevision holds.
    var revisionTemplate: Object {
        var template = value(at: "data", "spec", "template")?.object ?? Object()
        template["$patch"] = nil
        return template
    }
}
