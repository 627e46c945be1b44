// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// In which order a plan's changes would be made, and why.
package struct PlanOrder: Sendable, Hashable {
    package struct Reason: Sendable, Hashable {
        /// What changes before.
        package var object: ObjectID
        package var kind: OrderEdge.Kind
        package var reason: String
        /// The unchanged object through which it is waited for.
        package var through: ObjectID?

        package init(object: ObjectID, kind: OrderEdge.Kind, reason: String, through: ObjectID? = nil) {
            self.object = object
            self.kind = kind
            self.reason = reason
            self.through = through
        }

        /// `Service staging/api (structural: routes to the Service)`.
        package var text: String {
            let via = through.map { "; through \($0), which does not change" } ?? ""
            return "\(object) (\(kind.rawValue): \(reason)\(via))"
        }
    }

    package struct Step: Sendable, Hashable {
        package var object: ObjectID
        package var after: [Reason]
        /// How many more reasons there are than are told.
        package var omitted: Int

        package init(object: ObjectID, after: [Reason], omitted: Int = 0) {
            self.object = object
            self.after = after
            self.omitted = omitted
        }
    }

    /// What is in one wave changes side by side, as soon as what each waits for is healthy.
    package var waves: [[Step]]

    package init(waves: [[Step]] = []) { self.waves = waves }

    private static let shownReasons = 8

    /// - Parameter changed: the objects that would be applied; the others are there already, and are waited for no longer.
    package init(_ graph: OrderGraph, changed: Set<ObjectID>) {
        var steps: [ObjectID: Step] = [:]
        var levels: [ObjectID: Int] = [:]
        var waves: [[Step]] = []
        for id in graph.order.joined() where changed.contains(id) {
            let reasons = Self.reasons(of: id, in: graph, changed)
            let level = (reasons.compactMap { levels[$0.object] }.max() ?? -1) + 1
            levels[id] = level
            let step = Step(
                object: id, after: Array(reasons.prefix(Self.shownReasons)),
                omitted: max(0, reasons.count - Self.shownReasons))
            steps[id] = step
            while waves.count <= level { waves.append([]) }
            waves[level].append(step)
        }
        self.waves = waves.map { wave in wave.sorted { $0.object < $1.object } }
    }

    /// Deletions come last, in an order of their own.
    package mutating func append(_ deletions: DeletionOrder) {
        waves += deletions.waves.map { wave in
            wave.map { id in
                let reasons = deletions.dependencies(of: id).map {
                    Reason(object: $0.to, kind: $0.kind, reason: $0.reason)
                }
                return Step(
                    object: id, after: Array(reasons.prefix(Self.shownReasons)),
                    omitted: max(0, reasons.count - Self.shownReasons))
            }
        }
    }

    /// The nearest objects that change before, through what does not change.
    private static func reasons(of id: ObjectID, in graph: OrderGraph, _ changed: Set<ObjectID>) -> [Reason] {
        var found: [Reason] = []
        var seen: Set<ObjectID> = [id]
        var queue: [(id: ObjectID, first: OrderEdge?)] = [(id, nil)]
        var next = 0
        while next < queue.count {
            let (place, first) = queue[next]
            next += 1
            for edge in graph.dependencies(of: place) where seen.insert(edge.to).inserted {
                let start = first ?? edge
                if changed.contains(edge.to) {
                    found.append(
                        Reason(
                            object: edge.to, kind: start.kind, reason: start.reason,
                            through: first == nil ? nil : start.to))
                } else {
                    queue.append((edge.to, start))
                }
            }
        }
        return found
    }
}
