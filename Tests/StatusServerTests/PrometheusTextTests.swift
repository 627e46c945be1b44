// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import Manifests
import NIOCore
import Planning
import Reconciler
import Testing

@testable import StatusServer

@Suite("Prometheus text")
struct PrometheusTextTests {
    private static let worker = ["application": "worker", "environment": "staging"]

    @Test("The page is what a strict scraper reads, and says so")
    func page() async throws {
        try await Fixtures.with { client in
            let response = try await client.execute(uri: "/metrics", method: .get) { $0 }
            #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let page = try PrometheusPage(String(buffer: response.body))
            #expect(page.samples.count == 45)
        }
    }

    @Test("Each cluster has samples of its own, and the default one no label")
    func clusters() throws {
        let board = Fixtures.board()
        board.updateDaemon {
            $0.clusters = [.init(name: "east"), .init(name: "west", status: .init(version: "v1.36.2"))]
        }
        var load = Fixtures.load
        load.cluster = "west"
        load.limit = 5
        let page = try PrometheusPage(
            PrometheusText(board: board, load: [Fixtures.load, load], version: "1.2.3").text)
        #expect(page.value("mainstay_cluster_reachable") == 1)
        #expect(page.value("mainstay_cluster_reachable", ["cluster": "east"]) == 0)
        #expect(page.value("mainstay_cluster_reachable", ["cluster": "west"]) == 1)
        #expect(page.value("mainstay_cluster_request_limit") == 33)
        #expect(page.value("mainstay_cluster_request_limit", ["cluster": "west"]) == 5)
        #expect(page.value("mainstay_cluster_requests_total", ["cluster": "west", "method": "PATCH"]) == 7)
    }

    @Test("Metrics hold what the board says")
    func values() throws {
        let page = try PrometheusPage(
            PrometheusText(board: Fixtures.board(), load: [Fixtures.load], version: "1.2.3").text)
        #expect(page.value("mainstay_build_info", ["version": "1.2.3"]) == 1)
        #expect(page.value("mainstay_ready") == 1)
        #expect(page.value("mainstay_start_time_seconds") == 1_795_255_200)
        #expect(page.value("mainstay_source_polls_total", ["result": "success"]) == 7)
        #expect(page.value("mainstay_source_polls_total", ["result": "failure"]) == 2)
        #expect(page.value("mainstay_source_last_poll_timestamp_seconds") == 1_795_255_260)
        #expect(page.value("mainstay_pipeline_valid") == 1)
        #expect(page.value("mainstay_cluster_reachable") == 1)
        #expect(page.value("mainstay_cluster_request_limit") == 33)
        #expect(page.value("mainstay_cluster_requests_in_flight") == 5)
        #expect(page.value("mainstay_cluster_requests_waiting") == 4)
        #expect(page.value("mainstay_cluster_requests_refused_total") == 3)
        #expect(page.value("mainstay_cluster_requests_repeated_total") == 2)
        #expect(page.value("mainstay_cluster_requests_total", ["method": "PATCH"]) == 7)
        #expect(page.value("mainstay_application_quarantined", Self.worker) == 1)
        #expect(page.value("mainstay_application_drift", Self.worker.merging(["action": "report"]) { $1 }) == 1)
        #expect(page.value("mainstay_application_drift", Self.worker.merging(["action": "heal"]) { $1 }) == 0)
        #expect(page.value("mainstay_drift_healed_total", Self.worker) == 1)
        let chat = ["receiver": "chat", "service": "slack"]
        #expect(page.value("mainstay_notifications_pending", chat) == 4)
        #expect(page.value("mainstay_notifications_failing", chat) == 1)
        #expect(page.value("mainstay_notifications_delivered_total", chat) == 7)
        #expect(page.value("mainstay_notifications_abandoned_total", chat) == 1)
        #expect(page.value("mainstay_notifications_failed_tries_total", chat) == 9)
        let health = Self.worker.merging(["health": "degraded"]) { $1 }
        #expect(page.value("mainstay_application_health", health) == 1)
        let phase = Self.worker.merging(["phase": "rolledBack"]) { $1 }
        #expect(page.value("mainstay_application_phase", phase) == 1)
        let revisions = ["revision": Fixtures.commits.good, "target_revision": Fixtures.commits.bad]
        #expect(page.value("mainstay_application_info", Self.worker.merging(revisions) { $1 }) == 1)
        let failed = Self.worker.merging(["phase": "failed"]) { $1 }
        #expect(page.value("mainstay_rollouts_total", failed) == 2)
        #expect(page.value("mainstay_lead_time_seconds_sum", Self.worker) == 120)
        #expect(page.value("mainstay_lead_time_seconds_count", Self.worker) == 2)
        #expect(page.value("mainstay_rollout_duration_seconds_sum", Self.worker) == 30)
        #expect(page.value("mainstay_rollout_duration_seconds_count", Self.worker) == 1)
        #expect(page.value("mainstay_restore_time_seconds_sum", Self.worker) == 40)
        #expect(page.value("mainstay_restore_time_seconds_count", Self.worker) == 1)
        #expect(page.value("mainstay_application_restarts", Self.worker) == 6)
        let certificate = Self.worker.merging(["namespace": "staging", "name": "web"]) { $1 }
        #expect(page.value("mainstay_certificate_ready", certificate) == 1)
        #expect(page.value("mainstay_certificate_expiry_timestamp_seconds", certificate) == 1_797_847_200)
        #expect(page.types["mainstay_rollouts_total"] == "counter")
        #expect(page.types["mainstay_application_health"] == "gauge")
    }

    @Test("What is not well is 0")
    func unwell() throws {
        let board = Fixtures.board()
        board.updateDaemon {
            $0.isReady = false
            $0.pipeline.error = "mainstay.yaml:1:1: nonsense"
            $0.cluster.error = "connection refused"
        }
        let page = try PrometheusPage(PrometheusText(board: board, load: [Fixtures.load], version: "1").text)
        #expect(page.value("mainstay_ready") == 0)
        #expect(page.value("mainstay_pipeline_valid") == 0)
        #expect(page.value("mainstay_cluster_reachable") == 0)
    }

    @Test(
        "Any label value comes through whole",
        arguments: [#"a\b"#, #"say "hi""#, "two\nlines", "two\r\nlines", #"\n"#, "", "}", "äöü ☃"])
    func escaping(text: String) throws {
        let board = StatusBoard(daemon: DaemonStatus(startedAt: Fixtures.start, sourceURL: "", branch: "main"))
        board.set(ApplicationStatus(target: TargetID(application: text, environment: "e")))
        let page = try PrometheusPage(PrometheusText(board: board, load: [Fixtures.load], version: text).text)
        #expect(page.value("mainstay_build_info", ["version": text]) == 1)
        #expect(page.value("mainstay_application_quarantined", ["application": text, "environment": "e"]) == 0)
    }

    @Test(
        "The reader of these tests refuses what scrapers refuse",
        arguments: [
            "a 1\n", "# HELP a x\na 1\n", "# HELP a x\n# TYPE a gauge\na 1", "# HELP a x\n# TYPE a gauge\na one\n",
            "# HELP a x\n# TYPE a gauge\na 1\na 2\n", "# HELP a x\n# TYPE a gauge\na{b=\"c\"d\"} 1\n",
            "# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n", "# HELP a x\n# TYPE b gauge\n",
            "# HELP a x\n# TYPE a gauge\na{b=\"c\n\"} 1\n",
        ])
    func strictness(text: String) {
        #expect(throws: PrometheusPage.Problem.self) { try PrometheusPage(text) }
    }
}
