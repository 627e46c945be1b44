// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning
package import Reconciler

/// What decisions count on of a target's history, whatever keeps it: the ledger, and the fake that tests put in its place.
package enum HistoryContract {
    /// One rollout and what came of it; `outcome` is nil where it was not judged.
    private struct Chapter {
        var id: String
        var trigger = RolloutTrigger.revision
        var outcome: Verdict.Outcome?
        /// What the history is then.
        var lastHealthy: String?
        var toReturnTo: String?
    }

    private static let story = [
        Chapter(id: "begun"),
        Chapter(id: "failed", outcome: .failed),
        Chapter(id: "first", outcome: .healthy, lastHealthy: "first", toReturnTo: "first"),
        Chapter(id: "worse", outcome: .failed, lastHealthy: "first", toReturnTo: "first"),
        Chapter(id: "back", trigger: .rollback, outcome: .healthy, lastHealthy: "back", toReturnTo: "back"),
        Chapter(id: "unclear", outcome: .inconclusive, lastHealthy: "back", toReturnTo: "back"),
        // A removal under way has taken nothing away for good.
        Chapter(id: "leaving", trigger: .removal, lastHealthy: "back", toReturnTo: "back"),
        Chapter(id: "removal", trigger: .removal, outcome: .healthy, lastHealthy: "removal"),
        Chapter(id: "fresh", outcome: .failed, lastHealthy: "removal"),
        Chapter(id: "second", outcome: .healthy, lastHealthy: "second", toReturnTo: "second"),
    ]

    /// Tells the store a story, and answers where its history is not what it should be.
    package static func faults(
        of store: any RolloutStore, _ target: TargetID, besides other: TargetID
    ) async throws -> [String] {
        var faults: [String] = []
        func expect(_ what: String, _ found: String?, _ expected: String?) {
            if found != expected { faults.append("\(what) is \(found ?? "nothing"), not \(expected ?? "nothing")") }
        }
        for (index, chapter) in story.enumerated() {
            let at = Timestamp(secondsSinceEpoch: 1_800_000_000 + Int64(index))
            let start = RolloutStart(
                id: chapter.id, target: target, revision: "commit", fromRevision: nil,
                digest: chapter.trigger == .removal ? "" : "digest", inputsDigest: "", trigger: chapter.trigger,
                startedAt: at)
            try await store.beginRollout(start)
            try await store.recordPhase(.applying, of: start.id, reason: nil, cause: nil, at: at)
            if let outcome = chapter.outcome {
                try await store.recordVerdict(Verdict(outcome: outcome), of: start, quarantines: false, at: at)
            }
            let history = try await store.history(of: target)
            expect("the latest after \(chapter.id)", history.latest?.start.id, chapter.id)
            expect(
                "the phase of \(chapter.id)", history.latest?.phase.rawValue,
                phase(of: chapter).rawValue)
            expect("what was healthy after \(chapter.id)", history.lastHealthy?.start.id, chapter.lastHealthy)
            expect("what to return to after \(chapter.id)", history.healthyToReturnTo?.start.id, chapter.toReturnTo)
        }
        expect("the latest of another", try await store.history(of: other).latest?.start.id, nil)
        return faults
    }

    /// Announces some actions, one of them twice, and answers where the store does not know them, or knows others.
    package static func faultsOfAnnounced(_ store: any RolloutStore, _ target: TargetID) async throws -> [String] {
        let at = Timestamp(secondsSinceEpoch: 1_800_000_000)
        let objects = ["a", "b"].map { ObjectID(group: "", kind: "ConfigMap", namespace: "x", name: .init($0)) }
        let intents = [
            Intent(object: objects[0], action: .create), Intent(object: objects[0], action: .prune),
            Intent(object: objects[1], action: .prune),
        ]
        for id in ["one", "two"] {
            try await store.beginRollout(
                RolloutStart(
                    id: id, target: target, revision: "commit", fromRevision: nil, digest: "digest", inputsDigest: "",
                    trigger: .revision, startedAt: at))
        }
        _ = try await store.recordIntents(intents, of: "one", at: at)
        _ = try await store.recordIntents([intents[2]], of: "one", at: at)
        _ = try await store.recordIntents([intents[0]], of: "two", at: at)
        var faults: [String] = []
        if try await store.announced(in: "one") != Set(intents) { faults.append("not what one announced") }
        if try await store.announced(in: "two") != [intents[0]] { faults.append("not what two announced") }
        if try await !store.announced(in: "three").isEmpty { faults.append("announced by nothing") }
        return faults
    }

    /// Records runs of hooks, some of them again and otherwise, and answers where the store does not tell them as they were first.
    package static func faultsOfHookRuns(_ store: any RolloutStore, _ target: TargetID) async throws -> [String] {
        let at = Timestamp(secondsSinceEpoch: 1_800_000_000)
        for id in ["one", "two"] {
            try await store.beginRollout(
                RolloutStart(
                    id: id, target: target, revision: "commit", fromRevision: nil, digest: "digest", inputsDigest: "",
                    trigger: .revision, startedAt: at))
        }
        func run(_ name: String, _ uid: String, _ outcome: HookRun.Outcome, _ lines: [String]) -> HookRun {
            HookRun(
                object: ObjectID(group: "batch", kind: "Job", namespace: "x", name: name), uid: uid, outcome: outcome,
                lines: lines, at: at)
        }
        let seed = run("seed", "1", .succeeded, ["begun", "", "done \"quickly\""])
        let failed = run("migrate", "2", .failed, [])
        let anew = run("migrate", "3", .unfinished, ["waits"])
        try await store.recordHookRuns([seed], of: "one")
        try await store.recordHookRuns([run("seed", "1", .failed, ["other"]), failed], of: "one")
        try await store.recordHookRuns([anew], of: "one")
        try await store.recordHookRuns([failed], of: "two")
        var faults: [String] = []
        if try await store.hookRuns(of: "one") != [seed, failed, anew] { faults.append("not the runs of one") }
        if try await store.hookRuns(of: "two") != [failed] { faults.append("not the runs of two") }
        if try await !store.hookRuns(of: "three").isEmpty { faults.append("runs of nothing") }
        return faults
    }

    private static func phase(of chapter: Chapter) -> RolloutPhase {
        switch chapter.outcome {
        case nil: .applying
        case .healthy: chapter.trigger == .rollback ? .rolledBack : .succeeded
        case .failed, .inconclusive: .failed
        }
    }
}
