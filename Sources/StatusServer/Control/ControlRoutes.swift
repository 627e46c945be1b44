// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import Logging
internal import Manifests
internal import NIOCore
internal import Planning
internal import Reconciler

/// What the control socket serves. Every request is from somebody whom the kernel vouches for.
struct ControlRoutes: Sendable {
    let actions: any OperatorActions
    let planner: (any PlanReader)?
    let access: ControlAccess
    let peer: @Sendable (any Channel) async throws -> PeerCredentials?
    let logger: Logger

    func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: JSONErrors(logger: logger))
        router.add(middleware: OnlyOwner(access: access, peer: peer))
        let api = router.group("/api/v1")
        api.post("reconcile") { request, context in
            try await perform(request, context) { _ in .reconcile }
        }
        api.post("reconcile-forced") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .rollOutAgain(try body.target(), reason: try body.required("reason"))
            }
        }
        api.post("rollback") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .rollBack(try body.target(), to: try body.optional("to"), reason: try body.optional("reason"))
            }
        }
        api.post("release") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .release(try body.target(), try body.optional("revision"))
            }
        }
        api.post("suspend") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .suspend(try body.scope(), reason: try body.required("reason"))
            }
        }
        api.post("resume") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in .resume(try body.scope()) }
        }
        api.post("approve-prune") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .approvePrune(try body.target(), code: try body.optional("code"))
            }
        }
        api.post("approve") { request, context in
            try await perform(request, context) { body, account throws(ActionRefusal) in
                .approve(try body.gateRequest(from: account))
            }
        }
        api.post("promote") { request, context in
            try await perform(request, context) { body, account throws(ActionRefusal) in
                .promote(try body.gateRequest(from: account), phrase: try body.optional("confirm"))
            }
        }
        api.post("promote-forced") { request, context in
            try await perform(request, context) { body, account throws(ActionRefusal) in
                _ = try body.required("reason")
                return .force(try body.gateRequest(from: account), phrase: try body.optional("confirm"))
            }
        }
        api.post("reject") { request, context in
            try await perform(request, context) { body, account throws(ActionRefusal) in
                .reject(try body.gateRequest(from: account))
            }
        }
        api.post("freeze") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .freeze(try body.scope(), until: try body.timestamp("until"), reason: try body.required("reason"))
            }
        }
        api.post("unfreeze") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in .thaw(try body.scope()) }
        }
        api.post("destroy") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .destroy(try body.scope(), phrase: try body.optional("confirm"), reason: try body.optional("reason"))
            }
        }
        api.post("notify-test") { request, context in
            try await perform(request, context) { body throws(ActionRefusal) in
                .testReceiver(try body.required("receiver"))
            }
        }
        if let planner {
            api.get("plan") { request, _ in try await plan(request, planner) }
            api.get("explain") { request, _ in try await explain(request, planner) }
        }
        return router
    }

    private func perform(
        _ request: Request, _ context: ControlContext,
        _ action: (inout ControlRequest) throws(ActionRefusal) -> OperatorAction
    ) async throws -> Response {
        try await perform(request, context) { body, _ throws(ActionRefusal) in try action(&body) }
    }

    /// - Parameter action: given the body, and what the system calls the account that asks.
    private func perform(
        _ request: Request, _ context: ControlContext,
        _ action: (inout ControlRequest, String) throws(ActionRefusal) -> OperatorAction
    ) async throws -> Response {
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: StatusServer.bodyBytes)
        } catch is NIOTooManyBytesError {
            throw HTTPError(.contentTooLarge, message: "a body has \(StatusServer.bodyBytes) bytes at most")
        }
        do throws(ActionRefusal) {
            var body = try ControlRequest(Array(bytes.readableBytesView))
            let note = try body.person()
            let action = try action(&body, access.account(context.peer))
            try body.finish()
            let actor = access.actor(context.peer, as: note)
            let answer = try await actions.perform(action, by: actor)
            logger.notice("asked", metadata: ["action": "\(request.uri.path)", "by": "\(actor)"])
            return .json(answer.json)
        } catch {
            return .refusal(error)
        }
    }

    private func plan(_ request: Request, _ planner: any PlanReader) async throws -> Response {
        let query = try Query(request, known: ["application", "environment", "revision"])
        do throws(ActionRefusal) {
            return .json(
                try await planner.plan(
                    PlanQuery(
                        application: query["application"], environment: query["environment"],
                        revision: query["revision"])))
        } catch {
            return .refusal(error)
        }
    }
}

extension ControlRoutes {
    private func explain(_ request: Request, _ planner: any PlanReader) async throws -> Response {
        let query = try Query(request, known: ["revision", "since", "application", "environment"])
        guard let revision = query["revision"] else {
            throw HTTPError(.badRequest, message: "\"revision\" is missing: say which commit")
        }
        do throws(ActionRefusal) {
            return .json(
                try await planner.explain(
                    ExplainQuery(
                        revision: revision, since: query["since"], application: query["application"],
                        environment: query["environment"])))
        } catch {
            return .refusal(error)
        }
    }
}

struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    var peer = PeerCredentials(uid: .max)

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Lets nobody through but the daemon's own user and root.
private struct OnlyOwner: RouterMiddleware {
    let access: ControlAccess
    let peer: @Sendable (any Channel) async throws -> PeerCredentials?

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        guard let peer = try await peer(context.channel), access.allows(peer) else {
            throw HTTPError(
                .forbidden, message: "only the user that the daemon runs as, and root, may use its control socket")
        }
        var context = context
        context.peer = peer
        return try await next(request, context)
    }
}

extension ActionAnswer {
    fileprivate var json: Value {
        var value: Object = ["message": .string(message), "items": .array(items.map { .string($0) })]
        if let code { value["code"] = .string(code) }
        if let list { value["list"] = .string(list) }
        return .object(value)
    }
}

extension Response {
    fileprivate static func refusal(_ refusal: ActionRefusal) -> Response {
        let status: HTTPResponse.Status =
            switch refusal.kind {
            case .invalid: .badRequest
            case .unknown: .notFound
            case .conflict: .conflict
            case .unavailable: .serviceUnavailable
            }
        return .json(
            [
                "error": [
                    "code": .integer(Int64(status.code)), "reason": .string(refusal.reason),
                    "message": .string(refusal.message),
                ]
            ], status: status)
    }
}
