// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Brings one object that others changed back to what git says: reads it, takes over what has to go, applies.
struct DriftHealer: Sendable {
    enum Result: Sendable {
        case healed([DriftDifference])
        /// It is as it should be, or as it may be.
        case nothing
        /// A mark in the cluster says that it stays as it is.
        case leftAlone([DriftDifference])
        case failed([DriftDifference], String)
    }

    let context: ReconcilerContext
    let target: TargetID
    /// The rollout in force: what is written is announced under it.
    let rollout: String
    let rules: DriftRules
    let policy: ConflictPolicy
    /// What people have set aside.
    let suspensions: [Suspension]
    /// What drift is undone on, all of it the application's.
    let healed: [ObjectID]
    /// All of it: among it may be what scales an object.
    let application: Desired

    /// What is held for a person is not changed, and what others changed of it is shown; the same where another daemon has
    /// ruled since.
    var showsOnly = false
    /// Differences that whoever makes them again and again is given time for.
    var isPaused: @Sendable (DriftDifference, ObjectID) -> Bool = { _, _ in false }

    /// Those that differ from what was applied: of the others nothing is unpacked.
    var suspects: [Manifest] {
        let ids = Set(healed.filter { !context.drift.differences(of: $0).isEmpty })
        return ids.isEmpty ? [] : application.manifests.filter { ids.contains($0.id) }
    }

    /// What is done about a difference.
    func action(on difference: DriftDifference, of manifest: Manifest) -> DriftAction {
        let action = ruling(on: difference, of: manifest)
        return showsOnly && action == .heal ? .report : action
    }

    /// By marks and people before the rules.
    private func ruling(on difference: DriftDifference, of manifest: Manifest) -> DriftAction {
        let action = rules.action(on: difference, of: manifest.id)
        guard action == .heal else { return action }
        // Made where it is not there, and then left alone.
        if ObjectMarks(manifest.object).mode == .ifNotPresent { return difference.signal == .gone ? .heal : .ignore }
        // What a rollout leaves to others, nothing takes back afterwards: it is no field of ours any more.
        if !difference.path.isEmpty {
            let conflict = FieldConflict(field: difference.pathText, manager: difference.manager)
            switch policy.stated(on: manifest.id, conflict) {
            case .ignore: return .ignore
            case .report: return .report
            case .force: break
            case nil: if policy.action == .ignore, !difference.manager.isEmpty { return .ignore }
            }
        }
        if suspensions.first(covering: target, manifest.id) != nil { return .report }
        return difference.signal.isForeign && ObjectMarks(manifest.object).mode == .merge ? .ignore : .heal
    }

    /// Whether a difference is undone now.
    private func isDue(_ difference: DriftDifference, _ manifest: Manifest) -> Bool {
        action(on: difference, of: manifest) == .heal && !isPaused(difference, manifest.id)
    }

    /// The same, with the fights as they are now.
    func giving(_ fights: DriftFights, now: Timestamp) -> DriftHealer {
        var healer = self
        healer.isPaused = { fights.pause(of: $0, $1, now: now) != nil }
        return healer
    }

    /// Between reading and taking over, controllers may write a status.
    private static let attempts = 3

    /// Throws what recording threw.
    func heal(_ manifest: Manifest) async throws -> Result {
        let id = manifest.id
        context.drift.hold([id], by: target)
        do {
            let result = try await attempt(manifest)
            guard case .healed = result else {
                context.drift.release([id])
                return result
            }
            return result
        } catch {
            context.drift.release([id])
            throw error
        }
    }

    /// A deletion that an event tells of counts once the object is not found: an event may be late, or of a selection.
    private func attempt(_ manifest: Manifest) async throws -> Result {
        let live: Object?
        do throws(ClusterFailure) {
            live = try await context.cluster.get(manifest.id, version: manifest.groupVersionKind.version)
        } catch {
            return .failed(context.drift.differences(of: manifest.id), error.message)
        }
        let found = live.map { context.drift.differences(of: $0, manifest.id) } ?? [DriftDifference(.gone)]
        let wrong = found.filter { isDue($0, manifest) }
        if !wrong.isEmpty, ObjectMarks(manifest: manifest.object, live: live).leavesAlone { return .leftAlone(wrong) }
        guard !wrong.isEmpty else {
            context.drift.confirm(manifest.id, is: live)
            return .nothing
        }
        if let live, let cause = try await ObjectClaim(of: target, context).refusal(of: live, manifest.origin) {
            return .failed(wrong, cause.message)
        }
        return try await announced(manifest, live, found, wrong)
    }

