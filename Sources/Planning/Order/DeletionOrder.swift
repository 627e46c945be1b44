// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// In which order objects are deleted: what depends on others before what it depends on.
package enum DeletionOrder {
    /// Each wave goes once the one before is gone.
    ///
    /// - Parameter objects: as they are in the cluster: what is no longer in git has no other manifest.
    package static func waves(_ objects: [Object], of target: TargetID) -> [[ObjectID]] {
        // What an operator looks after goes while the operator is still there to clean up behind it.
        let custom = objects.filter { isCustom($0.objectID) }
        let others = objects.filter { !isCustom($0.objectID) }
        return [custom, others].flatMap { layer in reversed(layer, of: target) }
    }

    private static func reversed(_ objects: [Object], of target: TargetID) -> [[ObjectID]] {
        guard !objects.isEmpty else { return [] }
        let nodes = objects.map { object in
            OrderNode(target: target, manifest: Manifest(object: object, origin: Origin(file: "the cluster")))
        }
        do throws(OrderError) {
            return try OrderGraph(nodes: nodes, declared: [:]).order.reversed()
        } catch {
            // Only declared dependencies can be refused, and none were declared.
            return [nodes.map(\.manifest.id).sorted()]
        }
    }

    /// Groups of the project itself have no dot, or end in k8s.io; a definition's own kinds have a domain of their own.
    private static func isCustom(_ id: ObjectID) -> Bool { id.group.contains(".") && !id.group.hasSuffix("k8s.io") }
}
