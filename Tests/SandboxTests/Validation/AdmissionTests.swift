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
}
