// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Sandbox

@Suite("Objects of every kind are refused as kube-apiserver refuses them")
struct KindValidationTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var yaml: String
        var causes: [String]
        var testDescription: String { name }
    }

    static let label =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    static let creations = [
        Example(
            name: "no name", yaml: "{apiVersion: v1, kind: ConfigMap, metadata: {}}",
            causes: ["metadata.name: Required value: name or generateName is required"]),
        Example(
            name: "a namespace with an underscore", yaml: "{apiVersion: v1, kind: Namespace, metadata: {name: a_b}}",
            causes: ["metadata.name: Invalid value: \"a_b\": \(label)"]),
        Example(
            name: "a role with a slash",
            yaml: "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a/b}, rules: []}",
            causes: ["metadata.name: Invalid value: \"a/b\": may not contain '/'"]),
        Example(
            name: "a rule without verbs and groups",
            yaml:
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a}, rules: [{resources: [pods]}]}",
            causes: [
                "rules[0].verbs: Required value: verbs must contain at least one value",
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            ]),
        Example(
            name: "a cluster role binding to a role",
            yaml:
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: a}, roleRef: {kind: Role, name: a}, subjects: [{kind: ServiceAccount, name: s}]}",
            causes: [
                "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"",
                "subjects[0].namespace: Required value",
            ]),
        Example(
            name: "a service that opens what is closed",
            yaml:
                "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80, nodePort: 30080, targetPort: a--b}], externalTrafficPolicy: Local}}",
            causes: [
                "spec.ports[0].targetPort: Invalid value: \"a--b\": must not contain consecutive hyphens",
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
                "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services",
            ]),
        Example(
            name: "a node port out of range",
            yaml:
                "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}}",
            causes: [
                "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767"
            ]),
        Example(
            name: "one port twice",
            yaml:
                "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}}",
            causes: [
                "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}"
            ]),
        Example(
            name: "an external name with an address",
            yaml: "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: ExternalName}}",
            causes: ["spec.externalName: Required value"]),
        Example(
            name: "a DaemonSet that surges and removes",
            yaml:
                "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}",
            causes: [
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"
            ]),
        Example(
            name: "a StatefulSet with a policy of its own",
            yaml:
                "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: d}, spec: {podManagementPolicy: Mine, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c, image: i}]}}}}",
            causes: [
                "spec.podManagementPolicy: Invalid value: \"Mine\": must be 'OrderedReady' or 'Parallel'",
                "spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`",
            ]),
        Example(
            name: "an indexed Job without completions",
            yaml:
                "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {parallelism: 2, completionMode: Indexed, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}",
            causes: ["spec.completions: Required value: when completion mode is Indexed"]),
        Example(
            name: "a schedule out of range, and a time zone that is none",
            yaml:
                "{apiVersion: batch/v1, kind: CronJob, metadata: {name: j}, spec: {schedule: \"61 * * * *\", timeZone: Mars/Base, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}}",
            causes: [
                "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61",
                "spec.timeZone: Invalid value: \"Mars/Base\": unknown time zone Mars/Base",
            ]),
        Example(
            name: "a claim of nothing",
            yaml:
                "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {resources: {requests: {storage: 0}}}}",
            causes: [
                "spec.accessModes: Required value: at least 1 access mode is required",
                "spec.resources[storage]: Invalid value: \"0\": must be greater than zero",
            ]),
        Example(
            name: "a volume without a source",
            yaml:
                "{apiVersion: v1, kind: PersistentVolume, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}}}",
            causes: ["spec: Required value: must specify a volume type"]),
        Example(
            name: "an ingress of nothing",
            yaml: "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {}}",
            causes: ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]),
        Example(
            name: "a network with an exception outside it",
            yaml:
                "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np}, spec: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}}",
            causes: [
                "spec.egress[0].to[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`"
            ]),
        Example(
            name: "a quota of something unknown",
            yaml: "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {disk: 1}}}",
            causes: [
                "spec.hard[disk]: Invalid value: \"disk\": must be a standard resource type or fully qualified",
                "spec.hard[disk]: Invalid value: \"disk\": must be a standard resource for quota",
            ]),
        Example(
            name: "limits that contradict each other",
            yaml:
                "{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, min: {cpu: 2}, max: {cpu: 1}}]}}",
            causes: [
                "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1",
                "spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default request value 1",
                "spec.limits[0].default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1",
            ]),
        Example(
            name: "a docker configuration that is no JSON",
            yaml:
                "{apiVersion: v1, kind: Secret, metadata: {name: s}, type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: \"{x\"}}",
            causes: [
                "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'x' looking for beginning of object key string"
            ]),
        Example(
            name: "an owner without a kind",
            yaml:
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, ownerReferences: [{apiVersion: v1, kind: \"\", name: x, uid: u}]}}",
            causes: ["metadata.ownerReferences.kind: Invalid value: \"\": must not be empty"]),
        Example(
            name: "a webhook without a domain",
            yaml:
                "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: w}, webhooks: [{name: a.b, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: \"https://a\"}}]}",
            causes: [
                "webhooks[0].name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots"
            ]),
    ]

    @Test("A new object is refused for", arguments: creations)
    func creation(example: Example) async {
        let answer = await ValidationHarness().create(example.yaml)
        #expect(answer.status == 422, "\(answer.message)")
        #expect(answer.causes == example.causes)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var before: String
        var after: String
        var causes: [String]
        var testDescription: String { name }
    }

    static let changes = [
        Change(
            name: "a Deployment's selector",
            before: ValidationHarness.deployment(),
            after: ValidationHarness.deployment().replacing("{a: b}", with: "{a: c}"),
            causes: ["spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is immutable"]),
        Change(
            name: "a Secret's type",
            before: "{apiVersion: v1, kind: Secret, metadata: {name: s}}",
            after: "{apiVersion: v1, kind: Secret, metadata: {name: s}, type: mine}",
            causes: ["type: Invalid value: \"mine\": field is immutable"]),
        Change(
            name: "an immutable ConfigMap",
            before: "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, immutable: true, data: {a: b}}",
            after: "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: c}}",
            causes: [
                "immutable: Forbidden: field is immutable when `immutable` is set",
                "data: Forbidden: field is immutable when `immutable` is set",
            ]),
        Change(
            name: "a storage class's provisioner",
            before: "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, provisioner: a/b}",
            after: "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, provisioner: a/c}",
            causes: ["provisioner: Forbidden: updates to provisioner are forbidden."]),
        Change(
            name: "a priority's value",
            before: "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: s}, value: 1}",
            after: "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: s}, value: 2}",
            causes: ["value: Forbidden: may not be changed in an update."]),
    ]

    @Test("A change is refused of", arguments: changes)
    func update(change: Change) async {
        let harness = ValidationHarness()
        let created = await harness.create(change.before)
        #expect(created.status == 201, "\(created.message)")
        let answer = await harness.replace(change.after)
        #expect(answer.status == 422, "\(answer.message)")
        #expect(answer.causes == change.causes)
    }

    @Test(
        "A CronJob names a time zone that there is",
        arguments: [
            ("Europe/Berlin", nil), ("UTC", nil), ("Local", "Local"),
            ("Europe/Atlantis", "unknown time zone Europe/Atlantis"),
            ("europe/berlin", "unknown time zone europe/berlin"),
            ("../Berlin", "time: invalid location name"),
        ])
    func timeZone(name: String, problem: String?) async {
        let zones = TimeZones { $0 == "Europe/Berlin" ? TimeZoneFile(footer: "CET-1CEST,M3.5.0,M10.5.0/3").bytes : nil }
        let harness = ValidationHarness(options: SandboxOptions(timeZones: zones))
        let template = "{spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"
        let answer = await harness.create(
            "{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: '* * * * *', timeZone: \(name), "
                + "jobTemplate: {spec: {template: \(template)}}}}")
        let explicit = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        let causes = problem.map { ["spec.timeZone: Invalid value: \"\(name)\": \($0 == "Local" ? explicit : $0)"] }
        #expect(answer.causes == causes ?? [], "\(answer.message)")
        #expect(answer.status == (problem == nil ? 201 : 422))
    }

    @Test("A PodDisruptionBudget is replaced only by who knows its version")
    func unconditionalUpdate() async {
        let harness = ValidationHarness()
        let budget = "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: 1}}"
        _ = await harness.create(budget)
        let answer = await harness.replace(budget)
        #expect(
            answer.message
                == "poddisruptionbudgets.policy \"b\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        )
    }
}
