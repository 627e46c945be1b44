// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Reconciler

@Suite("What the watches have told of a cluster")
struct ClusterPictureTests {
    private static let deployments = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
    private static let refused = ClusterFailure(code: .unavailable, message: "no route to host")

    private static func object(_ kind: GroupVersionKind, _ name: String, ownedBy owner: Object? = nil) -> Object {
        var object: Object = [
            "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind),
            "metadata": [
                "name": .string(name), "namespace": "staging", "uid": .string("uid-\(name)"), "resourceVersion": "5",
            ],
        ]
        if let owner {
            object.set(
                [
                    [
                        "apiVersion": .string(owner.groupVersionKind.apiVersion), "kind": .string(owner.kind),
                        "name": .string(owner.name), "uid": .string(owner.uid), "controller": true,
                    ]
                ], at: "metadata", "ownerReferences")
        }
        return object
    }

    private static let deployment = object(deployments, "api")
    private static let replicaSet = object(WorkloadKinds.replicaSet, "api-1", ownedBy: deployment)
    private static let pod = object(WorkloadKinds.pod, "api-1-x", ownedBy: replicaSet)

    /// With a scope for each of the kinds, which were read.
    private static func picture(_ objects: [Object] = [deployment, replicaSet, pod]) -> ClusterPicture {
        var picture = ClusterPicture()
        for kind in [deployments, WorkloadKinds.replicaSet, WorkloadKinds.pod] {
            let scope = picture.scope(kind, namespace: "staging")
            _ = picture.add(scope)
            _ = picture.replace(
                scope, with: ObjectCache(objects.filter { $0.groupVersionKind == kind }), at: "5")
        }
        return picture
    }

    private static func scope(_ kind: GroupVersionKind) -> WatchScope { WatchScope(kind: kind, namespace: "staging") }

    @Test("A kind is watched once, in the version that was asked for first")
    func versions() {
        var picture = ClusterPicture()
        let first = picture.scope(Self.deployments, namespace: "staging")
        let second = picture.scope(
            GroupVersionKind(group: "apps", version: "v1beta2", kind: "Deployment"), namespace: "staging")
        let isNew = [picture.add(first), picture.add(second)]
        #expect(isNew == [true, false])
        #expect(second.kind == Self.deployments)
    }

    @Test("A Deployment is observed with its ReplicaSets and their pods, and no others")
    func observation() {
        let stranger = Self.object(WorkloadKinds.pod, "other")
        let picture = Self.picture([Self.deployment, Self.replicaSet, Self.pod, stranger])
        let observation = picture.observation(of: Planet.apiDeployment)
        #expect(observation.object?.name == "api")
        #expect(observation.replicaSets.map(\.name) == ["api-1"])
        #expect(observation.pods.map(\.name) == ["api-1-x"])
        #expect(picture.controllers(of: Self.pod).map(\.name) == ["api-1", "api"])
    }

    @Test("Judging a Deployment needs its pods to be read, and a ConfigMap nothing but itself")
    func synced() {
        var picture = ClusterPicture()
        for kind in [Self.deployments, WorkloadKinds.replicaSet, WorkloadKinds.pod] {
            #expect(!picture.isSynced(Planet.apiDeployment))
            _ = picture.add(picture.scope(kind, namespace: "staging"))
            _ = picture.replace(Self.scope(kind), with: ObjectCache(), at: "1")
        }
        #expect(picture.isSynced(Planet.apiDeployment))
        #expect(!picture.isSynced(Planet.id("ConfigMap", "settings")))
    }

    @Test("What nobody serves is known to be missing, and was not read")
    func unserved() {
        var picture = Self.picture()
        let isNews = [false, false].map { picture.setServed($0, Self.scope(Self.deployments)) }
        #expect(isNews == [true, false])
        #expect(picture.isSynced(Self.deployments.groupKind, namespace: "staging"))
        #expect(!picture.isRead(Self.deployments.groupKind, namespace: "staging"))
    }

    @Test("A failure of the pods is one of their Deployment, until a try succeeds; only the first is news")
    func failures() {
        var picture = Self.picture()
        let pods = Self.scope(WorkloadKinds.pod)
        let isNews = (1...2).map { _ in picture.failed(pods, because: Self.refused) }
        #expect(isNews == [true, false])
        #expect(picture.failure(of: Planet.apiDeployment) == Self.refused)
        #expect(picture.failure(of: Planet.id("ConfigMap", "settings")) == nil)
        #expect(picture.anyFailure == Self.refused)
        #expect(!picture.isRead(WorkloadKinds.pod.groupKind, namespace: "staging"))
        let isBack = (1...2).map { _ in picture.succeeded(pods) }
        #expect(isBack == [true, false])
        #expect(!picture.isFailing)
    }

    @Test("What was read by itself is taken where it is newer and its kind is watched")
    func learning() {
        var picture = Self.picture()
        var newer = Self.deployment
        newer.set("6", at: "metadata", "resourceVersion")
        let learned = [
            picture.learn(newer), picture.learn(newer), picture.learn(Planet.configMap("settings")),
        ]
        #expect(learned == [Self.scope(Self.deployments), nil, nil])
        #expect(picture.object(Planet.apiDeployment)?.resourceVersion == "6")
    }
}

@Suite("Jobs that were done when they went")
struct EndedJobsTests {
    private static func job(_ uid: String, isDone: Bool) -> Object {
        var job: Object = [
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": ["name": "migrate", "namespace": "staging", "uid": .string(uid)],
        ]
        if isDone { job.set([["type": "Complete", "status": "True"]], at: "status", "conditions") }
        return job
    }

    @Test("Only what was done counts, and only once it is gone")
    func done() {
        var ended = EndedJobs()
        ended.note(.present(Self.job("here", isDone: true)))
        ended.note(.deleted(Self.job("cut-short", isDone: false)))
        ended.note(.deleted(Self.job("done", isDone: true)))
        #expect(["here", "cut-short", "done"].map { ended.contains($0) } == [false, false, true])
    }

    @Test("The oldest are forgotten")
    func bounded() {
        var ended = EndedJobs()
        for number in 0...EndedJobs.limit { ended.note(.deleted(Self.job("\(number)", isDone: true))) }
        #expect(!ended.contains("0"))
        #expect(ended.contains("\(EndedJobs.limit)"))
    }
}
