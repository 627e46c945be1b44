// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization

/// The planet: NATS below, an API above it, and whatever else a test adds.
enum Planet {
    static let staging = Environment(name: "staging", namespace: "staging")
    static let infrastructure = Environment(name: "infrastructure", namespace: "infrastructure")
    static let api = TargetID(application: "api", environment: "staging")
    static let worker = TargetID(application: "worker", environment: "staging")
    static let nats = TargetID(application: "nats", environment: "infrastructure")

    static func application(
        _ name: String, in environments: [String] = ["staging"], _ change: (inout Application) -> Void = { _ in }
    ) -> Application {
        var application = Application(name: name, environments: environments, path: "apps/\(name)")
        change(&application)
        return application
    }

    static func deployment(
        _ name: String, tag: String, namespace: String = "", env: [(String, String)] = [], secret: String? = nil
    ) -> Object {
        var container: Object = ["name": "main", "image": .string("registry.example.com/\(name):\(tag)")]
        if !env.isEmpty {
            container["env"] = .array(env.map { ["name": .string($0.0), "value": .string($0.1)] })
        }
        if let secret { container["envFrom"] = [["secretRef": ["name": .string(secret)]]] }
        var object: Object = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
            "spec": [
                "replicas": 1, "selector": ["matchLabels": ["app": .string(name)]],
                "template": [
                    "metadata": ["labels": ["app": .string(name)]], "spec": ["containers": [.object(container)]],
                ],
            ],
        ]
        if !namespace.isEmpty { object.set(.string(namespace), at: "metadata", "namespace") }
        return object
    }

    static func service(_ name: String) -> Object {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)],
            "spec": ["selector": ["app": .string(name)], "ports": [["port": 80]]],
        ]
    }

    static func configMap(_ name: String, _ data: [(String, String)] = []) -> Object {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
            "data": .object(Object(data.map { ($0.0, Value.string($0.1)) })),
        ]
    }

    static func secret(_ name: String, namespace: String = "staging", _ data: [(String, String)] = []) -> Object {
        [
            "apiVersion": "v1", "kind": "Secret",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "data": .object(Object(data.map { ($0.0, Value.string($0.1)) })),
        ]
    }

    static func id(_ kind: String, _ name: String, in namespace: String = "staging") -> ObjectID {
        let group =
            switch kind {
            case "Deployment", "StatefulSet": "apps"
            case "Job": "batch"
            default: ""
            }
        return ObjectID(group: group, kind: kind, namespace: namespace, name: name)
    }

    /// A commit with applications and, for each, its objects.
    static func commit(
        _ applications: [(Application, [Object])], environments: [Environment] = [staging, infrastructure]
    ) -> FakeSource.Commit {
        var files: [String: Result<[Object], SourceFailure>] = [:]
        for (application, objects) in applications {
            for environment in application.environments {
                files[application.path(for: environment)] = .success(objects)
            }
        }
        return FakeSource.Commit(
            pipeline: .success(Pipeline(environments: environments, applications: applications.map(\.0))), files: files)
    }

    /// The API alone, at a tag.
    static func api(_ tag: String, _ more: [Object] = [], _ change: (inout Application) -> Void = { _ in })
        -> FakeSource.Commit
    {
        commit([(application("api", change), [deployment("api", tag: tag), service("api")] + more)])
    }

    static let apiDeployment = id("Deployment", "api")
    static let natsDeployment = id("Deployment", "nats", in: "infrastructure")
}

/// Counts what a rule was asked.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
