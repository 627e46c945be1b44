// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// Objects as the API server stores them, defaults included.
enum Workloads {
    static let namespace = "t6"

    static func id(_ kind: GroupKind, _ name: String) -> ObjectID { kind.named(name, in: namespace) }

    static func template(_ name: String, image: String, container: Object = Object()) -> Value {
        var body: Object = ["name": .string(name), "image": .string(image)]
        for pair in container.pairs { body[pair.key] = pair.value }
        return [
            "metadata": ["labels": ["app": .string(name)]],
            "spec": ["containers": [.object(body)], "restartPolicy": "Always"],
        ]
    }

    static func object(
        _ apiVersion: String, _ kind: String, _ name: String, spec: Object, metadata: Object = Object()
    ) -> Object {
        var allMetadata: Object = ["name": .string(name), "namespace": .string(namespace)]
        for pair in metadata.pairs { allMetadata[pair.key] = pair.value }
        return [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": .object(allMetadata),
            "spec": .object(spec),
        ]
    }

    static func deployment(
        _ name: String = "web", image: String = "nginx:1.27", replicas: Int = 3, spec: Object = Object(),
        container: Object = Object()
    ) -> Object {
        var body: Object = [
            "replicas": .count(replicas), "selector": ["matchLabels": ["app": .string(name)]],
            "template": template(name, image: image, container: container),
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"]],
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return object("apps/v1", "Deployment", name, spec: body)
    }
}

extension ControllerHarness {
    func get(_ kind: GroupKind, _ name: String) -> Object? { object(Workloads.id(kind, name)) }

    func status(_ kind: GroupKind, _ name: String) -> Object { get(kind, name)?["status"]?.object ?? Object() }

    func all(_ kind: GroupKind) -> [Object] { objects(kind, namespace: Workloads.namespace) }

    var pods: [Object] { all(.pod) }

    func reasons(for object: String) -> [String] { events.filter { $0.object == object }.map(\.reason) }
}

extension Object {
    func reason(_ type: String) -> String? { condition(type)?["reason"]?.string }

    /// What the container is doing, in a word.
    var containerState: String {
        let state = list(at: "status", "containerStatuses").first?["state"]?.object
        if let waiting = state?.string(at: "waiting", "reason") { return waiting }
        return state?.keys.first ?? "none"
    }
}
