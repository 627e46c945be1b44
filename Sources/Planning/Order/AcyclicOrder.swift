// SPDX-License-Identifier: Apache-2.0

/// A graph that stays free of cycles, in an order that is kept up while edges are added one by one
/// (Pearce and Kelly, "A dynamic topological sort algorithm for directed acyclic graphs", 2006).
///
/// An edge leads from a dependent to what it waits for, which has the lower position. An edge that agrees with the
/// order costs nothing; any other searches only the positions between its ends.
struct AcyclicOrder: Sendable {
    private(set) var dependencies: [[Int]] = []
    private(set) var dependents: [[Int]] = []
    private var positions: [Int] = []

    init(count: Int = 0) {
        for _ in 0..<count { addVertex() }
    }

    @discardableResult
    mutating func addVertex() -> Int {
        dependencies.append([])
        dependents.append([])
        positions.append(positions.count)
        return positions.count - 1
    }

    /// All vertices, each after what it waits for.
    var sorted: [Int] {
        var result = [Int](repeating: 0, count: positions.count)
        for (vertex, position) in positions.enumerated() { result[position] = vertex }
        return result
    }

    func contains(from: Int, to: Int) -> Bool { dependencies[from].contains(to) }

    func closesCycle(from: Int, to: Int) -> Bool {
        guard from != to else { return true }
        guard positions[to] > positions[from] else { return false }
        return dependencies(of: to, downTo: positions[from]).contains(from)
    }

    /// Adds an edge, unless it would close a cycle.
    mutating func add(from: Int, to: Int) -> Bool {
        guard from != to else { return false }
        if positions[to] > positions[from] {
            let before = dependencies(of: to, downTo: positions[from])
            guard !before.contains(from) else { return false }
            let after = dependents(of: from, upTo: positions[to])
            reorder(before: before, after: after)
        }
        dependencies[from].append(to)
        dependents[to].append(from)
        return true
    }

    /// All that waits for a vertex, directly or by others; itself among them.
    func allDependents(of vertex: Int) -> Set<Int> { Set(reach(from: vertex, along: dependents) { _ in true }) }

    private func dependencies(of start: Int, downTo lowest: Int) -> [Int] {
        reach(from: start, along: dependencies) { positions[$0] >= lowest }
    }

    private func dependents(of start: Int, upTo highest: Int) -> [Int] {
        reach(from: start, along: dependents) { positions[$0] <= highest }
    }

    private func reach(from start: Int, along edges: [[Int]], within: (Int) -> Bool) -> [Int] {
        var seen: Set<Int> = [start]
        var found = [start]
        var next = 0
        while next < found.count {
            for vertex in edges[found[next]] where within(vertex) && seen.insert(vertex).inserted {
                found.append(vertex)
            }
            next += 1
        }
        return found
    }

    /// Puts `before` in front of `after`, in the places that both hold now.
    private mutating func reorder(before: [Int], after: [Int]) {
        let byPosition = { [positions] (left: Int, right: Int) in positions[left] < positions[right] }
        let vertices = before.sorted(by: byPosition) + after.sorted(by: byPosition)
        for (vertex, place) in zip(vertices, vertices.map { positions[$0] }.sorted()) { positions[vertex] = place }
    }
}
