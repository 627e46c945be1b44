// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The quality of service class of a pod (Kubernetes manual, "Pod Quality of Service Classes").
enum PodQuality {
    static func qosClass(_ pod: Object) -> String {
        let containers = ["containers", "initContainers"].flatMap { pod.value(at: "spec", $0)?.array ?? [] }
        var anything = false
        var guaranteed = !containers.isEmpty
        for container in containers {
            for resource in ["cpu", "memory"] {
                let request = container["resources"]?["requests"]?[resource]
                let limit = container["resources"]?["limits"]?[resource]
                anything = anything || request != nil || limit != nil
                guaranteed = guaranteed && limit != nil && (request == nil || request == limit)
            }
        }
        return guaranteed ? "Guaranteed" : anything ? "Burstable" : "BestEffort"
    }
}
