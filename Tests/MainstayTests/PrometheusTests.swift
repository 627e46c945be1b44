// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Ledger
internal import Planning
internal import Reconciler
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay

/// A real Prometheus on a loopback port, which scrapes itself.
private final class PrometheusServer: Sendable {
    static let program = "/usr/bin/prometheus"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let url: String
    private let folder: TemporaryDirectory
    private let process: Child

    init() throws {
        folder = try TemporaryDirectory()
        let address = "127.0.0.1:\(UInt16.random(in: 20_000..<32_000))"
        url = "http://\(address)"
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s}
            scrape_configs:
            - {job_name: itself, static_configs: [{targets: ["\(address)"]}]}
            - {job_name: nobody, static_configs: [{targets: ["127.0.0.1:1"]}]}

            """, to: "prometheus.yml")
        process = try Child(
            Self.program,
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=\(address)",
            ], environment: ProcessInfo.processInfo.environment, errors: "\(folder.path)/log")
    }

    deinit { process.terminate() }
}

/// The limit ends what hangs: in a full run hundreds of tests share the cores, and these take their times by the clock.
@Suite(
    "Checks of metrics against a real Prometheus", .timeLimit(.minutes(5)),
    .enabled(if: PrometheusServer.isInstalled, "prometheus is not installed"))
struct PrometheusTests {
    private static func encoded(_ query: String) -> String {
        query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private static func result(
        _ query: String, _ bounds: [Application.PrometheusCheck.Bound], of server: PrometheusServer,
        _ probe: DirectProbe
    ) async throws -> CheckResult {
        let check = Application.PrometheusCheck(address: .direct(server.url), query: query, bounds: bounds)
        let answer = try await probe.get(
            "\(server.url)/api/v1/query?query=\(encoded(query))", sending: [], isQuery: true)
        return check.result(of: answer)
    }

    @Test("A daemon holds a version to what Prometheus says, takes it back over a threshold, and holds it without data")
    func daemon() async throws {
        let server = try PrometheusServer()
        let transport = try CurlTransport()
        let probe = DirectProbe(transport: transport)
        while (try? await Self.result("up{job=\"itself\"}", [.init(.atLeast, 1)], of: server, probe)) != .passed {
            try await Task.sleep(for: .milliseconds(50))
        }
        let host = String(server.url.dropFirst("http://".count))
        func files(_ tag: String, _ query: String, _ bound: String) -> [String: String] {
            let check = "{prometheus: {url: \"\(server.url)\", query: '\(query)', \(bound), within: 20s}}"
            return [
                "mainstay.yaml": Monorepo.pipeline([
                    "{name: api, environments: [staging], path: k8s/api, grace: 2s, verify: [\(check)]}"
                ]),
                "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api:\(tag)", environment: []),
            ]
        }
        try await DaemonHarness.run(allow: AllowRules(checks: [host]), checks: probe) { harness in
            let good = try harness.merge(files("1", "sum(up{job=\"itself\"})", "atLeast: 1"))
            try await harness.waitUntilHealthy(at: good, ["api"])
            let bad = try harness.merge(files("2", "sum(up{job=\"itself\"})", "below: 1"))
            try await harness.wait(for: "api", "fails its check") { $0.quarantine?.revision == bad }
            let cause = try #require(harness.status("api")?.quarantine?.cause)
            #expect(cause.reason == "VerifyFailed" && cause.message.contains("1.0 is not below 1.0"), "\(cause)")
            try harness.merge(files("3", "up{job=\"nowhere\"}", "below: 1"))
            try await harness.wait(for: "api", "is held for want of data") {
                $0.cause?.reason == CheckProgress.inconclusive && $0.message.contains("held for a person")
            }
            #expect(try await harness.image(of: "api") == "example.com/api:3", "nothing is taken back for nothing")
            #expect(try await harness.quarantines().map(\.revision) == [bad])
        }
        await transport.shutdown()
    }

    @Test("A threshold holds, or does not; no series, NaN and a query that is none say nothing")
    func queries() async throws {
        let server = try PrometheusServer()
        let transport = try CurlTransport()
        let probe = DirectProbe(transport: transport)
        let up = "sum(up{job=\"itself\"})"
        // It starts, scrapes itself once, and finds nobody there once: waited for, within the suite's limit.
        for query in [up, "count(up)-1"] {
            while (try? await Self.result(query, [.init(.atLeast, 1)], of: server, probe)) != .passed {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        #expect(try await Self.result(up, [.init(.below, 1)], of: server, probe) == .failed("1.0 is not below 1.0"))
        #expect(try await Self.result("1", [.init(.atMost, 1)], of: server, probe) == .passed)
        let both = try await Self.result("up", [.init(.above, 0)], of: server, probe)
        #expect(both == .failed("0.0 is not above 0.0 in all series"))
        for (query, part) in [
            ("up{job=\"nowhere\"}", "no series"), ("vector(0) / 0", "NaN"), ("up{", "400 (bad_data)"),
            ("up[5m]", "instant query"),
        ] {
            guard case .inconclusive(let why) = try await Self.result(query, [.init(.below, 1)], of: server, probe)
            else {
                Issue.record("\(query) says something")
                continue
            }
            #expect(why.contains(part))
        }
        await transport.shutdown()
    }
}
