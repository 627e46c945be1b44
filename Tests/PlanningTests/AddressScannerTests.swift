// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Planning

@Suite struct AddressScannerTests {
    private func names(_ text: String, certainOnly: Bool = true) -> [String] {
        AddressScanner.hosts(in: text, wholeIsHost: true).filter { $0.isCertain || !certainOnly }
            .map { $0.labels.joined(separator: ".") }
    }

    @Test(
        "A host is found in a URL, before a port, in a list, and as the whole value",
        arguments: [
            ("nats://nats.infrastructure.svc.cluster.local:4222", ["nats.infrastructure.svc.cluster.local"]),
            ("postgres://user:p%40ss@postgres:5432/app?sslmode=disable", ["postgres"]),
            ("postgres:5432", ["postgres"]),
            ("postgres", ["postgres"]),
            ("kafka-0:9092,kafka-1:9092, kafka-2:9092", ["kafka-0", "kafka-1", "kafka-2"]),
            ("redis,memcached", ["redis", "memcached"]),
            ("user:secret@tcp(mysql:3306)/db", ["mysql"]),
            ("mongodb://a:27017,b:27017/db", ["a", "b"]),
            ("listen = \"redis:6379\"\nother = 'x'", ["redis"]),
            ("POSTGRES.Infrastructure.", ["postgres.infrastructure"]),
            ("http://[::1]:80", []),
            ("", []),
        ])
    func found(text: String, hosts: [String]) { #expect(names(text) == hosts) }

    @Test(
        "A bare word in a sentence, a YAML key and a clock time are no hosts",
        arguments: ["wait for postgres please", "postgres: true", "level: info", "redis memcached"])
    func notFound(text: String) { #expect(names(text).isEmpty) }

    @Test("A value that means something else is no host as a whole, but its URLs are")
    func wholeIsNoHost() {
        #expect(AddressScanner.hosts(in: "postgres", wholeIsHost: false).allSatisfy { !$0.isCertain })
        #expect(AddressScanner.hosts(in: "http://postgres/", wholeIsHost: false).contains { $0.isCertain })
    }

    @Test("A long text is read to a limit")
    func bounded() {
        let text = (0..<20_000).map { "host\($0):80" }.joined(separator: " ")
        #expect(AddressScanner.hosts(in: text, wholeIsHost: true).count == 256)
    }
}
