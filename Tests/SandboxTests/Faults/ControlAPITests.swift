// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Control API")
struct ControlAPITests {
    let time = TestTime()

    func cluster() -> SandboxCluster {
        let time = time
        return SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 7),
            controllers: StandardControllers.all())
    }

    func ask(
        _ cluster: SandboxCluster, _ method: String, _ path: String, _ body: String = ""
    ) async -> (status: Int, body: Value) {
        let answer = await cluster.control(SandboxRequest(method: method, path: path, body: Array(body.utf8)))
        guard case .bytes(let bytes) = answer.body else { return (answer.status, .null) }
        return (answer.status, (try? JSON.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self)))
    }

    @Test(
        "Every fault that can be written is shown as it was, and can be given back",
        arguments: [
            #"{"latency":"200ms"}"#, #"{"latency":"200ms-2s","probability":0.5}"#, #"{"error":{"code":503}}"#,
            #"{"error":{"code":429,"reason":"TooManyRequests","message":"no","retryAfter":2,"when":"after"}}"#,
            #"{"times":3,"reset":"midway"}"#, #"{"hang":"after"}"#, #"{"stale":{"revisions":20}}"#,
            #"{"watch":{"action":"drop","afterEvents":3}}"#, #"{"watch":{"action":"delay","delay":"5s"}}"#,
            #"{"watch":{"action":"rewind","events":2}}"#,
            #"{"mutate":[{"op":"add","path":"/metadata/labels/a","value":"b"}]}"#,
            #"{"deny":{"webhook":"policy.example.com","message":"no","code":400}}"#,
            #"{"finalizer":{"name":"example.com/stuck","when":"delete"}}"#,
            #"{"match":{"method":"PATCH","verb":["create","patch"],"group":"apps","kind":"Deployment","#
                + #""resource":"deployments","subresource":"","namespace":"sh*","name":"web-?","path":"/apis/*","#
                + #""userAgent":"kubectl/*","labels":"app=web","dryRun":false},"hang":"before"}"#,
        ])
    func shown(text: String) async throws {
        let cluster = cluster()
        let (status, added) = await ask(cluster, "POST", "/faults", text)
        #expect(status == 201)
        var shown = try #require(added.object)
        #expect(shown["id"] == "1")
        #expect(shown["struck"] == 0)
        let whole = JSON.text(added)
        shown["id"] = nil
        shown["struck"] = nil
        let given = try #require(try JSON.parse(text).object)
        #expect(shown == given)
        #expect(await ask(cluster, "DELETE", "/faults/1").body == added)
        #expect(await ask(cluster, "POST", "/faults", whole).body == added)
    }

    @Test(
        "What is wrong with a fault is said with its field, and what was meant",
        arguments: [
            (#"{}"#, "", "one of latency"), (#"{"reset":"after","hang":"after"}"#, "", "more than one"),
            (#"{"reset":"aftr"}"#, "reset", "before, after or midway"),
            (#"{"match":{"verb":"pach"},"reset":"after"}"#, "match.verb", #"did you mean "patch"?"#),
            (#"{"match":{"resorce":"pods"},"reset":"after"}"#, "match", #"did you mean "resource"?"#),
            (#"{"match":{"labels":"a in ("},"reset":"after"}"#, "match.labels", ""),
            (#"{"times":0,"reset":"after"}"#, "times", "from 1"),
            (#"{"probability":50,"reset":"after"}"#, "probability", "from 0 to 1"),
            (#"{"error":{"code":200}}"#, "error.code", "400 to 599"), (#"{"latency":"2s-1s"}"#, "latency", "range"),
            (#"{"watch":{"action":"delay"}}"#, "watch", "how late"),
            (#"{"watch":{"action":"drop","delay":"1s"}}"#, "watch.delay", "delay only"),
            (#"{"mutate":[{"op":"ad","path":"/a","value":1}]}"#, "mutate[0].op", #"did you mean "add"?"#),
            (#"{"mutate":[{"op":"add","path":"a","value":1}]}"#, "mutate[0].path", "JSON pointer"),
            (#"{"id":"a/b","reset":"after"}"#, "id", "name"), ("[]", "", "must be a map"), ("{", "", ""),
        ])
    func refused(text: String, field: String, words: String) async throws {
        let (status, body) = await ask(cluster(), "POST", "/faults", text)
        #expect(status == 422)
        let problems = try #require(body["problems"]?.array)
        let named = problems.filter { $0["field"]?.string == field }
        #expect(
            named.contains { words.isEmpty || $0["message"]?.string?.contains(words) == true }, "\(JSON.text(body))")
    }

    @Test("Faults are listed with how often they struck, and removed one by one or all")
    func list() async {
        let cluster = cluster()
        _ = await ask(cluster, "POST", "/faults", "id: version\nmatch: {path: /version}\nerror: {code: 503}\n")
        _ = await ask(cluster, "POST", "/faults", #"{"match":{"resource":"pods"},"latency":"1s"}"#)
        #expect(await cluster.respond(to: SandboxRequest(method: "GET", path: "/version")).status == 503)
        let faults = await ask(cluster, "GET", "/faults").body["faults"]?.array
        #expect(faults?.map { $0["id"]?.string } == ["version", "2"])
        #expect(faults?.map { $0["struck"]?.integer } == [1, 0])
        #expect(await ask(cluster, "POST", "/faults", "id: version\nreset: before\n").status == 409)
        let unknown = await ask(cluster, "DELETE", "/faults/versoin")
        #expect(unknown.status == 404)
        #expect(unknown.body.string?.contains(#"did you mean "version"?"#) == true)
        #expect(await ask(cluster, "DELETE", "/faults/version").status == 200)
        #expect(await cluster.respond(to: SandboxRequest(method: "GET", path: "/version")).status == 200)
        #expect(await ask(cluster, "DELETE", "/faults").body == ["removed": 1])
    }

    @Test("The seed can be read and set")
    func seed() async {
        let cluster = cluster()
        #expect(await ask(cluster, "POST", "/seed", #"{"seed":42}"#).status == 200)
        #expect(await ask(cluster, "GET", "/seed").body == ["seed": 42])
        #expect(await ask(cluster, "POST", "/seed", #"{"seed":-1}"#).status == 422)
    }

    @Test("Other paths and methods are answered with what there is")
    func unknown() async {
        let cluster = cluster()
        #expect(await ask(cluster, "GET", "/fault").status == 404)
        #expect(await ask(cluster, "PATCH", "/faults").status == 405)
        #expect(await ask(cluster, "GET", "/").body.string?.contains("POST   /faults") == true)
    }

    @Test("Driving the clock lets everything happen that is due until then, in its order")
    func clock() async throws {
        let cluster = cluster()
        let start = time.now
        let deployment: Value = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
            "spec": [
                "progressDeadlineSeconds": 60, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [["name": "web", "image": "web:missing"]]],
                ],
            ],
        ]
        let path = "/apis/apps/v1/namespaces/default/deployments"
        _ = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: path, headers: [(name: "content-type", value: "application/json")],
                body: JSON.bytes(deployment)))
        func reason() async throws -> String? {
            let answer = await cluster.respond(to: SandboxRequest(method: "GET", path: "\(path)/web"))
            guard case .bytes(let bytes) = answer.body else { return nil }
            let conditions = try JSON.parse(bytes)["status"]?["conditions"]?.array ?? []
            return conditions.first { $0["type"] == "Progressing" }?["reason"]?.string
        }
        #expect(await ask(cluster, "POST", "/clock", #"{"advance":"50s"}"#).status == 200)
        #expect(try await reason() == "ReplicaSetUpdated")
        #expect(await ask(cluster, "POST", "/clock", #"{"advance":"20s"}"#).body["ahead"] == "1m10s")
        #expect(try await reason() == "ProgressDeadlineExceeded")
        #expect(await cluster.time == start + .seconds(70))
        #expect(await ask(cluster, "POST", "/clock", #"{"advance":"20000h"}"#).status == 422)
    }
}
