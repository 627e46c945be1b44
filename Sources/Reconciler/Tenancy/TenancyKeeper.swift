// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Keeps the record of one namespace (`TenancyRecord`), which tells daemons of the same repository and branch of each
/// other: takes it where nobody has it, answers who asks, and asks whoever has it.
struct TenancyKeeper: Sendable {
    /// As it is, whoever may write to it.
    let cluster: any Cluster
    let view: ClusterView
    let board: TenancyBoard
    let surroundings: Surroundings
    let source: String
    let tenant: Tenant
    let namespace: String
    /// Records that this daemon takes over from another, before it may write; nil where nobody knows any more from whom.
    let succeed: @Sendable (Tenant?) async throws -> Void

    /// How long another daemon has to answer before it counts as dead.
    static let patience = Duration.seconds(60)
    /// Between two questions to one that lives.
    static let pause = Duration.seconds(120)
    /// Between two looks while no watch tells: whoever asks is answered in time.
    static let unwatched = Duration.seconds(20)
    /// So long a failure is not worth a word.
    static let bearable = Duration.seconds(10)
    /// In a row, without finding what was written.
    static let writes = 3
    /// Between two looks at what cannot be kept.
    static let lookAgain = Duration.seconds(600)

    private var id: ObjectID { TenancyRecord.id(of: source, in: namespace) }

