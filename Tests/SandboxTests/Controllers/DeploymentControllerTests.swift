// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Deployments")
struct DeploymentControllerTests {
    private let web = Workloads.id(.deployment, "web")

    /// The counts and reasons of each stored status, repetitions left out.
    private func states(_ harness: ControllerHarness) -> [String] {
        var lines: [String] = []
        for object in harness.history[web] ?? [] {
            let status = object["status"]?.object ?? Object()
            let counts = [
                "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas",
            ].map { status.int(at: $0).map(String.init) ?? "-" }
            let conditions = status.list(at: "conditions").map { $0["reason"]?.string ?? "" }
            let line = (counts + conditions).joined(separator: " ")
            if lines.last != line { lines.append(line) }
        }
        return lines
    }

    @Test("a Deployment of 3 passes through the states a real one passes through")
    func recordedStates() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        // As recorded, but that all three pods get ready at the same moment here.
        #expect(
            states(harness).filter { !$0.hasPrefix("3 3 1") && !$0.hasPrefix("3 3 2") } == [
                "- - - - -",
                "- - - - - NewReplicaSetCreated",
                "- - - - 3 NewReplicaSetCreated MinimumReplicasUnavailable",
                "3 3 - - 3 MinimumReplicasUnavailable ReplicaSetUpdated",
                "3 3 3 3 - MinimumReplicasAvailable NewReplicaSetAvailable",
            ])
        let deployment = harness.get(.deployment, "web")
        #expect(deployment?.annotations["deployment.kubernetes.io/revision"] == "1")
        #expect(deployment?.value(at: "status", "observedGeneration") == 1)
        #expect(deployment?.value(at: "status", "terminatingReplicas") == 0)
    }

    @Test("its ReplicaSet has the hash label, the selector and the annotations of a real one")
    func replicaSet() throws {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        let set = try #require(harness.all(.replicaSet).first)
        let hash = try #require(set.labels["pod-template-hash"])
        #expect(set.name == "web-\(hash.string ?? "")")
        #expect(set.value(at: "spec", "selector", "matchLabels") == ["app": "web", "pod-template-hash": hash])
        #expect(
            set.annotations == [
                "deployment.kubernetes.io/desired-replicas": "3", "deployment.kubernetes.io/max-replicas": "4",
                "deployment.kubernetes.io/revision": "1",
            ])
        #expect(
            set["status"] == [
                "replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 3, "availableReplicas": 3,
                "terminatingReplicas": 0, "observedGeneration": 1,
            ])
        #expect(harness.pods.allSatisfy { $0.name.hasPrefix("\(set.name)-") && $0.labels["pod-template-hash"] == hash })
        #expect(
            harness.events.contains(
                .init(
                    source: "deployment-controller", object: "web", reason: "ScalingReplicaSet",
                    message: "Scaled up replica set \(set.name) from 0 to 3")))
        #expect(harness.reasons(for: set.name) == Array(repeating: "SuccessfulCreate", count: 3))
    }

    @Test("a new template rolls over one pod at a time and ends as revision 2")
    func rollingUpdate() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        harness.apply(Workloads.deployment(image: "nginx:1.28"))
        harness.run(for: .seconds(20))
        let status = harness.status(.deployment, "web")
        #expect(harness.get(.deployment, "web")?.annotations["deployment.kubernetes.io/revision"] == "2")
        #expect(status["updatedReplicas"] == 3 && status["replicas"] == 3 && status["observedGeneration"] == 2)
        #expect(status.reason("Progressing") == "NewReplicaSetAvailable")
        #expect(harness.all(.replicaSet).map(\.replicas).sorted() == [0, 3])
        #expect(harness.pods.count == 3)
        let recorded = [
            "3 3 3 3 - MinimumReplicasAvailable NewReplicaSetCreated",
            "3 - 3 3 1 MinimumReplicasAvailable NewReplicaSetCreated",
            "4 1 3 3 1 MinimumReplicasAvailable ReplicaSetUpdated",
            "4 1 4 4 - MinimumReplicasAvailable ReplicaSetUpdated",
            "3 1 3 3 1 MinimumReplicasAvailable ReplicaSetUpdated",
            "4 2 3 3 1 MinimumReplicasAvailable ReplicaSetUpdated",
            "4 2 4 4 - MinimumReplicasAvailable ReplicaSetUpdated",
            "3 2 3 3 1 MinimumReplicasAvailable ReplicaSetUpdated",
            "4 3 3 3 1 MinimumReplicasAvailable ReplicaSetUpdated",
            "4 3 4 4 - MinimumReplicasAvailable ReplicaSetUpdated",
            "3 3 3 3 - MinimumReplicasAvailable NewReplicaSetAvailable",
        ]
        #expect(Array(states(harness).suffix(recorded.count)) == recorded)
    }

    @Test("an image that is missing runs into the progress deadline, a second late as on a real server")
    func deadline() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment(image: "nginx:missing", spec: ["progressDeadlineSeconds": 4]))
        harness.run(for: .seconds(4))
        #expect(harness.status(.deployment, "web").reason("Progressing") == "ReplicaSetUpdated")
        harness.run(for: .seconds(1))
        let condition = harness.status(.deployment, "web").condition("Progressing")
        #expect(condition?["status"] == "False")
        #expect(condition?["reason"] == "ProgressDeadlineExceeded")
        #expect(condition?["message"]?.string?.hasSuffix("has timed out progressing.") == true)
    }

    @Test("a rollout never has fewer pods available nor more pods than its strategy allows", arguments: 1...40)
    func bounds(seed: UInt64) {
        var random = SplitMix(state: seed)
        let replicas = Int.random(in: 1...9, using: &random)
        func amount() -> Value {
            Bool.random(using: &random)
                ? .count(Int.random(in: 0...4, using: &random))
                : .string("\(Int.random(in: 0...100, using: &random))%")
        }
        let (surge, unavailable) = (amount(), amount())
        let spec: Object = [
            "strategy": [
                "type": "RollingUpdate", "rollingUpdate": ["maxSurge": surge, "maxUnavailable": unavailable],
            ]
        ]
        let harness = ControllerHarness(seed: seed)
        harness.apply(Workloads.deployment(replicas: replicas, spec: spec))
        harness.run(for: .seconds(5))
        let math = RolloutMath(Workloads.deployment(replicas: replicas, spec: spec))
        var (fewest, most) = (Int.max, 0)
        harness.onWrite = { harness in
            let active = harness.pods.filter(\.isPodActive)
            fewest = min(fewest, active.filter(\.isPodReady).count)
            most = max(most, active.count, harness.all(.replicaSet).reduce(0) { $0 + $1.replicas })
        }
        harness.apply(Workloads.deployment(image: "nginx:1.28", replicas: replicas, spec: spec))
        harness.run(for: .seconds(60))
        #expect(fewest >= math.minimumAvailable, "surge \(surge), unavailable \(unavailable), replicas \(replicas)")
        #expect(most <= math.maximumReplicas, "surge \(surge), unavailable \(unavailable), replicas \(replicas)")
        #expect(harness.status(.deployment, "web").reason("Progressing") == "NewReplicaSetAvailable")
    }

    @Test(
        "surge rounds up, unavailable rounds down, and both cannot be zero",
        arguments: [
            (3, Value("25%"), Value("25%"), 1, 0), (10, "25%", "25%", 3, 2), (4, 0, 0, 0, 1), (4, "0%", "10%", 0, 1),
            (1, 1, 5, 1, 1), (0, "50%", "50%", 0, 0),
        ])
    func rounding(replicas: Int, surge: Value, unavailable: Value, expectedSurge: Int, expectedUnavailable: Int) {
        let strategy: Value = [
            "type": "RollingUpdate", "rollingUpdate": ["maxSurge": surge, "maxUnavailable": unavailable],
        ]
        let math = RolloutMath(Workloads.deployment(replicas: replicas, spec: ["strategy": strategy]))
        #expect(math.maxSurge == expectedSurge)
        #expect(math.maxUnavailable == expectedUnavailable)
    }

    @Test("going back to an old template uses its ReplicaSet again, as a new revision")
    func rollback() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        let first = harness.all(.replicaSet).map(\.name)
        harness.apply(Workloads.deployment(image: "nginx:crash"))
        harness.run(for: .seconds(10))
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(10))
        let sets = harness.all(.replicaSet)
        #expect(sets.count == 2)
        let back = sets.first { first.contains($0.name) }
        #expect(back?.replicas == 3)
        #expect(back?.annotations["deployment.kubernetes.io/revision"] == "3")
        #expect(back?.annotations["deployment.kubernetes.io/revision-history"] == "1")
        #expect(harness.status(.deployment, "web").reason("Progressing") == "NewReplicaSetAvailable")
    }

    @Test("Recreate ends all old pods before it starts a new one")
    func recreate() {
        let harness = ControllerHarness()
        let spec: Object = ["strategy": ["type": "Recreate"]]
        harness.apply(Workloads.deployment(spec: spec))
        harness.run(for: .seconds(5))
        var images: Set<String> = []
        harness.onWrite = { harness in
            // Pods that have ended and are not gone yet do not hold it up, as with the real controller.
            let running = harness.pods.filter { !$0.isPodFinished }
            let names = Set(running.compactMap { $0.list(at: "spec", "containers").first?.string(at: "image") })
            images.insert(names.sorted().joined(separator: "+"))
        }
        harness.apply(Workloads.deployment(image: "nginx:1.28", spec: spec))
        harness.run(for: .seconds(10))
        #expect(images == ["nginx:1.27", "", "nginx:1.28"])
        #expect(harness.status(.deployment, "web")["availableReplicas"] == 3)
    }

    @Test("scaling down removes the pods that are not ready, then the youngest")
    func scaleDown() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment(replicas: 2))
        harness.run(for: .seconds(5))
        let oldest = Set(harness.pods.map(\.name))
        harness.apply(Workloads.deployment(replicas: 4))
        harness.run(for: .seconds(5))
        harness.apply(Workloads.deployment(replicas: 2))
        harness.run(for: .seconds(5))
        #expect(Set(harness.pods.map(\.name)) == oldest)
        #expect(harness.status(.deployment, "web")["replicas"] == 2)
    }

    @Test("scaling in the middle of a rollout spreads over both ReplicaSets")
    func proportionalScaling() {
        let harness = ControllerHarness()
        let spec: Object = [
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 3, "maxUnavailable": 2]]
        ]
        harness.apply(Workloads.deployment(replicas: 10, spec: spec))
        harness.run(for: .seconds(5))
        harness.apply(Workloads.deployment(image: "nginx:unready", replicas: 10, spec: spec))
        harness.run(for: .seconds(5))
        // The example of the Kubernetes documentation: 8 and 5 of 13, then five more.
        #expect(harness.all(.replicaSet).map(\.replicas).sorted() == [5, 8])
        harness.apply(Workloads.deployment(image: "nginx:unready", replicas: 15, spec: spec))
        harness.run(for: .seconds(5))
        #expect(harness.all(.replicaSet).map(\.replicas).sorted() == [7, 11])
    }

    @Test("a paused Deployment does not roll out, and goes on when resumed")
    func paused() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        harness.apply(Workloads.deployment(image: "nginx:1.28", spec: ["paused": true]))
        harness.run(for: .seconds(5))
        #expect(harness.all(.replicaSet).count == 1)
        #expect(harness.status(.deployment, "web").reason("Progressing") == "DeploymentPaused")
        harness.apply(Workloads.deployment(image: "nginx:1.28"))
        harness.run(for: .seconds(10))
        #expect(harness.status(.deployment, "web").reason("Progressing") == "NewReplicaSetAvailable")
        #expect(harness.status(.deployment, "web")["updatedReplicas"] == 3)
    }

    @Test("retired ReplicaSets beyond the history limit go, the oldest first")
    func history() {
        let harness = ControllerHarness()
        for version in 1...4 {
            harness.apply(Workloads.deployment(image: "nginx:\(version)", spec: ["revisionHistoryLimit": 1]))
            harness.run(for: .seconds(10))
        }
        let revisions = harness.all(.replicaSet).map(\.rolloutRevision).sorted()
        #expect(revisions == [3, 4])
    }

    @Test("minReadySeconds holds availability back")
    func minReadySeconds() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment(spec: ["minReadySeconds": 5]))
        harness.run(for: .seconds(3))
        #expect(harness.status(.deployment, "web")["readyReplicas"] == 3)
        #expect(harness.status(.deployment, "web")["availableReplicas"] == nil)
        harness.run(for: .seconds(4))
        #expect(harness.status(.deployment, "web")["availableReplicas"] == 3)
    }

    @Test("a ReplicaSet left behind by an orphaning deletion is adopted again")
    func adoption() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        for set in harness.all(.replicaSet) {
            harness.edit(set.objectID) { $0.set(nil, at: "metadata", "ownerReferences") }
        }
        harness.delete(web)
        harness.settle()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(5))
        #expect(harness.all(.replicaSet).count == 1)
        #expect(harness.all(.replicaSet).first?.controllerReference?["name"] == "web")
        #expect(harness.status(.deployment, "web")["availableReplicas"] == 3)
    }

    @Test("a missing service account is a replica failure until it appears")
    func serviceAccount() {
        let harness = ControllerHarness()
        var deployment = Workloads.deployment()
        deployment.set("builder", at: "spec", "template", "spec", "serviceAccountName")
        harness.apply(deployment)
        harness.run(for: .seconds(5))
        let failure = harness.status(.deployment, "web").condition("ReplicaFailure")
        #expect(failure?["reason"] == "FailedCreate")
        #expect(failure?["message"]?.string?.hasSuffix("serviceaccount \"builder\" not found") == true)
        #expect(harness.pods.isEmpty)
        #expect(harness.events.filter { $0.reason == "FailedCreate" }.count == 1)
        harness.apply([
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": ["name": "builder", "namespace": .string(Workloads.namespace)],
        ])
        harness.run(for: .seconds(5))
        #expect(harness.status(.deployment, "web").condition("ReplicaFailure") == nil)
        #expect(harness.status(.deployment, "web")["availableReplicas"] == 3)
    }

    @Test("nothing is written once a rollout is over")
    func quiet() {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.run(for: .seconds(10))
        var writes = 0
        harness.onWrite = { _ in writes += 1 }
        harness.run(for: .seconds(3600))
        #expect(writes == 0)
    }
}
