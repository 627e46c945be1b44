// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct HealthRulesPlatformTests {
    private let now = Timestamp("2026-11-21T10:00:00Z") ?? Timestamp(millisecondsSinceEpoch: 0)

    private func health(
        _ object: Object, applied: Int64? = nil, at appliedAt: String? = nil, now: Timestamp? = nil
    ) -> Health {
        HealthRules.health(
            of: object, appliedGeneration: applied, appliedAt: appliedAt.flatMap { Timestamp($0) }, now: now ?? self.now
        )
    }

    // MARK: Platform

    @Test(
        "Platform kinds are judged by their own words",
        arguments: [
            ("v1", "ConfigMap", "", HealthStatus.healthy),
            ("v1", "Secret", "", .healthy),
            ("rbac.authorization.k8s.io/v1", "Role", "", .healthy),
            ("v1", "PersistentVolumeClaim", #""status": {"phase": "Bound"}"#, .healthy),
            ("v1", "PersistentVolumeClaim", #""status": {"phase": "Pending"}"#, .healthy),
            ("v1", "PersistentVolumeClaim", #""status": {"phase": "Lost"}"#, .degraded),
            (
                "v1", "Service",
                #""spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, "status": {"loadBalancer": {}}"#, .healthy
            ),
            ("v1", "Service", #""spec": {"type": "LoadBalancer"}"#, .progressing),
            ("v1", "Namespace", #""status": {"phase": "Terminating"}"#, .progressing),
            ("v1", "Namespace", #""status": {"phase": "Active"}"#, .healthy),
            ("networking.k8s.io/v1", "Ingress", #""status": {"loadBalancer": {}}"#, .healthy),
            (
                "autoscaling/v2", "HorizontalPodAutoscaler",
                #""status": {"desiredReplicas": 0, "currentMetrics": null}"#, .progressing
            ),
            (
                "autoscaling/v2", "HorizontalPodAutoscaler",
                #""status": {"conditions": [{"type": "AbleToScale", "status": "True"}, {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"}]}"#,
                .degraded
            ),
            (
                "autoscaling/v2", "HorizontalPodAutoscaler",
                #""status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled"}]}"#,
                .healthy
            ),
            (
                "policy/v1", "PodDisruptionBudget",
                #""status": {"conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods"}]}"#,
                .healthy
            ),
            (
                "policy/v1", "PodDisruptionBudget",
                #""status": {"conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed"}]}"#,
                .degraded
            ),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition", #""status": {"conditions": null}"#, .progressing),
            (
                "apiextensions.k8s.io/v1", "CustomResourceDefinition",
                #""status": {"conditions": [{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": "True"}]}"#,
                .healthy
            ),
            (
                "apiextensions.k8s.io/v1", "CustomResourceDefinition",
                #""status": {"conditions": [{"type": "NamesAccepted", "status": "False", "reason": "ListKindConflict"}]}"#,
                .degraded
            ),
            (
                "apiextensions.k8s.io/v1", "CustomResourceDefinition",
                #""status": {"conditions": [{"type": "Established", "status": "False", "reason": "Installing"}]}"#,
                .progressing
            ),
            (
                "apiregistration.k8s.io/v1", "APIService",
                #""status": {"conditions": [{"type": "Available", "status": "True"}]}"#, .healthy
            ),
            (
                "apiregistration.k8s.io/v1", "APIService",
                #""status": {"conditions": [{"type": "Available", "status": "False"}]}"#, .degraded
            ),
        ])
    func platform(apiVersion: String, kind: String, members: String, expected: HealthStatus) throws {
        #expect(health(try make(apiVersion, kind, "x", members)).status == expected)
    }

    @Test("A claim without a provisioner waits for its consumer, and says so; one with a provisioner is on its way")
    func claims() throws {
        let pending = #""status": {"phase": "Pending"}"#
        let waiting = health(try make("v1", "PersistentVolumeClaim", "data", pending))
        #expect(waiting.reason == "WaitForFirstConsumer")
        #expect(!waiting.message.isEmpty)
        let provisioned = try make(
            "v1", "PersistentVolumeClaim", "data",
            metadata: #""annotations": {"volume.kubernetes.io/storage-provisioner": "x"}"#, pending)
        #expect(health(provisioned).status == .progressing)
    }

    @Test("Neither a budget nor an autoscaler holds a rollout up")
    func advisory() throws {
        let budget = try make(
            "policy/v1", "PodDisruptionBudget", "b", metadata: #""generation": 2"#,
            #""status": {"observedGeneration": 1}"#)
        #expect(health(budget).status == .progressing)
        #expect(!health(budget).gates)
        #expect(!health(try make("autoscaling/v2", "HorizontalPodAutoscaler", "h", #""status": {}"#)).gates)
    }

    @Test("An object being deleted is progressing, and its finalizers are named")
    func terminating() throws {
        let held = try make(
            "v1", "ConfigMap", "c",
            metadata: #""deletionTimestamp": "2026-11-21T09:13:14Z", "finalizers": ["example.com/hold"]"#)
        #expect(health(held).status == .progressing)
        #expect(health(held).message.contains("example.com/hold"))
    }

    // MARK: Custom resources

    private func custom(
        _ status: String, apiVersion: String = "example.com/v1", generation: Int = 1
    ) throws -> Object {
        try make(
            apiVersion, "Widget", "w",
            metadata: #""generation": \#(generation), "creationTimestamp": "2026-11-21T09:00:00Z""#,
            #""status": {\#(status)}"#)
    }

    @Test(
        "A custom resource is judged by its conditions",
        arguments: [
            ("example.com/v1", #""conditions": [{"status": "True", "type": "Ready"}]"#, HealthStatus.healthy),
            ("example.com/v1", #""conditions": [{"status": "Unknown", "type": "Ready"}]"#, .progressing),
            ("example.com/v1", #""conditions": [{"status": "True", "type": "Available"}]"#, .healthy),
            (
                "example.com/v1",
                #""conditions": [{"status": "True", "type": "Ready"}, {"status": "True", "type": "Reconciling"}]"#,
                .progressing
            ),
            (
                "example.com/v1",
                #""conditions": [{"status": "True", "type": "Reconciling"}, {"status": "True", "type": "Stalled"}]"#,
                .degraded
            ),
            (
                "example.com/v1", #""observedGeneration": 0, "conditions": [{"status": "True", "type": "Ready"}]"#,
                .progressing
            ),
            (
                "example.com/v1", #""conditions": [{"status": "True", "type": "Ready", "observedGeneration": 0}]"#,
                .progressing
            ),
            (
                "serving.knative.dev/v1",
                #""observedGeneration": 1, "conditions": [{"status": "False", "type": "Ready", "reason": "RevisionMissing"}]"#,
                .degraded
            ),
            (
                "serving.knative.dev/v1",
                #""observedGeneration": 1, "conditions": [{"status": "Unknown", "type": "Ready"}]"#, .progressing
            ),
            (
                "cert-manager.io/v1",
                #""conditions": [{"status": "False", "type": "Ready"}, {"status": "True", "type": "Issuing"}]"#,
                .progressing
            ),
            (
                "cert-manager.io/v1", #""conditions": [{"status": "False", "type": "Ready", "reason": "Expired"}]"#,
                .degraded
            ),
            (
                "external-secrets.io/v1",
                #""conditions": [{"status": "False", "type": "Ready", "reason": "SecretSyncedError"}]"#, .degraded
            ),
        ])
    func customResource(apiVersion: String, status: String, expected: HealthStatus) throws {
        #expect(health(try custom(status, apiVersion: apiVersion)).status == expected)
    }

    @Test("A custom resource without a status is given time to get one, then taken for well, with a note")
    func settling() throws {
        let fresh = try make(
            "example.com/v1", "Widget", "w", metadata: #""generation": 1, "creationTimestamp": "2026-11-21T10:00:00Z""#)
        let early = health(fresh, now: try time("2026-11-21T10:00:09Z"))
        #expect(early.status == .progressing)
        #expect(early.recheckAt == (try time("2026-11-21T10:00:10Z")))
        let later = health(fresh, now: try time("2026-11-21T10:00:10Z"))
        #expect(later.status == .healthy)
        #expect(!later.message.isEmpty)
    }

    @Test("A Ready that may be from before the apply is not trusted at once")
    func readyFromBefore() throws {
        let ready = try custom(#""conditions": [{"status": "True", "type": "Ready"}]"#, generation: 2)
        #expect(health(ready, applied: 2, at: "2026-11-21T09:59:55Z").status == .progressing)
        #expect(health(ready, applied: 2, at: "2026-11-21T09:59:50Z").status == .healthy)
    }

    @Test("Ready is False for ten minutes before an unknown kind is degraded")
    func notReady() throws {
        let waiting = try custom(
            #""conditions": [{"status": "False", "type": "Ready", "reason": "Waiting", "lastTransitionTime": "2026-11-21T09:55:00Z"}]"#
        )
        #expect(health(waiting).status == .progressing)
        #expect(health(waiting).recheckAt == (try time("2026-11-21T10:05:00Z")))
        #expect(health(waiting, now: try time("2026-11-21T10:05:00Z")).status == .degraded)
    }

    @Test("Messages of controllers that write for people are quoted, without what a container wrote or a password")
    func quoted() throws {
        func message(_ group: String, _ text: String) throws -> String {
            let object = try custom(
                #""observedGeneration": 1, "conditions": [{"status": "False", "type": "Ready", "reason": "R", "message": "\#(text)"}]"#,
                apiVersion: "\(group)/v1")
            return health(object).message
        }
        #expect(
            try message("cert-manager.io", "429 rateLimited\\nat http://a:hunter2@b/c")
                == "Ready is False (R): 429 rateLimited at http:[secret]@b/c".replacing("http:", with: "http://"))
        #expect(
            try message("serving.knative.dev", "Revision a failed with message: Container failed with: hunter2")
                == "Ready is False (R): Revision a failed with message: Container failed (what it wrote last is not repeated here)"
        )
        #expect(try message("external-secrets.io", String(repeating: "a", count: 400)).count < 330)
        #expect(try message("example.com", "hunter2") == "Ready is False (R)")
        let working = try custom(
            #""observedGeneration": 1, "conditions": [{"status": "Unknown", "type": "Ready", "reason": "R", "message": "hunter2"}]"#,
            apiVersion: "example.com/v1")
        #expect(health(working).message == "Ready is Unknown (R)")
    }

    @Test("A SealedSecret that cannot be opened is not well, and says why")
    func sealed() throws {
        let object = try custom(
            #""observedGeneration": 1, "conditions": [{"status": "False", "type": "Synced", "message": "no key could decrypt secret"}]"#,
            apiVersion: "bitnami.com/v1alpha1")
        #expect(health(object).status == .degraded)
        #expect(health(object).message == "Synced is False: no key could decrypt secret")
    }

    @Test("A quota is in force once its status has the limits that were applied", arguments: ["2", "20"])
    func quota(hard: String) throws {
        let object = try make(
            "v1", "ResourceQuota", "q",
            #""spec": {"hard": {"pods": 20}}, "status": {"hard": {"pods": "\#(hard)"}}"#)
        #expect(health(object).status == (hard == "20" ? .healthy : .progressing))
    }

    @Test("A condition's message is never shown: it may hold anything")
    func noMessages() throws {
        let chatty = try custom(
            #""conditions": [{"status": "False", "type": "Ready", "reason": "has blanks hunter2", "message": "hunter2", "lastTransitionTime": "2026-11-20T00:00:00Z"}]"#
        )
        #expect(health(chatty).status == .degraded)
        #expect(!"\(health(chatty))".contains("hunter2"))
    }
}
