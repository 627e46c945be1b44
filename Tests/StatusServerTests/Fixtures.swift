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
        held.quarantine = ApplicationStatus.Quarantine(
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
        board.set(held)
        board.countHealed(of: worker)
        board.countRollout(of: worker, endedAs: .failed)
        board.countRollout(of: worker, endedAs: .rolledBack)
        board.countRollout(of: worker, endedAs: .failed)
        return board
    }

    static let load = ClusterLoad(
        limit: 33, inFlight: 5, waiting: 4, refused: 3, repeated: 2, sent: ["PATCH": 7, "GET": 12])

    static func server(_ board: StatusBoard = board(), _ history: ScriptedHistory = ScriptedHistory()) -> StatusServer {
        StatusServer(
            host: "127.0.0.1", port: 0, board: board, history: history, load: { load }, version: "1.2.3",
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

    func rollouts(_ query: RolloutQuery) async throws -> HistoryPage<RolloutView> {
        guard !fails else { throw Failure() }
        let start = RolloutStart(
            id: "r-\(query.limit)",
            target: TargetID(application: query.application ?? "any", environment: query.environment ?? "any"),
            revision: Fixtures.commits.bad, fromRevision: Fixtures.commits.good, digest: "d2", inputsDigest: "i2",
            trigger: .revision, startedAt: Fixtures.start)
        let view = RolloutView(
            start: start,
            phases: [
                .init(phase: .applying, at: Fixtures.start + .seconds(1), reason: nil),
                .init(phase: .failed, at: Fixtures.start + .seconds(9), reason: "ImagePullBackOff"),
            ], verdict: Verdict(outcome: .failed, cause: Fixtures.cause, notes: ["a note"]))
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

    func auditHead() async throws -> AuditMark {
        guard !fails else { throw Failure() }
        return AuditMark(sequence: 12, hash: "cafe")
    }
}
