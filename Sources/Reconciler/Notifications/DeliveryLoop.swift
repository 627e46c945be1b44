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
        var course = DeliveryCourse(repeatsShow: receiver.service.repeatsShow)
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
        let notesTries = receiver.service.repeatsShow
        if notesTries, !delivery.isAttemptOpen {
            try await store.recordDelivery(.attempt, of: delivery.sequence, detail: nil, at: surroundings.now())
        }
        let answer = await sender.send(
            OutgoingNotification(
                event: delivery.event, message: delivery.message, mayBeRepeated: delivery.isAttemptOpen),
            to: receiver.name)
        let before = course.problem
        switch course.step(after: answer, now: surroundings.now(), random: surroundings.random()) {
        case .conclude(let step, let detail):
            try await store.recordDelivery(step, of: delivery.sequence, detail: detail, at: surroundings.now())
            conclude(delivery, step, detail, course)
            return nil
        case .wait(let delay, let hasArrived):
            // The daemon ends, and not the receiver: it goes on from what is written down.
            guard !Task.isCancelled else { return delay }
            if notesTries, hasArrived == false, !delivery.isAttemptOpen {
                try await store.recordDelivery(
                    .failure, of: delivery.sequence, detail: course.problem, at: surroundings.now())
            }
            publish(course) { $0.failedTries += 1 }
            let metadata = metadata(
                delivery, ["error": "\(course.problem ?? "")", "again": "in \(delay.wholeSeconds) s"])
            surroundings.logger.log(
                level: before == course.problem ? .debug : .warning, "cannot notify", metadata: metadata)
            return delay
        }
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

extension Duration {
    fileprivate var wholeSeconds: Int64 { components.seconds }
}
