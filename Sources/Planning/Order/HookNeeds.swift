// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the hooks that come before the workloads need of their own application: the database that a migration talks to,
/// and what that one needs in turn. Where it is there, it changes after the hook (a backup comes before the database
/// changes); at the first rollout there is nothing yet to back up, or to migrate.
struct HookNeeds {
    private let index: OrderIndex
    /// By dependent.
    private let needs: [Int: [ProposedEdge]]
    private let hooks: [Int]

    /// - Parameter proposals: what is known of dependencies but for the waves.
    init(index: OrderIndex, proposals: [ProposedEdge]) {
        self.index = index
        let hooks = index.nodes.indices.filter { Hook(of: index.nodes[$0].object)?.phase == .before }
        self.hooks = hooks
        // What many wait for together is no need of one of them.
        let single = hooks.isEmpty ? [] : proposals.filter { $0.from.count == 1 }
        needs = Dictionary(grouping: single) { $0.from.first ?? 0 }
    }

    var isEmpty: Bool { hooks.allSatisfy { needs[$0] == nil } }

    /// The edges by which what is not there comes before the hooks, from these on.
    func proposals(where isAbsent: (ObjectID) -> Bool) -> [ProposedEdge] {
        var found: [ProposedEdge] = []
        var seen = Set(hooks)
        var queue = hooks
        var next = 0
        while next < queue.count {
            let number = queue[next]
            next += 1
            for need in needs[number] ?? [] {
                for other in need.to where index.nodes[other].target == index.nodes[number].target {
                    guard other != number, isAbsent(index.nodes[other].id) else { continue }
                    var edge = need
                    edge.to = [other]
                    found.append(edge)
                    if seen.insert(other).inserted { queue.append(other) }
                }
            }
        }
        return found
    }
}
