// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Admission completes objects and keeps to limits")
struct AdmissionTests {
    let harness = ValidationHarness()

    @Test("A pod gets the defaults of the namespace's LimitRange, and an annotation says which")
    func limitDefaults() async {
        _ = await harness.create(
            "{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, default: {memory: 1Gi, cpu: 1}, defaultRequest: {cpu: 100m}}]}}"
        )
        let answer = await harness.create(ValidationHarness.pod())
        let container = answer.body["spec"]?["containers"]?[0]?["resources"]
        #expect(container?["limits"] == ["cpu": "1", "memory": "1Gi"])
        #expect(container?["requests"] == ["cpu": "100m", "memory": "1Gi"])
        #expect(
            answer.body["metadata"]?["annotations"]?["kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c")
    }

    @Test("A pod that asks for more or less than a LimitRange allows is forbidden")
    func limits() async {
        _ = await harness.create(
            "{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, min: {cpu: 100m}, max: {cpu: 1}}]}}"
        )
        let answer = await harness.create(
            ValidationHarness.pod(container: "resources: {requests: {cpu: 50m}, limits: {cpu: 2}}"))
        #expect(answer.status == 403)
        #expect(
            answer.message
                == "pods \"p\" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 1, but limit is 2]"
        )
    }

    @Test("What a quota has no room for is forbidden")
    func quota() async {
        _ = await harness.create(
            "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 1, requests.cpu: 1}}}")
        let small = ValidationHarness.pod(container: "resources: {requests: {cpu: 600m}}")
        #expect(await harness.create(small).status == 201)
        let second = await harness.create(small.replacing("name: p}", with: "name: q}"))
        #expect(second.status == 403)
        #expect(
            second.message
                == "pods \"q\" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=600m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1"
        )
        let silent = await harness.create(ValidationHarness.pod().replacing("name: p}", with: "name: r}"))
        #expect(silent.message == "pods \"r\" is forbidden: failed quota: q: must specify requests.cpu for: c")
    }

    @Test("A claim without a class gets the default one; an ingress too")
    func defaultClasses() async {
        _ = await harness.create(
            "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: \"true\"}}, provisioner: a/b}"
        )
        let claim = await harness.create(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"
        )
        #expect(claim.body["spec"]?["storageClassName"] == "fast")
        _ = await harness.create(
            "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: front, annotations: {ingressclass.kubernetes.io/is-default-class: \"true\"}}, spec: {controller: a/b}}"
        )
        let ingress = await harness.create(
            "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}}"
        )
        #expect(ingress.body["spec"]?["ingressClassName"] == "front")
    }

    @Test("A pod's priority is its class's")
    func priority() async {
        _ = await harness.create(
            "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000, preemptionPolicy: Never}"
        )
        let answer = await harness.create(ValidationHarness.pod("priorityClassName: high,"))
        #expect(answer.body["spec"]?["priority"] == 1000)
        #expect(answer.body["spec"]?["preemptionPolicy"] == "Never")
        let unknown = await harness.create(ValidationHarness.pod("priorityClassName: none,"))
        #expect(unknown.message == "pods \"p\" is forbidden: no PriorityClass with name none was found")
    }

    @Test("What is taken but unwise is warned of")
    func warnings() async {
        let pod = await harness.create(
            ValidationHarness.pod(
                "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}],",
                container: "resources: {limits: {memory: 500m}}"
            ).replacing("name: p}", with: "name: p.q}"))
        #expect(
            pod.warnings == [
                "299 - \"metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]\"",
                "299 - \"spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod\"",
                "299 - \"spec.containers[0].resources.limits[memory]: fractional byte value \\\"500m\\\" is invalid, must be an integer\"",
                "299 - \"spec.containers[0].resources.requests[memory]: fractional byte value \\\"500m\\\" is invalid, must be an integer\"",
            ])
    }

    /// pkg/registry/core/service/storage/alloc.go.
    @Test("An address or port that another Service has cannot be had again")
    func allocations() async {
        func service(_ name: String, _ spec: String, _ port: String = "") -> String {
            "{apiVersion: v1, kind: Service, metadata: {name: \(name)}, spec: {\(spec) ports: [{port: 80, \(port)}]}}"
        }
        let first = await harness.create(service("a", "type: NodePort,", "nodePort: 30080"))
        #expect(first.status == 201)
        let address = first.body["spec"]?["clusterIP"]?.string ?? ""
        let second = await harness.create(service("b", "clusterIP: \(address),"))
        #expect(second.status == 422)
        #expect(
            second.causes == [
                "spec.clusterIPs: Invalid value: [\"\(address)\"]: failed to allocate IP \(address): provided IP is already allocated"
            ])
        let port = await harness.create(service("b", "type: NodePort,", "nodePort: 30080"))
        #expect(
            port.causes == ["spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"])
        let outside = await harness.create(service("b", "clusterIP: 192.0.2.1,"))
        #expect(outside.status == 422)
        #expect(
            outside.message.contains("the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is")
        )
    }

    /// plugin/pkg/admission/priority and plugin/pkg/admission/runtimeclass.
    @Test("There is one default PriorityClass, and a pod's RuntimeClass is there")
    func singleDefaults() async {
        func priority(_ name: String) -> String {
            "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: \(name)}, value: 1, globalDefault: true}"
        }
        #expect(await harness.create(priority("one")).status == 201)
        let second = await harness.create(priority("two"))
        #expect(second.status == 403)
        #expect(
            second.message.hasSuffix(
                "is forbidden: PriorityClass one is already marked as default. Only one default can exist"))
        let pod = await harness.create(ValidationHarness.pod("runtimeClassName: none,"))
        #expect(pod.status == 403)
        #expect(
            pod.message
                == "pods \"p\" is forbidden: pod rejected: RuntimeClass \"none\" not found")
    }
}
