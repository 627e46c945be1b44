// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Manifests
import NIOCore
import Planning
import Reconciler
import Synchronization
import Testing

@testable import StatusServer

/// Remembers what it was asked, and by whom.
final class ScriptedActions: OperatorActions, PlanReader {
    struct Asked: Sendable, Equatable {
        var action: OperatorAction
        var actor: String
    }

    private let log = Mutex<[Asked]>([])
    private let refusal: ActionRefusal?

    init(refusal: ActionRefusal? = nil) { self.refusal = refusal }

    var asked: [Asked] { log.withLock(\.self) }

    func perform(_ action: OperatorAction, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        log.withLock { $0.append(Asked(action: action, actor: actor)) }
        if let refusal { throw refusal }
        return ActionAnswer("done", items: ["one", "two"], code: "c0de")
    }

    func explain(_ query: ExplainQuery) async throws(ActionRefusal) -> Value {
        if let refusal { throw refusal }
        return ["explains": .string("\(query.revision) \(query.since ?? "-") \(query.application ?? "all")")]
    }

    func plan(_ query: PlanQuery) async throws(ActionRefusal) -> Value {
        if let refusal { throw refusal }
        return ["plan": .string("\(query.application ?? "all") \(query.environment ?? "-") \(query.revision ?? "-")")]
    }
}

@Suite("Control socket routes")
struct ControlRoutesTests {
    private static let access = ControlAccess(owner: 1000) { $0 == 1000 ? "ada" : nil }

