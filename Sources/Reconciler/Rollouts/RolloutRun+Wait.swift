// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What a rollout waits by: its own time, and signals of what moved on.
extension RolloutRun {
    /// A moment of the ledger's, in the time that the rollout goes by.
    func inItsTime(_ moment: Timestamp) -> Timestamp {
        min(moment + context.clockWatch.jumped(since: moment), time.begun)
    }

    /// Taken before looking: what moves on from here is worth another look.
    func marks() async -> [SignalMark] {
        var marks = [
            SignalMark(now: context.board.changes), SignalMark(now: context.drift.signal(for: start.target)),
            SignalMark(now: context.tenancy.changes),
        ]
        for namespace in watchedNamespaces {
            marks.append(SignalMark(now: await context.view.signal(for: namespace)))
        }
        return marks
    }

    var watchedNamespaces: [String] {
        var namespaces = Set(ids.map(\.namespace))
        let graph = context.board.graph
        for id in ids { for edge in graph?.dependencies(of: id) ?? [] { namespaces.insert(edge.to.namespace) } }
        return namespaces.sorted()
    }

    /// Waits until something moved on, or until the moment of its own time given; ends with the task.
    func wait(_ marks: [SignalMark], until moment: Timestamp?) async throws {
        let now = time.now
        let limit = min(max((moment ?? now + .seconds(30)) - now, .milliseconds(20)), .seconds(30))
        await Signal.wait(forAny: marks, atMost: limit, on: context.surroundings.clock)
        try Task.checkCancellation()
    }
}
