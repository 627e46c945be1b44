// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The node's agent says that the node lives: it renews a Lease every ten seconds, and the times of the Node's
/// conditions every five minutes (KEP-589). Nodes that somebody else made have no agent here.
package struct NodeHeartbeat: SandboxController {
    package let name = "kubelet"
    package let manager = "kubelet"

    private static let namespace = "kube-node-lease"
    private static let renewal = Duration.seconds(10)
    private static let report = Duration.seconds(300)

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.groupKind {
        case .node: [object.objectID]
        case .lease where object.namespace == Self.namespace: [GroupKind.node.named(object.name)]
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var node = cluster.object(key), node.isRunBySandbox else { return result }
        renew(node, in: cluster, now: now, result: &result)
        var status = node["status"]?.object ?? Object()
        let conditions = status.list(at: "conditions")
        let last = conditions.compactMap { $0.time(at: "lastHeartbeatTime") }.max() ?? now
        if last + Self.report <= now {
            status["conditions"] = .array(
                conditions.map { condition in
                    var condition = condition
                    condition["lastHeartbeatTime"] = .time(now)
                    return .object(condition)
                })
            result.writeStatus(status, of: &node)
        }
        result.wake(at: max(last, now + .seconds(-300)) + Self.report)
        return result
    }

    private func renew(_ node: Object, in cluster: any ClusterReader, now: Timestamp, result: inout ControllerResult) {
        let id = GroupKind.lease.named(node.name, in: Self.namespace)
        guard var lease = cluster.object(id) else {
            result.changes.append(
                .create([
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": [
                        "name": .string(node.name), "namespace": .string(Self.namespace),
                        "ownerReferences": [
                            [
                                "apiVersion": "v1", "kind": "Node", "name": .string(node.name),
                                "uid": .string(node.uid),
                            ]
                        ],
                    ],
                    "spec": [
                        "holderIdentity": .string(node.name), "leaseDurationSeconds": 40,
                        "renewTime": .string(now.microsecondsDescription),
                    ],
                ]))
            return result.wake(at: now + Self.renewal)
        }
        let due = (lease.time(at: "spec", "renewTime") ?? now) + Self.renewal
        guard due <= now else { return result.wake(at: due) }
        lease.set(.string(now.microsecondsDescription), at: "spec", "renewTime")
        result.update(lease)
        result.wake(at: now + Self.renewal)
    }
}

extension Object {
    /// A Node that the sandbox registered itself.
    fileprivate var isRunBySandbox: Bool { string(at: "status", "nodeInfo", "machineID") == "sandbox" }
}

extension Timestamp {
    /// A MicroTime: `2026-11-21T10:08:00.250000Z`.
    fileprivate var microsecondsDescription: String { "\(description.dropLast())000Z" }
}
