// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What people say of what waits at gates.
extension Reconciler {
    /// Something that waits, and the worker whose it is.
    struct Waiting {
        var worker: TargetWorker
        var gate: WaitingAtGate

        var target: TargetID { worker.target }
        /// The newest commit that asks for it, as the status names it.
        var revision: String { String(gate.commit.prefix(7)) }
    }

    func approve(_ asked: GateRequest, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        let waiting = try await waiting(asked)
        var done: [String] = []
        var refusal: ActionRefusal?
        for one in waiting {
            do throws(ActionRefusal) {
                done.append(try await approve(one, asked, by: actor))
            } catch {
                refusal = refusal ?? error
            }
        }
        if done.isEmpty, let refusal { throw refusal }
        let others = refusal.map { ["not approved: \($0.message)"] } ?? []
        return ActionAnswer("approved by \(asked.person)", items: done + others)
    }

    private func approve(
        _ one: Waiting, _ asked: GateRequest, by actor: String
    ) async throws(ActionRefusal) -> String {
        let proposal = one.gate.proposal
        guard let policy = one.gate.environment.approvals else {
            throw ActionRefusal(
                .conflict, "NoApprovalNeeded",
                "\(one.target) waits for no approval, but for \(one.gate.waits.texts)")
        }
        try requireNoRejection(one)
        let people = context.settings.people
        guard people.isIn(asked.person, anyOf: policy.groups) else {
            throw ActionRefusal(
                .conflict, "NotInGroup",
                "\(asked.person) is not of \(policy.groups.joined(separator: " or ")), whose approval "
                    + "\(one.target) needs: the daemon's configuration says under `people` who is, and --as who you are"
            )
        }
        guard !people.wrote(asked.person, anyOf: one.gate.gate.authors ?? []) else {
            throw ActionRefusal(
                .conflict, "OwnCommit",
                "\(asked.person) wrote what \(one.revision) changes of \(one.target): somebody else has to approve it")
        }
        let earlier = one.gate.gate.valid(proposal.approvals)
        guard !earlier.contains(where: { $0.person == asked.person }) else {
            throw ActionRefusal(
                .conflict, "AlreadyApproved", "\(asked.person) has approved \(one.revision) of \(one.target) already")
        }
        try await say(.approval, asked, of: one, by: actor)
        let count = "\(earlier.count + 1) of \(policy.count)"
        return "\(one.revision) of \(one.target), \(count)\(expiry(policy))"
    }

    private func expiry(_ policy: Environment.Approvals) -> String {
        policy.expires.map { ", which counts until \((context.now + $0).secondsDescription)" } ?? ""
    }

    func promote(
        _ asked: GateRequest, phrase: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let waiting = try await waiting(asked).filter {
            asked.application != nil || $0.gate.environment.deploy != .automatic
        }
        guard let first = waiting.first else {
            let hint = Self.emergency(asked, try await self.waiting(asked))
            throw ActionRefusal(
                .conflict, "NothingWaits", "nothing in \(asked.environment) waits for a person's go\(hint)")
        }
        guard first.gate.environment.deploy != .automatic else {
            throw ActionRefusal(
                .conflict, "NothingToPromote",
                "\(first.target) waits for no person's go, but for \(first.gate.waits.texts)"
                    + Self.emergency(asked, [first]))
        }
        for one in waiting { try requireNoRejection(one) }
        let items = waiting.map { "\($0.revision) of \($0.target)" }
        let list = Self.list(waiting)
        if let answer = try askForPhrase(of: first.gate.environment, phrase, "\(asked.arguments) --list \(list)") {
            return ActionAnswer(answer.message, items: items, code: answer.code, list: list)
        }
        for one in waiting { try await say(.promotion, asked, of: one, by: actor) }
        return ActionAnswer("promoted by \(asked.person)", items: try await outcome(of: waiting))
    }

