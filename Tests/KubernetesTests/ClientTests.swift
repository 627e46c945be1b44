// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing
import Transport

@testable import Kubernetes

@Suite struct ClientTests {
    private let object: Object = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "namespace": "t2"], "data": ["a": "1"],
    ]
    private let applied = """
        {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","namespace":"t2","uid":"c37a629d","resourceVersion":\
        "266","managedFields":[{"manager":"mainstay","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1",\
        "fieldsV1":{"f:data":{"f:a":{}}}}]},"data":{"a":"1"}}
        """
    private let missing = """
        {"kind":"Status","apiVersion":"v1","status":"Failure","message":"configmaps \\"c\\" not found",\
        "reason":"NotFound","details":{"name":"c","kind":"configmaps"},"code":404}
        """

    @Test("an apply tells created from configured and keeps managedFields and warnings", arguments: [200, 201])
    func apply(_ status: Int) async throws {
        let warning = #"299 - "unknown field \"spec.replcas\"", 299 - "second, with a comma""#
        let transport = Discovered.transport([ScriptedTransport.json(status, applied, headers: ["Warning": warning])])
        let result = try await client(transport).apply(object, fieldManager: "mainstay", force: true, dryRun: false)
        #expect(result.created == (status == 201))
        #expect(result.object.value(at: "metadata", "managedFields") != nil)
        #expect(result.warnings == ["unknown field \"spec.replcas\"", "second, with a comma"])
        #expect(
            asked(transport).map(\.url) == [
                "https://api.example:6443/api/v1/namespaces/t2/configmaps/c"
                    + "?fieldManager=mainstay&force=true&fieldValidation=Strict"
            ])
    }

    @Test("every other write and the User-Agent carry another manager than applies do")
    func managers() async throws {
        let transport = Discovered.transport(
            Array(repeating: ScriptedTransport.json(200, applied), count: 5))
        let client = client(transport)
        _ = try await client.create(object)
        _ = try await client.patch(configMaps, namespace: "t2", name: "c", .merge(["data": ["a": "2"]]))
        _ = try await client.patch(configMaps, namespace: "t2", name: "c", .json([["op": "remove", "path": "/data"]]))
        _ = try await client.patch(
            configMaps, namespace: "t2", name: "c", .strategicMerge([:]), subresource: "status", dryRun: true)
        _ = try await client.delete(configMaps, namespace: "t2", name: "c", uid: "u-1", propagation: .foreground)
        #expect(transport.requests.allSatisfy { $0.headers["User-Agent"] == "mainstay-controller" })
        let writes = asked(transport)
        #expect(writes.dropLast().allSatisfy { $0.url.contains("fieldManager=mainstay-controller") })
        #expect(
            writes.map { $0.headers["Content-Type"] } == [
                "application/json", "application/merge-patch+json", "application/json-patch+json",
                "application/strategic-merge-patch+json", "application/json",
            ])
        #expect(writes[3].url.contains("/configmaps/c/status?") && writes[3].url.hasSuffix("dryRun=All"))
    }

    @Test("an object of a kind that is not served is refused before anything is sent")
    func notServed() async {
        let transport = Discovered.transport()
        let error = await refusal {
            _ = try await client(transport).apply(
                ["apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"]],
                fieldManager: "mainstay", force: false, dryRun: false)
        }
        #expect(error?.code == .kindNotServed)
        #expect(asked(transport).isEmpty)
    }

    @Test("get gives the object, nil when there is none, and an error when the kind is not served")
    func get() async throws {
        let transport = ScriptedTransport([
            ScriptedTransport.json(200, applied), ScriptedTransport.json(404, missing),
            .response(HTTPResponse(status: 404, body: Array("404 page not found\n".utf8))),
            ScriptedTransport.json(200, "[]"),
        ])
        let client = client(transport)
        func get() async throws -> Object? { try await client.get(configMaps, namespace: "t2", name: "c") }
        #expect(try await get()?.uid == "c37a629d")
        #expect(try await get() == nil)
        #expect(await refusal { _ = try await get() }?.code == .kindNotServed)
        #expect(await refusal { _ = try await get() }?.code == .malformedAnswer)
    }

    @Test("delete states propagation and uid, and is false where nothing is")
    func delete() async throws {
        let transport = ScriptedTransport([
            ScriptedTransport.json(200, #"{"kind":"Status","apiVersion":"v1","status":"Success"}"#),
            ScriptedTransport.json(404, missing),
        ])
        let client = client(transport)
        let first = try await client.delete(
            configMaps, namespace: "t2", name: "c", uid: "u-1", propagation: .background)
        let second = try await client.delete(
            configMaps, namespace: "t2", name: "c", uid: "u-2", propagation: .orphan)
        #expect(first && !second)
        let bodies = try transport.requests.map { try JSON.parse($0.body ?? []) }
        #expect(bodies[0]["propagationPolicy"] == "Background")
        #expect(bodies[0]["preconditions"] == ["uid": "u-1"])
        #expect(bodies[1]["propagationPolicy"] == "Orphan" && bodies[1]["preconditions"] == ["uid": "u-2"])
    }

    private func page(_ names: [String], version: String = "10", continue token: String = "")
        -> ScriptedTransport.Answer
    {
        let items = names.map { #"{"metadata":{"name":"\#($0)","namespace":"t"}}"# }.joined(separator: ",")
        return ScriptedTransport.json(
            200,
            #"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"\#(version)","continue":"\#(token)"},"#
                + #""items":[\#(items)]}"#)
    }

    private let expired = ScriptedTransport.json(
        410, #"{"kind":"Status","apiVersion":"v1","reason":"Expired","code":410}"#)

    private func list(_ transport: ScriptedTransport) async throws -> ObjectList {
        try await client(transport).list(configMaps, namespace: nil, labelSelector: "a=b", fieldSelector: nil)
    }

    @Test("a list goes on page by page, and its items get apiVersion and kind")
    func pages() async throws {
        let transport = ScriptedTransport([page(["a", "b"], continue: "next=="), page(["c"])])
        let found = try await list(transport)
        #expect(found.items.map(\.name) == ["a", "b", "c"])
        #expect(found.items.allSatisfy { $0.groupVersionKind == configMaps.groupVersionKind })
        #expect(found.resourceVersion == "10")
        #expect(
            transport.requests.map(\.url) == [
                "https://api.example:6443/api/v1/configmaps?limit=500&labelSelector=a%3Db",
                "https://api.example:6443/api/v1/configmaps?limit=500&labelSelector=a%3Db&continue=next%3D%3D",
            ])
    }

    @Test("a list that must have seen a version says so on its first page only: the token says it for the others")
    func notOlderThan() async throws {
        let transport = ScriptedTransport([page(["a"], continue: "n"), page(["b"])])
        _ = try await client(transport).list(
            configMaps, namespace: nil, labelSelector: nil, fieldSelector: nil, notOlderThan: "7")
        #expect(
            transport.requests.map { $0.url.split(separator: "?").last } == [
                "limit=500&resourceVersion=7&resourceVersionMatch=NotOlderThan", "limit=500&continue=n",
            ])
    }

    @Test("a list whose pages expired starts again, once")
    func listExpired() async throws {
        let again = ScriptedTransport([page(["a"], continue: "n"), expired, page(["b"], version: "20")])
        let found = try await list(again)
        #expect(found.items.map(\.name) == ["b"] && found.resourceVersion == "20")
        let twice = ScriptedTransport([page(["a"], continue: "n"), expired, expired])
        #expect(await refusal { _ = try await list(twice) }?.code == .expired)
    }

    @Test("a 429 halves what may be under way, is waited out and sent again, and all of it is counted")
    func overload() async throws {
        let transport = Discovered.transport([
            ScriptedTransport.json(429, "", headers: ["Retry-After": "1"]),
            ScriptedTransport.json(
                200, #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"t"}}"#),
        ])
        let client = client(transport)
        let before = client.limits
        #expect(try await client.get(configMaps, namespace: "t", name: "c")?.name == "c")
        #expect(client.limits.limit == before.limit / 2)
        #expect(client.limits.refused == 1 && client.limits.repeated == 1)
        #expect(client.limits.inFlight == 0 && client.limits.waiting == 0)
        #expect(before.refused == 0 && before.repeated == 0)
    }

    @Test("a page that is too large is asked for again with fewer objects, down to five")
    func largePages() async throws {
        let tooLarge = ScriptedTransport.Answer.failure(
            TransportError(code: .tooLarge, subject: "GET", message: "the body is larger"))
        let transport = ScriptedTransport([
            page(["a"], continue: "n"), tooLarge, page(["b"], continue: "m"), page(["c"]),
        ])
        #expect(try await list(transport).items.map(\.name) == ["a", "b", "c"])
        #expect(
            transport.requests.map { $0.url.split(separator: "?").last } == [
                "limit=500&labelSelector=a%3Db", "limit=500&labelSelector=a%3Db&continue=n",
                "limit=50&labelSelector=a%3Db&continue=n", "limit=50&labelSelector=a%3Db&continue=m",
            ])
        #expect(transport.requests.allSatisfy { $0.maximumResponseBytes == 16 << 20 })
        let never = ScriptedTransport([tooLarge, tooLarge, tooLarge])
        #expect(await refusal { _ = try await list(never) }?.code == .tooLarge)
        #expect(never.requests.last?.url.contains("limit=5&") == true)
    }

    @Test("a list that repeats its page does not go on for ever")
    func listLoop() async {
        let transport = ScriptedTransport([page(["a"], continue: "n"), page(["a"], continue: "n")])
        #expect(await refusal { _ = try await list(transport) }?.code == .malformedAnswer)
    }

    @Test("a log's last lines come oldest first, cut and without control characters")
    func log() async throws {
        let text = "one\n\u{1B}[31mtwo\n" + String(repeating: "x", count: 5000) + "\n"
        let transport = ScriptedTransport([.response(HTTPResponse(status: 200, body: Array(text.utf8)))])
        let lines = try await client(transport).podLog(
            namespace: "t", pod: "p", container: "c", previous: true, tailLines: 3)
        #expect(lines.map { $0.prefix(7) } == ["one", " [31mtw", "xxxxxxx"])
        #expect(lines[2].count == 2048)
        #expect(
            transport.requests.first?.url
                == "https://api.example:6443/api/v1/namespaces/t/pods/p/log"
                + "?container=c&previous=true&tailLines=3&limitBytes=65536")
    }

    @Test("a container that has not started has no log, a pod that is not there is an error")
    func noLog() async throws {
        let waiting = """
            {"kind":"Status","apiVersion":"v1","message":"container \\"c\\" in pod \\"p\\" is waiting to start",\
            "reason":"BadRequest","code":400}
            """
        let transport = ScriptedTransport([
            ScriptedTransport.json(400, waiting), ScriptedTransport.json(404, missing),
        ])
        let client = client(transport)
        func log() async throws -> [String] {
            try await client.podLog(namespace: "t", pod: "p", container: "c", previous: false, tailLines: 5)
        }
        #expect(try await log().isEmpty)
        #expect(await refusal { _ = try await log() }?.code == .notFound)
    }

    @Test("the probe tells an immutable field from a wrong manifest")
    func probe() async throws {
        let invalid = """
            {"kind":"Status","apiVersion":"v1","reason":"Invalid","message":"ConfigMap is invalid","code":422,"details":\
            {"kind":"ConfigMap","causes":[{"reason":"FieldValueForbidden","message":"Forbidden: no","field":"data"}]}}
            """
        let transport = Discovered.transport(
            [
                ScriptedTransport.json(201, applied), ScriptedTransport.json(422, invalid),
            ] + Array(repeating: ScriptedTransport.json(503, ""), count: 6))
        let client = client(transport)
        var live = object
        live.set("u-1", at: "metadata", "uid")
        #expect(try await client.probe(live) == .immutable)
        #expect(try await client.probe(live) == .invalid)
        #expect(await refusal { _ = try await client.probe(live) }?.code == .unavailable)
        let request = try #require(asked(transport).first)
        #expect(request.method == "POST" && request.url.hasSuffix("dryRun=All"))
        let sent = try #require(try JSON.parse(request.body ?? []).object)
        #expect(sent.name.hasPrefix("mainstay-probe-") && sent.name.count == 23 && sent.uid.isEmpty)
        #expect(sent["data"] == object["data"])
    }

    @Test("the version is read, and an answer of something else is refused")
    func version() async throws {
        let transport = ScriptedTransport([
            ScriptedTransport.json(200, #"{"major":"1","gitVersion":"v1.36.2"}"#),
            .response(HTTPResponse(status: 200, body: Array("<html>".utf8))),
        ])
        let client = client(transport)
        #expect(try await client.version() == "v1.36.2")
        #expect(await refusal { _ = try await client.version() }?.code == .malformedAnswer)
    }
}
