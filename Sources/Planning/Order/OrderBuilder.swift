// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Takes edges one by one, strongest first, and leaves out those that would close a cycle.
struct OrderBuilder {
    private let index: OrderIndex
    /// Objects, then junctions.
    private(set) var order: AcyclicOrder
    private(set) var links: [[OrderGraph.Link]]
    private(set) var junctions: [[Int]] = []
    private(set) var dropped: [DroppedEdge] = []
    /// Those of them that hold where the dependency is not in the cluster yet.
    private(set) var firstNeeds: [OrderEdge] = []

    private let targets: [TargetID]
    private let targetNumbers: [TargetID: Int]
    private var targetOrder: AcyclicOrder
    private let declared: [TargetID: [TargetID]]

    init(index: OrderIndex, declared: [TargetID: [TargetID]]) throws(OrderError) {
        self.index = index
        self.declared = declared
        order = AcyclicOrder(count: index.nodes.count)
        links = Array(repeating: [], count: index.nodes.count)
        targets = Set(index.targets + declared.keys + declared.values.joined()).sorted()
        targetNumbers = Dictionary(uniqueKeysWithValues: targets.enumerated().map { ($1, $0) })
        targetOrder = AcyclicOrder(count: targets.count)
        for target in declared.keys.sorted() {
            for dependency in (declared[target] ?? []).sorted() {
                guard let from = targetNumbers[target], let to = targetNumbers[dependency],
                    !targetOrder.contains(from: from, to: to)
                else { continue }
                guard targetOrder.add(from: from, to: to) else {
                    throw OrderError(path: [target] + Self.path(from: dependency, to: target, along: declared))
                }
            }
        }
    }

    /// The way from one target to another that it is known to depend on.
    private static func path(
        from start: TargetID, to end: TargetID, along declared: [TargetID: [TargetID]]
    ) -> [TargetID] {
        var cameFrom: [TargetID: TargetID] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count, queue[next] != end {
            for dependency in (declared[queue[next]] ?? []).sorted()
            where dependency != start && cameFrom[dependency] == nil {
                cameFrom[dependency] = queue[next]
                queue.append(dependency)
            }
            next += 1
        }
        var path = [end]
        while let last = path.last, last != start, let previous = cameFrom[last] { path.append(previous) }
        return path.reversed()
    }

    mutating func addDeclared() {
        for target in targets {
            for dependency in Set(declared[target] ?? []).sorted() {
                add(
                    ProposedEdge(
                        from: index.members[target] ?? [], to: index.gate(of: dependency), kind: .declared,
                        reason: "\(target) depends on \(dependency)"))
            }
        }
    }

    mutating func add(_ proposal: ProposedEdge) {
        guard proposal.from.count > 1, proposal.to.count > 1 else {
            for from in proposal.from {
                for to in proposal.to where to != from { add(from: from, to: to, proposal) }
            }
            return
        }
        let members = Set(proposal.to)
        let junction = order.addVertex()
        links.append([])
        junctions.append(proposal.to)
        for member in proposal.to { _ = order.add(from: junction, to: member) }
        for from in proposal.from {
            if !members.contains(from), order.add(from: from, to: junction) {
                links[from].append(.init(proposal, to: junction))
                for target in Set(proposal.to.map { index.nodes[$0].target }).sorted() {
                    noteTarget(of: from, dependsOn: target)
                }
            } else {
                // Some of the many wait for this one, or it is among them: the others can still go first.
                for to in proposal.to where to != from { add(from: from, to: to, proposal) }
            }
        }
    }

    private mutating func add(from: Int, to: Int, _ proposal: ProposedEdge) {
        guard !order.contains(from: from, to: to) else {
            // The strongest reason stays; a weaker one may say that it is needed, too.
            if !proposal.isOrderAlone, let place = links[from].firstIndex(where: { $0.to == to }) {
                links[from][place].isOrderAlone = false
            }
            return
        }
        if proposal.kind == .inferred, let circle = targetCircle(from: from, to: to) {
            drop(from, to, proposal, "\(circle.to) already waits for \(circle.from)")
            return
        }
        guard order.add(from: from, to: to) else {
            drop(from, to, proposal, "\(index.nodes[to].id) already waits for \(index.nodes[from].id)")
            return
        }
        links[from].append(.init(proposal, to: to))
        noteTarget(of: from, dependsOn: index.nodes[to].target)
    }

    private mutating func drop(_ from: Int, _ to: Int, _ proposal: ProposedEdge, _ why: String) {
        let edge = OrderEdge(
            from: index.nodes[from].id, to: index.nodes[to].id, kind: proposal.kind, reason: proposal.reason)
        dropped.append(DroppedEdge(edge: edge, reason: "would close a cycle: \(why)"))
    }

    /// - Parameter other: the order where what hooks need is not in the cluster yet, without its waves.
    mutating func noteFirst(_ other: OrderBuilder) {
        for place in dropped.indices {
            let edge = dropped[place].edge
            guard let from = index.number(of: edge.from), let to = index.number(of: edge.to),
                other.order.contains(from: from, to: to)
            else { continue }
            firstNeeds.append(edge)
            dropped[place].reason += "; where it is not in the cluster yet, it comes first"
        }
    }

    private func targetCircle(from: Int, to: Int) -> (from: TargetID, to: TargetID)? {
        let (dependent, dependency) = (index.nodes[from].target, index.nodes[to].target)
        guard dependent != dependency, let from = targetNumbers[dependent], let to = targetNumbers[dependency],
            targetOrder.closesCycle(from: from, to: to)
        else { return nil }
        return (dependent, dependency)
    }

    /// An edge that is sure to be meant stays between objects even where the targets would go in a circle: two
    /// applications may each hold an object that the other needs.
    private mutating func noteTarget(of number: Int, dependsOn target: TargetID) {
        guard let from = targetNumbers[index.nodes[number].target], let to = targetNumbers[target], from != to,
            !targetOrder.contains(from: from, to: to)
        else { return }
        _ = targetOrder.add(from: from, to: to)
    }

    var targetDependencies: [TargetID: [TargetID]] {
        var result: [TargetID: [TargetID]] = [:]
        for (number, target) in targets.enumerated() where !targetOrder.dependencies[number].isEmpty {
            result[target] = targetOrder.dependencies[number].map { targets[$0] }.sorted()
        }
        return result
    }

    /// Objects by the longest way to one that waits for nothing.
    var waves: [[ObjectID]] {
        var levels = [Int](repeating: 0, count: links.count)
        var waves: [[Int]] = []
        for vertex in order.sorted {
            let deepest = order.dependencies[vertex].map { levels[$0] + ($0 < index.nodes.count ? 1 : 0) }.max() ?? 0
            levels[vertex] = deepest
            guard vertex < index.nodes.count else { continue }
            while waves.count <= deepest { waves.append([]) }
            waves[deepest].append(vertex)
        }
        return waves.map { $0.sorted().map { index.nodes[$0].id } }
    }
}

extension OrderGraph.Link {
    fileprivate init(_ proposal: ProposedEdge, to: Int) {
        self.init(
            to: to, kind: proposal.kind, reason: proposal.reason, condition: proposal.condition,
            isOrderAlone: proposal.isOrderAlone)
    }
}