    private func announced(
        _ manifest: Manifest, _ live: Object?, _ found: [DriftDifference], _ wrong: [DriftDifference]
    ) async throws -> Result {
        let action: ObjectAction = live == nil ? .create : .configure
        let intents = try await context.store.recordIntents(
            [Intent(object: manifest.id, action: action)], of: rollout, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "")
        let answer: Object
        do {
            answer = try await write(manifest, live, found, wrong)
        } catch {
            let problem = (error as? ClusterFailure)?.message ?? (error as? ApplyProblem)?.cause.message
            guard let problem else { throw error }
            outcome.failure = problem
            try await context.store.recordOutcomes([outcome], at: context.now)
            return .failed(wrong, problem)
        }
        outcome.uid = answer.uid
        outcome.generation = answer.generation
        let baseline = context.drift.applied(answer, of: manifest, by: target)
        context.board.applied(manifest.id, generation: answer.generation, uid: answer.uid)
        if manifest.id.groupKind == ClusterView.customResourceDefinition { await context.view.kindsChanged() }
        try await context.store.recordOutcomes([outcome], at: context.now)
        try await context.store.recordInventory(
            [
                InventoryRecord(
                    object: manifest.id, version: manifest.groupVersionKind.version, uid: answer.uid,
                    baseline: baseline)
            ], of: target, rollout: rollout, at: context.now)
        context.drift.recorded([manifest.id])
        return .healed(wrong)
    }

    /// By force: the fields that are sent are those that are to be as git says; what may stay as others set it is not sent.
    private func write(
        _ manifest: Manifest, _ live: Object?, _ found: [DriftDifference], _ wrong: [DriftDifference]
    ) async throws -> Object {
        var live = live
        if let found = live { live = try await takeOver(found, manifest, wrong.filter(\.signal.isForeign)) }
        // What is not undone stays: what is shown only, until somebody says what is right, what is left to others, and
        // what is fought over, until it is its turn.
        let kept = DriftRules(
            found.filter { !$0.path.isEmpty && !isDue($0, manifest) }.map {
                DriftRule(fields: [$0.path.map(\.pathText).joined()], action: .ignore)
            } + rules.rules)
        let applier = ObjectApplier(
            cluster: context.cluster, manifests: application.manifests + application.setAside,
            claim: ObjectClaim(of: target, context), policy: policy, drift: rules
        ) {
            [context, rollout] id in
            _ = try await context.store.recordIntents(
                [Intent(object: id, action: .replace)], of: rollout, at: context.now)
        }
        let sent = kept.adjusted(manifest, found)
        // Where nothing is known to be wrong, nothing is taken from anybody.
        guard wrong.contains(where: { !$0.signal.isQuiet }) else {
            let marks = ObjectMarks(manifest: sent.object, live: live)
            return try await applier.send(
                sent, marks, isOurs: true, aim: live.map(ApplyAim.init(read:))
            ).object
        }
        var answer = try await applier.force(sent, over: live)
        if wrong.contains(where: { $0.signal == .entry }), let patch = FieldTakeover.patchEndingMadeUpEntry(answer) {
            answer = try await context.cluster.patch(
                manifest.id, version: manifest.groupVersionKind.version, patch)
        }
        return answer
    }

    /// Answers the object as it is by then.
    private func takeOver(
        _ live: Object, _ manifest: Manifest, _ foreign: [DriftDifference]
    ) async throws -> Object {
        guard !foreign.isEmpty else { return live }
        let version = manifest.groupVersionKind.version
        var live = live
        for attempt in 1...Self.attempts {
            guard let patch = FieldTakeover.patch(live, taking: foreign) else { return live }
            do throws(ClusterFailure) {
                return try await context.cluster.patch(manifest.id, version: version, patch)
            } catch {
                guard error.code == .stale, attempt < Self.attempts else { throw error }
                guard let fresh = try await context.cluster.get(manifest.id, version: version), fresh.uid == live.uid
                else { throw error }
                live = fresh
            }
            if let cause = try await ObjectClaim(of: target, context).refusal(of: live, manifest.origin) {
                throw ApplyProblem.blocked(cause, retryAfter: nil)
            }
        }
        return live
    }
}

extension ObjectApplier {
    /// Takes every field that is sent from whoever owns it.
    ///
    /// - Parameter live: the object as it was read.
    func force(_ manifest: Manifest, over live: Object?) async throws -> Object {
        let (prepared, aim) = try await leavingReplicas(manifest, live.map(ApplyAim.init(read:)))
        return try await put(prepared, at: aim, force: true)
    }
}
