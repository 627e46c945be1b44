// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning
import Synchronization
import TestSupport

@testable import Reconciler

/// What the daemons of a test have in common.
final class NotifierOffice: Sendable {
    let time = VirtualTime()
    let outbox = MemoryOutbox()
    let receivers = FakeReceivers()
    private let wall = Mutex(Duration.zero)
    let settings: NotificationSettings
    private let ids = Mutex(0)

    /// - Parameter furtherQueues: of the first receiver.
    init(
        _ receivers: [(String, NotificationService)] = [("hook", .webhook)], furtherQueues: [String] = [],
        mostOpen: Int = 1000
    ) {
        settings = NotificationSettings(
            receivers: receivers.map { .init(name: $0.0, service: $0.1) }
                + furtherQueues.map { .init(name: $0, service: receivers[0].1, of: receivers[0].0) },
            routes: [NotificationRoute(receivers: receivers.map(\.0))], stuckAfter: .seconds(600),
            mostOpen: mostOpen)
    }

    /// The wall clock is put forward or back.
    func jump(_ offset: Duration) { wall.withLock { $0 += offset } }

    /// - Parameter isHandedOut: whether its first adoption has told of every application.
    func daemon(
        isInForce: Bool = true, isHandedOut: Bool = true
    ) -> (board: StatusBoard, notifier: Notifier, task: Task<Void, Never>) {
        var status = DaemonStatus(startedAt: Timestamp(secondsSinceEpoch: 0), sourceURL: "", branch: "main")
        if isInForce { status.pipeline.revision = "c" }
        status.pipeline.isHandedOut = isHandedOut
        let board = StatusBoard(daemon: status)
        let notifier = Notifier(
            settings: settings, store: outbox, sender: receivers, board: board,
            surroundings: Surroundings(
                clock: time.clock,
                now: { [self] in
                    Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now + wall.withLock(\.self)
                },
                makeID: { [self] in
                    ids.withLock {
                        $0 += 1
                        return "id-\($0)"
                    }
                },
                random: { 0.5 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        return (board, notifier, Task(executorPreference: time) { await notifier.run() })
    }

    func pass(_ length: Duration) async throws { try await time.clock.sleep(for: length) }

    static func run(
        _ office: NotifierOffice, _ body: @escaping @Sendable (NotifierOffice) async throws -> Void
    ) throws {
        try office.time.run { try await body(office) }
    }

    static let api = TargetID(application: "api", environment: "production")

    static func phase(
        _ phase: RolloutPhase, _ rollout: String, digest: String = "d", trigger: RolloutTrigger = .revision,
        after delay: Duration = .zero
    ) -> RecordedPhase {
        RecordedPhase(
            sequence: 0, rollout: rollout, target: api, trigger: trigger, digest: digest, revision: "c-\(rollout)",
            fromRevision: "c-before", phase: phase, at: Timestamp(secondsSinceEpoch: 1_795_255_200) + delay)
    }
}
