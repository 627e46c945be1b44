// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Autoscalers")
struct AutoscalerControllerTests {
    private static let cpu: Object = ["resources": ["requests": ["cpu": "200m"]]]

    private func harness(_ load: SandboxLoad) -> ControllerHarness {
        ControllerHarness(controllers: StandardControllers.all(load: load))
    }

    private func metric(percent: Int) -> Value {
        [
            "type": "Resource",
            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": .count(percent)]],
        ]
    }

    private func autoscaler(_ bounds: ClosedRange<Int>, metrics: Value? = nil, behavior: Value? = nil) -> Object {
        var spec: Object = [
            "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
            "minReplicas": .count(bounds.lowerBound), "maxReplicas": .count(bounds.upperBound),
            "metrics": metrics ?? [metric(percent: 80)],
        ]
        spec["behavior"] = behavior
        return Workloads.object("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec: spec)
    }

    private func status(_ harness: ControllerHarness) -> Object { harness.status(.horizontalPodAutoscaler, "h") }

    private func size(_ harness: ControllerHarness) -> Int? { harness.get(.deployment, "web")?.replicas }

    @Test("on target only the bounds scale, in the words of the real one")
    func bounds() {
        let harness = harness(.onTarget)
        harness.apply(Workloads.deployment(replicas: 1))
        harness.apply(autoscaler(2...5))
        harness.run(for: .seconds(16))
        #expect(size(harness) == 2)
        #expect(status(harness)["currentReplicas"] == 1 && status(harness)["desiredReplicas"] == 2)
        #expect(status(harness).reason("AbleToScale") == "SucceededRescale")
        #expect(
            harness.events.contains {
                $0.message == "New size: 2; reason: Current number of replicas below Spec.MinReplicas"
            })
        harness.run(for: .seconds(15))
        #expect(status(harness)["currentReplicas"] == 2 && status(harness)["desiredReplicas"] == 2)
        #expect(status(harness).reason("AbleToScale") == "ReadyForNewScale")
        #expect(status(harness).reason("ScalingActive") == "ValidMetricFound")
        #expect(status(harness).reason("ScalingLimited") == "DesiredWithinRange")
        #expect(
            status(harness).value(at: "currentMetrics")?[0]?["resource"]?["current"]?["averageUtilization"] == 80)
    }

    @Test("the largest amounts are computed with")
    func largest() {
        let harness = harness(.utilization(percent: 150))
        harness.apply(
            Workloads.deployment(replicas: 2, container: ["resources": ["requests": ["memory": "8Pi"]]]))
        let memory: Value = [
            "type": "Resource",
            "resource": ["name": "memory", "target": ["type": "Utilization", "averageUtilization": 50]],
        ]
        harness.apply(autoscaler(1...5, metrics: [memory]))
        harness.run(for: .seconds(16))
        #expect(size(harness) == 4)
        let shown = status(harness).value(at: "currentMetrics")?[0]?["resource"]?["current"]
        #expect(shown?["averageUtilization"] == 150)
    }

    @Test("without a metrics server it says so, each time, and scales nothing")
    func unmeasured() {
        let harness = harness(.unmeasured)
        harness.apply(Workloads.deployment(replicas: 2, container: Self.cpu))
        harness.apply(autoscaler(1...5))
        harness.run(for: .seconds(46))
        #expect(size(harness) == 2)
        let problem =
            "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from "
            + "resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
        let condition = status(harness).condition("ScalingActive")
        #expect(condition?["status"] == "False" && condition?["reason"] == "FailedGetResourceMetric")
        #expect(condition?["message"]?.string == "the HPA was unable to compute the replica count: \(problem)")
        #expect(status(harness).reason("AbleToScale") == "SucceededGetScale")
        #expect(status(harness)["currentReplicas"] == 2)
        #expect(
            harness.events.filter { $0.reason == "FailedGetResourceMetric" }.map(\.message) == [
                problem, problem, problem,
            ])
        #expect(
            harness.events.last?.message == "invalid metrics (1 invalid out of 1), first error is: "
                + "failed to get cpu resource metric value: \(problem)")
    }

    @Test(
        "the load decides, by ratio, beyond a tenth of tolerance",
        arguments: [(80, 4), (87, 4), (88, 4), (89, 5), (160, 8), (73, 4), (71, 4)])
    func ratio(percent: Int, replicas: Int) {
        let harness = harness(.utilization(percent: percent))
        harness.apply(Workloads.deployment(replicas: 4, container: Self.cpu))
        harness.apply(autoscaler(1...10))
        harness.run(for: .seconds(16))
        #expect(size(harness) == replicas)
        let metric = status(harness).value(at: "currentMetrics")?[0]?["resource"]?["current"]
        #expect(metric?["averageUtilization"] == .count(percent))
        #expect(metric?["averageValue"] == .string("\(2 * percent)m"))
    }

    @Test("it grows to twice the size at most, and to its maximum")
    func growth() {
        let harness = harness(.utilization(percent: 400))
        harness.apply(Workloads.deployment(replicas: 3, container: Self.cpu))
        harness.apply(autoscaler(1...9))
        harness.run(for: .seconds(16))
        #expect(size(harness) == 6)
        #expect(status(harness).reason("ScalingLimited") == "ScaleUpLimit")
        #expect(
            harness.events.contains {
                $0.message == "New size: 6; reason: cpu resource utilization (percentage of request) above target"
            })
        harness.run(for: .seconds(15))
        #expect(size(harness) == 9)
        #expect(status(harness).reason("ScalingLimited") == "TooManyReplicas")
    }

    @Test("it shrinks after five minutes of less load, and not below its minimum")
    func shrinking() {
        let harness = harness(.utilization(percent: 10))
        harness.apply(Workloads.deployment(replicas: 6, container: Self.cpu))
        harness.apply(autoscaler(2...9))
        harness.run(for: .seconds(290))
        #expect(size(harness) == 6)
        #expect(status(harness).reason("AbleToScale") == "ScaleDownStabilized")
        harness.run(for: .seconds(60))
        #expect(size(harness) == 2)
        #expect(harness.events.contains { $0.message == "New size: 2; reason: All metrics below target" })
        #expect(status(harness).reason("ScalingLimited") == "TooFewReplicas")
    }

    @Test("its behavior sets the pace")
    func behavior() {
        let harness = harness(.utilization(percent: 10))
        harness.apply(Workloads.deployment(replicas: 6, container: Self.cpu))
        harness.apply(
            autoscaler(
                1...9,
                behavior: [
                    "scaleUp": ["stabilizationWindowSeconds": 0, "policies": []],
                    "scaleDown": [
                        "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                        "policies": [["type": "Pods", "value": 2, "periodSeconds": 60]],
                    ],
                ]))
        harness.run(for: .seconds(16))
        #expect(size(harness) == 4)
        #expect(status(harness).reason("ScalingLimited") == "ScaleDownLimit")
        harness.run(for: .seconds(45))
        #expect(size(harness) == 4)
        harness.run(for: .seconds(30))
        #expect(size(harness) == 2)
    }

    @Test("a share of a request that a pod does not state cannot be measured")
    func missingRequest() {
        let harness = harness(.utilization(percent: 50))
        harness.apply(Workloads.deployment(replicas: 1))
        harness.apply(autoscaler(1...5))
        harness.run(for: .seconds(16))
        let message = status(harness).condition("ScalingActive")?["message"]?.string ?? ""
        #expect(message.contains("failed to get cpu utilization: missing request for cpu in container web of Pod web-"))
    }

    @Test("a target that is not there, or has no replicas, is told")
    func noTarget() {
        let harness = harness(.onTarget)
        harness.apply(autoscaler(1...5))
        harness.run(for: .seconds(16))
        #expect(
            status(harness).condition("AbleToScale")?["message"]
                == "the HPA controller was unable to get the target's current scale: deployments.apps \"web\" not found"
        )
        harness.apply(Workloads.deployment(replicas: 0))
        harness.run(for: .seconds(16))
        #expect(status(harness).reason("ScalingActive") == "ScalingDisabled")
        #expect(size(harness) == 0)
    }
}
