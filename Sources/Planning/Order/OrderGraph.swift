// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What waits for what, over all objects that live on one cluster, each edge with its reason.
///
/// The same for the same nodes in any order. Never cyclic, neither over objects nor over targets.
package struct OrderGraph: Sendable {
    /// An edge of the inner graph. Its end is an object, or a junction that stands for many.
    struct Link: Sendable {
        var to: Int
        var kind: OrderEdge.Kind
        var reason: String
        var condition: OrderEdge.Condition
        var isOrderAlone: Bool
    }

    /// The objects, sorted; their places are their numbers. Junctions have the numbers after them.
    let ids: [ObjectID]
    let numbers: [ObjectID: Int]
    /// By dependent, in order of strength.
    let links: [[Link]]
    /// The objects that a junction stands for: n objects waiting for m others cost n + m edges.
    let junctions: [[Int]]
    let dependents: [[Int]]
    /// By what makes it: a Secret that is in no manifest.
    private let secrets: [ObjectID: ObjectID]
    private let makers: [ObjectID: ObjectID]

    /// Edges that were left out, since they would have closed a cycle or lead to nothing, sorted.
    package let droppedEdges: [DroppedEdge]
    /// The targets that each target waits for, sorted; targets without any are left out. Acyclic.
    package let targetDependencies: [TargetID: [TargetID]]
    /// The objects in waves: each depends only on objects of earlier waves. For display; execution follows the edges.
    package let order: [[ObjectID]]
    /// What hooks that come before the workloads, and what these need in turn, wait for as long as it is not in the cluster,
    /// though otherwise it waits for the hook (`HookNeeds`); sorted.
    package let firstNeeds: [OrderEdge]

    /// - Parameters:
    ///   - declared: for each target the targets it depends on, environments resolved. One without nodes
    ///     counts among the targets' dependencies all the same.
    ///   - absent: what is not in the cluster yet: a hook that needs any of it comes after it.
    /// - Throws: `OrderError` where `declared` has a cycle.
    package init(
        nodes: [OrderNode], declared: [TargetID: [TargetID]], of part: OrderPart = .rollout,
        bringing absent: Set<ObjectID> = []
    ) throws(OrderError) {
        let index = OrderIndex(nodes, part)
        var builder = try OrderBuilder(index: index, declared: declared)
        builder.addDeclared()
        let annotations = AnnotationEdges(index: index)
        let stated = annotations.stated
        for proposal in stated { builder.add(proposal) }
        for proposal in HookOrder(index: index).proposals(after: builder.order) { builder.add(proposal) }
        let structure = StructuralEdges(index: index)
        let found = structure.proposals + InferredEdges(index: index).proposals
        let needs = HookNeeds(index: index, proposals: stated + found)
        let beforeWaves = needs.isEmpty ? nil : builder
        if !absent.isEmpty { for proposal in needs.proposals(where: absent.contains) { builder.add(proposal) } }
        for proposal in annotations.waves { builder.add(proposal) }
        for proposal in found { builder.add(proposal) }
        if var first = beforeWaves {
            for proposal in needs.proposals(where: { _ in true }) { first.add(proposal) }
            builder.noteFirst(first)
        }

        ids = index.nodes.map(\.id)
        numbers = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        links = builder.links
        junctions = builder.junctions
        dependents = builder.order.dependents
        droppedEdges = Set(builder.dropped + annotations.unknown).sorted {
            ($0.edge, $0.reason) < ($1.edge, $1.reason)
        }
        firstNeeds = builder.firstNeeds.sorted()
        targetDependencies = builder.targetDependencies
        order = builder.waves
        let made = structure.makersOfSecrets.filter { index.number(of: $0.key) == nil }
        secrets = Dictionary(made.map { (index.nodes[$0.value].id, $0.key) }) { first, _ in first }
        makers = made.mapValues { index.nodes[$0].id }
    }

    /// What has its controller make a Secret that is in no manifest: an ExternalSecret, a SealedSecret, a Certificate.
    package func maker(of secret: ObjectID) -> ObjectID? { makers[secret] }

    /// The Secret that is made of an object, and is in no manifest.
    package func secret(madeOf maker: ObjectID) -> ObjectID? { secrets[maker] }

    /// What an object waits for, sorted; each object once, with the strongest reason.
    package func dependencies(of id: ObjectID) -> [OrderEdge] {
        guard let number = numbers[id] else { return [] }
        return edges(from: number)
    }

    /// What waits for an object, sorted.
    package func dependents(of id: ObjectID) -> [OrderEdge] {
        guard let number = numbers[id] else { return [] }
        var waiting: Set<Int> = []
        for dependent in dependents[number] {
            if dependent < ids.count { waiting.insert(dependent) } else { waiting.formUnion(dependents[dependent]) }
        }
        return waiting.sorted().compactMap { from in edges(from: from).first { $0.to == id } }
    }

    /// All edges, sorted.
    package var edges: [OrderEdge] { ids.indices.flatMap { edges(from: $0) } }

    private func edges(from number: Int) -> [OrderEdge] {
        var places: [Int: Int] = [:]
        var found: [OrderEdge] = []
        for link in links[number] {
            let ends = link.to < ids.count ? [link.to] : junctions[link.to - ids.count]
            for end in ends {
                if let place = places[end] {
                    if !link.isOrderAlone { found[place].isOrderAlone = false }
                    continue
                }
                places[end] = found.count
                var edge = OrderEdge(
                    from: ids[number], to: ids[end], kind: link.kind, reason: link.reason, condition: link.condition)
                edge.isOrderAlone = link.isOrderAlone
                found.append(edge)
            }
        }
        return found.sorted()
    }
}
