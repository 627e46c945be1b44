// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Sandbox

@Suite("Faults")
struct FaultTests {
    static let configMaps = "/api/v1/namespaces/default/configmaps"
    let time = TestTime()
    let cluster: SandboxCluster

    init() {
        let time = time
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 7),
            controllers: StandardControllers.all())
    }

    func answer(_ method: String, _ path: String, _ body: Value? = nil) async -> SandboxResponse {
        let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
        return await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "test/1")],
                body: body.map { JSON.bytes($0) } ?? []))
    }

    @discardableResult
    func send(_ method: String, _ path: String, _ body: Value? = nil) async -> (status: Int, body: Value) {
        let response = await answer(method, path, body)
        guard case .bytes(let bytes) = response.body else { return (response.status, .null) }
        return (response.status, (try? JSON.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self)))
    }

    @discardableResult
    func create(_ name: String, labels: Value = [:]) async -> (status: Int, body: Value) {
        await send(
            "POST", Self.configMaps,
            [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": labels],
                "data": ["level": "0"],
            ])
    }

    func set(_ name: String, _ level: Int) async {
        await send("PATCH", "\(Self.configMaps)/\(name)", ["data": ["level": .string(String(level))]])
    }

    func exists(_ name: String) async -> Bool { await send("GET", "\(Self.configMaps)/\(name)").status == 200 }

    // MARK: Answers

    @Test(
        "Errors are worded as the real server words them",
        arguments: [
            (401, "Unauthorized", "Unauthorized"), (404, "NotFound", "configmaps \"a\" not found"),
            (
                403, "Forbidden",
                "configmaps \"a\" is forbidden: User \"kubernetes-admin\" cannot create resource \"configmaps\" in API group \"\" "
                    + "in the namespace \"default\""
            ),
            (409, "AlreadyExists", "configmaps \"a\" already exists"),
            (410, "Expired", "The resourceVersion for the provided list is too old."),
            (500, nil, "etcdserver: request timed out"),
            (503, "ServiceUnavailable", "the server is currently unable to handle the request"),
            (504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
        ] as [(Int, String?, String)])
    func status(code: Int, reason: String?, message: String) async throws {
        try await cluster.addFault(FaultRule(.error(FaultError(code), .before), times: 1))
        let (status, body) = await create("a")
        #expect(status == code)
        #expect(body["kind"] == "Status")
        #expect(body["code"] == .integer(Int64(code)))
        #expect(body["reason"]?.string == reason)
        #expect(body["message"]?.string == message)
        #expect(await !exists("a"))
    }

    @Test("Too many requests come with Retry-After: in plain text as from priority and fairness, or as a Status")
    func tooMany() async throws {
        try await cluster.addFault(FaultRule(.error(FaultError(429), .before), times: 1))
        let plain = await answer("GET", Self.configMaps)
        #expect(plain.status == 429)
        #expect(plain.headers.contains { $0 == (name: "retry-after", value: "1") })
        let error = FaultError(429, reason: "TooManyRequests", message: "slow down", retryAfter: 7)
        try await cluster.addFault(FaultRule(.error(error, .before), times: 1))
        let status = await answer("GET", Self.configMaps)
        #expect(status.headers.contains { $0 == (name: "retry-after", value: "7") })
        #expect(await send("GET", Self.configMaps).status == 200)
    }

    @Test("A write that is carried out and answered with an error, or not at all, is there")
    func unknownOutcome() async throws {
        try await cluster.addFault(FaultRule(.error(FaultError(500), .after), times: 1))
        #expect(await create("a").status == 500)
        #expect(await exists("a"))
        try await cluster.addFault(FaultRule(.reset(.after), times: 1))
        let lost = await answer("PATCH", "\(Self.configMaps)/a", ["data": ["level": "1"]])
        #expect(lost.connectionBreak == .beforeAnswer)
        #expect(await send("GET", "\(Self.configMaps)/a").body["data"]?["level"] == "1")
        try await cluster.addFault(FaultRule(.reset(.midway), times: 1))
        #expect(await answer("DELETE", "\(Self.configMaps)/a").connectionBreak == .midway)
        #expect(await !exists("a"))
    }

    @Test("A connection that breaks beforehand leaves everything as it was")
    func reset() async throws {
        try await cluster.addFault(FaultRule(.reset(.before), match: FaultMatch(verb: ["create"])))
        #expect(await answer("POST", Self.configMaps, nil).connectionBreak == .beforeAnswer)
        #expect(await create("a").status == 0)
        #expect(await !exists("a"))
    }

    @Test("Latency and hanging take the clock's time, not the machine's")
    func latency() throws {
        let virtual = VirtualTime()
        let start = virtual.now
        try virtual.run {
            let cluster = SandboxCluster(
                clock: virtual.clock, now: { Timestamp(secondsSinceEpoch: 1_795_000_000) + virtual.now },
                random: SplitMix64(seed: 7))
            try await cluster.addFault(
                FaultRule(.latency(.seconds(3) ... .seconds(3)), match: FaultMatch(path: ["/version"]), times: 1))
            #expect(await cluster.respond(to: SandboxRequest(method: "GET", path: "/version")).status == 200)
            #expect(virtual.now - start == .seconds(3))
            try await cluster.addFault(FaultRule(.hang(.before)))
            let hung = await cluster.respond(to: SandboxRequest(method: "GET", path: "/version"))
            #expect(hung.connectionBreak == .beforeAnswer)
            #expect(virtual.now - start == .seconds(3603))
        }
    }

    // MARK: Reads

    @Test("A stale read shows objects, and their absence, as they were some revisions ago")
    func stale() async throws {
        await create("a")
        await create("b")
        await set("a", 1)
        await send("DELETE", "\(Self.configMaps)/b")
        let id = try await cluster.addFault(FaultRule(.stale(revisions: 2)))
        #expect(await send("GET", "\(Self.configMaps)/a").body["data"]?["level"] == "0")
        #expect(await exists("b"))
        let list = await send("GET", Self.configMaps).body
        let before = try #require(list["metadata"]?["resourceVersion"]?.string.flatMap { UInt64($0) })
        // Writes go on as ever.
        await set("a", 2)
        #expect(await send("GET", "\(Self.configMaps)/a").body["data"]?["level"] == "1")
        await cluster.removeFault(id)
        #expect(await send("GET", "\(Self.configMaps)/a").body["data"]?["level"] == "2")
        #expect(await !exists("b"))
        let now = await send("GET", Self.configMaps).body["metadata"]?["resourceVersion"]?.string.flatMap { UInt64($0) }
        #expect(now == before + 3)
    }

    // MARK: Admission

    @Test("A mutation is in what is stored, and belongs to nobody")
    func mutation() async throws {
        let patch: Value = [["op": "add", "path": "/metadata/labels/injected", "value": "yes"]]
        let match = FaultMatch(resource: ["configmaps"], labels: "app=web")
        try await cluster.addFault(FaultRule(.mutate(patch), match: match))
        let created = await create("a", labels: ["app": "web"]).body
        #expect(created["metadata"]?["labels"]?["injected"] == "yes")
        let fields = created["metadata"]?["managedFields"]?[0]?["fieldsV1"]?["f:metadata"]?["f:labels"]
        #expect(fields?["f:app"] != nil)
        #expect(fields?["f:injected"] == nil)
        #expect(await create("b", labels: ["app": "db"]).body["metadata"]?["labels"] == ["app": "db"])
    }

    @Test("A mutation that does not fit is an internal error")
    func mutationThatFails() async throws {
        try await cluster.addFault(FaultRule(.mutate([["op": "remove", "path": "/spec/none"]])))
        let (status, body) = await create("a")
        #expect(status == 500)
        #expect(body["message"]?.string?.hasPrefix("Internal error occurred: ") == true)
    }

    @Test("A denial is worded as a webhook's, for controllers as well, and for dry runs")
    func denial() async throws {
        let denial = Denial(webhook: "policy.example.com", message: "no tag")
        let id = try await cluster.addFault(
            FaultRule(.deny(denial), match: FaultMatch(resource: ["configmaps", "pods"])))
        let (status, body) = await create("a")
        #expect(status == 403)
        #expect(body["message"] == "admission webhook \"policy.example.com\" denied the request: no tag")
        #expect(await send("POST", "\(Self.configMaps)?dryRun=All", ["metadata": ["name": "a"]]).status == 403)
        await send("POST", "/apis/apps/v1/namespaces/default/deployments", SandboxClusterTests.deployment)
        await cluster.advance(by: .seconds(30))
        #expect(await send("GET", "/api/v1/namespaces/default/pods").body["items"] == [])
        await cluster.removeFault(id)
        await cluster.advance(by: .seconds(30))
        #expect(await send("GET", "/api/v1/namespaces/default/pods").body["items"]?.array?.count == 2)
    }

    @Test("A finalizer that is added holds the object for ever", arguments: [StuckFinalizer.Occasion.create, .delete])
    func finalizer(occasion: StuckFinalizer.Occasion) async throws {
        let finalizer = StuckFinalizer("example.com/stuck", at: occasion)
        try await cluster.addFault(FaultRule(.finalizer(finalizer), match: FaultMatch(name: ["a"])))
        let created = await create("a").body
        #expect((created["metadata"]?["finalizers"] != nil) == (occasion == .create))
        await create("b")
        for name in ["a", "b"] { await send("DELETE", "\(Self.configMaps)/\(name)") }
        await cluster.advance(by: .seconds(3600))
        let live = await send("GET", "\(Self.configMaps)/a").body
        #expect(live["metadata"]?["finalizers"] == ["example.com/stuck"])
        #expect(live["metadata"]?["deletionTimestamp"] != nil)
        #expect(await !exists("b"))
        await send("PATCH", "\(Self.configMaps)/a", ["metadata": ["finalizers": nil]])
        #expect(await !exists("a"))
    }

    // MARK: Watches

    func watch() async throws -> AsyncStream<[UInt8]> {
        let list = await send("GET", Self.configMaps).body
        let revision = list["metadata"]?["resourceVersion"]?.string ?? ""
        let answer = await answer("GET", "\(Self.configMaps)?watch=true&resourceVersion=\(revision)")
        guard case .stream(let lines) = answer.body else { throw NoStream() }
        return lines
    }

    struct NoStream: Error {}

    /// What comes, as `TYPE level`, up to a number of events or the end.
    func events(_ lines: AsyncStream<[UInt8]>, _ count: Int = .max) async throws -> [String] {
        var events: [String] = []
        for await line in lines {
            guard line != SandboxResponse.broken else { return events + ["broken"] }
            let event = try JSON.parse(line)
            let level = event["object"]?["data"]?["level"]?.string ?? event["object"]?["reason"]?.string ?? ""
            events.append("\(event["type"]?.string ?? "") \(level)")
            if events.count == count { break }
        }
        return events
    }

    @Test(
        "A watch ends after as many events as the fault says: in order, broken, or with a 410",
        arguments: [
            (WatchFault.Action.drop, []), (.reset, ["broken"]), (.expire, ["ERROR Expired"]),
        ])
    func ends(action: WatchFault.Action, last: [String]) async throws {
        try await cluster.addFault(FaultRule(.watch(WatchFault(action, afterEvents: 2)), times: 1))
        await create("a")
        let lines = try await watch()
        for level in 1...4 { await set("a", level) }
        #expect(try await events(lines) == ["MODIFIED 1", "MODIFIED 2"] + last)
        let next = try await watch()
        await set("a", 5)
        #expect(try await events(next, 1) == ["MODIFIED 5"])
    }

    @Test("A fault that is added strikes the watches that are open, and no others")
    func openWatches() async throws {
        await create("a")
        let lines = try await watch()
        await set("a", 1)
        let id = try await cluster.addFault(
            FaultRule(.watch(WatchFault(.drop)), match: FaultMatch(resource: ["secrets"])))
        await set("a", 2)
        try await cluster.addFault(FaultRule(.watch(WatchFault(.drop)), match: FaultMatch(resource: ["configmaps"])))
        await set("a", 3)
        #expect(try await events(lines) == ["MODIFIED 1", "MODIFIED 2"])
        #expect(await cluster.strikes(of: id) == 0)
    }

    @Test("Events are repeated until the fault is removed")
    func repeats() async throws {
        await create("a")
        let lines = try await watch()
        let id = try await cluster.addFault(FaultRule(.watch(WatchFault(.repeat, afterEvents: 1))))
        await set("a", 1)
        await set("a", 2)
        await cluster.removeFault(id)
        await set("a", 3)
        #expect(try await events(lines, 4) == ["MODIFIED 1", "MODIFIED 2", "MODIFIED 2", "MODIFIED 3"])
    }

    @Test("Events go back in resource versions, and on again")
    func rewinds() async throws {
        await create("a")
        let lines = try await watch()
        try await cluster.addFault(FaultRule(.watch(WatchFault(.rewind, events: 2))))
        for level in 1...3 { await set("a", level) }
        #expect(
            try await events(lines, 8)
                == [1, 2, 1, 2, 3, 1, 2, 3].map { "MODIFIED \($0)" })
    }

    @Test("Late events come in their order once their time is there, before the end of the watch")
    func delays() async throws {
        await create("a")
        let lines = try await watch()
        let id = try await cluster.addFault(FaultRule(.watch(WatchFault(.delay, delay: .seconds(10)))))
        await set("a", 1)
        await cluster.removeFault(id)
        await set("a", 2)
        await cluster.advance(by: .seconds(9))
        try await cluster.addFault(FaultRule(.watch(WatchFault(.repeat))))
        await cluster.advance(by: .seconds(1))
        await set("a", 3)
        #expect(
            try await events(lines, 4) == ["MODIFIED 1", "MODIFIED 2", "MODIFIED 3", "MODIFIED 3"])
    }
}
