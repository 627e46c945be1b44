// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

/// Of fixed objects, most in states that no recording shows, the cells after the name as the server's printers
/// (kubernetes, pkg/printers/internalversion) write them.
@Suite("Cells of tables")
struct CellTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        /// In YAML, without what all have.
        var object: String
        var cells: [Value]

        init(_ kind: String, _ object: String, _ cells: [Value]) {
            self.kind = kind
            self.object = object
            self.cells = cells
        }

        var testDescription: String { "\(kind) \(object)" }
    }

    /// An hour old.
    static func object(_ text: String) throws -> Object {
        var object = try YAML.documents(Array(text.utf8), file: "case").first?.value.object ?? Object()
        object.setMetadata("name", "x")
        object.setMetadata("creationTimestamp", "2026-01-01T11:00:00Z")
        return object
    }

    static let now = Timestamp("2026-01-01T12:00:00Z")

    static func check(_ test: Case) throws {
        let writer = CellWriter(now: try #require(now))
        let cells = try #require(writer.cells(try object(test.object), kind: test.kind))
        #expect(cells == ["x"] + test.cells)
        // A row has a cell for every column; that of IPAddresses one more, by an old mistake of the server's.
        let columns = TablePrinter.columnCount(test.kind) ?? 0
        #expect(cells.count == columns + (test.kind.hasPrefix("IPAddress.") ? 1 : 0))
    }

    @Test("Services and what is behind them", arguments: services)
    func serviceCells(_ test: Case) throws { try Self.check(test) }

    static let services: [Case] = [
        Case(
            "Service", "spec: {type: ExternalName, externalName: a.b}",
            ["ExternalName", "<none>", "a.b", "<none>", "60m", "<none>"]),
        Case(
            "Service",
            "{spec: {type: LoadBalancer, clusterIPs: [10.0.0.1], externalIPs: [9.9.9.9], selector: {b: c, a: b}, ports: [{port: 80, nodePort: 30000, protocol: TCP}, {port: 53, protocol: UDP}]}, status: {loadBalancer: {ingress: [{ip: 2.2.2.2}, {hostname: h}]}}}",
            ["LoadBalancer", "10.0.0.1", "2.2.2.2,h,9.9.9.9", "80:30000/TCP,53/UDP", "60m", "a=b,b=c"]),
        Case(
            "Service", "spec: {type: LoadBalancer, clusterIPs: [None]}",
            ["LoadBalancer", "None", "<pending>", "<none>", "60m", "<none>"]),
        Case("Endpoints", "{}", ["<none>", "60m"]),
        Case("Endpoints", "subsets: [{notReadyAddresses: [{ip: 1.1.1.1}], ports: [{port: 80}]}]", ["", "60m"]),
        Case(
            "Endpoints", "subsets: [{addresses: [{ip: 1.1.1.1}, {ip: '::1'}], ports: [{port: 80}, {port: 81}]}]",
            ["1.1.1.1:80,[::1]:80,1.1.1.1:81 + 1 more...", "60m"]),
        Case("EndpointSlice.discovery.k8s.io", "addressType: IPv4", ["IPv4", "<unset>", "<unset>", "60m"]),
        Case(
            "EndpointSlice.discovery.k8s.io",
            "{addressType: IPv4, ports: [{port: 80}, {name: http}, {}], endpoints: [{addresses: [a, b]}, {addresses: [c, d]}]}",
            ["IPv4", "80,http,*", "a,b,c + 1 more...", "60m"]),
        Case(
            "EndpointSlice.discovery.k8s.io", "{addressType: IPv6, ports: [{name: ''}]}",
            ["IPv6", "<unset>", "<unset>", "60m"]),
        Case("Ingress.networking.k8s.io", "spec: {rules: [{}]}", ["<none>", "*", "", "80", "60m"]),
        Case(
            "Ingress.networking.k8s.io",
            "{spec: {ingressClassName: ic, tls: [{}], rules: [{host: a}, {host: b}, {host: c}, {host: d}]}, status: {loadBalancer: {ingress: [{ip: 2.2.2.2}, {ip: 1.1.1.1}]}}}",
            ["ic", "a,b,c + 1 more...", "1.1.1.1,2.2.2.2", "80, 443", "60m"]),
        Case("IngressClass.networking.k8s.io", "spec: {controller: c}", ["c", "<none>", "60m"]),
        Case(
            "IngressClass.networking.k8s.io", "spec: {controller: c, parameters: {apiGroup: g.io, kind: K, name: nm}}",
            ["c", "K.g.io/nm", "60m"]),
        Case("NetworkPolicy.networking.k8s.io", "spec: {podSelector: {}}", ["<none>", "60m"]),
        Case(
            "NetworkPolicy.networking.k8s.io",
            "spec: {podSelector: {matchLabels: {b: c}, matchExpressions: [{key: a, operator: NotIn, values: [z, x]}, {key: d, operator: DoesNotExist}]}}",
            ["a notin (x,z),b=c,!d", "60m"]),
        Case("IPAddress.networking.k8s.io", "{}", ["<none>", "60m"]),
        Case(
            "IPAddress.networking.k8s.io",
            "spec: {parentRef: {group: '', resource: services, namespace: default, name: kubernetes}}",
            ["services/default/kubernetes", "60m"]),
        Case("ServiceCIDR.networking.k8s.io", "spec: {cidrs: [10.0.0.0/8, 'fd::/64']}", ["10.0.0.0/8,fd::/64", "60m"]),
    ]

    @Test("Storage", arguments: storage)
    func storageCells(_ test: Case) throws { try Self.check(test) }

    static let storage: [Case] = [
        Case(
            "PersistentVolumeClaim", "{spec: {accessModes: [ReadWriteOnce]}, status: {phase: Pending}}",
            ["Pending", "", "", "", "", "<unset>", "60m", "<unset>"]),
        Case(
            "PersistentVolumeClaim",
            "{metadata: {deletionTimestamp: '2026-01-01T11:59:00Z'}, spec: {volumeName: v, storageClassName: s, volumeMode: Block, volumeAttributesClassName: fast}, status: {phase: Bound, capacity: {storage: 1Gi}, accessModes: [ReadWriteMany, ReadWriteOnce]}}",
            ["Terminating", "v", "1Gi", "RWO,RWX", "s", "fast", "60m", "Block"]),
        Case(
            "PersistentVolumeClaim", "{spec: {volumeName: v}, status: {phase: Lost}}",
            ["Lost", "v", "0", "", "", "<unset>", "60m", "<unset>"]),
        Case(
            "PersistentVolume",
            "{spec: {capacity: {storage: 2Gi}, accessModes: [ReadOnlyMany, ReadWriteOncePod], persistentVolumeReclaimPolicy: Retain, claimRef: {namespace: ns, name: c}}, status: {phase: Released, reason: R}}",
            ["2Gi", "ROX,RWOP", "Retain", "Released", "ns/c", "", "<unset>", "R", "60m", "<unset>"]),
        Case("StorageClass.storage.k8s.io", "provisioner: p", ["p", "Delete", "Immediate", false, "60m"]),
        Case("VolumeAttributesClass.storage.k8s.io", "driverName: d", ["d", "60m"]),
        Case(
            "VolumeAttachment.storage.k8s.io", "spec: {attacher: a, nodeName: nd, source: {}}",
            ["a", "", "nd", false, "60m"]),
        Case("CSINode.storage.k8s.io", "spec: {drivers: [{}, {}]}", [2, "60m"]),
        Case("CSIDriver.storage.k8s.io", "spec: {}", [true, false, false, "<unset>", false, "<none>", "60m"]),
        Case(
            "CSIDriver.storage.k8s.io",
            "spec: {attachRequired: false, tokenRequests: [{audience: a}, {audience: b}], volumeLifecycleModes: [Persistent, Ephemeral]}",
            [false, false, false, "a,b", false, "Persistent,Ephemeral", "60m"]),
        Case("CSIStorageCapacity.storage.k8s.io", "storageClassName: s", ["s", "<unset>"]),
        Case("CSIStorageCapacity.storage.k8s.io", "{storageClassName: s, capacity: 1Gi}", ["s", "1Gi"]),
    ]

    @Test("Workloads and what scales and guards them", arguments: workloads)
    func workloadCells(_ test: Case) throws { try Self.check(test) }

    static let workloads: [Case] = [
        Case(
            "Job.batch", "{spec: {parallelism: 3}, status: {succeeded: 1}}",
            ["Running", "1/1 of 3", "", "60m", "", "", "<none>"]),
        Case(
            "Job.batch",
            "{spec: {completions: 2}, status: {startTime: '2026-01-01T11:59:00Z', conditions: [{type: FailureTarget, status: 'True'}]}}",
            ["FailureTarget", "0/2", "60s", "60m", "", "", "<none>"]),
        Case(
            "Job.batch",
            "{spec: {suspend: true}, status: {startTime: '2026-01-01T11:00:00Z', completionTime: '2026-01-01T11:00:05Z', conditions: [{type: Complete, status: 'False'}, {type: Suspended, status: 'True'}]}}",
            ["Suspended", "0/1", "5s", "60m", "", "", "<none>"]),
        Case(
            "Job.batch", "metadata: {deletionTimestamp: '2026-01-01T11:59:00Z'}",
            ["Terminating", "0/1", "", "60m", "", "", "<none>"]),
        Case(
            "CronJob.batch",
            "{spec: {schedule: '* * * * *', timeZone: Etc/UTC}, status: {active: [{}], lastScheduleTime: '2026-01-01T11:58:00Z'}}",
            ["* * * * *", "Etc/UTC", "<unset>", 1, "2m", "60m", "", "", "<none>"]),
        Case("ReplicationController", "spec: {replicas: 2}", [2, 0, 0, "60m", "", "", "<none>"]),
        Case(
            "PodTemplate",
            "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}, {name: d, image: j}]}}",
            ["c,d", "i,j", "a=b"]),
        Case("ControllerRevision.apps", "revision: 3", ["<none>", 3, "60m"]),
        Case(
            "ControllerRevision.apps",
            "{metadata: {ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: s, controller: true}]}, revision: 1}",
            ["statefulset.apps/s", 1, "60m"]),
        Case("PodDisruptionBudget.policy", "spec: {maxUnavailable: 10%}", ["N/A", "10%", 0, "60m"]),
        Case(
            "HorizontalPodAutoscaler.autoscaling",
            "spec: {scaleTargetRef: {kind: Deployment, name: w}, maxReplicas: 3}",
            ["Deployment/w", "<none>", "<unset>", 3, 0, "60m"]),
        Case(
            "HorizontalPodAutoscaler.autoscaling",
            """
            spec:
              scaleTargetRef: {kind: Deployment, name: w}
              minReplicas: 2
              maxReplicas: 3
              metrics:
              - {type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, averageValue: 100m}}}
              - {type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: "3"}}}
              - {type: Object, object: {metric: {name: q}, target: {type: Value, value: 2k}}}
            status:
              currentMetrics: [{type: Pods, pods: {metric: {name: q}, current: {averageValue: 50m}}}]
            """, ["Deployment/w", "50m/100m, <unknown>/3 (avg) + 1 more...", "2", 3, 0, "60m"]),
        Case(
            "HorizontalPodAutoscaler.autoscaling",
            """
            spec:
              scaleTargetRef: {kind: Deployment, name: w}
              maxReplicas: 3
              metrics:
              - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
              - {type: ContainerResource, containerResource: {name: cpu, container: c, target: {type: Utilization}}}
            status:
              currentMetrics: [{type: Resource, resource: {name: memory, current: {}}}]
            """, ["Deployment/w", "memory: <nil>/1Gi, cpu: <unknown>/<auto>", "<unset>", 3, 0, "60m"]),
        Case("Scale.autoscaling", "{spec: {}, status: {replicas: 2}}", [0, 2, "60m"]),
        Case("PriorityClass.scheduling.k8s.io", "{value: -5, globalDefault: true}", [-5, true, "60m", ""]),
        Case("RuntimeClass.node.k8s.io", "handler: runc", ["runc", "60m"]),
    ]

    @Test("Nodes, access, quotas", arguments: cluster)
    func clusterCells(_ test: Case) throws { try Self.check(test) }

    static let cluster: [Case] = [
        Case(
            "Node", "{}", ["Unknown", "<none>", "60m", "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"]),
        Case(
            "Node",
            "{metadata: {labels: {node-role.kubernetes.io/worker: '', kubernetes.io/role: infra, node-role.kubernetes.io/: ''}}, spec: {unschedulable: true}, status: {conditions: [{type: Ready, status: Unknown}], addresses: [{type: ExternalIP, address: e}], nodeInfo: {kubeletVersion: v1, osImage: os}}}",
            ["NotReady,SchedulingDisabled", "infra,worker", "60m", "v1", "<none>", "e", "os", "<unknown>", "<unknown>"]),
        Case("ComponentStatus", "{}", ["Unknown", "", ""]),
        Case(
            "ComponentStatus", "conditions: [{type: Healthy, status: 'False', message: m, error: e}]",
            ["Unhealthy", "m", "e"]),
        Case(
            "ResourceQuota", "status: {hard: {pods: '3', limits.cpu: '2', cpu: '1'}, used: {pods: '1'}}",
            ["cpu: 0/1, pods: 1/3", "limits.cpu: 0/2", "60m"]),
        Case(
            "ClusterRoleBinding.rbac.authorization.k8s.io",
            "{roleRef: {kind: ClusterRole, name: r}, subjects: [{kind: User, name: u}, {kind: Group, name: g}, {kind: User, name: v}, {kind: ServiceAccount, namespace: ns, name: s}]}",
            ["ClusterRole/r", "60m", "u, v", "g", "ns/s"]),
        Case("Lease.coordination.k8s.io", "spec: {}", ["", "60m"]),
        Case(
            "CertificateSigningRequest.certificates.k8s.io", "spec: {username: u}",
            ["60m", "<none>", "u", "<none>", "Pending"]),
        Case(
            "CertificateSigningRequest.certificates.k8s.io",
            "{spec: {username: u, signerName: s, expirationSeconds: 3600}, status: {certificate: Yg==, conditions: [{type: Approved}, {type: Failed}]}}",
            ["60m", "s", "u", "60m", "Approved,Failed,Issued"]),
        Case(
            "CertificateSigningRequest.certificates.k8s.io", "status: {conditions: [{type: Approved}, {type: Denied}]}",
            ["60m", "<none>", "", "<none>", "Denied"]),
    ]

    @Test("Of a series and of a single Event: when, how often, by whom")
    func events() throws {
        let writer = CellWriter(now: try #require(Self.now))
        let counted = try Self.object(
            "{involvedObject: {kind: Pod, name: p, fieldPath: 'spec.containers{c}'}, type: Normal, reason: R, message: ' m ', source: {component: kubelet, host: h}, firstTimestamp: '2026-01-01T11:00:00Z', lastTimestamp: '2026-01-01T11:59:50Z', count: 7}"
        )
        #expect(
            writer.cells(counted, kind: "Event") == [
                "10s", "Normal", "R", "pod/p", "spec.containers{c}", "kubelet, h", "m", "60m", 7, "x",
            ])
        let series = try Self.object(
            "{involvedObject: {kind: Node}, eventTime: '2026-01-01T11:30:00.000000Z', reportingComponent: c, reportingInstance: i, series: {count: 3, lastObservedTime: '2026-01-01T11:59:00.000000Z'}}"
        )
        #expect(
            writer.cells(series, kind: "Event.events.k8s.io") == [
                "60s", "", "", "node", "", "c, i", "", "30m", 3, "x",
            ])
        let single = try Self.object("involvedObject: {kind: Node, name: nm}")
        #expect(
            writer.cells(single, kind: "Event") == [
                "<unknown>", "", "", "node/nm", "", "", "", "<unknown>", 1, "x",
            ])
    }
}
