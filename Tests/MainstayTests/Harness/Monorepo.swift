// SPDX-License-Identifier: Apache-2.0

/// A small monorepo: NATS, an API and a Worker that talk to it, and nothing that says so but their addresses.
struct Monorepo {
    var files: [String: String]

    init() {
        files = [
            "mainstay.yaml": Self.pipeline(),
            "README.md": "# planet\n",
            "k8s/nats.yaml": Self.nats(),
            "k8s/api/service.yaml": Self.service("api"),
            "k8s/api/deployment.yaml": Self.deployment("api", image: "example.com/api:1.0.0"),
            "k8s/worker/deployment.yaml": Self.deployment("worker", image: "example.com/worker:1.0.0"),
        ]
    }

    mutating func setImage(of name: String, tag: String) {
        files["k8s/\(name)/deployment.yaml"] = Self.deployment(name, image: "example.com/\(name):\(tag)")
    }

    static let nats = "{name: nats, environments: [infrastructure], path: k8s/nats.yaml}"
    static let api = "{name: api, environments: [staging], path: k8s/api, grace: 2s}"
    static let worker = "{name: worker, environments: [staging], path: k8s/worker, grace: 2s}"

    /// - Parameter applications: entries in flow style.
    static func pipeline(_ applications: [String] = [nats, api, worker]) -> String {
        """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: infrastructure, namespace: infrastructure}
        - {name: staging, namespace: staging}
        applications:
        \(applications.map { "- \($0)" }.joined(separator: "\n"))

        """
    }

    static func nats(image: String = "nats:2.10") -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: nats}
        spec: {clusterIP: None, selector: {app: nats}, ports: [{name: client, port: 4222}]}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: nats}
        spec:
          serviceName: nats
          selector: {matchLabels: {app: nats}}
          template:
            metadata: {labels: {app: nats}}
            spec: {containers: [{name: nats, image: "\(image)"}]}

        """
    }

    static func service(_ name: String) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: \(name)}
        spec: {selector: {app: \(name)}, ports: [{name: http, port: 80, targetPort: 8080}]}

        """
    }

    static let natsAddress = "{name: NATS_URL, value: \"nats://nats.infrastructure.svc.cluster.local:4222\"}"

    /// - Parameters:
    ///   - replicas: nil leaves the number to somebody else.
    ///   - environment: entries in flow style.
    static func deployment(
        _ name: String, image: String, replicas: Int? = 1, environment: [String] = [natsAddress]
    ) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name)}
        spec:
        \(replicas.map { "  replicas: \($0)" } ?? "  paused: false")
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              containers:
              - name: \(name)
                image: \(image)
                env: [\(environment.joined(separator: ", "))]

        """
    }

    static func configMap(_ name: String, _ data: String = "level: info") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {\(data)}\n"
    }
}
