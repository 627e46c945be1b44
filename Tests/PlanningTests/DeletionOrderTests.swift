// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct DeletionOrderTests {
    private static let one = TargetID(application: "one", environment: "staging")
    private static let operators = TargetID(application: "operator", environment: "staging")

    private func node(_ object: Object, _ target: TargetID = one) -> OrderNode {
        OrderNode(target: target, manifest: Manifest(object: object, origin: Origin(file: "a.yaml")))
    }

    private func workload(_ name: String) throws -> Object {
        try make(
            "apps/v1", "Deployment", name,
            #""spec": {"template": {"metadata": {"labels": {"app": "\#(name)"}}, "spec": {"containers": [{"name": "c"}]}}}"#
        )
    }

    private func names(_ order: DeletionOrder) -> [[String]] { order.waves.map { $0.map(\.description) } }

    @Test("What others wait for goes after them, and the namespace last")
    func reverse() throws {
        let ingress = try make(
            "networking.k8s.io/v1", "Ingress", "a",
            #""spec": {"defaultBackend": {"service": {"name": "a"}}}"#)
        let order = try DeletionOrder(nodes: [
            node(try make("v1", "Namespace", "staging", namespace: "")), node(try make("v1", "Service", "a")),
            node(ingress),
        ])
        #expect(names(order) == [["Ingress staging/a"], ["Service staging/a"], ["Namespace staging"]])
        let service = ObjectID(group: "", kind: "Service", namespace: "staging", name: "a")
        #expect(order.dependencies(of: service).map(\.to.kind) == ["Ingress"])
    }

    @Test("A failure hook's run goes like all else, and before what it needs")
    func failureHook() throws {
        let job = try make(
            "batch/v1", "Job", "alarm", metadata: #""annotations": {"mainstay.dev/hook": "on-failure"}"#,
            #""spec": {"template": {"spec": {"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "a"}}]}]}}}"#
        )
        let order = try DeletionOrder(nodes: [node(job), node(try make("v1", "ConfigMap", "a"))])
        #expect(names(order) == [["Job staging/alarm"], ["ConfigMap staging/a"]])
    }

    @Test("Custom objects go before their definition, and before the operator that takes care of them")
    func customObjects() throws {
        let definition = try make(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com", namespace: "",
            #""spec": {"group": "example.com", "names": {"kind": "Widget"}}"#)
        let order = try DeletionOrder(nodes: [
            node(definition, Self.operators), node(try workload("operator"), Self.operators),
            node(try make("example.com/v1", "Widget", "w")),
        ])
        #expect(
            names(order) == [
                ["Widget staging/w"],
                ["CustomResourceDefinition widgets.example.com", "Deployment staging/operator"],
            ])
    }

    @Test("kapp's rules for deletion hold, and those for applying stay those for applying")
    func kapp() throws {
        func map(_ name: String, _ annotations: String) throws -> OrderNode {
            node(try make("v1", "ConfigMap", name, metadata: #""annotations": {\#(annotations)}"#))
        }
        let group = #""kapp.k14s.io/change-group": "example.com/g""#
        let rule = #""kapp.k14s.io/change-rule": "delete \#("WORD") deleting example.com/g""#
        let after = try DeletionOrder(nodes: [map("g", group), map("x", rule.replacing("WORD", with: "after"))])
        #expect(names(after) == [["ConfigMap staging/g"], ["ConfigMap staging/x"]])
        let before = try DeletionOrder(nodes: [map("g", group), map("x", rule.replacing("WORD", with: "before"))])
        #expect(names(before) == [["ConfigMap staging/x"], ["ConfigMap staging/g"]])
        let upsert = #""kapp.k14s.io/change-rule": "upsert after upserting example.com/g""#
        #expect(
            names(try DeletionOrder(nodes: [map("g", group), map("x", upsert)])) == [
                ["ConfigMap staging/x"], ["ConfigMap staging/g"],
            ])
    }

    @Test("PruneLast goes last, and waves of Argo CD go backwards")
    func argo() throws {
        func map(_ name: String, _ annotation: String) throws -> OrderNode {
            node(try make("v1", "ConfigMap", name, metadata: #""annotations": {\#(annotation)}"#))
        }
        let order = try DeletionOrder(nodes: [
            map("early", #""argocd.argoproj.io/sync-wave": "-1""#),
            map("late", #""argocd.argoproj.io/sync-wave": "1""#),
            map(
                "last",
                #""argocd.argoproj.io/sync-wave": "2", "argocd.argoproj.io/sync-options": "Validate=false, PruneLast=true""#
            ),
        ])
        #expect(names(order) == [["ConfigMap staging/late"], ["ConfigMap staging/early"], ["ConfigMap staging/last"]])
    }
}
