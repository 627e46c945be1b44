// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Cells of what administrators look at, of pods, and of custom kinds")
struct AdministrationCellTests {
    typealias Case = CellTests.Case

    @Test("Admission, devices, flow control, aggregation", arguments: cases)
    func cells(_ test: Case) throws { try CellTests.check(test) }

    static let cases: [Case] = [
        Case("MutatingWebhookConfiguration.admissionregistration.k8s.io", "webhooks: [{}, {}]", [2, "60m"]),
        Case("ValidatingWebhookConfiguration.admissionregistration.k8s.io", "{}", [0, "60m"]),
        Case(
            "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
            "spec: {validations: [{}], paramKind: {apiVersion: v1, kind: ConfigMap}}", [1, "v1/ConfigMap", "60m"]),
        Case("MutatingAdmissionPolicy.admissionregistration.k8s.io", "spec: {mutations: [{}]}", [1, "<unset>", "60m"]),
        Case(
            "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
            "spec: {policyName: p, paramRef: {name: nm, namespace: ns}}", ["p", "ns/nm", "60m"]),
        Case(
            "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io",
            "spec: {policyName: p, paramRef: {name: nm}}",
            ["p", "*/nm", "60m"]),
        Case(
            "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
            "spec: {policyName: p, paramRef: {selector: {matchLabels: {b: c, a: b}, matchExpressions: [{key: k, operator: In, values: [x, z]}]}}}",
            [
                "p",
                "&LabelSelector{MatchLabels:map[string]string{a: b,b: c,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x z],},},}",
                "60m",
            ]),
        Case("DeviceClass.resource.k8s.io", "{}", ["60m"]),
        Case("ResourceClaimTemplate.resource.k8s.io", "{}", ["60m"]),
        Case("ResourceClaim.resource.k8s.io", "{}", ["pending", "60m"]),
        Case(
            "ResourceClaim.resource.k8s.io",
            "{metadata: {deletionTimestamp: '2026-01-01T11:59:00Z'}, status: {allocation: {}, reservedFor: [{}]}}",
            ["deleted,allocated,reserved", "60m"]),
        Case("ResourceSlice.resource.k8s.io", "spec: {driver: d, pool: {name: p}}", ["", "d", "p", "60m"]),
        Case(
            "FlowSchema.flowcontrol.apiserver.k8s.io",
            "spec: {priorityLevelConfiguration: {name: p}, matchingPrecedence: 500}", ["p", 500, "<none>", "60m", "?"]),
        Case(
            "FlowSchema.flowcontrol.apiserver.k8s.io",
            "{spec: {priorityLevelConfiguration: {name: p}, distinguisherMethod: {type: ByUser}}, status: {conditions: [{type: Dangling, status: 'False'}]}}",
            ["p", 0, "ByUser", "60m", "False"]),
        Case(
            "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
            "spec: {type: Exempt, exempt: {nominalConcurrencyShares: 5}}",
            ["Exempt", "<none>", "<none>", "<none>", "<none>", "60m"]),
        Case(
            "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
            "spec: {type: Limited, limited: {nominalConcurrencyShares: 30, limitResponse: {type: Queue, queuing: {queues: 64, handSize: 8, queueLengthLimit: 50}}}}",
            ["Limited", 30, 64, 8, 50, "60m"]),
        Case("APIService.apiregistration.k8s.io", "spec: {}", ["Local", "Unknown", "60m"]),
        Case(
            "APIService.apiregistration.k8s.io",
            "{spec: {service: {namespace: ns, name: s}}, status: {conditions: [{type: Available, status: 'False', reason: ServiceNotFound}]}}",
            ["ns/s", "False (ServiceNotFound)", "60m"]),
    ]

