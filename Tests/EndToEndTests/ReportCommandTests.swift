// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import TestSupport
internal import Testing

@Suite("The report command", .serialized)
struct ReportCommandTests {
    @Test("A deployment is in the next report, as a table and as JSON; what is mistyped is refused")
    func report() async throws {
        let installation = try await Installation()
        let daemon = try installation.start()
        let client = try await installation.client(of: daemon)
        let commit = try installation.merge(tag: "1.0.0")
        try await installation.waitUntilHealthy(client, at: commit, of: daemon)

        let table = try await Binary.run("report", "worker", "-e", "staging", "--server", client.server)
        #expect(table.status == 0, "\(table.errors)")
        let lines = table.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("since Monday ") == true)
        let row = try #require(lines.last).split(separator: " ").map(String.init)
        #expect(row.prefix(3) == ["staging", "worker", "1"], "\(table.output)")
        #expect(Array(row.dropFirst(4).prefix(3)) == ["0", "of", "1"], "\(table.output)")

        let json = try await Binary.run("report", "--by", "week", "-o", "json", "--server", client.server)
        let answer = try JSON.parse(Array(json.output.utf8))
        #expect(answer["items"]?[0]?["weeks"]?[0]?["deployments"] == 1)
        #expect(answer["items"]?[0]?["total"]?["leadTime"]?["count"] == 1)
        let metrics = try await client.get("/metrics").text
        #expect(
            metrics.contains("mainstay_lead_time_seconds_count{application=\"worker\",environment=\"staging\"} 1\n"))

        let other = try await Binary.run("report", "other", "--server", client.server)
        #expect(other.status == 1 && other.errors.contains("nothing happened in application other since"))
        let mistyped = try await Binary.run("report", "--since", "yesterday", "--server", client.server)
        #expect(mistyped.status == 64 && mistyped.errors.contains("--since must be a duration such as 90d"))
        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(10)) == 0)
    }
}
