// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whether what git holds can be rolled out: of an application in an environment, or of the pipeline as a whole.
package struct SourceStanding: Sendable, Hashable {
    /// `NotificationEvent.pipeline` for the pipeline.
    package var target: TargetID
    /// Why it cannot.
    package var problem: Cause?
    /// The commit that is looked at.
    package var revision: String?

    package init(target: TargetID, problem: Cause?, revision: String?) {
        self.target = target
        self.problem = problem
        self.revision = revision
    }

    /// What a commit holds stays so; what is missing, as a branch that is about to be fetched, may come by itself.
    fileprivate var isForGood: Bool {
        guard let reason = problem?.reason else { return false }
        return reason == "ManifestsInvalid" || reason == "PipelineInvalid"
    }
}

extension NotificationLevels {
    /// A merge that cannot be used begins no rollout, so that no verdict tells of it. The same problem at another commit is
    /// no news.
    package mutating func events(
        for source: SourceStanding, told: ToldSoFar, uptime: Duration, now: Timestamp, makeID: () -> String
    ) -> [NotificationEvent] {
        let target = source.target
        func event(_ kind: NotificationKind, note: String? = nil) -> NotificationEvent {
            NotificationEvent(
                id: makeID(), kind: kind, target: target, at: now, revision: source.revision, cause: source.problem,
                note: note)
        }
        let open = told.opening(of: .source)
        guard let problem = source.problem else {
            broken[target] = nil
            guard let open else { return [] }
            let moment = usable[target] ?? uptime
            usable[target] = moment
            guard uptime - moment >= Self.settling else { return [] }
            usable[target] = nil
            let commit = open.revision.map { " at \($0.prefix(7))" } ?? ""
            return [event(.mended, note: open.past("it could not be used\(commit)"))]
        }
        usable[target] = nil
        let moment = broken[target] ?? uptime
        broken[target] = moment
        guard uptime - moment >= (source.isForGood ? Self.flicker : Self.settling) else { return [] }
        if let open, open.revision == source.revision || open.cause?.message == problem.bounded.message { return [] }
        return [event(.broken)]
    }
}
