// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Brings one receiver everything that is for it, in order. What another receiver does is nothing to it.
struct DeliveryLoop: Sendable {
    /// A receiver that forgets is told of what goes on this often.
    static let renewal = Duration.seconds(300)

    let receiver: NotificationSettings.Receiver
    let store: any NotificationStore
    let sender: any NotificationSender
    let board: StatusBoard
    let surroundings: Surroundings
    /// Notified when something new is to be delivered.
    let news: Signal
    /// Notified when nothing more is to be begun.
    let end: Signal
    /// What goes on, for a receiver that forgets.
    let ongoing: @Sendable () async -> [OutgoingNotification]

    /// Works until it is told to end, or its task is cancelled.
    func run() async {
        var course = await beginning()
        var concluded: Int64 = 0
        let uptime = stopwatch(on: surroundings.clock)
        var renewed = uptime()
        while !Task.isCancelled, end.version == 0 {
            let mark = SignalMark(now: news)
            var delay: Duration?
            do {
                guard let delivery = try await store.nextDelivery(to: receiver.name, after: concluded) else {
                    // Here, where nothing that it does not have yet can be overtaken.
                    if receiver.service.forgets, uptime() - renewed >= Self.renewal {
                        renewed = uptime()
                        await renew()
                        continue
                    }
                    await Signal.wait(
                        forAny: [mark, SignalMark(signal: end, seen: 0)],
                        atMost: receiver.service.forgets ? Self.renewal - (uptime() - renewed) : .seconds(3600),
                        on: surroundings.clock)
                    continue
                }
                delay = try await deliver(delivery, &course)
                if delay == nil { concluded = delivery.sequence }
            } catch {
                let problem = "the ledger cannot be used: \(error)"
                delay = course.pause(because: problem, now: surroundings.now(), random: surroundings.random())
                publish(course)
            }
            guard let delay else { continue }
            await Signal.wait(forAny: [SignalMark(signal: end, seen: 0)], atMost: delay, on: surroundings.clock)
        }
    }

    /// In the trouble that the last daemon had. Where that cannot be read nothing else can: it is tried until it can.
    private func beginning() async -> DeliveryCourse {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(60))
        while !Task.isCancelled, end.version == 0 {
            do {
                let course = DeliveryCourse(
                    repeatsShow: receiver.service.repeatsShow, trouble: try await store.trouble(of: receiver.name))
                publish(course)
                return course
            } catch {
                surroundings.logger.error(
                    "cannot read how a receiver stood", metadata: ["receiver": "\(receiver.name)", "error": "\(error)"])
                await Signal.wait(
                    forAny: [SignalMark(signal: end, seen: 0)], atMost: backoff.next(random: surroundings.random()),
                    on: surroundings.clock)
            }
        }
        return DeliveryCourse(repeatsShow: receiver.service.repeatsShow)
    }

    /// Nothing is lost where one fails: the next time is soon.
    private func renew() async {
        for notification in await ongoing() where end.version == 0 {
            let answer = await sender.send(notification, to: receiver.name)
            guard case .delivered = answer else {
                return surroundings.logger.warning(
                    "cannot tell again of what goes on",
                    metadata: ["receiver": "\(receiver.name)", "answer": "\(answer)"])
            }
        }
    }

    /// One try. Answers how long to wait before the next one of the same; nil where there is none.
    private func deliver(_ delivery: OpenDelivery, _ course: inout DeliveryCourse) async throws -> Duration? {
        if case .conclude(let step, let detail)? = course.givesUp(after: delivery.unanswered) {
            try await store.recordDelivery(step, of: delivery.sequence, detail: detail, at: surroundings.now())
            conclude(delivery, step, detail, course)
            return nil
        }
        let notesTries = receiver.service.repeatsShow
        if notesTries {
            try await store.recordDelivery(.attempt, of: delivery.sequence, detail: nil, at: surroundings.now())
        }
        let answer = await sender.send(
            OutgoingNotification(
                event: delivery.event, message: delivery.message, mayBeRepeated: delivery.mayHaveArrived),
            to: receiver.name)
        let before = course.problem
        let step = course.step(
            after: answer, unanswered: delivery.unanswered, now: surroundings.now(), random: surroundings.random())
        // The daemon ends, and not the receiver: it goes on from what is written down.
        if case .wait(let delay) = step, Task.isCancelled { return delay }
        switch step {
        case .conclude(let step, let detail):
            try await store.recordDelivery(step, of: delivery.sequence, detail: detail, at: surroundings.now())
            conclude(delivery, step, detail, course)
            try await keepTrouble(&course)
            return nil
        case .wait(let delay):
            if notesTries {
                try await store.recordDelivery(
                    answer.whatCameOfIt, of: delivery.sequence, detail: course.problem, at: surroundings.now())
            }
            try await keepTrouble(&course)
            publish(course) { $0.failedTries += 1 }
            let metadata = metadata(
                delivery, ["error": "\(course.problem ?? "")", "again": "in \(delay.wholeSeconds) s"])
            surroundings.logger.log(
                level: before == course.problem ? .debug : .warning, "cannot notify", metadata: metadata)
            return delay
        }
    }

    /// Since when it fails outlives the daemon.
    private func keepTrouble(_ course: inout DeliveryCourse) async throws {
        guard course.isTroubleRecorded != (course.problem != nil) else { return }
        try await store.recordTrouble(
            course.problem, of: receiver.name, at: course.failingSince ?? surroundings.now())
        course.isTroubleRecorded = course.problem != nil
    }

    private func conclude(
        _ delivery: OpenDelivery, _ step: DeliveryStep, _ detail: String, _ course: DeliveryCourse
    ) {
        let now = surroundings.now()
        publish(course) {
            $0.pending = max($0.pending - 1, 0)
            if step == .delivered {
                $0.delivered += 1
                $0.lastDeliveryAt = now
            } else {
                $0.abandoned += 1
            }
        }
        if step == .delivered {
            surroundings.logger.info("notified", metadata: metadata(delivery, ["answer": "\(detail)"]))
        } else {
            surroundings.logger.error(
                "a notification was given up", metadata: metadata(delivery, ["error": "\(detail)"]))
        }
    }

    private func metadata(_ delivery: OpenDelivery, _ more: Logger.Metadata) -> Logger.Metadata {
        let event = delivery.event
        return [
            "receiver": "\(receiver.name)", "event": "\(event.kind.rawValue)",
            "application": "\(event.target.application)", "environment": "\(event.target.environment)",
        ].merging(more) { first, _ in first }
    }

    private func publish(_ course: DeliveryCourse, _ change: (inout ReceiverStatus) -> Void = { _ in }) {
        board.updateDaemon { daemon in
            daemon.notifications.update(receiver.name) {
                $0.error = course.problem
                $0.failingSince = course.failingSince
                change(&$0)
            }
        }
    }
}

extension DeliveryAnswer {
    /// Of a try that is not the last.
    fileprivate var whatCameOfIt: DeliveryStep {
        switch self {
        case .failed(_, hasArrived: false, _): .failure
        case .failed: .unsure
        case .unanswered: .unanswered
        case .delivered: .delivered
        case .refused: .abandoned
        }
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { components.seconds }
}
