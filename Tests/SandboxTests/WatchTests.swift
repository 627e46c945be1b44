// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Watches")
struct WatchTests {
    let box = ReadBox()

    /// All events of a watch that runs out after `seconds`.
    func events(_ stream: AsyncStream<[UInt8]>?, after seconds: Int64 = 3601) async throws -> [Value] {
        box.time.advance(by: .seconds(seconds))
        await box.cluster.fireTimers()
        var result: [Value] = []
        for await line in try #require(stream) { result.append(try JSON.parse(line)) }
        return result
    }

    @Test("A client that follows from any revision ends up with what a list shows", arguments: 0..<12)
    func follow(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let base = "/api/v1/namespaces/default/configmaps"
        let selector = seed % 2 == 0 ? "" : "&labelSelector=l=x"
        var followers: [(start: Value, stream: AsyncStream<[UInt8]>?)] = []
        for _ in 0..<60 {
            await box.write("c\(random.next() % 8)", using: &random)
            let start = await box.get("\(base)?limit=500\(selector)")
            // Some watch at once, some after more has happened.
            if random.next() % 3 == 0 {
                await box.write("c\(random.next() % 8)", using: &random)
                await box.write("c\(random.next() % 8)", using: &random)
            }
            let revision = start["metadata"]?["resourceVersion"]?.string ?? ""
            followers.append(
                (start, await box.stream("\(base)?watch=1&timeoutSeconds=60&resourceVersion=\(revision)\(selector)")))
        }
        let final = await box.get("\(base)?limit=500\(selector)")
        for follower in followers {
            var known: [String: Value] = [:]
            for item in follower.start["items"]?.array ?? [] { known[item["metadata"]?["name"]?.string ?? ""] = item }
            for event in try await events(follower.stream, after: 61) {
                let name = event["object"]?["metadata"]?["name"]?.string ?? ""
                switch event["type"] {
                case "ADDED": #expect(known[name] == nil)
                case "MODIFIED": #expect(known[name] != nil)
                default:
                    #expect(known.removeValue(forKey: name) != nil)
                    continue
                }
                var object = event["object"]?.object ?? Object()
                object["kind"] = nil
                object["apiVersion"] = nil
                known[name] = .object(object)
            }
            #expect(known.sorted { $0.key < $1.key }.map(\.value) == final["items"]?.array)
        }
    }

    @Test("A watch from nowhere in particular begins with what is there; with bookmarks, the end of it is marked")
    func initialEvents() async throws {
        await box.create("a")
        let path = "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=a"
        let plain = try await events(await box.stream(path), after: 2)
        #expect(plain.map { $0["type"] } == ["ADDED"])
        let marked = try await events(await box.stream("\(path)&allowWatchBookmarks=true"), after: 2)
        #expect(marked.map { $0["type"] } == ["ADDED", "BOOKMARK"])
        #expect(marked[1]["object"]?["metadata"]?["annotations"] == ["k8s.io/initial-events-end": "true"])
        let from = "\(path)&sendInitialEvents=false&resourceVersionMatch=NotOlderThan"
        #expect(try await events(await box.stream(from), after: 2).isEmpty)
    }

    @Test("A bookmark comes every minute, and two seconds before the end")
    func bookmarks() async throws {
        let path = "/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=1&allowWatchBookmarks=true"
        let short = await box.stream("\(path)&timeoutSeconds=2&fieldSelector=metadata.name=none")
        #expect(try await events(short, after: 3).isEmpty)
        let stream = await box.stream("\(path)&timeoutSeconds=100&fieldSelector=metadata.name=none")
        for _ in 0..<110 {
            box.time.advance(by: .seconds(1))
            await box.cluster.fireTimers()
        }
        #expect(try await events(stream).map { $0["type"] } == ["BOOKMARK", "BOOKMARK"])
    }

    @Test("Initial events of a revision that is not there yet are an error event")
    func futureRevision() async throws {
        let path = "/api/v1/configmaps?watch=1&resourceVersion=99999&timeoutSeconds=1"
        let error = try await events(
            await box.stream("\(path)&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"))
        #expect(error.count == 1 && error[0]["type"] == "ERROR" && error[0]["object"]?["code"] == 504)
        // Without them the watch waits.
        #expect(try await events(await box.stream(path)).isEmpty)
    }

    @Test("A watch of tables names the columns once")
    func tables() async throws {
        await box.create("a")
        let stream = await box.stream(
            "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&includeObject=None",
            accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        await box.create("b")
        let shown = try await events(stream, after: 2).compactMap { $0["object"] }
        #expect(shown.count == 3)
        #expect(shown.map { $0["columnDefinitions"]?.array?.count } == [3, nil, nil])
        #expect(shown.allSatisfy { $0["kind"] == "Table" && $0["rows"]?.array?.count == 1 })
    }

    @Test("The old paths below /watch/ work", arguments: ["configmaps", "namespaces/default/configmaps/a"])
    func oldPaths(path: String) async throws {
        await box.create("a")
        let seen = try await events(await box.stream("/api/v1/watch/\(path)?timeoutSeconds=1"), after: 2)
        #expect(seen.contains { $0["object"]?["metadata"]?["name"] == "a" })
    }

    @Test("What names one object is read, though it asks for a watch")
    func named() async {
        await box.create("a")
        #expect(await box.get("/api/v1/namespaces/default/configmaps/a?watch=true")["kind"] == "ConfigMap")
    }
}
