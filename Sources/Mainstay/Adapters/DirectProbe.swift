// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler
internal import Transport

/// Asks what checks name by URL or address, over the daemon's transport: certificates are verified, redirects are answers.
struct DirectProbe: CheckProbe {
    /// Which hosts get a bearer token with queries of metrics, and the files that hold them. Over https alone, but to this
    /// machine: whoever may merge chooses the URL.
    struct Token: Sendable, Hashable {
        /// As in `allow.checks`; without a port, https' own alone.
        var host: String
        /// Read again at each use.
        var file: String
    }

    let transport: any HTTPTransport
    var tokens: [Token] = []
    var files = FileReader.disk
    var clock: any Clock<Duration> = ContinuousClock()

    private static let deadlines = HTTPDeadlines(connect: .seconds(5), total: .seconds(10), silence: .seconds(10))
    private static let maximumBytes = 1 << 20

    func get(
        _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
    ) async throws(ProbeFailure) -> CheckAnswer {
        var request = HTTPRequest(
            url: url, headers: ["Accept": "*/*", "User-Agent": Version.userAgent], deadlines: Self.deadlines,
            maximumResponseBytes: Self.maximumBytes)
        for header in headers { request.headers[header.name] = header.value }
        if isQuery, let token = try token(for: url) { request.headers["Authorization"] = "Bearer \(token)" }
        return CheckAnswer(try await send(request))
    }

    func connect(host: String, port: Int) async throws(ProbeFailure) {
        var request = HTTPRequest(url: "http://\(host):\(port)/", deadlines: Self.deadlines)
        request.connectsOnly = true
        _ = try await send(request, told: "connect to \(host):\(port)")
    }

    /// - Parameter subject: what a failure says was done, where that is no request.
    private func send(_ request: HTTPRequest, told subject: String? = nil) async throws(ProbeFailure) -> HTTPResponse {
        do throws(TransportError) {
            let age = stopwatch(on: clock)
            var response = try await transport.send(request)
            response.took = age()
            return response
        } catch {
            var told = error
            if let subject { told.subject = subject }
            throw ProbeFailure(isTheirs: error.isThePeers, message: told.description)
        }
    }

    private func token(for url: String) throws(ProbeFailure) -> String? {
        guard let host = CheckHost(url: url), url.hasPrefix("https://") || LoopbackHost.isNamed(in: url),
            let token = tokens.first(where: { host.fits($0.host, usual: 443) })
        else { return nil }
        do throws(FileReader.Failure) {
            let text = String(decoding: try files.read(token.file, 64 << 10), as: UTF8.self)
            return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        } catch {
            throw ProbeFailure(
                isTheirs: false, message: "the token for \(token.host), \(token.file): \(error.description)")
        }
    }
}

extension TransportError {
    /// Whether who should answer is to blame: a name that is not known here may be known elsewhere.
    fileprivate var isThePeers: Bool {
        switch code {
        case .connect, .tls, .timeout, .closed, .tooLarge: true
        case .invalidRequest, .resolve, .cancelled, .other: false
        }
    }
}

extension CheckAnswer {
    init(_ response: HTTPResponse) {
        self.init(
            status: response.status, headers: response.headers.fields.map { ($0.name, $0.value) }, body: response.body,
            took: response.took)
    }
}
