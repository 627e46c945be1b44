// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import Logging
internal import Manifests
internal import Planning
internal import Reconciler

/// What is served at which path.
struct Routes: Sendable {
    private static let defaultLimit = 50
    private static let largestLimit = 500

    let board: StatusBoard
    let history: any HistoryReader
    let load: @Sendable () -> [ClusterLoad]
    let version: String
    let logger: Logger

    func router() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: JSONErrors(logger: logger))
        router.add(middleware: ReadOnly())
        router.get("/healthz") { _, _ in Response.text("ok\n") }
        router.get("/readyz") { _, _ in readiness() }
        router.get("/metrics") { _, _ in
            Response.text(
                PrometheusText(board: board, load: load(), version: version).text,
                contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
        let api = router.group("/api/v1")
        api.get("status") { _, _ in Response.json(try await status()) }
        api.get("applications") { request, _ in Response.json(try applications(request)) }
        api.get("rollouts") { request, _ in Response.json(try await rollouts(request)) }
        api.get("revisions") { request, _ in Response.json(try await revisions(request)) }
        api.get("notifications") { request, _ in Response.json(try await notifications(request)) }
        api.get("report") { request, _ in Response.json(try await report(request)) }
        return router
    }

    private func readiness() -> Response {
        let daemon = board.daemon
        if daemon.isReady { return .text("ok\n") }
        let why =
            silence(daemon) ?? daemon.source.error
            ?? daemon.pipeline.error ?? "starting"
        return .text("not ready: \(why)\n", status: .serviceUnavailable)
    }

    /// Why no cluster answers, where that is known.
    private func silence(_ daemon: DaemonStatus) -> String? {
        guard !daemon.hasCluster else { return nil }
        guard !daemon.clusters.isEmpty else {
            return daemon.cluster.error.map { "the cluster does not answer: \($0)" }
        }
        let errors = [daemon.cluster.error] + daemon.clusters.map(\.status.error)
        let names = [""] + daemon.clusters.map { "\($0.name): " }
        let texts = zip(names, errors).compactMap { name, error in error.map { name + $0 } }
        return texts.isEmpty ? nil : "no cluster answers: \(texts.joined(separator: "; "))"
    }

    private func notifications(_ request: Request) async throws -> Value {
        let query = try Query(request, known: ["limit"])
        let limit = try query.limit(default: Self.defaultLimit, upTo: Self.largestLimit)
        let items = try await history.notifications(limit: limit)
        return StatusJSON.page(HistoryPage(items: items, next: nil), StatusJSON.notification)
    }

    private func status() async throws -> Value {
        let head = try await history.auditHead()
        return StatusJSON.daemon(board.daemon, applications: board.applications, version: version, auditHead: head)
    }

    private func applications(_ request: Request) throws -> Value {
        let query = try Query(request, known: ["application", "environment", "limit"])
        let items = board.applications.filter { status in
            (query["application"].map { $0 == status.target.application } ?? true)
                && (query["environment"].map { $0 == status.target.environment } ?? true)
        }
        // All of them unless fewer are asked for: there are as many as the pipeline names.
        let limit = try query.limit(default: items.count, upTo: Int.max)
        return ["items": .array(items.prefix(limit).map(StatusJSON.application)), "next": .null]
    }

    private func rollouts(_ request: Request) async throws -> Value {
        let query = try Query(request, known: ["application", "environment", "limit", "before"])
        let page = try await history.rollouts(
            RolloutQuery(
                application: query["application"], environment: query["environment"],
                limit: try query.limit(default: Self.defaultLimit, upTo: Self.largestLimit), before: query["before"]))
        return StatusJSON.page(page, StatusJSON.rollout)
    }

    private func revisions(_ request: Request) async throws -> Value {
        let query = try Query(request, known: ["limit", "before"])
        guard query["before"].map({ Int64($0) != nil }) ?? true else {
            throw HTTPError(.badRequest, message: "before must be the \"next\" of an earlier page")
        }
        let page = try await history.revisions(
            limit: try query.limit(default: Self.defaultLimit, upTo: Self.largestLimit), before: query["before"])
        return StatusJSON.page(page, StatusJSON.revision)
    }

    private func report(_ request: Request) async throws -> Value {
        let query = try Query(request, known: ["application", "environment", "since", "by", "limit", "before"])
        var period = ReportPeriod.standard
        if let text = query["since"] {
            guard let given = ReportPeriod(text) else {
                throw HTTPError(.badRequest, message: "since must be \(ReportPeriod.expectation)")
            }
            period = given
        }
        guard let division = ReportJSON.Division(rawValue: query["by"] ?? "total") else {
            throw HTTPError(.badRequest, message: "by must be week or total")
        }
        let limit = try query.limit(default: Self.largestLimit, upTo: Self.largestLimit)
        let begin = try query["before"].map(ReportJSON.target(ofCursor:))
        let answer = try await history.report(
            ReportQuery(application: query["application"], environment: query["environment"], period: period))
        guard case .report(let report) = answer else {
            throw HTTPError(
                .badRequest,
                message: "the time has more rollouts than one report reads; ask for a later since, one application or "
                    + "one environment")
        }
        return ReportJSON.report(report, by: division, after: begin, limit: limit)
    }
}

/// A request's query, refused where it holds what nobody reads.
struct Query {
    private let values: [String: String]

    init(_ request: Request, known: [String]) throws {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard known.contains(String(name)) else {
                throw HTTPError(
                    .badRequest,
                    message: "unknown parameter \(name.prefix(40)); known are \(known.joined(separator: ", "))")
            }
            guard values.updateValue(String(value), forKey: String(name)) == nil else {
                throw HTTPError(.badRequest, message: "\(name) is given twice")
            }
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }

    func limit(default standard: Int, upTo largest: Int) throws -> Int {
        guard let text = values["limit"] else { return standard }
        guard let limit = Int(text), limit > 0 else {
            throw HTTPError(.badRequest, message: "limit must be a whole number above 0")
        }
        return min(limit, largest)
    }
}

/// Nothing here changes anything: what is not a read is refused, whatever its path.
private struct ReadOnly: RouterMiddleware {
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            throw HTTPError(
                .methodNotAllowed, headers: [.allow: "GET, HEAD"], message: "only GET and HEAD are answered")
        }
        return try await next(request, context)
    }
}

/// Errors as `{"error": {"code": …, "message": …}}`; what is unexpected is told to the log only.
struct JSONErrors<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            let standard = error.status == .notFound ? "there is nothing at this path" : error.status.reasonPhrase
            var response = Response.error(error.status, error.body ?? standard)
            response.headers.append(contentsOf: error.headers)
            return response
        } catch {
            logger.error("cannot answer", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return .error(.internalServerError, "the daemon could not answer; its log says why")
        }
    }
}

extension Response {
    static func text(
        _ text: String, status: HTTPResponse.Status = .ok, contentType: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func json(_ value: Value, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSON.bytes(value))))
    }

    static func error(_ status: HTTPResponse.Status, _ message: String) -> Response {
        .json(["error": ["code": .integer(Int64(status.code)), "message": .string(message)]], status: status)
    }
}