    /// The words that the environment wants typed; nil where it wants none, or they were.
    func askForPhrase(
        of environment: Environment, _ phrase: String?, _ arguments: String
    ) throws(ActionRefusal) -> ActionAnswer? {
        guard let wanted = environment.confirmPhrase else { return nil }
        guard let phrase else {
            return ActionAnswer(
                "to have this rolled out, type the phrase of \(environment.name): mainstay promote \(arguments) "
                    + "--confirm \"\(wanted)\"", code: wanted)
        }
        guard phrase == wanted else {
            throw ActionRefusal(
                .invalid, "WrongPhrase",
                "\"\(phrase.prefix(80))\" is not the phrase of \(environment.name): nothing was promoted")
        }
        return nil
    }

    /// What becomes of it now that it has a person's go.
    private func outcome(of waiting: [Waiting]) async throws(ActionRefusal) -> [String] {
        var items: [String] = []
        for one in waiting {
            let left = one.gate.waits.filter { $0.reason != .confirmation && $0.reason != .promotion }
            items.append(
                "\(one.revision) of \(one.target)"
                    + (left.isEmpty ? ": it is rolled out now" : ": it still waits for \(left.texts)"))
        }
        return items
    }

    func reject(_ asked: GateRequest, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        let waiting = try await waiting(asked)
        for one in waiting { try requireNoRejection(one) }
        for one in waiting { try await say(.rejection, asked, of: one, by: actor) }
        return ActionAnswer(
            "rejected by \(asked.person): not rolled out until git asks for something else, or somebody runs "
                + "`mainstay release`", items: waiting.map { "\($0.revision) of \($0.target)" })
    }

    /// Takes a rejection back. Nil where there is none.
    func releaseRejection(_ target: TargetID, by actor: String, person: String) async throws(ActionRefusal) -> String? {
        guard let worker = workers[target], let gate = await worker.waitingNow, gate.proposal.rejection != nil
        else { return nil }
        let one = Waiting(worker: worker, gate: gate)
        let request = GateRequest(application: target.application, environment: target.environment, person: person)
        try await say(.release, request, of: one, by: actor)
        return one.revision
    }

    // MARK: Freezes

    func freeze(
        _ scope: Suspension.Scope, until: Timestamp?, because reason: String, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        let store = context.store
        let now = context.now
        guard scope.object == nil else {
            throw ActionRefusal(.invalid, "InvalidRequest", "an object alone is suspended, not frozen")
        }
        try await requireKnown(scope)
        if let until, until <= now {
            throw ActionRefusal(.invalid, "AlreadyOver", "\(until.secondsDescription) is over: name a later moment")
        }
        let active = try await recorded { [context] in try await context.freezesInForce() }
        let earlier = active.last { $0.scope == scope }
        let freeze = Freeze(scope: scope, reason: reason, actor: actor, since: now, until: until)
        try await recorded { try await store.recordFreeze(freeze) }
        await heed(scope)
        let before = earlier.map {
            " (before: \($0.until.map { "until \($0.secondsDescription)" } ?? "without an end"))"
        }
        let end = until.map { " until \($0.secondsDescription)\(before ?? ""), or" } ?? before ?? ""
        return ActionAnswer(
            "\(earlier == nil ? "froze" : "changed the freeze of") \(scope): no rollout begins there\(end) until you end it: "
                + "mainstay freeze --end\(scope.arguments); "
                + "what is under way may finish, what fails is taken back, and drift is undone")
    }

    func thaw(_ scope: Suspension.Scope, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        let store = context.store
        let now = context.now
        let active = try await recorded { [context] in try await context.freezesInForce() }
        guard let freeze = active.first(where: { $0.scope == scope }) else {
            let known = active.map { "\($0.scope)\($0.scope.arguments.isEmpty ? "" : " (--end\($0.scope.arguments))")" }
            let list =
                known.isEmpty ? "nothing is frozen" : "what is frozen: \(known.prefix(20).joined(separator: "; "))"
            throw ActionRefusal(.conflict, "NotFrozen", "no freeze is of \(scope) alone; \(list)")
        }
        try await recorded { try await store.endFreeze(freeze, by: actor, at: now) }
        await heed(scope)
        return ActionAnswer("\(scope) is no longer frozen: what waited for it goes on")
    }

