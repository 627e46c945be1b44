// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What waits for what, over all objects that live on one cluster, each edge with its reason (design 6.1).
///
/// The same for the same nodes in any order. Never cyclic, neither over objects nor over targets.
package struct OrderGraph: Sendable {
    /// Edges that were left out since they would have closed a cycle, sorted.
    package private(set) var droppedEdges: [DroppedEdge] = []
    /// The targets that each target waits for, sorted; targets without any are left out. Acyclic.
    package private(set) var targetDependencies: [TargetID: [TargetID]] = [:]
    /// The objects in waves: each depends only on objects of earlier waves. For display; execution follows the edges.
    package private(set) var order: [[ObjectID]] = []

    /// - Parameter declared: for each target the targets it depends on, environments resolved.
    /// - Throws: `OrderError` where `declared` has a cycle.
    package init(nodes: [OrderNode], declared: [TargetID: [TargetID]]) throws(OrderError) {
    }

    /// What an object waits for, sorted.
    package func dependencies(of id: ObjectID) -> [OrderEdge] { [] }

    /// What waits for an object, sorted.
    package func dependents(of id: ObjectID) -> [OrderEdge] { [] }

    /// All edges, sorted.
    package var edges: [OrderEdge] { [] }
}
