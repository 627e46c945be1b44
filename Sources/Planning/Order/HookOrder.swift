// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The order among the hooks of an application for which none is stated: those of a phase run one after another, as the
/// pipeline and then the manifests have them, so that one that fails lets no later one begin.
///
/// A sync wave states an order: hooks of one stated wave run side by side, as Argo CD has it. Other annotations state
/// something of two hooks, and decide between these.
struct HookOrder {
    let index: OrderIndex

    static let reason = "hooks of a phase run one after another, as the manifests have them"
    static let statedReason = "hooks of a phase run one after another, as the pipeline has them"

    /// - Parameter order: of what is stated.
    func proposals(after order: AcyclicOrder) -> [ProposedEdge] {
        index.targets.flatMap { target in
            var hooks: [Hook.Phase: [Int]] = [:]
            for number in index.members[target] ?? [] {
                let object = index.nodes[number].object
                guard Hook.runsOnce(index.nodes[number].id.groupKind), let hook = Hook(of: object),
                    AnnotationEdges.wave(of: object) == nil
                else { continue }
                hooks[hook.phase, default: []].append(number)
            }
            return Hook.Phase.allCases.flatMap { chain(hooks[$0] ?? [], order) }
        }
    }

    private func chain(_ hooks: [Int], _ order: AcyclicOrder) -> [ProposedEdge] {
        guard hooks.count > 1 else { return [] }
        var sequence: [Int] = []
        for hook in hooks.sorted(by: { rank($0) < rank($1) }) {
            // What waits for it by what is stated comes after it, wherever the manifests have it.
            let dependents = order.allDependents(of: hook)
            let place = sequence.firstIndex(where: dependents.contains) ?? sequence.endIndex
            sequence.insert(hook, at: place)
        }
        return zip(sequence.dropFirst(), sequence).map { later, earlier in
            ProposedEdge(
                from: later, to: earlier, kind: .annotation,
                reason: stated(earlier) == nil ? Self.reason : Self.statedReason)
        }
    }

    /// Those that the pipeline names come first; of the others Helm's weight counts, and then the manifests' order.
    private func rank(_ number: Int) -> (Int, Int, Int, Int) {
        let node = index.nodes[number]
        if let stated = stated(number) { return (0, stated, node.place, number) }
        return (1, Hook.helmWeight(of: node.object) ?? 0, node.place, number)
    }

    private func stated(_ number: Int) -> Int? {
        index.nodes[number].object.annotations[Hook.orderKey]?.string.flatMap { Int($0) }
    }
}
