// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One EndpointSlice for each Service with a selector: its pods' addresses and readiness.
package struct EndpointSliceController: SandboxController {
    package let name = "endpointslice-controller"
    private static let serviceLabel = "kubernetes.io/service-name"
    private static let managerLabel = "endpointslice.kubernetes.io/managed-by"
    private static let limit = 1000

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Service": [object.objectID]
        case "EndpointSlice": object.controllerKey(of: .service).map { [$0] } ?? []
        case "Pod": cluster.services(selecting: object)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard let service = cluster.object(key), !service.isTerminating,
            let selector = LabelSelector(map: service.value(at: "spec", "selector")),
            service.string(at: "spec", "type") != "ExternalName"
        else { return result }
        let pods = cluster.objects(.pod, namespace: key.namespace)
            .filter { selector.matches($0.labels) && !$0.isPodFinished && $0.string(at: "status", "podIP") != nil }
            .prefix(Self.limit)
        let endpoints = pods.map { Value.object(endpoint($0, of: service)) }
        let ports = Value.array(ports(of: service, pods: Array(pods)))
        let labels = labels(of: service)
        guard var slice = cluster.controlled(by: service, kind: .endpointSlice).first else {
            let prefix = "\(service.name)-"
            let name = GeneratedNames.generated(
                prefix, kind: .endpointSlice, namespace: key.namespace, in: cluster, random: &random)
            result.changes.append(
                .create([
                    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                    "metadata": [
                        "name": .string(name), "generateName": .string(prefix), "namespace": .string(key.namespace),
                        "labels": .object(labels),
                        "annotations": [
                            "endpoints.kubernetes.io/last-change-trigger-time": .time(service.creationTime ?? now)
                        ],
                        "ownerReferences": [service.asController],
                    ],
                    "addressType": "IPv4", "endpoints": .array(endpoints), "ports": ports,
                ]))
            return result
        }
        let before = slice
        slice["endpoints"] = .array(endpoints)
        slice["ports"] = ports
        slice.set(.object(labels), at: "metadata", "labels")
        guard slice != before else { return result }
        slice.set(
            .time(now), at: "metadata", "annotations", "endpoints.kubernetes.io/last-change-trigger-time")
        result.update(slice)
        return result
    }

    /// The Service's own labels are copied, as on a real server.
    private func labels(of service: Object) -> Object {
        var labels = service.labels
        labels[Self.managerLabel] = "endpointslice-controller.k8s.io"
        labels[Self.serviceLabel] = .string(service.name)
        if service.string(at: "spec", "clusterIP") == "None" { labels["service.kubernetes.io/headless"] = "" }
        return labels
    }

    private func endpoint(_ pod: Object, of service: Object) -> Object {
        let isServing = pod.isPodReady
        let publishes = service.value(at: "spec", "publishNotReadyAddresses")?.bool == true
        var endpoint: Object = [
            "addresses": [.string(pod.string(at: "status", "podIP") ?? "")],
            "conditions": [
                "ready": .bool(publishes || (isServing && !pod.isTerminating)), "serving": .bool(isServing),
                "terminating": .bool(pod.isTerminating),
            ],
            "targetRef": ServicePods.reference(to: pod),
        ]
        endpoint["nodeName"] = pod.value(at: "spec", "nodeName")
        return endpoint
    }

    private func ports(of service: Object, pods: [Object]) -> [Value] {
        service.list(at: "spec", "ports").compactMap { port in
            guard let number = ServicePods.target(of: port, in: pods) else { return nil }
            var entry: Object = [
                "name": port["name"] ?? "", "protocol": port["protocol"] ?? "TCP", "port": .integer(number),
            ]
            entry["appProtocol"] = port["appProtocol"]
            return .object(entry)
        }
    }
}
