// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Planning

/// Events and phases as the tests of notifications need them.
enum Told {
    static let start = Timestamp(secondsSinceEpoch: 1_795_255_200)
    static let api = TargetID(application: "api", environment: "production")
    static let good = String(repeating: "a", count: 40)
    static let bad = String(repeating: "b", count: 40)
    static let source = "https://git.example.com/planet.git#main"
    static let cause = Cause(
        object: ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api"),
        reason: "CrashLoopBackOff", message: "container api exits with 1", pod: "api-1", container: "api",
        exitCode: 1, logLines: ["cannot connect", "giving up"])

    static func phase(
        _ phase: RolloutPhase, rollout: String = "r1", digest: String = "d1", trigger: RolloutTrigger = .revision,
        revision: String = good, from: String? = nil, cause: Cause? = nil, outcome: Verdict.Outcome? = nil,
        after delay: Duration = .zero, sequence: Int64 = 1
    ) -> RecordedPhase {
        RecordedPhase(
            sequence: sequence, rollout: rollout, target: api, trigger: trigger, digest: digest, revision: revision,
            fromRevision: from, phase: phase, cause: cause, at: start + delay, author: "Ada", subject: "Answer faster",
            outcome: outcome)
    }

    static func event(
        _ kind: NotificationKind, revision: String? = bad, from: String? = nil, cause: Cause? = nil,
        since: Timestamp? = nil
    ) -> NotificationEvent {
        NotificationEvent(
            id: "r1-\(kind.rawValue)", kind: kind, target: api, at: start, rollout: "r1", digest: "d1",
            revision: revision, fromRevision: from, author: "Ada", subject: "Answer <faster> & better", cause: cause,
            since: since)
    }
}

extension ToldSoFar {
    /// What is told of phases, one after the other.
    static func kinds(_ phases: [RecordedPhase]) -> [NotificationKind] {
        var told = ToldSoFar()
        return phases.flatMap { phase in
            let events = told.events(for: phase)
            for event in events { told.note(event) }
            return events.map(\.kind)
        }
    }
}
