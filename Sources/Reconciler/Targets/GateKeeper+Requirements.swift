// SPDX-License-Identifier: Apache-2.0

import Planning

/// What other environments have shown of what waits.
extension GateKeeper {
    func state(
        of requirement: Environment.Requirement, _ desired: Desired, _ proposal: Proposal
    ) async throws -> RequirementState {
        // What is not meant to run there can show nothing there: the environment as it is has to be well.
        guard desired.application.environments.contains(requirement.environment) else {
            return context.standings.unwell(in: requirement.environment).map { .unwell(requirement, $0) } ?? .met
        }
        let other = TargetID(application: target.application, environment: requirement.environment)
        let standing = context.standings.standing(of: other)
        let jumped = standing?.healthySince.map(context.clockWatch.jumped(since:)) ?? .zero
        var asked = try await asked(of: other, desired, proposal)
        if asked == nil, let standing, standing.isOfNothing {
            // What renders nothing there has nothing in common with what waits: what counts is that it goes on to.
            let later = try await foreseen(in: other, desired)
            if later.digest == standing.digest { asked = later }
        }
        if var asked {
            if case .settled = asked.course, let standing, standing.digest == asked.digest,
                let failed = try await wentBack(in: other, standing, desired)
            {
                asked = failed
            }
            return .of(
                requirement, standing, asked: try await setAside(asked, in: other), now: context.now, jumped: jumped)
        }
        if standing == nil, let suspension = try await context.store.suspensions().first(covering: other) {
            return .unknown(requirement, why: RequiredRevision.Course.text(of: suspension))
        }
        return .of(
            requirement, standing, content: desired.content,
            failed: try await failure(in: other, standing, partOf: proposal.revision), now: context.now,
            jumped: jumped)
    }

    /// What git asks of the other environment at what waits; nil where that is of another branch, and not part of what
    /// was looked at there.
    private func asked(
        of other: TargetID, _ desired: Desired, _ proposal: Proposal
    ) async throws -> RequiredRevision? {
        guard let looked = context.standings.asked(of: other) else {
            return RequiredRevision(revision: proposal.revision, digest: "", course: .unseen)
        }
        // A head that was pushed over may hold the commit no longer at which it began to wait.
        var isPart = false
        if let own = context.standings.asked(of: target) {
            isPart = own.digest == desired.digest && own.head == looked.head
        }
        if !isPart { isPart = try await commit(looked.head, contains: proposal.revision) }
        if isPart {
            guard let digest = looked.digest else {
                return RequiredRevision(
                    revision: looked.commit, digest: "", course: .broken(looked.problem ?? "it could not be read"))
            }
            return try await became(of: digest, at: looked.commit, in: other, looked.bake)
        }
        guard (desired.environment.branch ?? context.settings.branch) == looked.branch else { return nil }
        return try await foreseen(in: other, desired)
    }

    /// Of a commit that is not merged yet, it is known already what it will ask for.
    private func foreseen(in other: TargetID, _ desired: Desired) async throws -> RequiredRevision {
        let commit = desired.commit
        do {
            let pipeline = try await context.source.pipeline(at: commit)
            guard let environment = pipeline.environment(other.environment),
                case .rendered(let there) = try await context.source.desired(
                    desired.application, in: environment, at: commit, unlessInputsAre: nil)
            else { return RequiredRevision(revision: commit, digest: "", course: .notBegun) }
            return try await became(of: there.digest, at: commit, in: other, desired.application.bake)
        } catch let failure as SourceFailure {
            guard !failure.isTransient else { throw failure }
            return RequiredRevision(revision: commit, digest: "", course: .broken(failure.message))
        }
    }

    /// Where a person is why nothing comes of it there, it is named who, and why.
    private func setAside(_ asked: RequiredRevision, in other: TargetID) async throws -> RequiredRevision {
        switch asked.course {
        case .notBegun, .waiting, .blocked: break
        case .settled, .unseen, .setAside, .rollingOut, .failed, .quarantined, .takenBack, .inconclusive, .broken:
            return asked
        }
        guard let suspension = try await context.store.suspensions().first(covering: other) else { return asked }
        var asked = asked
        asked.course = .setAside(suspension)
        return asked
    }

    /// As the ledger has it, so that a restart forgets nothing.
    private func became(
        of digest: String, at commit: String, in other: TargetID, _ bake: Duration
    ) async throws -> RequiredRevision {
        var asked = RequiredRevision(revision: commit, digest: digest, course: .notBegun)
        if let quarantine = try await context.store.quarantine(of: other, digest: digest) {
            asked.revision = quarantine.revision
            asked.course = .quarantined
        } else if try await context.store.hold(of: other)?.awayFromDigest == digest {
            asked.course = .takenBack
        } else if let latest = try await context.store.history(of: other).latest, latest.start.digest == digest {
            asked.course = latest.course(bake, context)
        } else if let waiting = try await context.store.proposal(of: other), waiting.digest == digest,
            !waiting.hasLapsed
        {
            asked.course = .waiting
        }
        return asked
    }

    /// What failed in the other environment, is part of what waits, and is not part of what runs there.
    private func failure(
        in other: TargetID, _ standing: DeployedState?, partOf waiting: String
    ) async throws -> String? {
        guard let standing else { return nil }
        var seen: Set<String> = []
        for past in try await context.store.pastRollouts(of: other)
        where past.phase == .failed && past.start.trigger != .rollback && past.start.trigger != .removal {
            let revision = past.start.revision
            guard seen.insert(revision).inserted else { continue }
            if try await commit(waiting, contains: revision),
                try await !commit(standing.revision, contains: revision)
            {
                return revision
            }
        }
        return nil
    }

    func commit(_ commit: String, contains earlier: String) async throws -> Bool {
        guard !commit.isEmpty else { return false }
        do throws(SourceFailure) {
            return try await context.source.commit(commit, contains: earlier)
        } catch {
            guard error.code == .missing else { throw error }
            return false
        }
    }
}

extension PastRollout {
    fileprivate func course(_ bake: Duration, _ context: ReconcilerContext) -> RequiredRevision.Course {
        switch phase {
        case .succeeded, .rolledBack: .settled(bake: isBaking(bake, context) ? bake : .zero)
        case .failed: isInconclusive ? .inconclusive : .failed
        case .superseded, .idle: .notBegun
        case .blocked: .blocked
        case .queued, .applying, .progressing, .verifying, .rollingBack: .rollingOut
        }
    }
}
