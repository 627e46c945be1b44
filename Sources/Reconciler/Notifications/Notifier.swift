// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Tells the world outside what changed: makes events of what the ledger has and the status shows, and delivers them.
///
/// The phases in the ledger are what it works from, and how far it has come is written in the transaction that keeps the
/// events: whenever the daemon is killed, none is lost and none made twice.
package actor Notifier {
    /// A status may change many times a second; what is told can wait for a moment.
    private static let pause = Duration.milliseconds(250)
    /// What lasts is looked at this often.
    private static let interval = Duration.seconds(15)
    private static let page = 500

    private let settings: NotificationSettings
    private let store: any NotificationStore
    private let sender: any NotificationSender
    private let board: StatusBoard
    private let surroundings: Surroundings
    private let services: [String: NotificationService]
    /// What a receiver's name in a route stands for.
    private let queues: [String: [String]]
    private let news = Signal()
    private let end = Signal()
    private let uptime: @Sendable () -> Duration
    private var told: [TargetID: ToldSoFar] = [:]
    private var levels: NotificationLevels
    private var logger: Logger { surroundings.logger }

    package init(
        settings: NotificationSettings, store: any NotificationStore, sender: any NotificationSender,
        board: StatusBoard, surroundings: Surroundings
    ) {
        self.settings = settings
        self.store = store
        self.sender = sender
        self.board = board
        self.surroundings = surroundings
        services = Dictionary(settings.receivers.map { ($0.name, $0.service) }) { first, _ in first }
        queues = Dictionary(grouping: settings.receivers, by: \.group).mapValues { $0.map(\.name) }
        levels = NotificationLevels(stuckAfter: settings.stuckAfter)
        uptime = stopwatch(on: surroundings.clock)
        board.updateDaemon {
            $0.notifications.receivers = settings.receivers.map { ReceiverStatus(name: $0.name, service: $0.service) }
        }
    }

    /// Begins nothing more; `run` returns when what is under way is done.
    package nonisolated func stop() { end.notify() }

    /// Works until it is told to stop, or its task is cancelled.
    package func run() async {
        guard await prepare(), !settings.receivers.isEmpty else { return await end.wait(after: 0) }
        await withDiscardingTaskGroup { group in
            for receiver in settings.receivers {
                let loop = DeliveryLoop(
                    receiver: receiver, store: store, sender: sender, board: board, surroundings: surroundings,
                    news: news, end: end, ongoing: { await self.ongoing(for: receiver) })
                group.addTask { await loop.run() }
            }
            group.addTask { await self.planLoop() }
        }
    }

    /// Sends a message that says that it is a test, past everything that waits.
    package func test(_ receiver: String, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        let queues = queues[receiver] ?? []
        guard !queues.isEmpty else {
            throw ActionRefusal(
                .unknown, "UnknownReceiver",
                "there is no receiver \"\(receiver)\"\(Suggestion.ending(for: receiver, among: names)); the configuration has "
                    + (names.isEmpty ? "none" : names.joined(separator: ", ")))
        }
        let event = NotificationEvent(
            id: surroundings.makeID(), kind: .test, target: TargetID(application: "mainstay", environment: "test"),
            at: surroundings.now(), note: "asked for by \(actor)")
        var answers: [String] = []
        var problems: [String] = []
        for queue in queues {
            switch await sender.send(OutgoingNotification(event: event), to: queue) {
            case .delivered(let answer): answers.append(answer)
            case .failed(let reason, _, _), .unanswered(let reason), .refused(let reason): problems.append(reason)
            }
        }
        guard problems.isEmpty else {
            let others = answers.isEmpty ? "" : "; \(answers.joined(separator: "; "))"
            throw ActionRefusal(
                .unavailable, "NotDelivered",
                "\(receiver) did not take it: \(problems.joined(separator: "; "))\(others)")
        }
        return ActionAnswer("\(receiver) took it: \(answers.joined(separator: "; "))")
    }

    /// As the configuration has them, in its order.
    private var names: [String] { settings.receivers.filter { $0.name == $0.group }.map(\.name) }

    // MARK: Beginning

    /// Reads what was told before. Tried until the ledger can be used.
    private func prepare() async -> Bool {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(60))
        while !Task.isCancelled, end.version == 0 {
            do {
                let now = surroundings.now()
                let names = settings.receivers.map(\.name)
                let abandoned = try await store.abandonDeliveries(exceptTo: names, at: now)
                if abandoned > 0 {
                    logger.error(
                        "notifications were waiting for receivers that the configuration no longer has",
                        metadata: ["abandoned": "\(abandoned)"])
                }
                if settings.receivers.isEmpty {
                    try await store.stopNotifying(at: now)
                    return true
                }
                try await store.beginNotifying(at: now)
                for event in try await store.latestNotifications() { told[event.target, default: .init()].note(event) }
                let open = try await store.openDeliveries()
                board.updateDaemon { daemon in
                    for name in names { daemon.notifications.update(name) { $0.pending = open[name] ?? 0 } }
                }
                return true
            } catch {
                logger.error("cannot read what was notified before", metadata: ["error": "\(error)"])
                await Signal.wait(
                    forAny: [SignalMark(signal: end, seen: 0)], atMost: backoff.next(random: surroundings.random()),
                    on: surroundings.clock)
            }
        }
        return false
    }

    // MARK: Planning

    private func planLoop() async {
        let ended = SignalMark(signal: end, seen: 0)
        while !Task.isCancelled, end.version == 0 {
            let mark = SignalMark(now: board.changes)
            do {
                try await plan()
                setProblem(nil)
            } catch {
                logger.error("cannot plan notifications", metadata: ["error": "\(error)"])
                setProblem("cannot be planned: \(error)")
            }
            await Signal.wait(forAny: [ended], atMost: Self.pause, on: surroundings.clock)
            await Signal.wait(forAny: [mark, ended], atMost: Self.interval, on: surroundings.clock)
        }
    }

    private func setProblem(_ planning: String?) {
        let routes = board.daemon.pipeline.notifications
        var problems = planning.map { [$0] } ?? []
        for name in Set(routes.flatMap(\.receivers)).sorted() where queues[name] == nil {
            let ending = Suggestion.ending(for: name, among: names)
            problems.append(
                "the pipeline notifies \"\(name)\", and the configuration has no receiver of that name\(ending)")
        }
        guard problems != board.daemon.notifications.problems else { return }
        for problem in problems where !board.daemon.notifications.problems.contains(problem) {
            logger.warning("notifications", metadata: ["problem": "\(problem)"])
        }
        board.updateDaemon { $0.notifications.problems = problems }
    }

    /// What happened since, and what has lasted long enough.
    private func plan() async throws {
        // Its routes say who is to be told: until a pipeline is in force, everything waits in the ledger.
        // Where none ever could be read, that can be told by the configuration's routes.
        guard board.daemon.pipeline.revision != nil else { return try await planSources() }
        while true {
            let phases = try await store.phasesToTell(limit: Self.page)
            guard let last = phases.last else { break }
            var events: [NotificationEvent] = []
            var sofar = told
            for phase in phases {
                for event in sofar[phase.target, default: .init()].events(for: phase) {
                    sofar[phase.target, default: .init()].note(event)
                    events.append(event)
                }
            }
            try await record(events, through: last.sequence)
            told = sofar
            // A rollout's time of waiting is over with its verdict: the rollback that follows has not waited yet.
            for event in events where event.kind == .unblocked || event.kind.family == .verdict {
                levels.endWait(of: event.target)
            }
            if phases.count < Self.page { break }
        }
        try await planLevels()
        try await planSources()
    }

    /// What git holds that cannot be rolled out.
    private func planSources() async throws {
        let daemon = board.daemon
        // After a start, what shows no problem may not have been looked at yet.
        let isKnown = daemon.pipeline.isHandedOut
        var standings = board.applications.filter { isKnown || $0.problem != nil }.map {
            SourceStanding(target: $0.target, problem: $0.problem, revision: $0.problemRevision ?? $0.targetRevision)
        }
        if let error = daemon.pipeline.error {
            standings.append(
                SourceStanding(
                    target: NotificationEvent.pipeline,
                    problem: Cause(reason: SourceFailure.Code.pipeline.rawValue, message: error),
                    revision: daemon.source.head))
        } else if let revision = daemon.pipeline.revision {
            standings.append(SourceStanding(target: NotificationEvent.pipeline, problem: nil, revision: revision))
            // What the pipeline has no longer is broken no longer.
            let shown = Set(standings.map(\.target))
            for (target, sofar) in told.sorted(by: { $0.key < $1.key }) where isKnown && sofar.isOpen(.source) {
                guard !shown.contains(target) else { continue }
                standings.append(SourceStanding(target: target, problem: nil, revision: revision))
            }
        }
        for standing in standings {
            var sofar = told[standing.target] ?? ToldSoFar()
            let events = levels.events(
                for: standing, told: sofar, uptime: uptime(), now: surroundings.now(), makeID: surroundings.makeID)
            guard !events.isEmpty else { continue }
            for event in events { sofar.note(event) }
            try await record(events, through: nil)
            told[standing.target] = sofar
        }
    }

    private func planLevels() async throws {
        let standings = board.applications.map(ApplicationStanding.init)
        levels.forget(allBut: Set(standings.map(\.target)))
        for standing in standings {
            var sofar = told[standing.target] ?? ToldSoFar()
            if standing.waits, !levels.knowsWait(of: standing.target), let since = try await since(standing, sofar) {
                levels.resume(standing.target, waitingSince: since, uptime: uptime(), now: surroundings.now())
            }
            let events = levels.events(
                for: standing, told: sofar, uptime: uptime(), now: surroundings.now(), makeID: surroundings.makeID)
            guard !events.isEmpty else { continue }
            for event in events { sofar.note(event) }
            try await record(events, through: nil)
            told[standing.target] = sofar
        }
    }

    /// Since when it waits; nil where that begins now: the time in which people were asked is theirs, until they spoke.
    private func since(_ standing: ApplicationStanding, _ told: ToldSoFar) async throws -> Timestamp? {
        if told.opening(of: .wait)?.kind == .awaitingApproval { return standing.spokenAt }
        // At a gate no rollout has begun.
        if !standing.gateWaits.isEmpty { return standing.waitsSince }
        return try await store.phaseSince(standing.target)
    }

    private func record(_ events: [NotificationEvent], through phase: Int64?) async throws {
        let routes = routes
        let planned = events.map {
            PlannedNotification(
                event: $0, deliveries: PlannedDelivery.plan($0, routes: routes, receivers: services))
        }
        try await store.recordNotifications(planned, throughPhase: phase, at: surroundings.now())
        let receivers = planned.flatMap(\.deliveries).map(\.receiver)
        guard !receivers.isEmpty else { return }
        board.updateDaemon { daemon in
            for name in receivers { daemon.notifications.update(name) { $0.pending += 1 } }
        }
        news.notify()
        for receiver in settings.receivers { try await trim(receiver.name) }
    }

    private var routes: [NotificationRoute] {
        (settings.routes + board.daemon.pipeline.notifications).map { route in
            var route = route
            route.receivers = route.receivers.flatMap { queues[$0] ?? [] }
            return route
        }
    }

    /// What was told to a receiver and goes on, as of now.
    private func ongoing(for receiver: NotificationSettings.Receiver) -> [OutgoingNotification] {
        guard board.daemon.pipeline.revision != nil else { return [] }
        let routes = routes
        var notifications: [OutgoingNotification] = []
        for (_, sofar) in told.sorted(by: { $0.key < $1.key }) {
            for event in NotificationProblem.allCases.compactMap(sofar.opening) {
                let planned = PlannedDelivery.plan(event, routes: routes, receivers: [receiver.name: receiver.service])
                guard let delivery = planned.first else { continue }
                var event = event
                event.since = event.since ?? event.at
                event.at = surroundings.now()
                notifications.append(OutgoingNotification(event: event, message: delivery.message))
            }
        }
        return notifications
    }

    /// A receiver that takes nothing for long must not fill the disk.
    private func trim(_ receiver: String) async throws {
        let pending = board.daemon.notifications.receivers.first { $0.name == receiver }?.pending ?? 0
        guard pending > settings.mostOpen else { return }
        let count = try await store.trimDeliveries(to: receiver, limit: settings.mostOpen, at: surroundings.now())
        board.updateDaemon { daemon in
            daemon.notifications.update(receiver) {
                $0.pending = max($0.pending - count, 0)
                $0.abandoned += count
            }
        }
        logger.error(
            "too many notifications wait: the oldest were given up",
            metadata: ["receiver": "\(receiver)", "abandoned": "\(count)"])
    }
}

extension ApplicationStanding {
    init(_ status: ApplicationStatus) {
        let fight = status.drift.first { $0.action == .heal && $0.rounds > 0 }
        self.init(
            target: status.target, phase: status.phase, health: status.health, cause: status.cause,
            revision: status.revision, targetRevision: status.targetRevision, targetDigest: status.targetDigest,
            fight: fight?.message,
            isAsGitSays: status.quarantine == nil && status.hold == nil && status.suspensions.isEmpty
                && status.revision != nil && status.revision == status.targetRevision,
            gateWaits: status.waits.map(\.reason), waitsSince: status.waitsSince, spokenAt: status.spokenAt,
            lapsedAt: status.approvalLapsedAt)
    }
}
