// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The proxy to a Service. No container runs here, so a Service with a ready endpoint answers 200 to anything.
extension APIServer {
    /// - Throws: 404 for a Service that is not there; 503 with the real server's words where it has no such port, or
    ///   no ready endpoint behind it.
    func proxy(_ route: Route) throws(StatusError) -> SandboxResponse {
        var service = route
        let (name, port) = Self.nameAndPort(route.name ?? "")
        service.name = name
        let ports = try get(service).value(at: "spec", "ports")?.array ?? []
        let chosen = ports.first { entry in
            port.isEmpty ? ports.count == 1 : entry["name"]?.string == port || entry["port"]?.integer == Int64(port)
        }
        guard let chosen else {
            throw .serviceUnavailable("no service port \"\(port)\" found for service \"\(name)\"")
        }
        guard isReady(service: name, namespace: route.namespace ?? "", port: chosen["name"]?.string ?? "") else {
            throw .serviceUnavailable("no endpoints available for service \"\(name)\"")
        }
        return .text("sandbox: \(name) answers\n")
    }

    /// `api`, `api:80`, `api:http`, `https:api:443`.
    private static func nameAndPort(_ text: String) -> (name: String, port: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return switch parts.count {
        case 2: (parts[0], parts[1])
        case 3: (parts[1], parts[2])
        default: (text, "")
        }
    }

    private func isReady(service: String, namespace: String, port: String) -> Bool {
        store.objects(GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice"), namespace: namespace)
            .filter { $0.labels["kubernetes.io/service-name"]?.string == service }
            .contains { slice in
                let ports = slice["ports"]?.array ?? []
                let endpoints = slice["endpoints"]?.array ?? []
                return ports.contains { ($0["name"]?.string ?? "") == port }
                    && endpoints.contains { $0["conditions"]?["ready"]?.bool == true }
            }
    }
}

extension StatusError {
    static func serviceUnavailable(_ message: String) -> StatusError {
        StatusError(code: 503, reason: "ServiceUnavailable", message: message)
    }
}
