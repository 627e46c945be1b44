// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// In which order objects go: what others wait for when they are rolled out, goes after them.
///
/// Besides, custom objects go before what takes care of them, kapp's rules for deletion hold, and what is marked
/// `PruneLast` goes last. Never cyclic: a weaker reason that would close a cycle is left out.
package struct DeletionOrder: Sendable {
    /// What goes side by side; the first wave goes first.
    package let waves: [[ObjectID]]
    private let links: [ObjectID: [OrderEdge]]

    /// - Parameter nodes: the objects that are to go, as they are live or were rendered.
    /// - Throws: `OrderError` where `declared` has a cycle.
    package init(nodes: [OrderNode], declared: [TargetID: [TargetID]] = [:]) throws(OrderError) {
        let graph = try OrderGraph(nodes: nodes, declared: declared, of: .everything)
        let index = OrderIndex(nodes, .everything)
        var order = AcyclicOrder(count: index.nodes.count)
        var links: [ObjectID: [OrderEdge]] = [:]
        func add(_ from: Int, _ to: Int, _ kind: OrderEdge.Kind, _ reason: String) {
            guard from != to, !order.contains(from: from, to: to), order.add(from: from, to: to) else { return }
            let (from, to) = (index.nodes[from].id, index.nodes[to].id)
            links[from, default: []].append(OrderEdge(from: from, to: to, kind: kind, reason: reason))
        }
        for rule in Self.rules(index) { add(rule.from, rule.to, .annotation, rule.reason) }
        for kind in OrderEdge.Kind.allCases {
            for edge in graph.edges where edge.kind == kind {
                guard let from = index.number(of: edge.to), let to = index.number(of: edge.from) else { continue }
                add(from, to, kind, edge.reason)
            }
        }
        for caretaker in Self.caretakers(index) { add(caretaker.from, caretaker.to, .structural, caretaker.reason) }
        self.links = links.mapValues { $0.sorted() }
        waves = Self.waves(order, index)
    }

    /// What has to be gone before an object is deleted, sorted.
    package func dependencies(of id: ObjectID) -> [OrderEdge] { links[id] ?? [] }

    /// The objects, each after all that go before it.
    package var sequence: [ObjectID] { waves.flatMap(\.self) }

    // MARK: Rules

    private typealias Rule = (from: Int, to: Int, reason: String)

    /// kapp ("Apply ordering") and Argo CD ("Sync Options").
    private static func rules(_ index: OrderIndex) -> [Rule] {
        let annotations = AnnotationEdges(index: index)
        var found: [Rule] = []
        for target in index.targets {
            let members = index.members[target] ?? []
            var groups: [String: [Int]] = [:]
            for member in members {
                for name in annotations.values(of: "kapp.k14s.io/change-group", on: member) {
                    groups[name, default: []].append(member)
                }
            }
            for member in members {
                for rule in annotations.values(of: "kapp.k14s.io/change-rule", on: member) {
                    let words = rule.split(whereSeparator: \.isWhitespace).map(String.init)
                    guard words.count == 4, words[0] == "delete", words[2] == "deleting" else { continue }
                    let reason = "kapp.k14s.io/change-rule: \(rule)"
                    for other in groups[words[3]] ?? [] {
                        if words[1] == "after" { found.append((member, other, reason)) }
                        if words[1] == "before" { found.append((other, member, reason)) }
                    }
                }
            }
            let last = members.filter { isLast(index.nodes[$0].object) }
            for member in last {
                for other in members where !last.contains(other) {
                    found.append((member, other, "argocd.argoproj.io/sync-options: PruneLast=true"))
                }
            }
        }
        return found
    }

    private static func isLast(_ object: Object) -> Bool {
        (object.annotations["argocd.argoproj.io/sync-options"]?.string ?? "").split(separator: ",").contains {
            $0.filter { !$0.isWhitespace }.lowercased() == "prunelast=true"
        }
    }

    /// The workloads of the application that defines a kind take finalizers off its objects: they stay until these are
    /// gone.
    private static func caretakers(_ index: OrderIndex) -> [Rule] {
        var found: [Rule] = []
        for (number, node) in index.nodes.enumerated() {
            guard let definition = index.definition(of: node.id.groupKind) else { continue }
            for workload in index.members[index.nodes[definition].target] ?? []
            where index.nodes[workload].template != nil && workload != number {
                found.append((workload, number, "may take care of it while it goes"))
            }
        }
        return found
    }

    private static func waves(_ order: AcyclicOrder, _ index: OrderIndex) -> [[ObjectID]] {
        var levels = [Int](repeating: 0, count: index.nodes.count)
        var waves: [[Int]] = []
        for vertex in order.sorted {
            let level = order.dependencies[vertex].map { levels[$0] + 1 }.max() ?? 0
            levels[vertex] = level
            while waves.count <= level { waves.append([]) }
            waves[level].append(vertex)
        }
        return waves.map { $0.sorted().map { index.nodes[$0].id } }
    }

    // MARK: What is live

    /// Each wave goes once the one before is gone. What an operator looks after goes while the operator is still there to
    /// clean up behind it, whoever brought that.
    ///
    /// - Parameter objects: as they are in the cluster: what is no longer in git has no other manifest.
    package static func waves(_ objects: [Object], of target: TargetID) -> [[ObjectID]] {
        let custom = objects.filter { isCustom($0.objectID) }
        let others = objects.filter { !isCustom($0.objectID) }
        return [custom, others].flatMap { layer -> [[ObjectID]] in
            let nodes = layer.map { object in
                OrderNode(target: target, manifest: Manifest(object: object, origin: Origin(file: "the cluster")))
            }
            // Only declared dependencies can be refused, and there are none.
            return (try? DeletionOrder(nodes: nodes))?.waves ?? [nodes.map(\.manifest.id).sorted()]
        }
    }

    /// Groups of the project itself have no dot, or end in k8s.io; a definition's own kinds have a domain of their own.
    private static func isCustom(_ id: ObjectID) -> Bool { id.group.contains(".") && !id.group.hasSuffix("k8s.io") }
}
