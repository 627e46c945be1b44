// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What is sent: announced in the ledger, all that is ready in one turn together, then sent side by side, each as soon as
/// there is room, whatever the turns do meanwhile.
extension RolloutRun {
    /// An apply that was announced.
    struct Request: Sendable {
        var id: ObjectID
        var intent: String
        /// A moment before the change: pods may be older than the answer.
        var announced: Announcement
        var manifest: Manifest
        /// As it was, by the watch.
        var before: Object?
    }

    /// By the clock as it is set, which the server's dates are compared with, and as the rollout's time passes.
    struct Announcement: Sendable {
        var wall: Timestamp
        var steady: Timestamp
    }

    var announcement: Announcement { Announcement(wall: context.now, steady: time.now) }

    struct Reply: Sendable {
        var request: Request
        var result: Result<ObjectApplier.Result, ApplyProblem>

        var isFailure: Bool { if case .failure = result { true } else { false } }
    }

    /// Takes objects in that need no request, and queues the others.
    func send(_ candidates: [ObjectID]) async throws {
        var before: [ObjectID: Object] = [:]
        var ready: [ObjectID] = []
        for (id, seen) in zip(candidates, await context.view.seen(candidates)) {
            // Of most that is all: of what runs once, it is asked first what became of it.
            if let seen, !Hook.runsOnce(id.groupKind), isAsSent(seen, id) {
                await accept(seen.packed, id, announced: announcement, isChanged: false)
                continue
            }
            let live = seen?.packed.object
            before[id] = live
            if let live, hasFailedBefore(live, id), let manifest = manifests[id],
                Self.whyLeftAlone(manifest, live) == nil, try await deleteRun(live, of: manifest)
            {
                before[id] = nil
            }
            if let why = manifests[id].flatMap({ Self.whyLeftAlone($0, before[id]) }) {
                leaveAlone(id, why)
            } else if completedBefore.contains(id), before[id] == nil {
                leaveAlone(id, "ran to completion with this very manifest before, and is not run again")
            } else if let seen, before[id] != nil, isAsSent(seen, id) {
                await accept(seen.packed, id, announced: announcement, isChanged: false)
            } else {
                if before[id] == nil { try await clearEarlierRuns(before: id) }
                ready.append(id)
            }
        }
        guard !ready.isEmpty else { return }
        let announced = announcement
        let intents = try await context.store.recordIntents(
            ready.map { Intent(object: $0, action: before[$0] == nil ? .create : .configure) }, of: start.id,
            at: announced.wall)
        try await announceInventory(ready, before)
        context.drift.hold(ready, by: start.target)
        for (id, intent) in zip(ready, intents) {
            guard let manifest = manifests[id] else { continue }
            underWay.insert(id)
            queue.append(
                Request(
                    id: id, intent: intent, announced: announced, manifest: adjusted(manifest), before: before[id]))
        }
        queued.notify()
    }

    // MARK: Side by side

    /// One of those that send, until it is cancelled.
    func sendOneByOne() async {
        while !Task.isCancelled {
            let mark = SignalMark(now: queued)
            guard let request = takeRequest() else {
                await mark.signal.wait(after: mark.seen)
                continue
            }
            do {
                let reply = Reply(
                    request: request, result: try await result(of: request.manifest, before: request.before))
                answers.append(reply)
                if reply.isFailure { wanted.notify() }
            } catch {
                sendingError = sendingError ?? error
                wanted.notify()
            }
            sending -= 1
            answered.notify()
        }
    }

    private func takeRequest() -> Request? {
        guard nextInQueue < queue.count else {
            queue = []
            nextInQueue = 0
            return nil
        }
        defer { nextInQueue += 1 }
        sending += 1
        if queue.count - nextInQueue == context.settings.applyConcurrency { wanted.notify() }
        return queue[nextInQueue]
    }

    private static let longestPause = Duration.milliseconds(25)

    /// While far more waits to be sent than is under way, a turn can send nothing sooner: then what happens is taken in
    /// a few dozen answers and events at a time, and not each by itself. False where there is no such plenty.
    func pauseWhileThereIsPlenty() async -> Bool {
        let mark = SignalMark(now: wanted)
        guard queue.count - nextInQueue > 2 * context.settings.applyConcurrency, sendingError == nil,
            !answers.contains(where: \.isFailure)
        else { return false }
        await mark.signal.wait(after: mark.seen, atMost: Self.longestPause, on: context.surroundings.clock)
        return true
    }

