// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// The 20,000 objects that the sandbox is measured with: small ConfigMaps and Deployments that nobody carries out, or pods
/// that run.
enum SandboxLoad {
    static let namespaces = (0..<20).map { "n\($0)" }
    static let configMaps = 10_000
    static let deployments = 10_000

    struct Kind: Sendable {
        var what: String
        var count: Int
        var body: @Sendable (Int) -> Value
        /// Written after the object.
        var hasStatus: Bool
        private var path: String

        init(
            _ what: String, _ count: Int, path: String, hasStatus: Bool = false,
            body: @escaping @Sendable (Int) -> Value
        ) {
            self.what = what
            self.count = count
            self.path = path
            self.hasStatus = hasStatus
            self.body = body
        }

        /// Where all of them are listed.
        var all: String { "\(path)/\(what.lowercased())" }

        /// Where the object of this number is created.
        func path(of index: Int) -> String {
            "\(path)/namespaces/\(namespaces[index % namespaces.count])/\(what.lowercased())"
        }

        /// Where the object of this number is.
        func place(of index: Int) -> String { path(of: index) + "/" + name(index) }
    }

    static let kinds = [
        Kind("ConfigMaps", configMaps, path: "/api/v1", body: configMap),
        Kind("Deployments", deployments, path: "/apis/apps/v1", body: deployment),
    ]

    static let pods = [Kind("Pods", configMaps + deployments, path: "/api/v1", hasStatus: true, body: pod)]

    static func namespace(_ name: String) -> Value {
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
    }

    static func name(_ index: Int) -> String {
        let digits = String(index)
        return "object-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private static func configMap(_ index: Int) -> Value {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name(index)), "labels": ["app": "benchmark", "group": .string("g\(index % 100)")],
            ],
            "data": [
                "config.yaml": .string(String(repeating: "key: \(name(index))\n", count: 50)),
                "index": .string(String(index)),
            ],
        ]
    }

    /// As a kubelet leaves it, but for what the server sets and for its owner, which is not there.
    private static func pod(_ index: Int) -> Value {
        guard var pod = (try? JSON.parse(PodServer.pod(index, version: 1)))?.object else { return .null }
        pod.set(["name": .string(name(index)), "labels": pod.value(at: "metadata", "labels") ?? [:]], at: "metadata")
        return .object(pod)
    }

    private static func deployment(_ index: Int) -> Value {
        let environment: [Value] = (0..<15).map {
            ["name": .string("VARIABLE_\($0)"), "value": .string("value \($0) of \(index)")]
        }
        return [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": .string(name(index)), "labels": ["app": .string(name(index))]],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": .string(name(index))]],
                "template": [
                    "metadata": ["labels": ["app": .string(name(index))]],
                    "spec": [
                        "containers": [
                            [
                                "name": "main", "image": "registry.example.com/app:1.0", "env": .array(environment),
                                "ports": [["containerPort": 8080]],
                                "resources": ["requests": ["cpu": "100m", "memory": "128Mi"]],
                            ]
                        ]
                    ],
                ],
            ],
        ]
    }
}
