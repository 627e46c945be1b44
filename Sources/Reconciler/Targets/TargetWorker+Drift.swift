// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// At rest, what others changed is undone, or shown.
extension TargetWorker {
    /// Who acts where no person asked for it.
    private static let actor = "mainstay"

    /// What brings objects back to what the last rollout left. Nil where what is shown is something else, or is not to be
    /// applied.
    func healer(of shown: Desired) async throws -> DriftHealer? {
        guard let latest = try await ranLast(),
            latest.phase == .succeeded || latest.phase == .rolledBack || latest.isInconclusive,
            latest.start.digest == shown.digest,
            try await context.store.quarantine(of: target, digest: shown.digest) == nil
        else { return nil }
        for manifest in shown.manifests {
            await context.view.observe(exactly: manifest.groupVersionKind, namespace: manifest.id.namespace)
        }
        if drift.turn(to: latest.start.id) { publish { $0.undone = nil } }
        let application = currentDesired?.application ?? shown.application
        var healer = DriftHealer(
            context: context, target: target, rollout: latest.start.id, rules: application.drift,
            policy: application.conflicts, suspensions: try await context.store.suspensions(),
            healed: try await lasting(shown.manifests).map(\.id), application: shown)
        healer.showsOnly = latest.isInconclusive || succession != nil
        return healer
    }

    /// Undoes what is to be undone by now, and shows the rest. Answers when there is more to do, in `steady` time.
    func healDrift(_ healer: DriftHealer?) async throws -> Timestamp? {
        guard let healer else {
            publish { $0.drift = [] }
            return nil
        }
        // Whether anything may be written is told by a signal; what is known of it then is looked at first.
        func isHeldUp(_ manifest: Manifest) -> Bool { context.tenancy.refusal(in: manifest.id.namespace) != nil }
        let due = healer.suspects.filter { manifest in
            !isHeldUp(manifest)
                && wrong(manifest, healer).contains { drift.fights.pause(of: $0, manifest.id, now: steady.now) == nil }
        }
        if !due.isEmpty {
            let width = context.settings.applyConcurrency
            let healer = healer.giving(drift.fights, now: steady.now)
            let results = try await unlessChanged { try await healer.heal(due, width: width) }
            for (id, result) in results { try await note(result, of: id) }
        }
        let rest = healer.suspects
        try await show(rest, healer)
        return rest.filter { !isHeldUp($0) }.flatMap { manifest in
            wrong(manifest, healer).map { difference in
                // What came while others were healed is next, and at once.
                drift.fights.pause(of: difference, manifest.id, now: steady.now) ?? steady.now
            }
        }.min()
    }

    private func wrong(_ manifest: Manifest, _ healer: DriftHealer) -> [DriftDifference] {
        context.drift.differences(of: manifest.id).filter { healer.action(on: $0, of: manifest) == .heal }
    }

    private func note(_ result: DriftHealer.Result, of object: ObjectID) async throws {
        switch result {
        case .nothing: break
        case .leftAlone(let differences): drift.fights.leftAlone(differences, of: object, now: steady.now)
        case .failed(let differences, let problem):
            drift.fights.failed(differences, of: object, because: problem, now: steady.now)
            logger.error("cannot undo drift", metadata: ["object": "\(object)", "error": "\(problem)"])
        case .healed(let differences):
            drift.fights.undid(differences, of: object, now: steady.now)
            let told = differences.filter { !$0.signal.isQuiet }
            guard !told.isEmpty else {
                logger.debug("applied again", metadata: ["object": "\(object)"])
                return
            }
            context.status.countHealed(of: target)
            let now = context.now
            publish {
                $0.undone = ApplicationStatus.Undone(
                    count: ($0.undone?.count ?? 0) + 1, lastAt: now,
                    message: "\(object): " + told.map(\.description).joined(separator: "; "))
            }
            try await tell(told, of: object, "undone")
        }
    }

    /// Names of fields and managers, never values.
    private func tell(_ differences: [DriftDifference], of object: ObjectID, _ what: String) async throws {
        let text = differences.map(\.description).joined(separator: "; ")
        logger.notice("drift", metadata: ["object": "\(object)", "found": "\(text)", "done": "\(what)"])
        try await context.store.recordAudit(
            "drift", target: target, by: Self.actor, text: "\(object): \(text): \(what)", at: context.now)
    }

    private func show(_ suspects: [Manifest], _ healer: DriftHealer) async throws {
        var shown: [ApplicationStatus.Drift] = []
        var reported: Set<DriftReport> = []
        for manifest in suspects {
            let id = manifest.id
            let all = context.drift.differences(of: id)
            for difference in all {
                let action = healer.action(on: difference, of: manifest)
                if let drift = self.shown(difference, of: id, action) { shown.append(drift) }
                if action == .report { reported.insert(DriftReport(object: id, difference: difference)) }
            }
            let news = all.filter {
                let report = DriftReport(object: id, difference: $0)
                return reported.contains(report) && !drift.reported.contains(report) && !$0.signal.isQuiet
            }
            if !news.isEmpty { try await tell(news, of: id, "reported") }
        }
        drift.reported = reported
        publish { $0.drift = Array(shown.prefix(50)) }
    }

    private func opponent(_ difference: DriftDifference) -> String {
        if difference.isUnderOurName {
            let source = context.settings.source
            let both = source.isEmpty ? "" : " (this one follows \(source), and so may the other: end one of the two)"
            return "another daemon, which applies as \(PruneRules.fieldManager) too\(both)"
        }
        return difference.manager.isEmpty ? "someone" : difference.managerText
    }

    /// Nil for what needs no showing: it is right as it is, or undone in a moment.
    private func shown(
        _ difference: DriftDifference, of object: ObjectID, _ action: DriftAction
    ) -> ApplicationStatus.Drift? {
        let rounds = drift.fights.rounds(of: difference, object)
        let refusal =
            context.tenancy.isUnknown(in: object.namespace) ? nil : context.tenancy.refusal(in: object.namespace)
        let problem = refusal?.message ?? drift.fights.problem(of: difference, object)
        guard !difference.signal.isQuiet || problem != nil else { return nil }
        var message = "\(object): \(difference)"
        switch action {
        case .ignore: return nil
        case .report: break
        case .heal:
            guard rounds > 0 || problem != nil else { return nil }
            if rounds > 0 { message += ": fought \(rounds) times with \(opponent(difference))" }
            if let problem { message += ": cannot be undone: \(problem)" }
        }
        return ApplicationStatus.Drift(
            object: object, field: difference.pathText, change: difference.signal.rawValue,
            manager: difference.managerText, action: action, rounds: rounds, message: message)
    }
}

extension DriftHealer {
    /// Side by side, so many at once; answers in their order.
    func heal(_ due: [Manifest], width: Int) async throws -> [(ObjectID, Result)] {
        let answers = await due.mapped(atOnce: width) { manifest -> Swift.Result<Result, any Error> in
            do {
                return .success(try await heal(manifest))
            } catch {
                return .failure(error)
            }
        }
        return try zip(due, answers).map { ($0.id, try $1.get()) }
    }
}
