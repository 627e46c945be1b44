// SPDX-License-Identifier: Apache-2.0

/// What a pod is given to reach its own API server (Kubernetes documentation, "Accessing the API from a Pod").
package enum InCluster {
    /// - Throws: `configuration` that names the variable or the file which is missing.
    package static func load(
        mount: String = "/var/run/secrets/kubernetes.io/serviceaccount", environment: [String: String],
        files: FileReader = .disk
    ) throws(KubernetesError) -> ClusterEndpoint {
        let origin = "in-cluster configuration"
        func variable(_ name: String) throws(KubernetesError) -> String {
            guard let value = environment[name], !value.isEmpty else {
                throw .configuration(
                    origin, "\(name) is not set", "outside a pod, name a kubeconfig in the configuration's cluster")
            }
            return value
        }
        let host = try variable("KUBERNETES_SERVICE_HOST")
        let port = try variable("KUBERNETES_SERVICE_PORT")
        guard let number = UInt16(port), number > 0 else {
            throw .configuration(origin, "KUBERNETES_SERVICE_PORT is no port number")
        }
        let authority = host.contains(":") ? "[\(host)]" : host
        var endpoint = ClusterEndpoint(
            server: "https://\(authority):\(number)", origin: origin,
            certificateAuthorities: .file(path: "\(mount)/ca.crt", field: "ca.crt"),
            authentication: .token(.file(path: "\(mount)/token", field: "token")), files: files)
        if let bytes = try? files.read("\(mount)/namespace", 1024) {
            // Only a default: where the file is missing the namespace stays unnamed.
            endpoint.namespace = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        }
        try endpoint.checkFiles()
        return endpoint
    }
}

extension ClusterEndpoint {
    /// Reads every file once, so that a wrong path is told at start and not at the first request.
    func checkFiles() throws(KubernetesError) {
        var materials = [certificateAuthorities, clientCertificate?.certificate, clientCertificate?.key]
        if case .token(let material) = authentication { materials.append(material) }
        for case .some(let material) in materials {
            if case .file(let path, let field) = material, try bytes(material).isEmpty {
                throw .configuration(origin, "\(field): \(path) is empty")
            }
        }
    }
}