    /// A manifest as it is sent: without what others may change.
    func adjusted(_ manifest: Manifest) -> Manifest {
        desired.application.drift.adjusted(manifest, context.drift.differences(of: manifest.id))
    }

    /// Applies one object, as it is by now: it may have waited long in the queue, or for what it depends on. Throws what
    /// recording threw.
    nonisolated func result(
        of manifest: Manifest, before: Object?
    ) async throws -> Result<ObjectApplier.Result, ApplyProblem> {
        let id = manifest.id
        do {
            try await requireAllowed(manifest)
            // What no watch tells of is read.
            guard await context.view.isRead(id.groupKind, namespace: id.namespace) else {
                return .success(try await applier.readAndApply(manifest))
            }
            let live = await context.view.object(id) ?? before
            if let live { try await applier.requireOurs(live, manifest) }
            return .success(try await applier.apply(manifest, watched: live))
        } catch let problem as ApplyProblem {
            return .failure(problem)
        }
    }

    // MARK: Answers

    /// Takes in what was answered. Answers why the digest is refused, where it is.
    func takeAnswers() async throws -> Cause? {
        if let sendingError { throw sendingError }
        var refused: Cause?
        let taken = answers
        answers = []
        for answer in taken {
            let request = answer.request
            let id = request.id
            underWay.remove(id)
            var outcome = Outcome(intent: request.intent)
            switch answer.result {
            case .success(.leftAlone(let why)):
                context.drift.release([id])
                leaveAlone(id, why)
                outcome.uid = request.before?.uid
                outcome.wasUnchanged = true
            case .success(.stored(let object, let news)):
                news.forEach(note)
                let baseline = context.drift.applied(object, of: manifests[id] ?? request.manifest, by: start.target)
                let isChanged = request.before?.resourceVersion != object.resourceVersion
                await accept(
                    PackedObject(object.trimmedForObservation), id, announced: request.announced,
                    isChanged: isChanged)
                outcome.uid = object.uid
                outcome.generation = object.generation
                outcome.wasUnchanged = !isChanged
                inventory.append(
                    InventoryRecord(
                        object: id, version: request.manifest.groupVersionKind.version, uid: object.uid,
                        baseline: baseline))
            case .failure(let found):
                context.drift.release([id])
                let problem = weighed(found, id)
                outcome.failure = problem.cause.message
                postpone(id, problem)
                if case .refused(let cause) = problem { refused = refused ?? cause }
            }
            outcomes.append(outcome)
        }
        return refused
    }

    /// In the ledger, what came of the requests that were answered.
    func recordAnswers() async throws {
        guard !outcomes.isEmpty else { return }
        let (outcomes, inventory) = (outcomes, inventory)
        self.outcomes = []
        self.inventory = []
        try await context.store.recordOutcomes(outcomes, at: context.now)
        try await context.store.recordInventory(inventory, of: start.target, rollout: start.id, at: context.now)
        context.drift.recorded(inventory.map(\.object))
    }

    // MARK: The end of it

    /// Sends nothing more, and waits for what is under way.
    func stopSending() async throws {
        for request in queue.dropFirst(nextInQueue) {
            underWay.remove(request.id)
            context.drift.release([request.id])
            outcomes.append(Outcome(intent: request.intent, failure: "it was not sent: the rollout had failed by then"))
        }
        queue = []
        nextInQueue = 0
        while sending > 0 {
            let mark = SignalMark(now: answered)
            guard sending > 0 else { break }
            await mark.signal.wait(after: mark.seen)
            try Task.checkCancellation()
        }
        _ = try await takeAnswers()
        try await recordAnswers()
    }

    /// Nothing sends any more. Where the rollout was cut short, what was answered by then is recorded all the same.
    func closeRequests() async throws {
        if sendingError == nil {
            _ = try await takeAnswers()
            try await recordAnswers()
        }
        context.drift.release(ids.filter(underWay.contains))
        underWay = []
    }
}
