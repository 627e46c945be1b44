// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Objects of a new cluster that something else than the API server's storage brings: nodes that register themselves.
extension APIServer {
    /// As a kubelet registers itself: ready, with room for 110 pods.
    mutating func registerNode(_ name: String) {
        let kind = GroupKind(group: "", kind: "Node")
        guard let type = registry.resource(for: kind) else { return }
        let labels: Object = [
            "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": .string(name), "kubernetes.io/os": "linux",
        ]
        let node: Object = [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": .object(labels)],
        ]
        var request = WriteRequest(type: type, namespace: "", name: name, manager: "kubelet")
        guard var stored = try? create(node, request) else { return }
        stored["status"] = .object(nodeStatus(name))
        request.subresource = "status"
        // Cannot fail: the node was created a line above.
        _ = try? update(stored, request)
    }

    private func nodeStatus(_ name: String) -> Object {
        let time: Value = .string(now().secondsDescription)
        func condition(_ type: String, _ status: String, _ reason: String, _ message: String) -> Value {
            [
                "type": .string(type), "status": .string(status), "lastHeartbeatTime": time,
                "lastTransitionTime": time, "reason": .string(reason), "message": .string(message),
            ]
        }
        let room: Value = ["cpu": "8", "ephemeral-storage": "100Gi", "memory": "32Gi", "pods": "110"]
        return [
            "capacity": room, "allocatable": room,
            "conditions": [
                condition(
                    "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "addresses": [
                ["type": "InternalIP", "address": "127.0.0.1"], ["type": "Hostname", "address": .string(name)],
            ],
            "daemonEndpoints": ["kubeletEndpoint": ["Port": 10250]],
            "nodeInfo": [
                "machineID": "sandbox", "systemUUID": "sandbox", "bootID": "sandbox", "kernelVersion": "sandbox",
                "osImage": "sandbox", "containerRuntimeVersion": "sandbox://1",
                "kubeletVersion": .string(options.gitVersion), "kubeProxyVersion": "", "operatingSystem": "linux",
                "architecture": "amd64",
            ],
        ]
    }

    /// What a kube-apiserver creates in every cluster: the two priorities of the system, the range of Services'
    /// addresses, what tells that it serves its own API, and the health of the parts that a cluster is made of.
    mutating func createStandingObjects() {
        func priority(_ name: String, _ value: Int64, _ description: String) -> Object {
            [
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": .string(name)],
                "value": .integer(value), "description": .string(description),
                "preemptionPolicy": "PreemptLowerPriority",
            ]
        }
        let objects: [Object] = [
            priority(
                "system-node-critical", 2_000_001_000,
                "Used for system critical pods that must not be moved from their current node."),
            priority(
                "system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if "
                    + "necessary."),
            [
                "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                "metadata": ["name": "kubernetes", "finalizers": ["networking.k8s.io/service-cidr-finalizer"]],
                "spec": ["cidrs": ["10.96.0.0/12"]],
            ],
        ]
        for object in objects {
            guard let type = registry.resource(for: object.groupVersionKind) else { continue }
            // Cannot fail: valid objects, in a store that has none of their names.
            _ = try? create(object, WriteRequest(type: type, namespace: "", name: "", manager: "kube-apiserver"))
        }
        registerServices()
        for name in ["controller-manager", "etcd-0", "scheduler"] {
            let healthy: Value = ["type": "Healthy", "status": "True", "message": "ok"]
            _ = put(
                [
                    "apiVersion": "v1", "kind": "ComponentStatus", "metadata": ["name": .string(name)],
                    "conditions": [healthy],
                ], at: StoreKey(kind: GroupKind(group: "", kind: "ComponentStatus"), namespace: "", name: name))
        }
    }

    /// The Service by which pods reach the API server, with its one endpoint.
    mutating func publishServer() {
        let services = registry.resource(for: GroupKind(group: "", kind: "Service"))
        let slices = registry.resource(for: GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice"))
        let endpoints = registry.resource(for: GroupKind(group: "", kind: "Endpoints"))
        guard let services, let slices, let endpoints else { return }
        let labels: Value = ["component": "apiserver", "provider": "kubernetes"]
        func add(_ type: ResourceType, _ metadata: Object, _ rest: Object) {
            var object: Object = [
                "apiVersion": .string(type.apiVersion), "kind": .string(type.kind), "metadata": .object(metadata),
            ]
            for pair in rest.pairs { object[pair.key] = pair.value }
            // Cannot fail: valid objects, in an empty namespace.
            _ = try? create(
                object, WriteRequest(type: type, namespace: "default", name: "", manager: "kube-apiserver"))
        }
        add(
            services, ["name": "kubernetes", "labels": labels],
            ["spec": ["ports": [["name": "https", "port": 443, "targetPort": 6443]]]])
        add(
            endpoints,
            ["name": "kubernetes", "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"]],
            [
                "subsets": [
                    [
                        "addresses": [["ip": "127.0.0.1"]],
                        "ports": [["name": "https", "port": 6443, "protocol": "TCP"]],
                    ]
                ]
            ])
        add(
            slices, ["name": "kubernetes", "labels": ["kubernetes.io/service-name": "kubernetes"]],
            [
                "addressType": "IPv4",
                "endpoints": [["addresses": ["127.0.0.1"], "conditions": ["ready": true]]],
                "ports": [["name": "https", "port": 6443, "protocol": "TCP"]],
            ])
    }
}
