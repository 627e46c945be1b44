// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Planning

@Suite struct AcyclicOrderTests {
    @Test("An edge is refused exactly when it would close a cycle, and the order agrees with every edge taken")
    func agreesWithSearch() {
        var random = SeededGenerator(state: 7)
        for _ in 0..<60 {
            let count = Int.random(in: 2...14, using: &random)
            var order = AcyclicOrder(count: count)
            var edges: [(Int, Int)] = []
            for _ in 0..<(count * 3) {
                let from = Int.random(in: 0..<count, using: &random)
                let to = Int.random(in: 0..<count, using: &random)
                let closes = Self.reaches(from: to, to: from, edges)
                #expect(order.closesCycle(from: from, to: to) == closes)
                #expect(order.add(from: from, to: to) == !closes)
                if !closes { edges.append((from, to)) }
                let places = Dictionary(uniqueKeysWithValues: order.sorted.enumerated().map { ($1, $0) })
                #expect(places.count == count)
                for (dependent, dependency) in edges {
                    #expect((places[dependency] ?? 0) < (places[dependent] ?? 0))
                }
            }
        }
    }

    private static func reaches(from: Int, to: Int, _ edges: [(Int, Int)]) -> Bool {
        var seen: Set<Int> = [from]
        var queue = [from]
        while let vertex = queue.popLast() {
            if vertex == to { return true }
            for edge in edges where edge.0 == vertex && seen.insert(edge.1).inserted { queue.append(edge.1) }
        }
        return false
    }
}
