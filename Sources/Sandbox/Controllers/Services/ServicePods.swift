// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ClusterReader {
    /// The Services that lead to a pod.
    func services(selecting pod: Object) -> [ObjectID] {
        objects(.service, namespace: pod.namespace)
            .filter { LabelSelector(map: $0.value(at: "spec", "selector"))?.matches(pod.labels) == true }
            .map(\.objectID)
    }
}

/// What Endpoints and EndpointSlices say of the pods behind a Service.
enum ServicePods {
    static func reference(to pod: Object) -> Value {
        ["kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid)]
    }

    /// The number that a Service's port leads to: its own, or that of the pods' port of a name. Nil where none has it.
    static func target(of port: Object, in pods: [Object]) -> Int64? {
        let target = port["targetPort"] ?? port["port"] ?? nil
        return target.integer ?? target.string.flatMap { number(ofPort: $0, in: pods) }
    }

    private static func number(ofPort name: String, in pods: [Object]) -> Int64? {
        for container in pods.lazy.flatMap({ $0.list(at: "spec", "containers") }) {
            for port in container.list(at: "ports") where port["name"]?.string == name {
                return port["containerPort"]?.integer
            }
        }
        return nil
    }
}