    @Test("What a pod is at, how often it restarted, and when last", arguments: pods)
    func podCells(_ status: String, _ cells: [Value]) throws {
        let pod = try CellTests.object(status)
        let writer = CellWriter(now: try #require(CellTests.now))
        let shown = try #require(writer.cells(pod, kind: "Pod"))
        #expect(Array(shown[1...3]) == cells)
    }

    static let pods: [(String, [Value])] = [
        ("{spec: {containers: [{}]}, status: {phase: Pending}}", ["0/1", "Pending", "0"]),
        ("{spec: {containers: [{}]}, status: {phase: Failed, reason: Evicted}}", ["0/1", "Evicted", "0"]),
        (
            "{spec: {containers: [{}]}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated}]}}",
            ["0/1", "SchedulingGated", "0"]
        ),
        (
            "{spec: {initContainers: [{name: a}, {name: b}], containers: [{}]}, status: {phase: Pending, initContainerStatuses: [{name: a, state: {terminated: {exitCode: 0}}}, {name: b, restartCount: 2, state: {waiting: {reason: PodInitializing}}}]}}",
            ["0/1", "Init:1/2", "2"]
        ),
        (
            "{spec: {initContainers: [{name: a}], containers: [{}]}, status: {phase: Pending, initContainerStatuses: [{name: a, restartCount: 3, state: {terminated: {exitCode: 1, signal: 9}}, lastState: {terminated: {finishedAt: '2026-01-01T11:59:30Z'}}}]}}",
            ["0/1", "Init:Signal:9", "3 (30s ago)"]
        ),
        (
            "{spec: {initContainers: [{name: a, restartPolicy: Always}], containers: [{}]}, status: {phase: Running, initContainerStatuses: [{name: a, started: true, ready: true, restartCount: 1, state: {running: {}}}], containerStatuses: [{ready: true, restartCount: 2, state: {running: {}}}]}}",
            ["2/2", "Running", "3"]
        ),
        (
            "{spec: {containers: [{}, {}]}, status: {phase: Running, conditions: [{type: Ready, status: 'False'}], containerStatuses: [{state: {terminated: {exitCode: 0, reason: Completed}}}, {ready: true, state: {running: {}}}]}}",
            ["1/2", "NotReady", "0"]
        ),
        (
            "{spec: {containers: [{}, {}]}, status: {phase: Failed, containerStatuses: [{state: {terminated: {exitCode: 0, reason: Completed}}}, {state: {terminated: {exitCode: 1, reason: Error}}}]}}",
            ["0/2", "Error", "0"]
        ),
        (
            "{spec: {containers: [{}]}, status: {phase: Failed, containerStatuses: [{state: {terminated: {exitCode: 3}}}]}}",
            ["0/1", "ExitCode:3", "0"]
        ),
        (
            "{metadata: {deletionTimestamp: '2026-01-01T11:59:00Z'}, spec: {containers: [{}]}, status: {phase: Running, containerStatuses: [{ready: true, state: {running: {}}}]}}",
            ["1/1", "Terminating", "0"]
        ),
        (
            "{metadata: {deletionTimestamp: '2026-01-01T11:59:00Z'}, spec: {containers: [{}]}, status: {phase: Succeeded, containerStatuses: [{state: {terminated: {exitCode: 0, reason: Completed}}}]}}",
            ["0/1", "Completed", "0"]
        ),
        (
            "{metadata: {deletionTimestamp: '2026-01-01T11:59:00Z'}, spec: {containers: [{}]}, status: {phase: Running, reason: NodeLost}}",
            ["0/1", "Unknown", "0"]
        ),
    ]

    @Test(
        "A custom column's cell, by its type and what is there",
        arguments: [
            ("string", ".spec.a", "x <&>"), ("string", ".spec.map", #"{"a":[1],"b":"\u003c"}"#),
            ("string", ".spec.list[*]", "1"), ("string", ".spec.nothing", nil), ("string", ".spec.null", "<no value>"),
            ("string", ".spec.items[?(@.type==\"B\")].v", "two"), ("integer", ".spec.list[-1]", 2),
            ("integer", ".spec.a", nil), ("boolean", ".spec.flag", true), ("date", ".spec.when", "60m"),
            ("date", ".spec.a", "<invalid>"), ("date", ".spec.empty", "<unknown>"),
        ] as [(String, String, Value?)])
    func customCells(type: String, path: String, cell: Value?) throws {
        let object: Object = [
            "spec": [
                "a": "x <&>", "map": ["b": "<", "a": [1]], "list": [1, 2], "null": .null, "flag": true, "empty": "",
                "when": "2026-01-01T11:00:00Z", "items": [["type": "A", "v": "one"], ["type": "B", "v": "two"]],
            ]
        ]
        let writer = CellWriter(now: try #require(CellTests.now))
        let column: Value = ["type": .string(type), "jsonPath": .string(path)]
        #expect(JSONPath.cell(column, of: object) { .string(writer.since($0)) } == cell ?? .null)
    }

    @Test("FlowSchemas are listed in the order in which they are asked")
    func order() async throws {
        let box = ReadBox()
        for (name, precedence) in [("a", 900), ("b", 100), ("c", 100)] as [(String, Int64)] {
            await box.post(
                "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
                [
                    "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema",
                    "metadata": ["name": .string(name)],
                    "spec": ["priorityLevelConfiguration": ["name": "p"], "matchingPrecedence": .integer(precedence)],
                ])
        }
        let response = await box.send(
            "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        guard case .bytes(let bytes) = response.body else { return }
        let names = (try JSON.parse(bytes)["rows"]?.array ?? []).compactMap { $0["cells"]?[0]?.string }
        #expect(names.filter { ["a", "b", "c"].contains($0) } == ["b", "c", "a"])
    }
}
