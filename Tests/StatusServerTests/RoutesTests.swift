// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import Manifests
import NIOCore
import Planning
import Reconciler
import Testing

@testable import StatusServer

/// Shapes are compared whole: a field that is renamed, lost or added is a change of the API.
@Suite("Routes")
struct RoutesTests {
    private static let cause = """
        {"object": "Deployment staging/worker", "reason": "ImagePullBackOff",
         "message": "container worker cannot pull it", "pod": "worker-1", "container": "worker",
         "image": "registry.example.com/worker:missing", "exitCode": 3, "logLines": ["one", "two"]}
        """
    private static let good = Fixtures.commits.good
    private static let bad = Fixtures.commits.bad

    @Test("The status tells of the daemon, its source, pipeline, cluster and ledger")
    func status() async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/status")
            let expected = try JSON.parse(
                """
                {"version": "1.2.3", "startedAt": "2026-11-21T10:00:00.000Z", "ready": true,
                 "source": {"url": "https://git.example.com/planet.git", "branch": "main", "head": "\(Self.bad)",
                            "lastPollAt": "2026-11-21T10:01:00.000Z", "error": null},
                 "pipeline": {"revision": "\(Self.bad)", "error": null,
                              "droppedDependencies": ["Service a → Service b: it would close a circle"], "environments": [],
                              "notes": ["develop differs"]},
                 "cluster": {"version": "v1.37.0", "error": null, "failingSince": null}, "clusters": [],
                 "notifications": {
                    "receivers": [{"name": "chat", "service": "slack", "pending": 4, "delivered": 7, "abandoned": 1,
                                   "error": "no connection", "failingSince": "2026-11-21T10:00:00.000Z",
                                   "lastDeliveryAt": null}],
                    "problems": ["the pipeline notifies \\"cht\\""]},
                 "ledger": {"auditSequence": 12, "auditHead": "cafe"},
                 "search": null,
                 "applications": {"total": 2, "health": {"healthy": 1, "suspended": 0, "unknown": 0,
                                                         "progressing": 0, "missing": 0, "degraded": 1}}}
                """)
            #expect(answer == expected)
        }
    }

    @Test("Notifications tell what was told, and what became of it")
    func notifications() async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/notifications?limit=7")
            let expected = try JSON.parse(
                """
                {"items": [{"id": "r1-failed", "event": "failed", "application": "worker", "environment": "staging",
                            "time": "2026-11-21T10:00:00.000Z", "revision": "\(Self.bad)", "note": "limit 7",
                            "title": "worker in staging failed at bbbbbbb, and is quarantined",
                            "deliveries": [{"receiver": "chat", "outcome": "waiting"}]}], "next": null}
                """)
            #expect(answer == expected)
        }
    }

    @Test("Applications tell where they stand, sorted by environment and name")
    func applications() async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/applications")
            let expected = try JSON.parse(
                """
                {"items": [
                  {"name": "api", "environment": "production", "cluster": null,
                   "phase": "succeeded", "health": "healthy",
                   "revision": "\(Self.good)", "targetRevision": "\(Self.good)", "quarantine": null, "cause": null,
                   "hold": null, "waits": [], "waitsSince": null, "suspensions": [],
                   "lastRolloutAt": "2026-11-21T10:00:30.000Z", "message": "", "objects": 4,
                   "drift": [], "undone": null, "notes": [], "bakesUntil": null,
                   "restarts": 0, "certificates": []},
                  {"name": "worker", "environment": "staging", "cluster": null, "phase": "rolledBack", "health": "degraded",
                   "revision": "\(Self.good)", "targetRevision": "\(Self.bad)",
                   "quarantine": {"revision": "\(Self.bad)", "digest": "d2", "since": "2026-11-21T10:00:50.000Z",
                                  "cause": \(Self.cause)},
                   "hold": null, "waits": [], "waitsSince": null, "suspensions": [],
                   "cause": \(Self.cause), "lastRolloutAt": null, "message": "holding at aaaaaaa", "objects": 1,
                   "drift": [{"object": "Deployment staging/worker", "field": ".spec.paused", "change": "added",
                              "manager": "kubectl-rollout", "action": "report", "rounds": 0,
                              "message": "Deployment staging/worker: .spec.paused added by kubectl-rollout"}],
                   "undone": null, "notes": [], "bakesUntil": null, "restarts": 6,
                   "certificates": [{"object": "Certificate staging/web", "ready": true,
                                     "expiresAt": "2026-12-21T10:00:00.000Z", "renewsAt": null}]}],
                 "next": null}
                """)
            #expect(answer == expected)
        }
    }

    @Test(
        "Applications are filtered and cut on the server",
        arguments: [
            ("", ["api", "worker"]), ("?application=worker", ["worker"]), ("?environment=production", ["api"]),
            ("?application=worker&environment=production", []), ("?application=%77orker", ["worker"]),
            ("?limit=1", ["api"]), ("?limit=100000", ["api", "worker"]), ("?application=", []),
        ])
    func filters(query: String, names: [String]) async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/applications\(query)")
            #expect(answer["items"]?.array?.compactMap { $0["name"]?.string } == names)
        }
    }

    @Test("A rollout tells its phases, its verdict and what its hooks wrote last")
    func rollouts() async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/rollouts?application=worker&environment=staging&before=r9")
            let expected = try JSON.parse(
                """
                {"items": [
                  {"id": "r-50", "application": "worker", "environment": "staging", "revision": "\(Self.bad)",
                   "fromRevision": "\(Self.good)", "digest": "d2@east", "cluster": "east", "trigger": "revision",
                   "startedAt": "2026-11-21T10:00:00.000Z", "endedAt": "2026-11-21T10:00:09.000Z", "phase": "failed",
                   "phases": [{"phase": "applying", "at": "2026-11-21T10:00:01.000Z", "reason": null},
                              {"phase": "failed", "at": "2026-11-21T10:00:09.000Z", "reason": "ImagePullBackOff"}],
                   "verdict": {"outcome": "failed", "cause": \(Self.cause), "notes": ["a note"]},
                   "hooks": [{"object": "Job staging/migrate", "outcome": "succeeded",
                              "at": "2026-11-21T10:00:03.000Z", "logLines": ["migrated"]}]}],
                 "next": "after-r9"}
                """)
            #expect(answer == expected)
        }
    }

    @Test("A revision tells who committed what when, and when it was seen")
    func revisions() async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/revisions?limit=3&before=17")
            let expected = try JSON.parse(
                """
                {"items": [{"commit": "\(Self.good)", "branch": "main", "author": "Ann", "subject": "merge 3",
                            "committedAt": "2026-11-21T10:00:00.000Z", "seenAt": "2026-11-21T10:00:02.000Z"}],
                 "next": "17"}
                """)
            #expect(answer == expected)
        }
    }

    @Test("A report counts changes and what became of them, in all and by week")
    func report() async throws {
        try await Fixtures.with { client in
            let answer = try await client.json("/api/v1/report?since=20d&by=week&environment=staging&limit=1")
            let counts = """
                "rollbacks": 0, "rollbacksByPeople": 0, "incidents": 0, "restored": 0, "openIncidents": 0,
                "leadTime": {"count": 1, "leftOut": 0, "median": 90, "p90": 90},
                "duration": {"count": 1, "leftOut": 0, "median": 25, "p90": 25},
                "timeToRestore": {"count": 0, "leftOut": 0, "median": null, "p90": null}
                """
            let expected = try JSON.parse(
                """
                {"since": "2026-10-26T00:00:00.000Z", "until": "2026-11-21T10:00:00.000Z",
                 "items": [
                   {"application": "api", "environment": "staging", "since": "2026-10-26T00:00:00.000Z",
                    "total": {"changes": 2, "deployments": 1, "failures": 1, \(counts)},
                    "weeks": [{"week": "2026-10-26", "changes": 2, "deployments": 1, "failures": 1, \(counts)}]}],
                 "next": "staging/api"}
                """)
            #expect(answer == expected)

            let rest = try await client.json("/api/v1/report?since=2026-10-31&before=staging%2Fapi")
            let worker = try #require(rest["items"]?[0])
            #expect(rest["items"]?.array?.count == 1 && rest["next"] == .null)
            #expect(rest["since"] == "2026-10-26T00:00:00.000Z" && worker["weeks"] == .null)
            #expect(worker["application"] == "worker" && worker["total"]?["restored"] == 1)
            #expect(worker["total"]?["timeToRestore"]?["median"] == 100)
        }
    }

    @Test("What is more than one report can hold is refused, and nothing is cut off in silence")
    func tooMuch() async throws {
        try await Fixtures.with(history: ScriptedHistory(isTooMuch: true)) { client in
            let answer = try await client.json("/api/v1/report?since=700d", status: .badRequest)
            #expect(answer["error"]?["message"]?.string?.contains("ask for a later since") == true)
        }
    }

    @Test("No page is larger than 500, whatever is asked for")
    func largestPage() async throws {
        try await Fixtures.with { client in
            let rollouts = try await client.json("/api/v1/rollouts?limit=9223372036854775807")
            #expect(rollouts["items"]?[0]?["id"] == "r-500")
            let revisions = try await client.json("/api/v1/revisions?limit=501")
            #expect(revisions["items"]?[0]?["subject"] == "merge 500")
        }
    }

    @Test(
        "What nobody can mean is refused, as JSON that says why",
        arguments: [
            ("/api/v1/applications?limit=0", "limit must be a whole number above 0"),
            ("/api/v1/applications?limit=ten", "limit must be a whole number above 0"),
            ("/api/v1/rollouts?limit=-1", "limit must be a whole number above 0"),
            ("/api/v1/revisions?limit=99999999999999999999", "limit must be a whole number above 0"),
            ("/api/v1/rollouts?limit", "limit must be a whole number above 0"),
            ("/api/v1/rollouts?limit=1&limit=2", "limit is given twice"),
            (
                "/api/v1/rollouts?app=x",
                "unknown parameter app; known are application, environment, limit, before"
            ),
            ("/api/v1/revisions?application=x", "unknown parameter application; known are limit, before"),
            ("/api/v1/report?by=day", "by must be week or total"),
            (
                "/api/v1/report?since=yesterday",
                "since must be a duration such as 90d, a date such as 2026-11-01, or a moment, of the last two years "
                    + "(731d)"
            ),
            (
                "/api/v1/report?since=2026-02-30",
                "since must be a duration such as 90d, a date such as 2026-11-01, or a moment, of the last two years "
                    + "(731d)"
            ),
            ("/api/v1/report?before=api", #"before must be the "next" of an earlier page"#),
            ("/api/v1/revisions?before=r1", #"before must be the "next" of an earlier page"#),
        ])
    func badParameters(uri: String, message: String) async throws {
        try await Fixtures.with { client in
            let answer = try await client.json(uri, status: .badRequest)
            #expect(answer == ["error": ["code": 400, "message": .string(message)]])
        }
    }

    @Test("Nothing is at other paths", arguments: ["/", "/api", "/api/v1", "/api/v1/secrets", "/healthz/x", "/..%2f"])
    func notFound(path: String) async throws {
        try await Fixtures.with { client in
            let answer = try await client.json(path, status: .notFound)
            #expect(answer == ["error": ["code": 404, "message": "there is nothing at this path"]])
        }
    }

    @Test("Only reads are answered", arguments: [HTTPRequest.Method.post, .put, .patch, .delete, .options])
    func readOnly(method: HTTPRequest.Method) async throws {
        try await Fixtures.with { client in
            for path in ["/api/v1/applications", "/healthz", "/nowhere"] {
                let answer = try await client.json(path, method: method, status: .methodNotAllowed)
                #expect(answer["error"]?["message"] == "only GET and HEAD are answered")
                let allowed = try await client.execute(uri: path, method: method) { $0.headers[.allow] }
                #expect(allowed == "GET, HEAD")
            }
        }
    }

    @Test(
        "HEAD is answered as GET is, without the body",
        arguments: ["/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/applications"])
    func head(path: String) async throws {
        try await Fixtures.with { client in
            let get = try await client.execute(uri: path, method: .get) { $0 }
            let head = try await client.execute(uri: path, method: .head) { $0 }
            #expect(head.status == get.status)
            #expect(head.headers[.contentType] == get.headers[.contentType])
            #expect(head.headers[.contentLength] == get.headers[.contentLength])
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test("An answer of the API is not kept by caches")
    func caching() async throws {
        try await Fixtures.with { client in
            let control = try await client.execute(uri: "/api/v1/status", method: .get) { $0.headers[.cacheControl] }
            #expect(control == "no-store")
        }
    }

    @Test("What goes wrong inside is for the log, not for the caller")
    func internalErrors() async throws {
        try await Fixtures.with(history: ScriptedHistory(fails: true)) { client in
            for path in ["/api/v1/status", "/api/v1/rollouts", "/api/v1/revisions", "/api/v1/report"] {
                let answer = try await client.json(path, status: .internalServerError)
                #expect(
                    answer == ["error": ["code": 500, "message": "the daemon could not answer; its log says why"]])
            }
        }
    }
}

@Suite("Liveness and readiness")
struct ReadinessTests {
    @Test("A daemon that waits for everything is alive all the same, and not ready")
    func starting() async throws {
        let board = StatusBoard(daemon: DaemonStatus(startedAt: Fixtures.start, sourceURL: "", branch: "main"))
        try await Fixtures.with(board) { client in
            let alive = try await client.text("/healthz")
            #expect(alive == "ok\n")
            let before = try await client.text("/readyz", status: .serviceUnavailable)
            #expect(before == "not ready: starting\n")
            board.updateDaemon { $0.isReady = true }
            let after = try await client.text("/readyz")
            #expect(after == "ok\n")
        }
    }

    @Test("Readiness says what is missing: the cluster first, then the source, then the pipeline")
    func reasons() async throws {
        let board = StatusBoard(daemon: DaemonStatus(startedAt: Fixtures.start, sourceURL: "", branch: "main"))
        try await Fixtures.with(board) { client in
            board.updateDaemon { $0.pipeline.error = "mainstay.yaml is missing" }
            let pipeline = try await client.text("/readyz", status: .serviceUnavailable)
            #expect(pipeline == "not ready: mainstay.yaml is missing\n")
            board.updateDaemon { $0.source.error = "the remote does not answer" }
            let source = try await client.text("/readyz", status: .serviceUnavailable)
            #expect(source == "not ready: the remote does not answer\n")
            board.updateDaemon { $0.cluster.error = "connection refused" }
            let cluster = try await client.text("/readyz", status: .serviceUnavailable)
            #expect(cluster == "not ready: the cluster does not answer: connection refused\n")
            board.updateDaemon { $0.clusters = [.init(name: "east", status: .init(error: "timed out"))] }
            let both = try await client.text("/readyz", status: .serviceUnavailable)
            #expect(both == "not ready: no cluster answers: connection refused; east: timed out\n")
            board.updateDaemon { $0.clusters = [.init(name: "east", status: .init(version: "v1.36.2"))] }
            let one = try await client.text("/readyz", status: .serviceUnavailable)
            #expect(one == "not ready: the remote does not answer\n", "one that answers is enough")
        }
    }
}
