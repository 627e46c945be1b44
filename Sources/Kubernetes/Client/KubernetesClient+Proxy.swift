// SPDX-License-Identifier: Apache-2.0

internal import Manifests
package import Transport

extension KubernetesClient {
    /// GET of a path through the API server's proxy to a service; what is answered is the service's, whatever its status,
    /// as far as can be told: a load balancer before an API server that is away answers 5xx as well.
    ///
    /// Redirects are answers and are not followed. The body is bounded.
    ///
    /// - Parameters:
    ///   - port: a number or a port's name.
    ///   - path: absolute, with its query.
    ///   - headers: the server forwards them, `Host` as well; those that say who asks are not for them.
    /// - Throws: what the API server itself refuses: a service that is not there, a request that is not allowed.
    package func probe(
        namespace: String, service: String, port: String, path: String, sending headers: HTTPHeaders = HTTPHeaders()
    ) async throws(KubernetesError) -> HTTPResponse {
        let subject = "GET \(path.prefix { $0 != "?" }) of Service \(namespace)/\(service):\(port)"
        let parts = ["api", "v1", "namespaces", namespace, "services", "\(service):\(port)", "proxy"]
        // A path that climbs would reach other parts of the API with the daemon's own rights.
        let segments =
            path.lowercased().replacing("%2e", with: ".").split(separator: "?").first?.split(separator: "/") ?? []
        guard path.hasPrefix("/"), !parts.contains(where: { $0.contains("/") }),
            !segments.contains(where: { $0 == "." || $0 == ".." })
        else {
            throw KubernetesError(
                code: .configuration, subject: subject,
                message: "the path is not absolute, a name holds a slash, or the path holds . or .. parts")
        }
        var request = builder.request("GET", parts.map { "/" + $0.percentEncoded }.joined() + path, accept: "*/*")
        for header in headers.fields { request.headers[header.name] = header.value }
        request.deadlines.total = .seconds(10)
        request.maximumResponseBytes = 1 << 20
        return try await perform(request, subject: subject, retries: .never, kind: .long, isAnswer: Self.isTheServices)
    }

    /// What the API server says itself is a `Status`. Of these, a 503 (no endpoints yet) and one of the service look alike:
    /// both are "not ready".
    private static func isTheServices(_ response: HTTPResponse) -> Bool {
        if hasTooManyRequests(response) { return false }
        if (200..<400).contains(response.status) || response.status >= 500 { return true }
        return StatusAnswer(response) == nil
    }

    /// What an API server has no room for it answers in plain text, and never without saying when to come again
    /// (`tooManyRequests` of apiserver/pkg/server/filters).
    private static func hasTooManyRequests(_ response: HTTPResponse) -> Bool {
        response.status == 429 && response.headers["Retry-After"] != nil
            && response.headers["Content-Type"]?.hasPrefix("text/plain") == true
            && response.body == Array("Too many requests, please try again later.\n".utf8)
    }
}
