// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Lists and reads")
struct ReadTests {
    let box = ReadBox()

    @Test("Pages are of the first one's revision, whatever is written between them", arguments: 0..<10)
    func pages(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        for index in 0..<30 { await box.create("c\(index)") }
        let all = await box.get("/api/v1/configmaps")
        var seen: [Value] = []
        var path = "/api/v1/configmaps?limit=\(random.next() % 7 + 1)"
        let first = path
        while true {
            let page = await box.get(path)
            #expect(page["metadata"]?["resourceVersion"] == all["metadata"]?["resourceVersion"])
            seen += page["items"]?.array ?? []
            let remaining = (all["items"]?.array?.count ?? 0) - seen.count
            #expect(page["metadata"]?["remainingItemCount"]?.integer ?? 0 == Int64(remaining))
            guard let token = page["metadata"]?["continue"]?.string else { break }
            path = "\(first)&continue=\(token)"
            for _ in 0..<5 { await box.write("c\(random.next() % 40)", using: &random) }
        }
        #expect(.array(seen) == all["items"])
    }

    @Test("An old revision is listed while it is remembered, and is 410 afterwards")
    func exactRevision() async throws {
        await box.create("a")
        let old = await box.get("/api/v1/namespaces/default/configmaps")
        let revision = try #require(old["metadata"]?["resourceVersion"]?.string)
        await box.create("b")
        let path = "/api/v1/namespaces/default/configmaps?resourceVersion=\(revision)"
        #expect(await box.get("\(path)&resourceVersionMatch=Exact") == old)
        #expect(await box.get("\(path)&resourceVersionMatch=NotOlderThan")["items"]?.array?.count == 3)
        let page = await box.get("/api/v1/namespaces/default/configmaps?limit=1")
        let token = page["metadata"]?["continue"]?.string ?? ""
        await box.create("c")
        box.time.advance(by: .seconds(20))
        await box.create("d")
        box.time.advance(by: .seconds(320))
        let gone = await box.get("\(path)&resourceVersionMatch=Exact")
        #expect(gone["code"] == 410 && gone["message"] == "The resourceVersion for the provided list is too old.")
        let expired = await box.get("/api/v1/namespaces/default/configmaps?limit=1&continue=\(token)")
        #expect(expired["reason"] == "Expired")
        let fresh = try #require(expired["metadata"]?["continue"]?.string)
        let rest = await box.get("/api/v1/namespaces/default/configmaps?continue=\(fresh)")
        #expect(
            rest["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } == ["b", "c", "d", "kube-root-ca.crt"])
    }

    @Test("At resourceVersion 0 a limit is ignored")
    func anyRevision() async {
        for name in ["a", "b", "c"] { await box.create(name) }
        let list = await box.get("/api/v1/namespaces/default/configmaps?limit=1&resourceVersion=0")
        #expect(list["items"]?.array?.count == 4 && list["metadata"]?["continue"] == nil)
    }

    @Test(
        "What does not go together is refused",
        arguments: [
            ("resourceVersionMatch=Exact", 422, "resourceVersionMatch is forbidden unless resourceVersion is provided"),
            ("resourceVersion=0&resourceVersionMatch=Exact", 422, "forbidden for resourceVersion \"0\""),
            ("resourceVersion=1&resourceVersionMatch=No", 422, "supported values: \"Exact\", \"NotOlderThan\", \"\""),
            ("sendInitialEvents=true", 422, "sendInitialEvents is forbidden for list"),
            ("watch=1&sendInitialEvents=true", 422, "sendInitialEvents requires setting resourceVersionMatch"),
            ("watch=1&resourceVersionMatch=NotOlderThan", 422, "forbidden for watch unless sendInitialEvents"),
            ("resourceVersion=x", 400, "invalid resource version: resourceVersion: Invalid value: \"x\""),
            ("limit=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax"),
            ("continue=zz!", 400, "invalid continue token: continue key is not valid"),
            ("resourceVersion=99999&resourceVersionMatch=NotOlderThan", 504, "Too large resource version: 99999"),
        ])
    func refusals(query: String, status: Int64, words: String) async {
        let answer = await box.get("/api/v1/configmaps?\(query)")
        #expect(answer["code"]?.integer == status)
        #expect(answer["message"]?.string?.contains(words) == true, "\(answer["message"] ?? "")")
    }

    @Test("Aggregated discovery is answered with 304 to a client that has it, and anew once a group appears")
    func discoveryTag() async {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        func ask(_ tag: String) async -> SandboxResponse { await box.send("/apis", accept: accept, tag: tag) }
        func tag(_ response: SandboxResponse) -> String { response.headers.first { $0.name == "etag" }?.value ?? "" }
        let first = await ask("")
        #expect(first.status == 200 && !tag(first).isEmpty)
        #expect(await ask(tag(first)).status == 304)
        await box.define()
        let second = await ask(tag(first))
        #expect(second.status == 200 && tag(second) != tag(first))
    }

    @Test("Events go an hour after they were last written")
    func eventsAge() async {
        let event: Value = [
            "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e"], "reason": "R",
            "involvedObject": ["kind": "Pod", "name": "p", "namespace": "default"], "type": "Normal",
        ]
        await box.post("/api/v1/namespaces/default/events", event)
        box.time.advance(by: .seconds(3599))
        await box.cluster.fireTimers()
        #expect(await box.get("/api/v1/events")["items"]?.array?.count == 1)
        box.time.advance(by: .seconds(1))
        await box.cluster.fireTimers()
        #expect(await box.get("/api/v1/events")["items"]?.array?.isEmpty == true)
    }
}
