// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Gives Services of type LoadBalancer an address from 192.0.2.0/24 (RFC 5737), some time after their creation.
package struct LoadBalancerController: SandboxController {
    package let name = "service-controller"
    private let pace: SandboxPace

    package init(pace: SandboxPace) { self.pace = pace }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        object.kind == "Service" && object.apiVersion == "v1" ? [object.objectID] : []
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var service = cluster.object(key), !service.isTerminating else { return result }
        var status = service["status"]?.object ?? Object()
        let hasAddress = status.value(at: "loadBalancer", "ingress") != nil
        guard service.string(at: "spec", "type") == "LoadBalancer" else {
            if hasAddress {
                status["loadBalancer"] = [:]
                result.writeStatus(status, of: &service)
            }
            return result
        }
        guard !hasAddress else { return result }
        if let due = service.creationTime.map({ $0 + pace.loadBalancer }), due > now {
            result.wake(at: due)
            return result
        }
        let host = 1 + GeneratedNames.fnv1a(Array(service.uid.utf8)) % 254
        status["loadBalancer"] = ["ingress": [["ip": .string("192.0.2.\(host)"), "ipMode": "VIP"]]]
        result.writeStatus(status, of: &service)
        result.event(service, "EnsuredLoadBalancer", "Ensured load balancer")
        return result
    }
}
