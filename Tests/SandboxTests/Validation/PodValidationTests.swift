// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sandbox

@Suite("Pod specifications are refused as kube-apiserver refuses them")
struct PodValidationTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var spec = ""
        var container = ""
        var causes: [String]
        var testDescription: String { name }
    }

    static let examples = [
        Example(
            name: "a port without a number", container: "ports: [{name: http}]",
            causes: ["spec.containers[0].ports[0].containerPort: Required value"]),
        Example(
            name: "a protocol that is none", container: "ports: [{containerPort: 80, protocol: HTTP}]",
            causes: [
                "spec.containers[0].ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\""
            ]),
        Example(
            name: "one host port twice",
            container: "ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]",
            causes: ["spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//80\""]),
        Example(
            name: "a container name twice", container: "}, {name: c, image: j",
            causes: ["spec.containers[1].name: Duplicate value: \"c\""]),
        Example(
            name: "a name with dots", container: "}, {name: a.b, image: j",
            causes: ["spec.containers[1].name: Invalid value: \"a.b\": must not contain dots"]),
        Example(
            name: "a probe by name and one without threshold",
            container: "livenessProbe: {httpGet: {port: Bad_Name}, successThreshold: 2}",
            causes: [
                "spec.containers[0].livenessProbe.httpGet.port: Invalid value: \"Bad_Name\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ]),
        Example(
            name: "an exec handler without a command", container: "lifecycle: {preStop: {exec: {}}}",
            causes: ["spec.containers[0].lifecycle.preStop.exec.command: Required value"]),
        Example(
            name: "two mounts at one path",
            spec: "volumes: [{name: a, emptyDir: {}}],",
            container: "volumeMounts: [{name: a, mountPath: /x}, {name: a, mountPath: /x}]",
            causes: ["spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/x\": must be unique"]),
        Example(
            name: "a bad volume, and its mount", spec: "volumes: [{name: a, secret: {}}],",
            container: "volumeMounts: [{name: a, mountPath: /x}]",
            causes: [
                "spec.volumes[0].secret.secretName: Required value",
                "spec.containers[0].volumeMounts[0].name: Not found: \"a\"",
            ]),
        Example(
            name: "a file mode out of range", spec: "volumes: [{name: a, configMap: {name: x, defaultMode: 999}}],",
            causes: [
                "spec.volumes[0].configMap.defaultMode: Invalid value: 999: must be a number between 0 and 0777 (octal), both inclusive"
            ]),
        Example(
            name: "a variable from nothing", container: "env: [{name: A, valueFrom: {}}]",
            causes: [
                "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            ]),
        Example(
            name: "a variable from a field that is none",
            container: "env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nope}}}]",
            causes: [
                "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nope\": error converting fieldPath: field label not supported: spec.nope"
            ]),
        Example(
            name: "a negative request", container: "resources: {requests: {cpu: \"-1\"}}",
            causes: [
                "spec.containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"
            ]),
        Example(
            name: "a device that is not shared", container: "resources: {requests: {example.com/gpu: 1}}",
            causes: [
                "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources"
            ]),
        Example(
            name: "policies that are none", spec: "restartPolicy: Sometimes, dnsPolicy: Mine,",
            causes: [
                "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
                "spec.dnsPolicy: Unsupported value: \"Mine\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"",
            ]),
        Example(
            name: "host ports that differ on the host's network", spec: "hostNetwork: true,",
            container: "ports: [{containerPort: 80, hostPort: 81}]",
            causes: [
                "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"
            ]),
        Example(
            name: "a toleration without a key", spec: "tolerations: [{effect: NoSchedule}],",
            causes: [
                "spec.tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\""
            ]),
        Example(
            name: "affinity without terms",
            spec:
                "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}},",
            causes: [
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term"
            ]),
        Example(
            name: "spreading without anything", spec: "topologySpreadConstraints: [{maxSkew: 0}],",
            causes: [
                "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
                "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\"",
            ]),
        Example(
            name: "an image with a space before it", container: "}, {name: e, image: \" j\"",
            causes: [
                "spec.containers[1].image: Invalid value: \" j\": must not have leading or trailing whitespace"
            ]),
        Example(
            name: "probes of an init container",
            spec: "initContainers: [{name: i, image: i, livenessProbe: {tcpSocket: {port: 1}}}],",
            causes: [
                "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
            ]),
        Example(
            name: "a user out of range", spec: "securityContext: {runAsUser: -1},",
            causes: [
                "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"
            ]),
        Example(
            name: "a deadline of nothing", spec: "activeDeadlineSeconds: 0,",
            causes: [
                "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"
            ]),
        Example(
            name: "no resolver with its own policy", spec: "dnsPolicy: None,",
            causes: ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]),
    ]

    @Test("A pod is refused for", arguments: examples)
    func refusal(example: Example) async {
        let harness = ValidationHarness()
        let answer = await harness.create(ValidationHarness.pod(example.spec, container: example.container))
        #expect(answer.status == 422)
        #expect(answer.causes == example.causes)
    }

    @Test("A pod keeps what it was made as, but for its image")
    func update() async {
        let harness = ValidationHarness()
        _ = await harness.create(ValidationHarness.pod())
        let image = await harness.send(
            "PATCH", "/api/v1/namespaces/default/pods/p", #"{"spec":{"containers":[{"name":"c","image":"j"}]}}"#,
            type: "application/strategic-merge-patch+json")
        #expect(image.status == 200)
        let command = await harness.send(
            "PATCH", "/api/v1/namespaces/default/pods/p", #"{"spec":{"hostname":"h"}}"#,
            type: "application/merge-patch+json")
        #expect(command.status == 422)
        #expect(command.causes.count == 1)
        #expect(
            command.causes.first?.hasPrefix("spec: Forbidden: pod updates may not change fields other than") == true)
    }

    @Test("Templates take what pods do not: an image with a space, but no ephemeral containers")
    func template() async {
        let harness = ValidationHarness()
        let spaced = await harness.create(ValidationHarness.deployment(container: "}, {name: d, image: \" x\""))
        #expect(spaced.status == 201)
    }
}
