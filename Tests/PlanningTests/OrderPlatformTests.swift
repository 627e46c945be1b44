// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Order of what stands around workloads") struct OrderPlatformTests {
    private static let one = TargetID(application: "one", environment: "staging")
    private static let other = TargetID(application: "other", environment: "staging")

    private func node(_ object: Object, _ target: TargetID = one) -> OrderNode {
        OrderNode(target: target, manifest: Manifest(object: object, origin: Origin(file: "a.yaml")))
    }

    private func workload(_ name: String, pod: String = "") throws -> Object {
        try make(
            "apps/v1", "Deployment", name,
            #"""
            "spec": {"template": {"metadata": {"labels": {"app": "\#(name)"}}, "spec": {
              "containers": [{"name": "c", "envFrom": [{"secretRef": {"name": "made"}}]}]\#(pod)}}}
            """#)
    }

    private func edges(_ nodes: [OrderNode]) throws -> [String] {
        try OrderGraph(nodes: nodes, declared: [:]).edges.map { "\($0.from) after \($0.to)" }
    }

    /// A dependent, what it waits for, and both as JSON.
    struct Pair: Sendable {
        var from: [String]
        var to: [String]

        init(_ apiVersion: String, _ kind: String, _ spec: String, after: [String]) {
            from = [apiVersion, kind, spec]
            to = after
        }
    }

    @Test(
        "An object that another names goes first",
        arguments: [
            Pair(
                "gateway.networking.k8s.io/v1", "HTTPRoute",
                #"{"parentRefs": [{"name": "b"}]}"#, after: ["gateway.networking.k8s.io/v1", "Gateway", "staging"]),
            Pair(
                "gateway.networking.k8s.io/v1", "HTTPRoute",
                #"{"rules": [{"backendRefs": [{"name": "b", "port": 80}]}]}"#, after: ["v1", "Service", "staging"]),
            Pair(
                "gateway.networking.k8s.io/v1", "Gateway", #"{"gatewayClassName": "b"}"#,
                after: ["gateway.networking.k8s.io/v1", "GatewayClass", ""]),
            Pair(
                "autoscaling.k8s.io/v1", "VerticalPodAutoscaler",
                #"{"targetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "b"}}"#,
                after: ["apps/v1", "StatefulSet", "staging"]),
            Pair(
                "keda.sh/v1alpha1", "ScaledObject",
                #"{"scaleTargetRef": {"name": "x"}, "triggers": [{"authenticationRef": {"name": "b"}}]}"#,
                after: ["keda.sh/v1alpha1", "TriggerAuthentication", "staging"]),
            Pair(
                "keda.sh/v1alpha1", "TriggerAuthentication", #"{"secretTargetRef": [{"name": "b", "key": "k"}]}"#,
                after: ["v1", "Secret", "staging"]),
            Pair(
                "cert-manager.io/v1", "Certificate", #"{"issuerRef": {"kind": "ClusterIssuer", "name": "b"}}"#,
                after: ["cert-manager.io/v1", "ClusterIssuer", ""]),
            Pair(
                "external-secrets.io/v1", "ExternalSecret", #"{"secretStoreRef": {"name": "b"}}"#,
                after: ["external-secrets.io/v1", "SecretStore", "staging"]),
            Pair(
                "eventing.knative.dev/v1", "Trigger", #"{"broker": "b"}"#,
                after: ["eventing.knative.dev/v1", "Broker", "staging"]),
            Pair(
                "eventing.knative.dev/v1", "Trigger",
                #"{"subscriber": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "b"}}}"#,
                after: ["serving.knative.dev/v1", "Service", "staging"]),
            Pair(
                "sources.knative.dev/v1", "PingSource", #"{"sink": {"ref": {"kind": "Service", "name": "b"}}}"#,
                after: ["v1", "Service", "staging"]),
            Pair("v1", "PersistentVolumeClaim", #"{"volumeName": "b"}"#, after: ["v1", "PersistentVolume", ""]),
            Pair(
                "apps/v1", "StatefulSet", #"{"volumeClaimTemplates": [{"spec": {"storageClassName": "b"}}]}"#,
                after: ["storage.k8s.io/v1", "StorageClass", ""]),
            Pair(
                "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", #"{"policyName": "b"}"#,
                after: ["admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", ""]),
        ])
    func named(pair: Pair) throws {
        let from = try make(pair.from[0], pair.from[1], "a", #""spec": \#(pair.from[2])"#)
        let to = try make(pair.to[0], pair.to[1], "b", namespace: pair.to[2])
        #expect(try edges([node(from), node(to)]) == ["\(from.objectID) after \(to.objectID)"])
    }

    @Test("A webhook waits for the Service that answers it and for the workload behind, wherever these are")
    func webhook() throws {
        let webhook = try make(
            "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "w", namespace: "",
            #""webhooks": [{"clientConfig": {"service": {"namespace": "staging", "name": "guard"}}}]"#)
        let service = try make("v1", "Service", "guard", #""spec": {"selector": {"app": "guard"}}"#)
        let found = try edges([
            node(webhook), node(service, Self.other), node(try workload("guard"), Self.other),
        ])
        #expect(
            found == [
                "ValidatingWebhookConfiguration w after Service staging/guard",
                "ValidatingWebhookConfiguration w after Deployment staging/guard",
            ])
    }

    @Test("Policies and limits are there before the pods that they are about")
    func limits() throws {
        let policy = try make(
            "networking.k8s.io/v1", "NetworkPolicy", "p", #""spec": {"podSelector": {"matchLabels": {"app": "a"}}}"#)
        let limits = try make("v1", "LimitRange", "l")
        let found = try edges([node(policy), node(limits), node(try workload("a")), node(try workload("b"))])
        #expect(
            found == [
                "Deployment staging/a after LimitRange staging/l", "Deployment staging/a after NetworkPolicy staging/p",
                "Deployment staging/b after LimitRange staging/l",
            ])
    }

    @Test(
        "A Secret that is not in git is waited for by way of what makes it",
        arguments: [
            ["bitnami.com/v1alpha1", "SealedSecret", "made", "{}"],
            ["bitnami.com/v1alpha1", "SealedSecret", "x", #"{"template": {"metadata": {"name": "made"}}}"#],
            ["external-secrets.io/v1", "ExternalSecret", "x", #"{"target": {"name": "made"}}"#],
            ["cert-manager.io/v1", "Certificate", "x", #"{"secretName": "made"}"#],
        ])
    func makers(_ maker: [String]) throws {
        let object = try make(maker[0], maker[1], maker[2], #""spec": \#(maker[3])"#)
        #expect(
            try edges([node(object), node(try workload("a"))])
                == ["Deployment staging/a after \(maker[1]) staging/\(maker[2])"])
        let secret = try make("v1", "Secret", "made")
        #expect(
            try edges([node(object), node(secret), node(try workload("a"))])
                == ["Deployment staging/a after Secret staging/made"])
    }

    @Test("The Secret that is made of something is known with its maker, unless it is in a manifest")
    func madeSecret() throws {
        let maker = node(try make("external-secrets.io/v1", "ExternalSecret", "made", #""spec": {}"#))
        let secret = node(try make("v1", "Secret", "made"))
        let alone = try OrderGraph(nodes: [maker, node(try workload("a"))], declared: [:])
        let (made, by) = (secret.manifest.id, maker.manifest.id)
        #expect(alone.secret(madeOf: by) == made && alone.maker(of: made) == by)
        let both = try OrderGraph(nodes: [maker, secret, node(try workload("a"))], declared: [:])
        #expect(both.secret(madeOf: by) == nil && both.maker(of: made) == nil)
    }

    @Test("What only adds to a Secret of somebody else's makes none", arguments: ["Merge", "None"])
    func merges(policy: String) throws {
        let object = try make(
            "external-secrets.io/v1", "ExternalSecret", "made", #""spec": {"target": {"creationPolicy": "\#(policy)"}}"#
        )
        #expect(try edges([node(object), node(try workload("a"))]) == [])
    }

    @Test("kapp's placeholders in the names of groups are filled in")
    func placeholders() throws {
        let group = try make(
            "v1", "ConfigMap", "settings",
            metadata: #""annotations": {"kapp.k14s.io/change-group": "example.com/{kind}-{name}"}"#)
        let rule = try make(
            "v1", "ConfigMap", "late",
            metadata:
                #""annotations": {"kapp.k14s.io/change-rule": "upsert after upserting example.com/ConfigMap-settings"}"#
        )
        #expect(try edges([node(group), node(rule)]) == ["ConfigMap staging/late after ConfigMap staging/settings"])
    }
}
