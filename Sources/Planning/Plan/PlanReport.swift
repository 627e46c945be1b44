// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What rollouts would do, over all applications that were asked for: what `mainstay plan` shows.
///
/// Safe to show: secrets were taken out of everything in it.
package struct PlanReport: Sendable, Hashable {
    package enum Outcome: Int32, Sendable {
        /// Nothing would change, nor is anything held back that would.
        case same = 0
        /// Something would change now, or once it is not held back any more.
        case differs = 1
        /// Something would be refused, or could not be planned.
        case failed = 2
    }

    /// What was planned, in words: `the files of k8s`, `branch feature at 2f3a1bc`.
    package var subject: String
    package var targets: [TargetPlan]
    package var order: PlanOrder
    /// Dependencies that were left out since they would close a cycle.
    package var droppedEdges: [String]
    /// What is wrong with all of it.
    package var problems: [String]
    /// What the plan cannot know.
    package var notes: [String]

    package init(
        subject: String, targets: [TargetPlan] = [], order: PlanOrder = PlanOrder(), droppedEdges: [String] = [],
        problems: [String] = [], notes: [String] = []
    ) {
        self.subject = subject
        self.targets = targets
        self.order = order
        self.droppedEdges = droppedEdges
        self.problems = problems
        self.notes = notes
    }

    /// Plans of several clusters as one: what goes side by side goes so in all of them.
    ///
    /// - Parameter order: of the applications; others come after.
    package init?(_ parts: [PlanReport], inOrderOf order: [TargetID]) {
        guard let first = parts.first else { return nil }
        self = first
        guard parts.count > 1 else { return }
        let places = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
        targets = parts.flatMap(\.targets).enumerated().sorted { left, right in
            (places[left.element.target] ?? .max, left.offset) < (places[right.element.target] ?? .max, right.offset)
        }.map(\.element)
        for part in parts.dropFirst() {
            for (number, wave) in part.order.waves.enumerated() {
                if number < self.order.waves.count {
                    self.order.waves[number] += wave
                } else {
                    self.order.waves.append(wave)
                }
            }
            droppedEdges += part.droppedEdges.filter { !droppedEdges.contains($0) }
            problems += part.problems.filter { !problems.contains($0) }
            notes += part.notes.filter { !notes.contains($0) }
        }
    }

    package var entries: [PlanEntry] { targets.flatMap(\.entries) }

    package func count(_ action: PlanAction) -> Int {
        targets.reduce(0) { $0 + $1.entries.count { $0.action == action } }
    }

    package var outcome: Outcome {
        if !problems.isEmpty || targets.contains(where: { $0.problem != nil }) || count(.refused) > 0 { return .failed }
        return entries.contains { $0.action.isChange || $0.isHeldBack } ? .differs : .same
    }

    /// `2 to create, 1 to change, 12 unchanged`; what there is none of is left out.
    package var summary: String {
        let parts = PlanAction.allCases.compactMap { action -> String? in
            let count = count(action)
            return count == 0 ? nil : "\(count) \(action.words)"
        }
        let broken = targets.count { $0.problem != nil }
        let problem = broken == 0 ? [] : ["\(broken) application\(broken == 1 ? "" : "s") not planned"]
        return parts.isEmpty && problem.isEmpty ? "no objects" : (parts + problem).joined(separator: ", ")
    }
}

extension PlanAction {
    /// As counted: `2 to create`.
    package var words: String {
        switch self {
        case .create: "to create"
        case .configure: "to change"
        case .replace: "to replace"
        case .prune: "to prune"
        case .orphan: "to let go of"
        case .deferred: "deferred"
        case .refused: "refused"
        case .leftAlone: "left alone"
        case .unchanged: "unchanged"
        }
    }
}
