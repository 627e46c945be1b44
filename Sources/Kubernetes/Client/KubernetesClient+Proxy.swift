// SPDX-License-Identifier: Apache-2.0

internal import Transport

extension KubernetesClient {
    /// GET of a path through the API server's proxy to a service; answers the HTTP status, whatever it is.
    ///
    /// Redirects are answers and are not followed. The body is bounded and not looked at.
    ///
    /// - Parameters:
    ///   - port: a number or a port's name.
    ///   - path: absolute, with its query.
    package func probe(
        namespace: String, service: String, port: String, path: String
    ) async throws(KubernetesError) -> Int {
        let subject = "GET \(path) of Service \(namespace)/\(service):\(port)"
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
        var request = builder.request("GET", parts.map { "/" + percentEncoded($0) }.joined() + path, accept: "*/*")
        request.deadlines.total = .seconds(10)
        request.maximumResponseBytes = 1 << 20
        do throws(KubernetesError) {
            return try await perform(request, subject: subject, retries: .never, kind: .long).status
        } catch {
            // A 503 of the proxy itself (no endpoints yet) and one of the service look alike: both are "not ready".
            guard let status = error.status, status != 401, status != 403 else { throw error }
            return status
        }
    }
}
