// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What is done about drift")
struct DriftRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var action: DriftAction
        var kind: String
        var difference: DriftDifference

        init(
            _ action: DriftAction, _ kind: String, _ signal: DriftDifference.Signal, _ path: String = "",
            by manager: String = ""
        ) {
            self.action = action
            self.kind = kind
            difference = DriftDifference(signal, path.elements, manager: manager)
        }

        var testDescription: String { "\(kind) \(difference) is \(action.rawValue)" }

        var object: ObjectID {
            let parts = kind.split(separator: ".", maxSplits: 1).map(String.init)
            return ObjectID(group: parts.count > 1 ? parts[1] : "", kind: parts[0], namespace: "staging", name: "x")
        }
    }

    private static let deployment = "Deployment.apps"
    private static let widget = "Widget.example.com"

    /// Every row of docs/drift.md, and what is next to it.
    static let table: [Case] = [
        Case(.ignore, "Job.batch", .gone), Case(.heal, "ConfigMap", .gone), Case(.heal, deployment, .replaced),
        Case(.report, "PersistentVolumeClaim", .deleting), Case(.heal, deployment, .label, "metadata|labels|x"),
        Case(.heal, deployment, .entry), Case(.ignore, deployment, .generation),
        Case(.ignore, deployment, .foreignRemoved, "spec|paused", by: "kubectl-edit"),
        Case(.heal, deployment, .disowned, "spec|replicas", by: "kubectl"),
        Case(.heal, deployment, .gained, "spec|paused"), Case(.heal, deployment, .unverified),

        Case(.heal, deployment, .changed, "spec|replicas", by: "kubectl"),
        Case(.ignore, deployment, .changed, "spec|replicas", by: "kube-controller-manager"),
        Case(.ignore, deployment, .changed, "spec|replicas", by: "keda-operator"),
        Case(.ignore, deployment, .added, "spec|replicas", by: "kubectl"),
        Case(.ignore, deployment, .scaled, "spec|replicas"),

        Case(
            .ignore, "MutatingWebhookConfiguration.admissionregistration.k8s.io", .changed,
            "webhooks|name=a|clientConfig|caBundle", by: "cainjector"),
        Case(
            .heal, "MutatingWebhookConfiguration.admissionregistration.k8s.io", .changed,
            "webhooks|name=a|failurePolicy", by: "cainjector"),
        Case(
            .ignore, "CustomResourceDefinition.apiextensions.k8s.io", .added,
            "spec|conversion|webhook|clientConfig|caBundle", by: "cainjector"),
        Case(.ignore, "APIService.apiregistration.k8s.io", .added, "spec|caBundle", by: "cainjector"),
        Case(
            .ignore, "ClusterRole.rbac.authorization.k8s.io", .changed, "rules",
            by: "clusterrole-aggregation-controller"),
        Case(.heal, "ClusterRole.rbac.authorization.k8s.io", .changed, "rules", by: "kubectl-edit"),

        Case(.report, deployment, .added, "spec|paused", by: "kubectl-rollout"),
        Case(.report, deployment, .changed, "spec|paused", by: "kubectl-rollout"),
        Case(.report, "CronJob.batch", .added, "spec|suspend", by: "kubectl-patch"),
        Case(.ignore, "Job.batch", .added, "spec|suspend", by: "kueue"),
        Case(.report, "PersistentVolumeClaim", .changed, "spec|resources|requests|storage", by: "kubectl-edit"),
        Case(.report, "Secret", .added, "immutable", by: "kubectl-patch"),
        Case(
            .report, "Namespace", .added, "metadata|labels|pod-security.kubernetes.io/enforce", by: "kubectl-label"),
        Case(
            .heal, "Namespace", .changed, "metadata|labels|pod-security.kubernetes.io/enforce", by: "kubectl-label"),
        Case(.report, "ConfigMap", .added, "metadata|ownerReferences|uid=u", by: "operator"),

        Case(.ignore, deployment, .added, "metadata|labels|tier", by: "kubectl-label"),
        Case(.heal, deployment, .changed, "metadata|labels|tier", by: "kubectl-label"),
        Case(.ignore, deployment, .added, "metadata|annotations|deployment.kubernetes.io/revision", by: "x"),
        Case(.ignore, "PersistentVolumeClaim", .added, "metadata|finalizers|=kubernetes.io/pvc-protection", by: "x"),
        Case(.heal, "PersistentVolumeClaim", .removed, "metadata|finalizers|=example.com/mine"),
        Case(
            .ignore, deployment, .added, "spec|template|metadata|annotations|kubectl.kubernetes.io/restartedAt",
            by: "kubectl-rollout"),
        Case(.heal, deployment, .added, "spec|template|metadata|annotations|example.com/note", by: "kubectl-patch"),

        Case(.ignore, "ServiceAccount", .added, "secrets|name=token", by: "openshift-controller-manager"),
        Case(.ignore, "PersistentVolumeClaim", .added, "spec|volumeName", by: "kube-controller-manager"),
        Case(.heal, deployment, .added, "spec|template|spec|containers|name=spy", by: "kubectl-edit"),
        Case(.heal, deployment, .added, "spec|template|spec|containers|name=a|env|name=B", by: "some-tool"),
        Case(.heal, "Service", .added, "spec|ports|port=81", by: "kubectl-edit"),
        Case(.heal, "Service", .added, "spec|type", by: "some-tool"),
        Case(.heal, deployment, .reordered, "spec|template|spec|initContainers"),
        Case(.heal, widget, .added, "spec|size", by: "kubectl-edit"),
        Case(.ignore, widget, .added, "spec|size", by: "widget-operator"),
        Case(.heal, widget, .changed, "spec|size", by: "widget-operator"),
    ]

    @Test("The table that everybody has", arguments: table)
    func everyRow(example: Case) {
        #expect(DriftRules().action(on: example.difference, of: example.object) == example.action)
    }

    @Test("A pipeline's rules come first, by kind, field and manager, and the first that matches counts")
    func pipeline() {
        let rules = DriftRules([
            DriftRule(kinds: ["Deployment"], fields: [".spec.template.spec.containers[*].env"], action: .ignore),
            DriftRule(kinds: ["Deployment.apps"], managers: ["istio*"], action: .ignore),
            DriftRule(kinds: ["Service"], action: .report),
            DriftRule(fields: [".spec.replicas"], action: .ignore),
            DriftRule(fields: [".spec"], action: .report),
        ])
        func action(_ kind: String, _ path: String, by manager: String = "kubectl-edit") -> DriftAction {
            let example = Case(.heal, kind, .changed, path, by: manager)
            return rules.action(on: example.difference, of: example.object)
        }
        #expect(action("Deployment.apps", "spec|template|spec|containers|name=a|env|name=B|value") == .ignore)
        #expect(action("Deployment.apps", "spec|template|spec|containers|name=a|envFrom") == .report)
        #expect(action("StatefulSet.apps", "spec|template|spec|containers|name=a|env|name=B") == .report)
        #expect(action("Deployment.apps", "metadata|labels|x", by: "istiod") == .ignore)
        #expect(action("Deployment.apps", "metadata|labels|x") == .heal)
        #expect(action("Service", "metadata|labels|x") == .report)
        #expect(action("StatefulSet.apps", "spec|replicas") == .ignore)
        #expect(action("StatefulSet.apps", "spec|replicasets") == .report)
        #expect(action("Deployment.extensions", "metadata|labels|x", by: "istiod") == .heal)
    }

    @Test(
        "Fields are meant by the paths of conflicts too, and what is below them",
        arguments: [
            ("spec.replicas", true), ("spec", true), ("spec.template.spec.containers[name=a].env", false),
            (".spec.repl*", true), ("spec.replica", false),
        ])
    func paths(field: String, covers: Bool) {
        func isMeant(_ path: String, by field: String) -> Bool {
            let example = Case(.heal, "Deployment.apps", .changed, path, by: "kubectl-edit")
            return DriftRules([DriftRule(fields: [field], action: .report)])
                .action(on: example.difference, of: example.object) == .report
        }
        #expect(isMeant("spec|replicas", by: field) == covers)
        let variable = "spec|template|spec|containers|name=a|env|name=B|value"
        #expect(isMeant(variable, by: "spec.template.spec.containers[name=a].env"))
        #expect(!isMeant(variable, by: "spec.template.spec.containers[name=b].env"))
    }

    @Test("What cannot be undone is reported where a rule would have it undone")
    func cannotBeUndone() {
        let rules = DriftRules([DriftRule(action: .heal)])
        for signal in [DriftDifference.Signal.scaled, .generation, .deleting, .foreignRemoved] {
            let example = Case(.report, "Deployment.apps", signal)
            #expect(rules.action(on: example.difference, of: example.object) == .report)
        }
    }

    @Test("A field that drifted and is ignored is not sent; one that git comes to state where others set it is")
    func adjusting() throws {
        let sent = try DriftFixture.sent()
        let rules = DriftRules([
            DriftRule(
                fields: [".spec.replicas", #".spec.template.spec.containers[name="shop"].ports[*]"#], action: .ignore)
        ])
        let port = #"spec|template|spec|containers|name=shop|ports|containerPort=8080,protocol=TCP"#
        let adjusted = rules.adjusted(
            sent,
            [
                DriftDifference(.changed, "spec|replicas".elements, manager: "kubectl"),
                DriftDifference(.added, port.elements, manager: "kubectl-edit"),
                DriftDifference(.added, "metadata|labels|team".elements, manager: "kubectl-label"),
                DriftDifference(.changed, "spec|selector".elements, manager: "kubectl-edit"),
            ])
        #expect(adjusted.object.value(at: "spec", "replicas") == nil)
        let container = adjusted.object.value(at: "spec", "template", "spec")?["containers"]?[0]
        #expect(container?["ports"] == [] && container?["image"] == "shop:1")
        #expect(adjusted.object.labels["team"] == "shop")
        #expect(adjusted.object.value(at: "spec", "selector") != nil)
        #expect(rules.adjusted(sent, []) == sent)
        // Changed on its way in, while nobody else owns it: left out, it would go.
        let alone = [DriftDifference(.changed, "spec|replicas".elements)]
        #expect(rules.adjusted(sent, alone) == sent)
    }

    @Test("Taking fields over moves them, and what only held them, from their managers to us")
    func takeover() throws {
        var live = try DriftFixture.live()
        try live.own(
            as: "kubectl-edit", operation: "Update",
            #"{"f:spec": {"f:paused": {}, "f:template": {"f:spec": {"f:securityContext": {".": {}, "f:runAsUser": {}}, "f:hostIPC": {}}}}}"#
        )
        let path = "spec|template|spec|securityContext|runAsUser".elements
        let patch = try #require(
            FieldTakeover.patch(live, taking: [DriftDifference(.added, path, manager: "kubectl-edit")]))
        #expect(patch[0] == ["op": "test", "path": "/metadata/resourceVersion", "value": "10"])
        let after = ManagedFields(patch[1]["value"])
        let ours = try #require(after.entries.first { $0.isOurs }).set
        let theirs = try #require(after.entries.first { $0.manager.name == "kubectl-edit" }).set
        let holder = Array(path.dropLast())
        #expect(ours.contains(path) && ours.contains(holder))
        #expect(!theirs.contains(path) && !theirs.contains(holder))
        #expect(theirs.contains("spec|paused".elements) && !ours.contains("spec|paused".elements))
        #expect(ours.contains("spec|replicas".elements))
    }

    @Test("Nothing is taken over of other versions, of a status, or without an entry of ours")
    func noTakeover() throws {
        var live = try DriftFixture.live()
        let paused = DriftDifference(.added, "spec|paused".elements, manager: "kubectl-edit")
        #expect(FieldTakeover.patch(live, taking: [paused]) == nil)
        try live.own(
            as: "kubectl-edit", operation: "Update", apiVersion: "apps/v1beta1", #"{"f:spec": {"f:paused": {}}}"#)
        try live.own(
            as: "kubectl-edit", operation: "Update", subresource: "status", #"{"f:spec": {"f:paused": {}}}"#)
        #expect(FieldTakeover.patch(live, taking: [paused]) == nil)
    }

    @Test("A difference that comes back is undone after longer and longer pauses, up to ten minutes")
    func fights() throws {
        let start = try time("2026-11-28T12:00:00Z")
        let id = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "x")
        let image = DriftDifference(.changed, "spec|image".elements, manager: "kubectl-set")
        let other = DriftDifference(.changed, "spec|replicas".elements, manager: "kubectl")
        var fights = DriftFights()
        #expect(fights.pause(of: image, id, now: start) == nil && fights.rounds(of: image, id) == 0)
        var now = start
        var pauses: [Duration] = []
        for _ in 1...12 {
            fights.undid([image], of: id, now: now)
            let until = try #require(fights.pause(of: image, id, now: now))
            pauses.append(until - now)
            now = until
            #expect(fights.pause(of: image, id, now: now) == nil)
        }
        #expect(pauses.prefix(4) == [.seconds(2), .seconds(4), .seconds(8), .seconds(16)])
        #expect(pauses.last == .seconds(600))
        #expect(fights.rounds(of: image, id) == 12)
        #expect(fights.pause(of: other, id, now: start) == nil)
        fights.failed([other], of: id, because: "refused", now: now)
        #expect(fights.problem(of: other, id) == "refused" && fights.rounds(of: other, id) == 0)
        // After a quiet hour it begins anew.
        fights.undid([image], of: id, now: now + .seconds(3601))
        #expect(fights.rounds(of: image, id) == 1)
    }
}

extension String {
    /// `spec|containers|name=a|image`: a word with `=` is an item's key, one that begins with it a set's value.
    var elements: [PathElement] {
        split(separator: "|").map { word in
            if word.hasPrefix("=") { return .value(.string(String(word.dropFirst()))) }
            guard word.contains("=") else { return .field(String(word)) }
            return .key(
                word.split(separator: ",").map { field in
                    let parts = field.split(separator: "=").map(String.init)
                    return (parts[0], Int64(parts[1]).map { .integer($0) } ?? .string(parts[1]))
                })
        }
    }
}
