// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import Logging
import Manifests
import NIOCore
import Planning
import Reconciler
import Testing

@testable import StatusServer

/// A board as it stands after a failed rollout was taken back, and the server over it.
enum Fixtures {
    static let commits = (
        good: String(repeating: "a", count: 40), bad: String(repeating: "b", count: 40)
    )
    static let start = Timestamp(millisecondsSinceEpoch: 1_795_255_200_000)
    static let worker = TargetID(application: "worker", environment: "staging")
    static let cause = Cause(
        object: ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "worker"),
        reason: "ImagePullBackOff", message: "container worker cannot pull it", pod: "worker-1", container: "worker",
        image: "registry.example.com/worker:missing", exitCode: 3, logLines: ["one", "two"])

    static func board() -> StatusBoard {
        var daemon = DaemonStatus(startedAt: start, sourceURL: "https://git.example.com/planet.git", branch: "main")
        daemon.isReady = true
        daemon.source.head = commits.bad
        daemon.source.lastPollAt = start + .seconds(60)
        daemon.source.polls = 7
        daemon.source.failedPolls = 2
        daemon.pipeline.revision = commits.bad
        daemon.pipeline.notes = ["develop differs"]
        daemon.pipeline.droppedEdges = ["Service a → Service b: it would close a circle"]
        daemon.cluster.version = "v1.37.0"
        var chat = ReceiverStatus(name: "chat", service: .slack)
        chat.pending = 4
        chat.delivered = 7
        chat.abandoned = 1
        chat.failedTries = 9
        chat.error = "no connection"
        chat.failingSince = start
        daemon.notifications.receivers = [chat]
        daemon.notifications.problems = ["the pipeline notifies \"cht\""]
        let board = StatusBoard(daemon: daemon)

        var api = ApplicationStatus(
            target: TargetID(application: "api", environment: "production"), phase: .succeeded, health: .healthy)
        api.revision = commits.good
        api.targetRevision = commits.good
        api.lastRolloutAt = start + .seconds(30)
        api.objects = 4
        board.set(api)
        var held = ApplicationStatus(target: worker, phase: .rolledBack, health: .degraded)
        held.revision = commits.good
        held.targetRevision = commits.bad
        held.quarantine = Quarantine(
            digest: "d2", revision: commits.bad, cause: cause, since: start + .seconds(50))
        held.cause = cause
        held.message = "holding at aaaaaaa"
        held.objects = 1
        held.drift = [
            ApplicationStatus.Drift(
                object: ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "worker"),
                field: ".spec.paused", change: "added", manager: "kubectl-rollout", action: .report, rounds: 0,
                message: "Deployment staging/worker: .spec.paused added by kubectl-rollout")
        ]
        held.restarts = 6
        held.certificates = [
            CertificateState(
                object: ObjectID(group: "cert-manager.io", kind: "Certificate", namespace: "staging", name: "web"),
                isReady: true, expiresAt: start + .seconds(30 * 86_400))
        ]
        board.set(held)
        board.countHealed(of: worker)
        board.countRollout(of: worker, endedAs: .failed)
        board.countRollout(of: worker, endedAs: .rolledBack)
        board.countRollout(of: worker, endedAs: .failed)
        board.countDeployment(of: worker, after: .seconds(90))
        board.countDeployment(of: worker, after: .milliseconds(30_400))
        board.countDeployment(of: worker, after: .seconds(-5))
        board.countDeployment(of: worker, in: .seconds(30))
        for (kind, seconds) in [(DeliverySign.Kind.well, 0), (.unwell, 10), (.unwell, 20), (.well, 50), (.well, 60)] {
            board.hear(DeliverySign(target: worker, kind: kind, at: start + .seconds(seconds)))
        }
        return board
    }

    static let load = ClusterLoad(
        limit: 33, inFlight: 5, waiting: 4, refused: 3, repeated: 2, sent: ["PATCH": 7, "GET": 12])

    static func server(_ board: StatusBoard = board(), _ history: ScriptedHistory = ScriptedHistory()) -> StatusServer {
        StatusServer(
            host: "127.0.0.1", port: 0, board: board, history: history, load: { [load] }, version: "1.2.3",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Requests go to the routes as values, without a socket.
    static func with(
        _ board: StatusBoard = board(), history: ScriptedHistory = ScriptedHistory(),
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        try await server(board, history).application().test(.router, body)
    }
}

extension TestClientProtocol {
    /// The answer to a request that should be JSON.
    func json(
        _ uri: String, method: HTTPRequest.Method = .get, status: HTTPResponse.Status = .ok
    ) async throws -> Value {
        try await execute(uri: uri, method: method) { response in
            #expect(response.status == status)
            #expect(response.headers[.contentType] == "application/json")
            return try JSON.parse(Array(response.body.readableBytesView))
        }
    }

    func text(_ uri: String, status: HTTPResponse.Status = .ok) async throws -> String {
        try await execute(uri: uri, method: .get) { response in
            #expect(response.status == status)
            return String(buffer: response.body)
        }
    }
}

/// A past that answers the same to everybody, and remembers in its answer what it was asked.
struct ScriptedHistory: HistoryReader {
    struct Failure: Error {}

    var fails = false
    var isTooMuch = false

    func rollouts(_ query: RolloutQuery) async throws -> HistoryPage<RolloutView> {
        guard !fails else { throw Failure() }
        let start = RolloutStart(
            id: "r-\(query.limit)",
            target: TargetID(application: query.application ?? "any", environment: query.environment ?? "any"),
            revision: Fixtures.commits.bad, fromRevision: Fixtures.commits.good, digest: "d2@east", inputsDigest: "i2",
            trigger: .revision, startedAt: Fixtures.start)
        let view = RolloutView(
            start: start,
            phases: [
                .init(phase: .applying, at: Fixtures.start + .seconds(1), reason: nil),
                .init(phase: .failed, at: Fixtures.start + .seconds(9), reason: "ImagePullBackOff"),
            ], verdict: Verdict(outcome: .failed, cause: Fixtures.cause, notes: ["a note"]),
            hooks: [
                HookRun(
                    object: ObjectID(group: "batch", kind: "Job", namespace: "staging", name: "migrate"), uid: "u",
                    outcome: .succeeded, lines: ["migrated"], at: Fixtures.start + .seconds(3))
            ])
        return HistoryPage(items: [view], next: query.before.map { "after-\($0)" })
    }

    func revisions(limit: Int, before: String?) async throws -> HistoryPage<RevisionView> {
        guard !fails else { throw Failure() }
        let revision = Revision(
            commit: Fixtures.commits.good, branch: "main", author: "Ann", subject: "merge \(limit)",
            committedAt: Fixtures.start)
        return HistoryPage(
            items: [RevisionView(revision: revision, seenAt: Fixtures.start + .seconds(2))], next: before)
    }

    func notifications(limit: Int) async throws -> [NotificationView] {
        guard !fails else { throw Failure() }
        let event = NotificationEvent(
            id: "r1-failed", kind: .failed, target: Fixtures.worker, at: Fixtures.start, revision: Fixtures.commits.bad,
            note: "limit \(limit)")
        return [NotificationView(event: event, deliveries: [.init(receiver: "chat", outcome: "waiting")])]
    }

    /// What it was asked is the name of what it answers.
    func report(_ query: ReportQuery) async throws -> ReportAnswer {
        guard !fails else { throw Failure() }
        guard !isTooMuch else { return .tooMuch }
        let since = query.period.begin(now: Fixtures.start)
        func begin(_ application: String, _ days: Int64, _ outcome: Verdict.Outcome) -> DeliveredRollout {
            let at = since + .seconds(days * 86_400)
            return DeliveredRollout(
                target: TargetID(
                    application: query.application ?? application, environment: query.environment ?? "staging"),
                trigger: .revision, digest: "d", startedAt: at, committedAt: at + .seconds(-60),
                appliedAt: at + .seconds(5),
                firstHealthyAt: outcome == .healthy ? at + .seconds(30) : nil, outcome: outcome)
        }
        let records = DeliveryRecords(
            rollouts: [begin("api", 0, .healthy), begin("api", 1, .failed), begin("worker", 8, .healthy)],
            healthMarks: [
                DeliverySign(target: Fixtures.worker, kind: .unwell, at: since + .seconds(900_000)),
                DeliverySign(target: Fixtures.worker, kind: .well, at: since + .seconds(900_100)),
            ])
        return .report(DeliveryReport(records, since: since, until: Fixtures.start))
    }

    func auditHead() async throws -> AuditMark {
        guard !fails else { throw Failure() }
        return AuditMark(sequence: 12, hash: "cafe")
    }
}