    /// Until its task is cancelled.
    func run() async {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(30))
        var failingSince: Duration?
        var written = 0
        while !Task.isCancelled {
            let signal = await view.signal(for: namespace)
            let mark = SignalMark(now: signal)
            do throws(ClusterFailure) {
                written = try await turn() ? 0 : written + 1
                guard written <= Self.writes else {
                    written = 0
                    throw ClusterFailure(
                        code: .other, message: "\(id) is not there as it was written: something changes or removes it")
                }
                if written == 0 {
                    backoff.reset()
                    failingSince = nil
                }
            } catch {
                guard error.code != .cancelled else { return }
                let begun = failingSince ?? surroundings.elapsed()
                failingSince = begun
                let delay = backoff.next(random: surroundings.random(), atLeast: error.retryAfter)
                switch error.code {
                // What is not there yet has nothing in it that another could write.
                case .namespaceMissing, .namespaceTerminating:
                    board.set(.unguarded, in: namespace)
                    try? await surroundings.clock.sleep(for: delay)
                    let waited = surroundings.elapsed()
                    await signal.wait(after: mark.seen, atMost: Self.lookAgain, on: surroundings.clock)
                    if surroundings.elapsed() - waited >= Self.bearable { backoff.reset() }
                default:
                    let pause = await weigh(error, failingSince: begun)
                    try? await surroundings.clock.sleep(for: pause ?? delay)
                }
            }
        }
    }

    /// Nothing is held up for long because of a record that cannot be kept, once it was read that no other daemon has it.
    /// Answers when to look again; nil where that is soon.
    private func weigh(_ failure: ClusterFailure, failingSince begun: Duration) async -> Duration? {
        surroundings.logger.debug("cannot keep the record of who writes", metadata: metadata(failure))
        switch board.standing(in: namespace) {
        case .lost: return failure.isLasting ? Self.pause : nil
        case .held, nil: return nil
        case .unknown, .unguarded: break
        }
        // Who may not even read it never learns of another.
        if failure.code == .forbidden {
            giveUp(failure)
            return Self.lookAgain
        }
        let length = surroundings.elapsed() - begun
        if failure.isLasting || length >= Self.patience, await isNobodyElses() {
            giveUp(failure)
            return failure.isLasting ? Self.lookAgain : Self.pause
        }
        if length >= Self.bearable, case .unknown = board.standing(in: namespace) {
            board.set(.unknown(unanswered(failure)), in: namespace)
        }
        return nil
    }

    /// Whether the server tells that no other daemon has it, though it does not take this one's record. While it tells
    /// nothing, another one may have it.
    private func isNobodyElses() async -> Bool {
        do throws(ClusterFailure) {
            guard let live = try await cluster.get(id, version: "v1"), let found = TenancyRecord(live) else {
                return true
            }
            return found.holder.installation == tenant.installation
        } catch {
            return false
        }
    }

    private func unanswered(_ failure: ClusterFailure) -> Cause {
        Cause(
            object: id, reason: failure.code.rawValue,
            message: "cannot tell yet whether another daemon follows the same branch into \(namespace): "
                + failure.message)
    }

    private func giveUp(_ failure: ClusterFailure) {
        guard board.set(.unguarded, in: namespace) else { return }
        let why =
            failure.code == .forbidden
            ? "these credentials may not keep a ConfigMap" : "the server does not take the ConfigMap \(id.name)"
        let remedy =
            failure.code == .forbidden
            ? "allow get, list, watch, create and patch of configmaps"
            : "see to it that it can be made and changed; where it is there and cannot be changed, delete it"
        surroundings.logger.warning(
            """
            \(why) that tells other daemons of this one: a second one that follows the same branch is not seen, and \
            nothing is held up for it; \(remedy)
            """,
            metadata: metadata(failure))
    }

    private func metadata(_ failure: ClusterFailure) -> Logger.Metadata {
        ["namespace": "\(namespace)", "error": "\(failure.message)"]
    }

    /// Returns when the record is to be read again. False where it was only written: what is read next tells.
    private func turn() async throws(ClusterFailure) -> Bool {
        guard let live = try await cluster.get(id, version: "v1") else {
            try await forgetWhoHadIt()
            try await cluster.create(record.object(in: namespace))
            return false
        }
        guard var found = TenancyRecord(live) else {
            try await forgetWhoHadIt()
            try await write(record, over: live)
            return false
        }
        if found.holder == tenant {
            guard let asker = found.askerText else {
                board.set(.held, in: namespace)
                await view.observe(TenancyRecord.kind, namespace: namespace)
                _ = await isChanged(live, atMost: nil)
                return true
            }
            surroundings.logger.warning(
                "another daemon that follows the same branch asked for a namespace that this one has: end one of the two",
                metadata: ["namespace": "\(namespace)", "other": "\(asker)"])
            found.asker = nil
            try await write(found, over: live)
            return false
        }
        // The same daemon, started again. One that had it in this very start sees a copy of its ledger at work.
        if found.holder.installation == tenant.installation, board.standing(in: namespace) != .held, !isLost {
            try await write(record, over: live)
            return false
        }
        do throws(ClusterFailure) {
            try await ask(found, live)
        } catch {
            // Not even asked, or not taken over: whoever has it may live.
            if error.isLasting || error.code == .webhookFailed || error.code == .serverError { lose(found, error) }
            throw error
        }
        return true
    }

    /// What a person removed says nothing any longer.
    private func forgetWhoHadIt() async throws(ClusterFailure) {
        guard isLost else { return }
        try await recordSuccession(from: nil)
        board.set(.unknown(nil), in: namespace)
    }

    private func recordSuccession(from other: Tenant?) async throws(ClusterFailure) {
        do {
            try await succeed(other)
        } catch {
            throw ClusterFailure(code: .unavailable, message: "cannot record that this daemon takes over: \(error)")
        }
    }

    private var isLost: Bool {
        if case .lost = board.standing(in: namespace) { true } else { false }
    }

    private var record: TenancyRecord { TenancyRecord(source: source, holder: tenant, since: surroundings.now()) }

    private func write(_ record: TenancyRecord, over live: Object) async throws(ClusterFailure) {
        _ = try await cluster.patch(id, version: "v1", record.patch(over: live))
    }

    // MARK: Another daemon

    /// Asks whoever has it, and takes it over where nobody answers.
    private func ask(_ found: TenancyRecord, _ live: Object) async throws(ClusterFailure) {
        await view.observe(TenancyRecord.kind, namespace: namespace)
        // Before the question, and in the same words after it failed before.
        if !isLost { lose(found) }
        var asked = live
        if found.asker == nil {
            var question = found
            question.asker = tenant.name
            asked = try await cluster.patch(id, version: "v1", question.patch(over: live))
            lose(found)
        }
        if await isChanged(asked, atMost: Self.patience) {
            guard let answer = try await cluster.get(id, version: "v1").flatMap({ TenancyRecord($0) }),
                answer.holder == found.holder, answer.asker == nil
            else { return }
            // It lives. It may end any time.
            try? await surroundings.clock.sleep(for: Self.pause)
            return
        }
        guard !Task.isCancelled else { return }
        try await recordSuccession(from: found.holder)
        try await write(record, over: asked)
        surroundings.logger.notice(
            "took over from a daemon that does not answer",
            metadata: ["namespace": "\(namespace)", "other": "\(found.holder)"])
    }

    private func lose(_ found: TenancyRecord, _ failure: ClusterFailure? = nil) {
        let cause = cause(found, failure)
        guard board.set(.lost(cause), in: namespace) else { return }
        surroundings.logger.error("another daemon follows the same branch", metadata: ["cause": "\(cause)"])
    }

    /// - Parameter failure: why it cannot be asked.
    private func cause(_ found: TenancyRecord, _ failure: ClusterFailure?) -> Cause {
        let isCopy = found.holder.installation == tenant.installation
        let copy = isCopy ? ", which was started from a copy of this one's ledger" : ""
        let remedy =
            failure.map {
                "changes nothing there, and cannot ask it: \($0.message). End one of the two; when the other is gone, delete the ConfigMap, or let "
                    + "this one change it"
            }
            ?? "changes nothing there. End one of the two; when the other is gone, this one takes over by itself, "
            + "\(Self.patience.components.seconds) seconds after it asked in vain"
        return Cause(
            object: id, reason: ClusterFailure.Code.otherDaemon.rawValue,
            message: "two daemons follow \(source) into \(namespace): \(found.holder)\(copy), since "
                + "\(found.sinceText), and this one, \(tenant). This one \(remedy)")
    }

    // MARK: Waiting

    /// Whether the record is another than the one given, as soon as a watch tells; false where the time is over first.
    private func isChanged(_ live: Object, atMost limit: Duration?) async -> Bool {
        let clock = surroundings.clock
        let begun = surroundings.elapsed()
        let known = UInt64(live.resourceVersion) ?? 0
        var wasSeen = false
        while !Task.isCancelled {
            let signal = await view.signal(for: namespace)
            let mark = signal.version
            let isWatched = await view.isRead(TenancyRecord.kind.groupKind, namespace: namespace)
            if isWatched {
                let version = await view.object(id).map { UInt64($0.resourceVersion) ?? 0 }
                if let version, version > known { return true }
                // A watch may trail what was written.
                if version == nil, wasSeen { return true }
                wasSeen = wasSeen || version == known
            }
            guard let limit else {
                if isWatched {
                    await signal.wait(after: mark)
                } else if surroundings.elapsed() - begun >= Self.unwatched {
                    return true
                } else {
                    await signal.wait(after: mark, atMost: Self.unwatched, on: clock)
                }
                continue
            }
            let left = limit - (surroundings.elapsed() - begun)
            guard left > .zero else { return false }
            await signal.wait(after: mark, atMost: left, on: clock)
        }
        return false
    }
}

extension ClusterFailure {
    /// It does not come right by itself, or nobody knows when.
    fileprivate var isLasting: Bool {
        switch code {
        case .forbidden, .quotaExceeded, .admissionDenied, .invalid, .kindNotServed, .fieldConflict, .brokenOwnership,
            .other:
            true
        case .unavailable, .unauthorized, .namespaceMissing, .namespaceTerminating, .notFound, .stale, .serverError,
            .webhookFailed, .expired, .otherDaemon, .cancelled:
            false
        }
    }
}
