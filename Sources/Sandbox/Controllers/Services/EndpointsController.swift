// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The Endpoints of each Service with a selector: what EndpointSlices took over from, kept for old clients.
package struct EndpointsController: SandboxController {
    package let name = "endpoint-controller"
    private static let managed = "endpoints.kubernetes.io/managed-by"
    private static let trigger = "endpoints.kubernetes.io/last-change-trigger-time"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Service" where object.apiVersion == "v1": [object.objectID]
        case "Pod": cluster.services(selecting: object)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        let current = cluster.object(GroupKind.endpoints.named(key.name, in: key.namespace))
        guard let service = cluster.object(key) else {
            // Nobody owns them: they go with the Service of their name.
            if let current, current.labels[Self.managed] != nil { result.delete(current) }
            return result
        }
        guard let selector = LabelSelector(map: service.value(at: "spec", "selector")),
            service.string(at: "spec", "type") != "ExternalName"
        else { return result }
        let pods = cluster.objects(.pod, namespace: key.namespace).filter {
            selector.matches($0.labels) && !$0.isPodFinished && !$0.isTerminating
                && $0.string(at: "status", "podIP") != nil
        }
        var labels = service.labels
        labels[Self.managed] = "endpoint-controller"
        if service.string(at: "spec", "clusterIP") == "None" { labels["service.kubernetes.io/headless"] = "" }
        let subsets = subsets(of: service, pods: pods)
        guard var endpoints = current else {
            var object: Object = [
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": [
                    "name": .string(key.name), "namespace": .string(key.namespace), "labels": .object(labels),
                    "annotations": [Self.trigger: .time(service.creationTime ?? now)],
                ],
            ]
            if let subsets { object["subsets"] = subsets }
            result.changes.append(.create(object))
            return result
        }
        let before = endpoints
        endpoints["subsets"] = subsets
        endpoints.set(.object(labels), at: "metadata", "labels")
        guard endpoints != before else { return result }
        endpoints.set(.time(now), at: "metadata", "annotations", Self.trigger)
        result.update(endpoints)
        return result
    }

    private func subsets(of service: Object, pods: [Object]) -> Value? {
        guard !pods.isEmpty else { return nil }
        let publishes = service.value(at: "spec", "publishNotReadyAddresses")?.bool == true
        func addresses(_ pods: [Object]) -> Value? {
            pods.isEmpty ? nil : .array(pods.map { .object(address($0)) })
        }
        var subset = Object()
        subset["addresses"] = addresses(pods.filter { $0.isPodReady || publishes })
        subset["notReadyAddresses"] = addresses(pods.filter { !$0.isPodReady && !publishes })
        let ports = service.list(at: "spec", "ports").compactMap { port -> Value? in
            guard let number = ServicePods.target(of: port, in: pods) else { return nil }
            var entry = Object()
            entry["name"] = port["name"]
            entry["port"] = .integer(number)
            entry["protocol"] = port["protocol"] ?? "TCP"
            entry["appProtocol"] = port["appProtocol"]
            return .object(entry)
        }
        if !ports.isEmpty { subset["ports"] = .array(ports) }
        return [.object(subset)]
    }

    private func address(_ pod: Object) -> Object {
        var address: Object = ["ip": pod.value(at: "status", "podIP") ?? ""]
        address["nodeName"] = pod.value(at: "spec", "nodeName")
        address["targetRef"] = ServicePods.reference(to: pod)
        return address
    }
}