    private static func with(
        _ actions: ScriptedActions = ScriptedActions(), uid: UInt32? = 1000, plans: Bool = true,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let routes = ControlRoutes(
            actions: actions, planner: plans ? actions : nil, access: access,
            peer: { _ in uid.map { PeerCredentials(uid: $0) } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await Application(router: routes.router()).test(.router, body)
    }

    private static func post(
        _ client: any TestClientProtocol, _ path: String, _ body: String = ""
    ) async throws -> (status: HTTPResponse.Status, value: Value) {
        try await client.execute(uri: "/api/v1/\(path)", method: .post, body: ByteBuffer(string: body)) { response in
            (response.status, try JSON.parse(Array(response.body.readableBytesView)))
        }
    }

    @Test("An action is done, in the name of the peer that the kernel names")
    func performs() async throws {
        let actions = ScriptedActions()
        try await Self.with(actions) { client in
            let (status, value) = try await Self.post(client, "reconcile")
            #expect(status == .ok)
            #expect(value == ["message": "done", "items": ["one", "two"], "code": "c0de"])
            _ = try await Self.post(client, "reconcile", #"{"as": "grace"}"#)
        }
        #expect(actions.asked.map(\.action) == [.reconcile, .reconcile])
        #expect(actions.asked.map(\.actor) == ["ada (uid 1000)", "ada (uid 1000) as grace"])
    }

    @Test("Nobody but the daemon's user and root gets anything", arguments: [1001, nil] as [UInt32?])
    func others(uid: UInt32?) async throws {
        let actions = ScriptedActions()
        try await Self.with(actions, uid: uid) { client in
            let (status, value) = try await Self.post(client, "reconcile")
            #expect(status == .forbidden)
            #expect(value["error"]?["message"]?.string?.contains("only the user") == true)
            let plan = try await client.execute(uri: "/api/v1/plan", method: .get) { $0.status }
            #expect(plan == .forbidden)
        }
        #expect(actions.asked.isEmpty)
        try await Self.with(actions, uid: 0) { client in
            let (status, _) = try await Self.post(client, "reconcile")
            #expect(status == .ok)
        }
        #expect(actions.asked.map(\.actor) == ["uid 0"])
    }

    @Test(
        "What is not understood is refused, and nothing is done",
        arguments: [
            "{", "[]", #"{"force": "yes"}"#, #"{"as": 7}"#, #"{"as": ""}"#, #"{"as": "a\nb"}"#,
            "{\"as\": \"\(String(repeating: "x", count: 501))\"}",
        ])
    func malformed(body: String) async throws {
        let actions = ScriptedActions()
        try await Self.with(actions) { client in
            let (status, value) = try await Self.post(client, "reconcile", body)
            #expect(status == .badRequest)
            #expect(value["error"]?["reason"]?.string == "InvalidRequest")
        }
        #expect(actions.asked.isEmpty)
    }

    @Test("A body over 16 KiB is refused")
    func large() async throws {
        try await Self.with { client in
            let (status, _) = try await Self.post(client, "reconcile", String(repeating: " ", count: 17 << 10))
            #expect(status == .contentTooLarge)
        }
    }

    @Test(
        "A refusal is told with its reason, and a status that fits",
        arguments: [
            (.invalid, 400), (.unknown, 404), (.conflict, 409), (.unavailable, 503),
        ] as [(ActionRefusal.Kind, Int)])
    func refusals(kind: ActionRefusal.Kind, code: Int) async throws {
        let actions = ScriptedActions(refusal: ActionRefusal(kind, "Because", "it is so"))
        try await Self.with(actions) { client in
            let (status, value) = try await Self.post(client, "reconcile")
            #expect(status.code == code)
            #expect(value["error"] == ["code": .integer(Int64(code)), "reason": "Because", "message": "it is so"])
        }
    }

    @Test("A plan is asked for by application, environment and revision, and is there only with a planner")
    func plan() async throws {
        try await Self.with { client in
            try await client.execute(uri: "/api/v1/plan?application=api&revision=main", method: .get) { response in
                #expect(String(buffer: response.body) == #"{"plan":"api - main"}"#)
            }
            let unknown = try await client.execute(uri: "/api/v1/plan?app=api", method: .get) { $0.status }
            #expect(unknown == .badRequest)
        }
        try await Self.with(plans: false) { client in
            let status = try await client.execute(uri: "/api/v1/plan", method: .get) { $0.status }
            #expect(status == .notFound)
        }
    }

    @Test("Each action is told with what it needs")
    func actions() async throws {
        let actions = ScriptedActions()
        let target = TargetID(application: "api", environment: "staging")
        let names = #""application": "api", "environment": "staging""#
        try await Self.with(actions) { client in
            for (path, body) in [
                ("rollback", "{\(names)}"), ("rollback", #"{\#(names), "to": "abc", "reason": "slow"}"#),
                ("release", #"{\#(names), "revision": "abc"}"#),
                ("suspend", #"{"environment": "staging", "reason": "x"}"#),
                ("suspend", #"{\#(names), "object": "Deployment/api", "reason": "x"}"#), ("resume", "{}"),
                ("approve-prune", #"{\#(names), "code": "c0de"}"#), ("notify-test", #"{"receiver": "chat"}"#),
                ("promote", #"{"environment": "staging", "confirm": "yes", "list": "0a1b"}"#),
                ("reconcile-forced", #"{\#(names), "reason": "cache"}"#),
                ("promote-forced", #"{"environment": "staging", "confirm": "yes", "reason": "down"}"#),
            ] {
                let (status, _) = try await Self.post(client, path, body)
                #expect(status == .ok, "\(path) \(body)")
            }
            for (path, body) in [
                ("rollback", "{}"), ("rollback", #"{"application": "api"}"#), ("suspend", "{\(names)}"),
                ("suspend", #"{"application": "api", "object": "Deployment/api", "reason": "x"}"#),
                ("suspend", #"{\#(names), "object": "api", "reason": "x"}"#), ("resume", #"{"reason": "x"}"#),
                ("notify-test", "{}"), ("promote-forced", "{\(names)}"), ("reconcile-forced", "{\(names)}"),
                ("reconcile", "{\(names)}"),
            ] {
                let (status, _) = try await Self.post(client, path, body)
                #expect(status == .badRequest, "\(path) \(body)")
            }
        }
        let object = Suspension.ObjectName("Deployment/api")
        #expect(
            actions.asked.map(\.action) == [
                .rollBack(target, to: nil, reason: nil), .rollBack(target, to: "abc", reason: "slow"),
                .release(target, "abc"), .suspend(.init(environment: "staging"), reason: "x"),
                .suspend(.init(application: "api", environment: "staging", object: object), reason: "x"),
                .resume(.init()), .approvePrune(target, code: "c0de"), .testReceiver("chat"),
                .promote(GateRequest(environment: "staging", person: "ada", list: "0a1b"), phrase: "yes"),
                .rollOutAgain(target, reason: "cache"),
                .force(GateRequest(environment: "staging", person: "ada", reason: "down"), phrase: "yes"),
            ])
    }

    @Test("The status server's port has none of it")
    func notOnThePort() async throws {
        try await Fixtures.with { client in
            for path in ["reconcile", "rollback", "suspend"] {
                let status = try await client.execute(uri: "/api/v1/\(path)", method: .post) { $0.status }
                #expect(status == .methodNotAllowed)
            }
        }
    }

    @Test("A commit is explained to whoever names one")
    func explains() async throws {
        try await Self.with { client in
            try await client.execute(uri: "/api/v1/explain?revision=abc&since=def", method: .get) { response in
                #expect(response.status == .ok)
                #expect(String(buffer: response.body).contains("abc def all"))
            }
            try await client.execute(uri: "/api/v1/explain", method: .get) { response in
                #expect(response.status == .badRequest)
            }
        }
    }
}
