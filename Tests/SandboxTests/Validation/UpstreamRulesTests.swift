// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

/// What the recordings do not show, held to the sources of Kubernetes: each case names the function that says so.
@Suite("Beyond the recordings, objects are refused as the sources of kube-apiserver say")
struct UpstreamRulesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var source: String
        var yaml: String
        var causes: [String]
        var testDescription: String { source }
    }

    static let pods = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"
    static let once = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"

    static func set(_ spec: String) -> String {
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {selector: {matchLabels: {a: b}}, \(spec)}}"
    }

    static func job(_ spec: String) -> String {
        "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {\(once), \(spec)}}"
    }

    static func autoscaler(_ spec: String) -> String {
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, \(spec)}}"
    }

    static func hook(_ webhook: String) -> String {
        "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: w}, webhooks: [{sideEffects: None, \(webhook)}]}"
    }

    static let workloads = [
        Example(
            source: "ValidateStatefulSetSpec: serviceName", yaml: set("serviceName: A_b, \(pods)"),
            causes: ["spec.serviceName: Invalid value: \"A_b\": \(KindValidationTests.label)"]),
        Example(
            source: "ValidatePersistentVolumeClaimRetentionPolicyType",
            yaml: set("persistentVolumeClaimRetentionPolicy: {whenDeleted: Keep}, \(pods)"),
            causes: [
                "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"Keep\": supported values: \"Retain\", \"Delete\""
            ]),
        Example(
            source: "ValidatePodTemplateSpecForStatefulSet: pods and claims",
            yaml: set(
                "volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}], template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, volumeMounts: [{name: data, mountPath: /d}, {name: other, mountPath: /o}]}]}}"
            ),
            causes: [
                "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
                "spec.template.spec.containers[0].image: Required value",
                "spec.template.spec.containers[0].volumeMounts[1].name: Not found: \"other\"",
            ]),
        Example(
            source: "ValidateDeploymentSpec: invalid label selector",
            yaml:
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}, matchExpressions: [{key: x, operator: Near}]}, template: {spec: {}}}}",
            causes: [
                "spec.selector.matchExpressions[0].operator: Invalid value: \"Near\": not a valid selector operator",
                "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"},\"matchExpressions\":[{\"key\":\"x\",\"operator\":\"Near\"}]}: invalid label selector",
            ]),
        Example(
            source: "getIntOrPercentValue: a text that is no number is 0",
            yaml: ValidationHarness.deployment(
                spec: "strategy: {rollingUpdate: {maxUnavailable: some, maxSurge: 0}},"),
            causes: [
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"some\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"some\": may not be 0 when `maxSurge` is 0",
            ]),
        Example(
            source: "validateJobSpec: maxFailedIndexes", yaml: job("completions: 1, maxFailedIndexes: 1"),
            causes: [
                "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
            ]),
        Example(
            source: "validatePodFailurePolicyRule",
            yaml: job(
                "podFailurePolicy: {rules: [{action: Run}, {action: Ignore, onExitCodes: {operator: In, values: [3, 0, 3]}}]}"
            ),
            causes: [
                "spec.podFailurePolicy.rules[0].action: Unsupported value: \"Run\": supported values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"",
                "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
                "spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
                "spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Duplicate value: 3",
                "spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [3,0,3]: must be ordered",
            ]),
        Example(
            source: "ValidateJob: indexed names",
            yaml: job("completionMode: Indexed, completions: 2, parallelism: 1").replacing(
                "name: j}", with: "name: a.b}"),
            causes: ["metadata.name: Invalid value: \"a.b\": will not able to create pod with invalid DNS label: a.b-1"]
        ),
        Example(
            source: "validateCronJobSpec: the deadline comes before the zone",
            yaml:
                "{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: \"* * * * *\", startingDeadlineSeconds: -1, timeZone: local, jobTemplate: {spec: {\(once)}}}}",
            causes: [
                "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
                "spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
                "spec.timeZone: Invalid value: \"local\": unknown time zone local",
            ]),
        Example(
            source: "validateContainerRestartPolicy",
            yaml: ValidationHarness.pod(container: "restartPolicy: Sometimes"),
            causes: [
                "spec.containers[0].restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\""
            ]),
        Example(
            source: "validateMountRecursiveReadOnly",
            yaml: ValidationHarness.pod(
                "volumes: [{name: v, emptyDir: {}}],",
                container: "volumeMounts: [{name: v, mountPath: /v, recursiveReadOnly: Enabled}]"),
            causes: [
                "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true"
            ]),
        Example(
            source: "validateHostUsers", yaml: ValidationHarness.pod("hostUsers: false, hostPID: true,"),
            causes: ["spec.HostPID: Forbidden: when `hostUsers` is false"]),
        Example(
            source: "ValidateAppArmorProfileField",
            yaml: ValidationHarness.pod(container: "securityContext: {appArmorProfile: {type: Localhost}}"),
            causes: [
                "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost"
            ]),
        Example(
            source: "ValidatePodSpecificAnnotations: deletion cost",
            yaml: ValidationHarness.pod().replacing(
                "name: p}", with: "name: p, annotations: {controller.kubernetes.io/pod-deletion-cost: much}}"),
            causes: [
                "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"much\": must be a 32bit integer"
            ]),
    ]

    static let others = [
        Example(
            source: "ValidateFinalizerName has no index, validateKubeFinalizerName has one",
            yaml: "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, finalizers: [a_, mine]}}",
            causes: [
                "metadata.finalizers: Invalid value: \"a_\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
                "metadata.finalizers[0]: Invalid value: \"a_\": name is neither a standard finalizer name nor is it fully qualified",
                "metadata.finalizers[1]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified",
            ]),
        Example(
            source: "validateMetricSpec and validateScalingRules",
            yaml: autoscaler(
                "behavior: {scaleUp: {policies: [{type: All, value: 0, periodSeconds: 9999}]}}, metrics: [{type: Cpu}]"),
            causes: [
                "spec.metrics[0].type: Unsupported value: \"Cpu\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"",
                "spec.metrics[0].type: Unsupported value: \"Cpu\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"",
                "spec.behavior.scaleUp.policies[0].type: Unsupported value: \"All\": supported values: \"Percent\", \"Pods\"",
                "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 9999: must be less than or equal to 1800",
            ]),
        Example(
            source: "validateExternalSource",
            yaml: autoscaler(
                "metrics: [{type: External, external: {metric: {name: a/b}, target: {type: Value}}}]"),
            causes: [
                "spec.metrics[0].external.metric.name: Invalid value: \"a/b\": may not contain '/'",
                "spec.metrics[0].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target",
            ]),
        Example(
            source: "ValidatePersistentVolumeClaimSpec: a size is refused once; validateDataSource",
            yaml:
                "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], dataSource: {kind: Snapshot, name: s}, resources: {requests: {storage: -1}}}}",
            causes: [
                "spec.resources[storage]: Invalid value: \"-1\": must be greater than zero",
                "spec.dataSource: Invalid value: \"Snapshot\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
                "spec.dataSourceRef: Invalid value: \"Snapshot\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
            ]),
        Example(
            source: "validateService: allocateLoadBalancerNodePorts before loadBalancerClass",
            yaml:
                "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}], allocateLoadBalancerNodePorts: true, loadBalancerClass: a/b}}",
            causes: [
                "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
            ]),
        Example(
            source: "ValidateNetworkPolicyPort: endPort shows the port",
            yaml:
                "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np}, spec: {podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}}",
            causes: [
                "spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`"
            ]),
        Example(
            source: "validateIngressTypedLocalObjectReference",
            yaml:
                "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {defaultBackend: {resource: {apiGroup: a.b, kind: \"\", name: a/b}}}}",
            causes: [
                "spec.defaultBackend.resource.kind: Required value: kind is required",
                "spec.defaultBackend.resource.name: Invalid value: \"a/b\": may not contain '/'",
            ]),
        Example(
            source: "validateIngressClassParametersReference",
            yaml:
                "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: i}, spec: {controller: a.b/c, parameters: {kind: K, name: p, scope: Namespace}}}",
            causes: ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"]),
        Example(
            source: "ValidateClusterRole: aggregationRule",
            yaml:
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}, aggregationRule: {}, rules: []}",
            causes: [
                "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil"
            ]),
        Example(
            source: "validateResourceQuotaScopes",
            yaml:
                "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {services: 1}, scopes: [Terminating, NotTerminating]}}",
            causes: [
                "spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: unsupported scope applied to resource",
                "spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: unsupported scope applied to resource",
                "spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: conflicting scopes",
            ]),
        Example(
            source: "validateValidatingWebhook, then validateAdmissionReviewVersions, then the repeated name",
            yaml: hook(
                "name: a.b.c, clientConfig: {url: \"http://u@/x?q#f\"}, admissionReviewVersions: [v2]}, {name: a.b.c, sideEffects: None, clientConfig: {service: {name: s, namespace: ns, port: 0}}, admissionReviewVersions: [v1], rules: [{operations: [\"*\", TALK], apiGroups: [\"\"], apiVersions: [v1], resources: [pods, \"*\"]}]"
            ),
            causes: [
                "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
                "webhooks[0].clientConfig.url: Invalid value: \"u\": user information is not permitted in the URL",
                "webhooks[0].clientConfig.url: Invalid value: \"\": host must be specified; desired format: https://host[/path]",
                "webhooks[0].clientConfig.url: Invalid value: \"f\": fragments are not permitted in the URL",
                "webhooks[0].clientConfig.url: Invalid value: \"q\": query parameters are not permitted in the URL",
                "webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1",
                "webhooks[1].rules[0].operations: Invalid value: [\"*\",\"TALK\"]: if '*' is present, must not specify other operations",
                "webhooks[1].rules[0].operations[1]: Unsupported value: \"TALK\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\"",
                "webhooks[1].rules[0].resources: Invalid value: [\"pods\",\"*\"]: if '*' is present, must not specify other resources without subresources",
                "webhooks[1].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
                "webhooks[1].name: Duplicate value: \"a.b.c\"",
            ]),
        Example(
            source: "ValidateEventCreate of events.k8s.io",
            yaml:
                "{apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: e}, type: Odd, regarding: {namespace: default}}",
            causes: [
                "eventTime: Required value", "type: Invalid value: \"\": has invalid value: Odd",
            ]),
    ]

    @Test("A new object is refused by", arguments: workloads + others)
    func creation(example: Example) async {
        let answer = await ValidationHarness().create(example.yaml)
        #expect(answer.status == 422, "\(answer.message)")
        #expect(answer.causes == example.causes)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var source: String
        var before: String
        var after: String
        var causes: [String]
        var testDescription: String { source }
    }

    static let changes = [
        Change(
            source: "ValidateImmutableField: nothing is shown as \"null\"",
            before: job("completions: 2"), after: job("parallelism: 1"),
            causes: ["spec.completions: Invalid value: \"null\": field is immutable"]),
        Change(
            source: "ValidateStatefulSetUpdate: what is wrong, then what may not change",
            before: set(pods), after: set("replicas: -1, serviceName: Not_A, \(pods)"),
            causes: [
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
            ]),
        Change(
            source: "ValidatePersistentVolumeUpdate: volumeMode and nodeAffinity stand alone",
            before:
                "{apiVersion: v1, kind: PersistentVolume, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}}}",
            after:
                "{apiVersion: v1, kind: PersistentVolume, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, volumeMode: Block, hostPath: {path: /a}}}",
            causes: ["volumeMode: Invalid value: \"Block\": field is immutable"]),
    ]

    @Test("A change is refused by", arguments: changes)
    func update(change: Change) async {
        let harness = ValidationHarness()
        let created = await harness.create(change.before)
        #expect(created.status == 201, "\(created.message)")
        let answer = await harness.replace(change.after)
        #expect(answer.status == 422, "\(answer.message)")
        #expect(answer.causes == change.causes)
    }

    @Test("A claim without a class may be given one later (validateStorageClassUpgradeFromNil)")
    func lateClass() async {
        let harness = ValidationHarness()
        let claim =
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"
        #expect(await harness.create(claim).status == 201)
        let named = claim.replacing("accessModes", with: "storageClassName: fast, accessModes")
        #expect(await harness.replace(named).status == 200)
        let other = await harness.replace(named.replacing("fast", with: "slow"))
        #expect(other.causes.first?.hasPrefix("spec: Forbidden: spec is immutable after creation") == true)
    }

    @Test("A claim's source is said in both fields (NormalizeDataSources)")
    func dataSources() async {
        let answer = await ValidationHarness().create(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: s}, resources: {requests: {storage: 1Gi}}}}"
        )
        #expect(answer.body["spec"]?["dataSourceRef"] == answer.body["spec"]?["dataSource"])
        #expect(answer.body["spec"]?["dataSourceRef"]?["name"] == "s")
    }

    @Test("Failures of each index leave the whole Job no limit (SetDefaults_Job)")
    func backoff() async {
        let answer = await ValidationHarness().create(
            Self.job("completionMode: Indexed, completions: 1, backoffLimitPerIndex: 1"))
        #expect(answer.body["spec"]?["backoffLimit"] == 2_147_483_647)
    }
}
