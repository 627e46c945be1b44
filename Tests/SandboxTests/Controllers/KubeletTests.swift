// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("The kubelet and the scheduler")
struct KubeletTests {
    private let pod = Workloads.id(.pod, "p")

    private func podObject(_ image: String, spec: Object = Object(), container: Object = Object()) -> Object {
        var first: Object = ["name": "app", "image": .string(image)]
        for pair in container.pairs { first[pair.key] = pair.value }
        var body: Object = ["containers": [.object(first)], "restartPolicy": "Always"]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("v1", "Pod", "p", spec: body)
    }

    private func states(_ harness: ControllerHarness) -> [String] {
        (harness.history[pod] ?? []).map(\.containerState).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    private func secret(_ name: String) -> Object {
        [
            "apiVersion": "v1", "kind": "Secret",
            "metadata": ["name": .string(name), "namespace": .string(Workloads.namespace)],
            "data": ["key": "dg=="],
        ]
    }

    @Test("a pod is scheduled, created, started and ready within a second")
    func ordinary() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:1.27"))
        harness.run(for: .seconds(1))
        let stored = harness.get(.pod, "p")
        #expect(states(harness) == ["none", "ContainerCreating", "running"])
        #expect(stored?.isPodReady == true)
        #expect(stored?.value(at: "spec", "nodeName") == "sandbox")
        #expect(stored?.podPhase == "Running")
        let conditions = stored?["status"]?.object?.list(at: "conditions") ?? []
        #expect(
            conditions.map { $0["type"] } == [
                "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
            ])
        #expect(stored?["status"]?.object?.holds("PodReadyToStartContainers") == true)
        #expect(conditions.allSatisfy { $0["lastProbeTime"] == .some(.null) })
        #expect(harness.reasons(for: "p") == ["Scheduled", "Pulling", "Pulled", "Created", "Started"])
        #expect(harness.events.first?.source == "default-scheduler")
        #expect(harness.events.first?.message == "Successfully assigned t6/p to sandbox")
    }

    @Test("a missing image alternates between ErrImagePull and ImagePullBackOff")
    func missing() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:missing"))
        harness.run(for: .seconds(8))
        #expect(
            states(harness) == [
                "none", "ContainerCreating", "ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff",
            ])
        let waiting = harness.get(.pod, "p")?.list(at: "status", "containerStatuses").first?.value(
            at: "state", "waiting")
        #expect(waiting?["message"] == "Back-off pulling image \"nginx:missing\"")
        #expect(harness.get(.pod, "p")?.podPhase == "Pending")
    }

    @Test("a crashing container restarts at once, then after 1, 2, 4 … seconds")
    func crash() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:crash"))
        var restarts: [Int] = []
        for _ in 0..<8 {
            harness.run(for: .seconds(1))
            restarts.append(harness.get(.pod, "p")?.podRestarts ?? -1)
        }
        #expect(restarts == [1, 2, 2, 2, 3, 3, 3, 3])
        let status = harness.get(.pod, "p")?.list(at: "status", "containerStatuses").first
        #expect(status?.value(at: "state", "waiting", "reason") == "CrashLoopBackOff")
        #expect(
            status?.string(at: "state", "waiting", "message")?.hasPrefix(
                "back-off 4s restarting failed container=app pod=p_t6(") == true)
        #expect(status?.value(at: "lastState", "terminated", "exitCode") == 1)
        #expect(harness.get(.pod, "p")?.podPhase == "Running")
        #expect((harness.history[pod] ?? []).allSatisfy { !$0.isPodReady })
    }

    @Test("an unready image runs and is never ready; a slow one is ready after about eight seconds")
    func slowAndUnready() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:unready", container: ["readinessProbe": ["httpGet": ["path": "/"]]]))
        harness.run(for: .seconds(60))
        #expect(harness.get(.pod, "p")?.containerState == "running")
        #expect(harness.get(.pod, "p")?.isPodReady == false)
        #expect(harness.reasons(for: "p").filter { $0 == "Unhealthy" }.count == 1)
        let slow = ControllerHarness()
        slow.apply(podObject("nginx:slow"))
        slow.run(for: .seconds(7))
        #expect(slow.get(.pod, "p")?.containerState == "ContainerCreating")
        slow.run(for: .seconds(1))
        #expect(slow.get(.pod, "p")?.isPodReady == true)
    }

    @Test("an initial delay of a probe counts as a tenth")
    func initialDelay() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:1", container: ["readinessProbe": ["initialDelaySeconds": 10]]))
        harness.run(for: .milliseconds(1500))
        #expect(harness.get(.pod, "p")?.isPodReady == false)
        harness.run(for: .milliseconds(100))
        #expect(harness.get(.pod, "p")?.isPodReady == true)
    }

    @Test(
        "the tag decides, not the name, the registry's port or the digest",
        arguments: [
            ("nginx:missing", PodFate.missing), ("crash:1", []), ("missing.example.com:5000/a", []),
            ("a:v1-slow-crash", [.slow, .crash]), ("a:1@sha256:fail", []), ("a", []), ("h:5000/a/b:fail", .fail),
        ] as [(String, PodFate)])
    func fate(image: String, expected: PodFate) {
        #expect(PodFate(image: image) == expected)
    }

    @Test("a pod's annotation says what becomes of it, and image tags do only where they may")
    func annotatedFate() {
        let pod: Object = ["metadata": ["annotations": ["sandbox.mainstay.dev/fate": "slow-crash"]]]
        #expect(PodFate(pod: pod) == [.slow, .crash])
        #expect(PodFate(pod: ["metadata": [:]]) == [])
        for (readsImageTags, waits) in [(true, true), (false, false)] {
            var pace = SandboxPace()
            pace.readsImageTags = readsImageTags
            var status = ContainerStatus(of: ["name": "a"], reason: "ContainerCreating")
            let life = ContainerLife(
                pod: ["metadata": ["name": "p"]], container: ["name": "a", "image": "a:missing"], isInitializer: false,
                pace: pace, problem: nil)
            var result = ControllerResult()
            let start = Timestamp(secondsSinceEpoch: 0)
            life.step(&status, now: start, result: &result)
            life.step(&status, now: start + .seconds(1), result: &result)
            #expect((status.state != .running) == waits)
        }
    }

    @Test("a pod waits for the Secret its environment names, and goes on when it appears")
    func missingSecret() {
        let harness = ControllerHarness()
        let env: Value = [["name": "A", "valueFrom": ["secretKeyRef": ["name": "s", "key": "key"]]]]
        harness.apply(podObject("nginx:1.27", container: ["env": env]))
        harness.run(for: .seconds(30))
        let waiting = harness.get(.pod, "p")?.list(at: "status", "containerStatuses").first?.value(
            at: "state", "waiting")
        #expect(waiting == ["reason": "CreateContainerConfigError", "message": "secret \"s\" not found"])
        #expect(harness.get(.pod, "p")?.podPhase == "Pending")
        harness.apply(secret("s"))
        harness.run(for: .seconds(1))
        #expect(harness.get(.pod, "p")?.isPodReady == true)
    }

    @Test("a key that is missing is named, an optional reference is not waited for")
    func missingKey() {
        let harness = ControllerHarness()
        harness.apply(secret("s"))
        let env: Value = [
            ["name": "A", "valueFrom": ["configMapKeyRef": ["name": "none", "key": "k", "optional": true]]],
            ["name": "B", "valueFrom": ["secretKeyRef": ["name": "s", "key": "other"]]],
        ]
        harness.apply(podObject("nginx:1.27", container: ["env": env]))
        harness.run(for: .seconds(1))
        let waiting = harness.get(.pod, "p")?.list(at: "status", "containerStatuses").first?.value(
            at: "state", "waiting", "message")
        #expect(waiting == "couldn't find key other in Secret t6/s")
    }

    @Test("a volume of a missing ConfigMap holds the containers in creation and is reported")
    func missingVolume() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:1.27", spec: ["volumes": [["name": "v", "configMap": ["name": "c"]]]]))
        harness.run(for: .seconds(5))
        #expect(harness.get(.pod, "p")?.containerState == "ContainerCreating")
        #expect(harness.status(.pod, "p").condition("PodReadyToStartContainers")?["status"] == "False")
        let reports = harness.events.filter { $0.reason == "FailedMount" }
        #expect(reports.count == 3)
        #expect(reports.first?.message == "MountVolume.SetUp failed for volume \"v\" : configmap \"c\" not found")
        harness.apply([
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "c", "namespace": .string(Workloads.namespace)],
        ])
        harness.run(for: .seconds(1))
        #expect(harness.get(.pod, "p")?.isPodReady == true)
    }

    @Test("init containers run one after the other before the rest")
    func initContainers() {
        let harness = ControllerHarness()
        let first: Value = [["name": "one", "image": "i:1"], ["name": "two", "image": "i:1"]]
        harness.apply(podObject("nginx:1.27", spec: ["initContainers": first]))
        harness.run(for: .seconds(5))
        let started = harness.events.filter { $0.reason == "Started" }.map(\.message)
        #expect(started == ["Started container one", "Started container two", "Started container app"])
        #expect(harness.get(.pod, "p")?.isPodReady == true)
        let initialized = (harness.history[pod] ?? []).filter { $0["status"]?.object?.holds("Initialized") == false }
        #expect(initialized.allSatisfy { $0.podPhase == "Pending" })
    }

    @Test("an init container that fails keeps the pod pending and is run again")
    func failingInitContainer() {
        let harness = ControllerHarness()
        let first: Value = [["name": "one", "image": "i:fail"]]
        harness.apply(podObject("nginx:1.27", spec: ["initContainers": first]))
        harness.run(for: .seconds(10))
        #expect(harness.get(.pod, "p")?.podPhase == "Pending")
        let status = harness.get(.pod, "p")?.list(at: "status", "initContainerStatuses").first
        #expect((status?.int(at: "restartCount") ?? 0) >= 2)
        #expect(harness.get(.pod, "p")?.containerState == "PodInitializing")
    }

    @Test("a pod that is not restarted succeeds or fails for good")
    func finished() {
        for (image, phase) in [("m:1", "Succeeded"), ("m:fail", "Failed")] {
            let harness = ControllerHarness()
            harness.apply(podObject(image, spec: ["restartPolicy": "Never"]))
            harness.run(for: .seconds(5))
            #expect(harness.get(.pod, "p")?.podPhase == phase)
            #expect(harness.get(.pod, "p")?.isPodReady == false)
            #expect(harness.status(.pod, "p").condition("PodReadyToStartContainers")?["status"] == "False")
        }
    }

    @Test("a deleted pod stops its containers, shows it for a moment, and is gone")
    func deletion() {
        let harness = ControllerHarness()
        harness.apply(podObject("nginx:1.27"))
        harness.run(for: .seconds(2))
        harness.delete(pod)
        harness.settle()
        #expect(harness.get(.pod, "p")?.isTerminating == true)
        #expect(harness.get(.pod, "p")?.isPodReady == false)
        #expect(harness.reasons(for: "p").last == "Killing")
        harness.run(for: .milliseconds(200))
        #expect(harness.get(.pod, "p") == nil)
    }

    @Test("a pod whose claim is unbound or missing cannot be scheduled, and is once it is bound")
    func unboundClaim() {
        let harness = ControllerHarness()
        let volumes: Value = [["name": "v", "persistentVolumeClaim": ["claimName": "c"]]]
        harness.apply(podObject("nginx:1.27", spec: ["volumes": volumes]))
        harness.run(for: .seconds(1))
        let condition = harness.status(.pod, "p").condition("PodScheduled")
        #expect(condition?["reason"] == "Unschedulable")
        #expect(condition?["message"]?.string?.contains("persistentvolumeclaim \"c\" not found") == true)
        harness.apply(
            Workloads.object(
                "v1", "PersistentVolumeClaim", "c",
                spec: ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "10Gi"]]]))
        harness.run(for: .seconds(1))
        let claim = harness.get(.persistentVolumeClaim, "c")
        #expect(
            claim?["status"] == ["phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": ["storage": "10Gi"]])
        let volume = harness.objects(.persistentVolume, namespace: nil).first
        #expect(volume?.value(at: "status", "phase") == "Bound")
        #expect(volume?.name == claim?.string(at: "spec", "volumeName"))
        #expect(harness.get(.pod, "p")?.isPodReady == true)
        #expect(harness.status(.pod, "p").holds("PodScheduled"))
    }

    @Test("a claim in use is kept until its pod has gone, and its volume goes with it")
    func claimProtection() {
        let harness = ControllerHarness()
        let claim = Workloads.id(.persistentVolumeClaim, "c")
        harness.apply(
            Workloads.object(
                "v1", "PersistentVolumeClaim", "c", spec: ["resources": ["requests": ["storage": "1Gi"]]],
                metadata: ["finalizers": ["kubernetes.io/pvc-protection"]]))
        harness.apply(
            podObject("nginx:1", spec: ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "c"]]]]))
        harness.run(for: .seconds(2))
        harness.delete(claim)
        harness.run(for: .seconds(2))
        #expect(harness.object(claim)?.isTerminating == true)
        harness.delete(pod)
        harness.run(for: .seconds(2))
        #expect(harness.object(claim) == nil)
        #expect(harness.objects(.persistentVolume, namespace: nil).isEmpty)
    }
}
