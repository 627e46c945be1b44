// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing
import Transport

@testable import Kubernetes

@Suite("After an answer that does not say what became of a request")
struct UnknownOutcomeTests {
    private let lost = ScriptedTransport.Answer.failure(
        TransportError(code: .closed, subject: "DELETE", message: "reset by peer"))
    private let missing = ScriptedTransport.json(
        404,
        #"{"kind":"Status","apiVersion":"v1","reason":"NotFound","details":{"name":"c","kind":"configmaps"},"code":404}"#
    )

    private func live(uid: String, _ more: String = "", data: String = #"{"a":"1"}"#) -> ScriptedTransport.Answer {
        ScriptedTransport.json(
            200,
            #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","namespace":"t","uid":"\#(uid)"\#(more)},"#
                + #""data":\#(data)}"#)
    }

    private func delete(_ transport: ScriptedTransport) async throws -> Bool {
        try await client(transport).delete(
            configMaps, namespace: "t", name: "c", uid: "u-1", propagation: .background)
    }

    @Test("a delete whose answer is lost is not sent again before the object was read")
    func deleted() async throws {
        let answers = [
            missing, live(uid: "u-2"), live(uid: "u-1", #","deletionTimestamp":"2026-11-24T10:00:00Z""#),
        ]
        for lost in [lost, ScriptedTransport.json(500, ""), ScriptedTransport.json(504, "")] {
            for answer in answers {
                let transport = ScriptedTransport([lost, answer])
                #expect(try await delete(transport))
                #expect(transport.requests.map(\.method) == ["DELETE", "GET"])
            }
        }
    }

    @Test("an object that is still there is the caller's to decide about")
    func notDeleted() async throws {
        let still = ScriptedTransport([lost, live(uid: "u-1")])
        #expect(await refusal { _ = try await delete(still) }?.code == .transport)
        #expect(still.requests.map(\.method) == ["DELETE", "GET"])
    }

    @Test("a delete that was refused for load, or never arrived, is sent again")
    func notSent() async throws {
        let refused = ScriptedTransport.Answer.failure(
            TransportError(code: .connect, subject: "DELETE", message: "refused"))
        let transport = ScriptedTransport([
            refused, ScriptedTransport.json(429, "", headers: ["Retry-After": "1"]),
            ScriptedTransport.json(200, #"{"kind":"Status","apiVersion":"v1","status":"Success"}"#),
        ])
        #expect(try await delete(transport))
        #expect(transport.requests.map(\.method) == ["DELETE", "DELETE", "DELETE"])
    }

    @Test("nothing is deleted by its name alone")
    func noUID() async {
        let transport = ScriptedTransport()
        let error = await refusal {
            _ = try await client(transport).delete(
                configMaps, namespace: "t", name: "c", uid: "", propagation: .background)
        }
        #expect(error?.code == .invalid)
        #expect(transport.requests.isEmpty)
    }

    @Test("a create whose answer is lost is there when the object holds what was sent, and fails otherwise")
    func created() async throws {
        let object: Object = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "namespace": "t"], "data": ["a": "1"],
        ]
        let mine = Discovered.transport([lost, live(uid: "u-1")])
        let made = try await client(mine).create(object)
        #expect(made.created && made.object.uid == "u-1")
        #expect(asked(mine).map(\.method) == ["POST", "GET"])
        for answer in [missing, live(uid: "u-1", data: #"{"a":"2"}"#)] {
            let transport = Discovered.transport([lost, answer])
            #expect(await refusal { _ = try await client(transport).create(object) }?.code == .transport)
        }
    }

    @Test("an apply goes out again, since twice is as good as once, and waits as long as it is asked to")
    func applied() async throws {
        let transport = Discovered.transport([
            lost, ScriptedTransport.json(503, "", headers: ["Retry-After": "2"]), live(uid: "u-1"),
        ])
        let result = try await client(transport).apply(
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "namespace": "t"]],
            fieldManager: "mainstay", force: false, dryRun: false)
        #expect(result.object.uid == "u-1")
        #expect(asked(transport).map(\.method) == ["PATCH", "PATCH", "PATCH"])
    }
}
