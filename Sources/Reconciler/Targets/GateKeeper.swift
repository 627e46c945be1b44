// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What waits at the environment's gate, and the gate.
struct WaitingAtGate: Sendable {
    var proposal: Proposal
    var gate: Gate
    var waits: [GateWait]
    /// The newest commit that asks for it.
    var commit: String

    var environment: Environment { gate.environment }

    /// When one of them passes by itself, or an approval runs out.
    var nextChange: Timestamp? { (waits.map(\.until) + [gate.nextExpiry(of: proposal)]).compactMap(\.self).min() }
}

/// Asks the gate of an application's environment, with what is known by now.
struct GateKeeper: Sendable {
    let context: ReconcilerContext
    let target: TargetID
    let logger: Logger

    /// What keeps a digest from being rolled out now; nil where nothing does.
    ///
    /// - Parameter records: whether the digest is recorded as waiting, so that people can speak of it.
    func waiting(_ desired: Desired, records: Bool) async throws -> WaitingAtGate? {
        try await waiting(
            desired.environment, digest: desired.digest, at: desired.commit, touching: desired.contentPaths,
            entry: desired.application, records
        ) { gate, proposal in
            for requirement in desired.environment.requires {
                gate.requirements.append(try await state(of: requirement, desired, proposal))
            }
        }
    }

    /// The same for everything being taken away, since the pipeline of a commit no longer has the application. What
    /// another environment has shown says nothing of that.
    func waitingForRemoval(from environment: Environment, at commit: String) async throws -> WaitingAtGate? {
        try await waiting(
            environment, digest: Self.removal, at: commit, touching: [], entry: nil, true
        ) { _, _ in }
    }

    /// Who forced the digest, past what, and why; nil where nobody did who may by now: then it opened by itself.
    func forceText(of digest: String, in environment: Environment) async throws -> String? {
        guard let known = try await context.store.proposal(of: target), known.digest == digest, !known.hasLapsed
        else { return nil }
        let gate = Gate(
            environment: environment, now: context.now, people: context.settings.people,
            zones: context.surroundings.timeZones)
        return gate.force(of: known)?.forceText
    }

    /// What was said of what is no longer asked for is over.
    ///
    /// - Parameter digest: what is asked for now.
    func lapse(unless digest: String) async throws {
        guard let known = try await context.store.proposal(of: target), known.digest != digest, !known.hasLapsed
        else { return }
        let word = Proposal.Word(kind: .lapse, person: "mainstay", at: context.now)
        try await context.store.recordWord(word, on: known, by: "mainstay")
    }

    /// The digest of nothing.
    static let removal = "removal"
    private static let pipelineFile = "mainstay.yaml"

    private func waiting(
        _ environment: Environment, digest: String, at commit: String, touching paths: [String],
        entry: Application?, _ records: Bool, _ addRequirements: (inout Gate, Proposal) async throws -> Void
    ) async throws -> WaitingAtGate? {
        let now = context.now
        let freezes = try await context.freezesInForce().filter { $0.scope.covers(target) }
        // What leaves its environment leaves the cluster that it is in.
        let place = entry == nil ? .there : try await context.place(of: target, for: environment)
        guard environment.isGated || !freezes.isEmpty || place != .there else { return nil }
        var known = try await context.store.proposal(of: target)
        let isKnown = known?.digest == digest && known?.hasLapsed == false
        if records, isKnown, let whole = known, environment.approvals?.expires != nil {
            known = try await withoutApprovalsAhead(whole, now)
        }
        let proposal: Proposal
        if let known, isKnown {
            proposal = known
        } else {
            proposal = Proposal(
                id: context.surroundings.makeID(), target: target, digest: digest, revision: commit, since: now)
        }
        var gate = Gate(
            environment: environment, now: now, people: context.settings.people, freezes: freezes,
            zones: context.surroundings.timeZones)
        gate.place = place
        if environment.approvals != nil {
            // Up to the newest commit: it may ask for the same digest by other means.
            gate.authors = try await authors(of: commit, touching: paths, entry: entry)
        }
        try await addRequirements(&gate, proposal)
        let waits = gate.waits(of: proposal)
        guard !waits.isEmpty else { return nil }
        if records, !isKnown {
            try await context.store.recordProposal(proposal)
            logger.notice("waits", metadata: ["revision": "\(commit)", "for": "\(waits.texts)"])
        }
        return WaitingAtGate(proposal: proposal, gate: gate, waits: waits, commit: commit)
    }

    /// Approvals by a clock that was set back since are over, also once it shows again what it showed then: the same waits
    /// anew, with all else that was said of it.
    private func withoutApprovalsAhead(_ known: Proposal, _ now: Timestamp) async throws -> Proposal {
        let kept = known.approvals.filter { !$0.at.isAhead(of: now) }
        // What is rejected waits for nobody's approval.
        guard kept.count < known.approvals.count, known.rejection == nil else { return known }
        var proposal = Proposal(
            id: context.surroundings.makeID(), target: target, digest: known.digest, revision: known.revision,
            since: now)
        // A go counts for as long as it is asked for, whenever it was given.
        proposal.words = known.words.filter { [known.promotion, known.force].contains($0) || kept.contains($0) }
            .map { word in
                var word = word
                // Said before that was recorded: past no freeze of which it is not known that it came before.
                word.afterFreeze = word.afterFreeze ?? 0
                return word
            }
        try await context.store.recordProposal(proposal)
        logger.notice("approvals that are dated ahead are over", metadata: ["revision": "\(known.revision)"])
        return proposal
    }

    /// Who wrote what would be rolled out: since what runs, in the files that it is rendered from, and in the pipeline
    /// where the application's entry is another. Nil where that cannot be told.
    private func authors(
        of revision: String, touching paths: [String], entry: Application?
    ) async throws -> [CommitAuthor]? {
        let running = try await context.store.history(of: target).healthyToReturnTo?.start.revision
        var paths = paths
        do throws(SourceFailure) {
            var isSameEntry = false
            if let running, let entry {
                let before = try? await context.source.pipeline(at: running).application(target.application)
                isSameEntry = before?.entryDigestText == entry.entryDigestText
            }
            if !isSameEntry { paths.append(Self.pipelineFile) }
            return try await context.source.authors(of: revision, since: running, touching: paths)
        } catch {
            guard !error.isTransient else { throw error }
            logger.warning("cannot tell who wrote a revision", metadata: ["error": "\(error.message)"])
            return nil
        }
    }
}

extension ReconcilerContext {
    /// What no rollout begins in. A freeze for two days ends after two days, whatever somebody set the clock to.
    func freezesInForce() async throws -> [Freeze] {
        try await store.freezes().map { freeze in
            var freeze = freeze
            freeze.until = freeze.until.map { $0 + clockWatch.jumped(since: freeze.since) }
            return freeze
        }.filter { $0.isInForce(at: now) }
    }
}

extension Desired {
    var content: RolloutContent {
        RolloutContent(
            manifests, reads: Dictionary(inputs.reads.map { ($0.path, $0.id) }) { first, _ in first })
    }

    /// The paths whose change makes a change of the application.
    fileprivate var contentPaths: [String] {
        let folders = application.images.compactMap { image -> String? in
            guard case .lastCommit(let from) = image.tag?.commit(in: environment.name) else { return nil }
            return from
        }
        return inputs.reads.map(\.path) + folders
    }
}

extension [GateWait] {
    /// All of them as one text.
    var texts: String { map(\.message).joined(separator: "; and for ") }
}