    // MARK: Pieces

    /// What waits of what was asked for; never empty.
    func waiting(_ asked: GateRequest) async throws(ActionRefusal) -> [Waiting] {
        let known = workers.filter { target, _ in
            target.environment == asked.environment
                && (asked.application.map { $0 == target.application } ?? true)
        }.sorted { $0.key < $1.key }.map(\.value)
        guard !known.isEmpty else {
            throw unknown(TargetID(application: asked.application ?? "application", environment: asked.environment))
        }
        var waiting: [Waiting] = []
        for worker in known {
            guard var gate = await worker.waitingNow else { continue }
            // What was said since it was last looked at counts.
            let (store, target) = (context.store, worker.target)
            let stored = try await recorded { try await store.proposal(of: target) }
            guard let stored, stored.id == gate.proposal.id else { continue }
            gate.proposal = stored
            gate.gate.now = context.now
            let waits = gate.gate.waits(of: stored)
            // Where nothing is left, it begins as soon as the worker looks.
            if !waits.isEmpty { gate.waits = waits }
            waiting.append(Waiting(worker: worker, gate: gate))
        }
        guard !waiting.isEmpty else { throw await nothingWaits(known, asked) }
        if let revision = asked.revision {
            let named = waiting.filter {
                $0.gate.proposal.revision.hasPrefix(revision) || $0.gate.commit.hasPrefix(revision)
            }
            guard !named.isEmpty, revision.utf8.count >= 4 else {
                throw ActionRefusal(
                    .conflict, "AnotherRevision",
                    "what waits is \(waiting.map { "\($0.revision) of \($0.target)" }.joined(separator: ", ")), not "
                        + "\(revision.prefix(40)): look at it, and name it")
            }
            waiting = named
        }
        if let list = asked.list, list != Self.list(waiting) {
            throw ActionRefusal(
                .conflict, "AnotherRevision",
                "what waits now, \(waiting.map { "\($0.revision) of \($0.target)" }.joined(separator: ", ")), is not "
                    + "what \(list.prefix(40)) stood for: look at it again")
        }
        return waiting
    }

    /// Names what waits: each waits as another proposal.
    static func list(_ waiting: [Waiting]) -> String { ListCode.of(waiting.map(\.gate.proposal.id)) }

    private func nothingWaits(_ workers: [TargetWorker], _ asked: GateRequest) async -> ActionRefusal {
        guard asked.application != nil, let worker = workers.first else {
            return ActionRefusal(.conflict, "NothingWaits", "nothing in \(asked.environment) waits at its gate")
        }
        let status = await worker.status
        let now = status.message.isEmpty ? "" : ", \(status.message)"
        return ActionRefusal(
            .conflict, "NothingWaits",
            "\(worker.target) does not wait at a gate; its last rollout: \(status.phase.rawValue)\(now)")
    }

    func requireNoRejection(_ one: Waiting) throws(ActionRefusal) {
        guard let rejection = one.gate.proposal.rejection else { return }
        throw ActionRefusal(
            .conflict, "Rejected",
            "\(one.revision) of \(one.target) was rejected by \(rejection.person) "
                + "\(rejection.at.secondsDescription); take that back first: mainstay release "
                + "\(one.target.application) -e \(one.target.environment)")
    }

    func say(
        _ kind: Proposal.Word.Kind, _ asked: GateRequest, of one: Waiting, past: String? = nil, by actor: String
    ) async throws(ActionRefusal) {
        let store = context.store
        let word = Proposal.Word(kind: kind, person: asked.person, reason: asked.reason, past: past, at: context.now)
        try await recorded { try await store.recordWord(word, on: one.gate.proposal, by: actor) }
        await one.worker.heed()
    }
}

extension GateRequest {
    var arguments: String { (application.map { "\($0) " } ?? "") + "-e \(environment)" }
}
