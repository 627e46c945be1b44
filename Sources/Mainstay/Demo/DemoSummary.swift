// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning

/// What the ledger says happened: the demo believes nothing else.
struct DemoSummary: Sendable {
    struct Check: Sendable {
        var claim: String
        var isTrue: Bool
        var evidence: String
    }

    let checks: [Check]
    let storyIsComplete: Bool

    var passed: Bool { storyIsComplete && checks.allSatisfy(\.isTrue) }

    var text: String {
        let lines = checks.map { check in
            "  \(check.isTrue ? "yes" : "NO ")  \(check.claim)\n       \(check.evidence)\n"
        }
        let ending = storyIsComplete ? "" : "  a step of the story did not come true in time\n"
        return "from the ledger:\n" + lines.joined() + ending
    }

    init(commits: [String], ledger: Ledger, storyIsComplete: Bool) async throws {
        self.storyIsComplete = storyIsComplete
        let rollouts = try await ledger.rollouts(limit: 100).reversed()
        var details: [RolloutDetail] = []
        for rollout in rollouts {
            if let detail = try await ledger.rollout(rollout.rollout.id) { details.append(detail) }
        }
        let story = Story(commits: commits, rollouts: details, quarantines: try await ledger.quarantines(active: true))
        checks = [story.order, story.workerOnly, story.failure, story.rollback, story.fix]
    }
}

/// The checks, each over what the ledger holds.
private struct Story {
    let commits: [String]
    let rollouts: [RolloutDetail]
    let quarantines: [QuarantineRecord]

    /// The last that was said against NATS and Postgres came before the Deployments of API and Worker were sent. Their
    /// own rollouts may write down that they are well a moment after API and Worker have seen it.
    var order: DemoSummary.Check {
        let providers = ["nats", "postgres"].compactMap(lastUnready)
        let consumers = ["api", "worker"].compactMap { name in
            rollout(of: name, at: 0)?.actions.first { $0.intent.object.kind == "Deployment" }?.announcedAt
        }
        let isTrue =
            if providers.count == 2, consumers.count == 2, let ready = providers.max(), let began = consumers.min() {
                ready < began
            } else { false }
        return DemoSummary.Check(
            claim: "NATS and Postgres were ready before API and Worker started", isTrue: isTrue,
            evidence: "last not ready \(Self.times(providers)), Deployments sent \(Self.times(consumers))")
    }

    var workerOnly: DemoSummary.Check {
        let touched = rollouts.filter { commits.count > 1 && $0.summary.rollout.revision == commits[1] }
            .filter { $0.summary.rollout.trigger == .revision }
        let names = touched.map { "\($0.summary.rollout.target) \($0.summary.phase?.rawValue ?? "")" }
        return DemoSummary.Check(
            claim: "the second merge touched Worker only", isTrue: names == ["worker in staging succeeded"],
            evidence: names.joined(separator: ", "))
    }

    var failure: DemoSummary.Check {
        let failed = rollout(of: "worker", at: 2)
        let cause = failed?.summary.verdict?.verdict.cause
        let isTrue = failed?.summary.phase == .failed && cause?.reason.contains("ImagePull") == true
        return DemoSummary.Check(
            claim: "the third failed, and the verdict names why", isTrue: isTrue,
            evidence: cause?.description ?? "no verdict")
    }

    var rollback: DemoSummary.Check {
        let back = rollouts.filter { $0.summary.rollout.trigger == .rollback }
        let held = quarantines.map(\.revision)
        let isTrue =
            commits.count > 2 && back.count == 1 && back.first?.summary.phase == .rolledBack
            && back.first?.summary.rollout.revision == commits[1] && held == [commits[2]]
        return DemoSummary.Check(
            claim: "it was rolled back once, and its digest is quarantined", isTrue: isTrue,
            evidence: "back to \(back.map { $0.summary.rollout.revision.prefix(7) }.joined(separator: ", ")), "
                + "quarantined \(held.map { $0.prefix(7) }.joined(separator: ", "))")
    }

    var fix: DemoSummary.Check {
        let fixed = rollout(of: "worker", at: 3)
        return DemoSummary.Check(
            claim: "the fix went through", isTrue: fixed?.summary.phase == .succeeded,
            evidence: "worker at \(fixed?.summary.rollout.revision.prefix(7) ?? "-"): "
                + "\(fixed?.summary.phase?.rawValue ?? "no rollout")")
    }

    private func rollout(of application: String, at merge: Int) -> RolloutDetail? {
        guard merge < commits.count else { return nil }
        return rollouts.first {
            $0.summary.rollout.target.application == application && $0.summary.rollout.revision == commits[merge]
                && $0.summary.rollout.trigger == .revision
        }
    }

    /// When an application that is up by now was last on its way.
    private func lastUnready(_ application: String) -> Timestamp? {
        guard let phases = rollout(of: application, at: 0)?.summary.phases, phases.last?.phase == .succeeded else {
            return nil
        }
        return phases.last { $0.phase == .progressing }?.at
    }

    /// The time of day is enough for people.
    private static func times(_ times: [Timestamp]) -> String {
        times.map { String($0.description.dropFirst(11).dropLast()) }.joined(separator: " and ")
    }
}
