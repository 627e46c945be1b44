// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch
import Foundation
import Synchronization
import TestSupport
import Transport

/// Answers requests with the real `git http-backend`, run as a CGI program for each, without a socket between.
final class BackendTransport: HTTPTransport {
    /// What the server demands, or how it misbehaves.
    enum Mood: Sendable {
        case well
        case status(Int, HTTPHeaders)
        case page
        /// Answers only to this `Authorization`.
        case guarded(String)
        /// Speaks protocol version 0 only, as old servers do.
        case old
        /// Takes the request and never answers.
        case silent
        /// Answers, but stops after so many bytes of a pack.
        case stalls(after: Int)
    }

    private struct State {
        var mood = Mood.well
        var requests: [HTTPRequest] = []
    }

    let root: String
    private let state = Mutex(State())

    /// - Parameter root: the folder whose repositories are served.
    init(root: String) { self.root = root }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func set(_ mood: Mood) { state.withLock { $0.mood = mood } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let mood = state.withLock { state in
            state.requests.append(request)
            return state.mood
        }
        switch mood {
        case .status(let status, let headers): return HTTPResponse(status: status, headers: headers)
        case .page: return HTTPResponse(status: 200, headers: ["Content-Type": "text/html"], body: Array("<p>".utf8))
        case .guarded(let expected) where request.headers["Authorization"] != expected:
            return HTTPResponse(status: 401, headers: ["WWW-Authenticate": "Basic realm=\"git\""])
        case .silent:
            throw TransportError(code: .timeout, subject: request.url, message: "no answer in time")
        default: break
        }
        var request = request
        if case .old = mood { request.headers["Git-Protocol"] = nil }
        let (root, asked) = (self.root, request)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Self.answer(asked, root: root)) }
        }
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        if case .silent = state.withLock({ $0.mood }) {
            state.withLock { $0.requests.append(request) }
            let silence = AsyncThrowingStream<[UInt8], any Error> { _ in }
            return HTTPStream(
                status: 200, headers: ["Content-Type": "application/x-git-upload-pack-advertisement"], body: silence)
        }
        let response = try await send(request)
        let isPack = request.method == "POST"
        let mood = state.withLock { $0.mood }
        return HTTPStream(
            status: response.status, headers: response.headers,
            body: AsyncThrowingStream { continuation in
                if isPack, case .stalls(let count) = mood {
                    continuation.yield(Array(response.body.prefix(count)))
                    return
                }
                for start in stride(from: 0, to: response.body.count, by: 5000) {
                    continuation.yield(Array(response.body[start..<min(start + 5000, response.body.count)]))
                }
                continuation.finish()
            })
    }

    static func answer(_ request: HTTPRequest, root: String) -> HTTPResponse {
        let parts = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        let target = parts.last.map { "/" + $0.split(separator: "/", maxSplits: 1).dropFirst().joined() } ?? "/"
        let halves = target.split(separator: "?", maxSplits: 1)
        var environment = Command.gitEnvironment()
        environment["GIT_PROJECT_ROOT"] = root
        environment["GIT_HTTP_EXPORT_ALL"] = "1"
        environment["REMOTE_ADDR"] = "127.0.0.1"
        environment["REQUEST_METHOD"] = request.method
        environment["PATH_INFO"] = String(halves[0])
        environment["QUERY_STRING"] = halves.count > 1 ? String(halves[1]) : ""
        environment["CONTENT_TYPE"] = request.headers["Content-Type"] ?? ""
        environment["CONTENT_LENGTH"] = String(request.body?.count ?? 0)
        environment["GIT_PROTOCOL"] = request.headers["Git-Protocol"]
        let result = try? Command.run(
            "git", ["http-backend"], environment: environment, input: Data(request.body ?? []))
        return result.map { parse(Array($0.output)) } ?? HTTPResponse(status: 500)
    }

    /// CGI: header fields, an empty line, the body; the status is a field (RFC 3875, section 6.3).
    private static func parse(_ output: [UInt8]) -> HTTPResponse {
        let end = output.firstRange(of: Array("\r\n\r\n".utf8)) ?? output.count..<output.count
        var response = HTTPResponse(status: 200, body: Array(output[end.upperBound...]))
        for line in String(decoding: output[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            if line[..<colon] == "Status" {
                response.status = Int(value.prefix(3)) ?? 500
            } else {
                response.headers.append(name: String(line[..<colon]), value: value)
            }
        }
        return response
    }
}
