// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Hooks that the pipeline states")
struct StatedHookTests {
    private static let digest = "0123456789abcdef"
    private static let target = TargetID(application: "api", environment: "staging")

    private func application(_ hooks: String) throws -> Application {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [{name: staging, namespace: staging}]
            applications: [{name: api, environments: [staging], path: api, hooks: \(hooks)}]
            """
        return try #require(try Pipeline.parse(Array(text.utf8)).applications.first)
    }

    private func problems(_ hooks: String) -> [String] {
        do {
            _ = try application(hooks)
            return []
        } catch let errors as PipelineErrors {
            return errors.problems.map { "\($0.path): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    private func manifests(_ objects: [Object]) -> [Manifest] {
        objects.enumerated().map { Manifest(object: $1, origin: Origin(file: "a.yaml"), place: $0) }
    }

    private func job(_ name: String, _ annotations: String = "") throws -> Object {
        try make("batch/v1", "Job", name, metadata: #""annotations": {\#(annotations)}"#)
    }

    private static let deployment = #""spec": {"template": {"spec": {"containers": [{"name": "main"}]}}}"#

    private func graph(_ hooks: String, _ objects: [Object], of part: OrderPart = .rollout) throws -> OrderGraph {
        let marked = try application(hooks).withStatedHooks(manifests(objects))
        let sent = SentForm.manifests(marked, of: Self.target, digest: Self.digest)
        return try OrderGraph(
            nodes: sent.map { OrderNode(target: Self.target, manifest: $0) }, declared: [:], of: part)
    }

    private func order(_ hooks: String, _ objects: [Object], of part: OrderPart = .rollout) throws -> String {
        try graph(hooks, objects, of: part).order.map { wave in
            wave.map { $0.name.replacing("-\(Self.digest.prefix(10))", with: "") }.joined(separator: ", ")
        }.joined(separator: " | ")
    }

    @Test("Their order is the pipeline's, before hooks that it does not name, whatever the manifests say")
    func ordered() throws {
        let objects = [
            try job("seed", #""mainstay.dev/hook": "before""#),
            try job("migrate", #""argocd.argoproj.io/hook": "PostSync""#),
            try job("smoke"), try job("backup", #""argocd.argoproj.io/sync-wave": "7""#),
            try make("apps/v1", "Deployment", "api", Self.deployment),
        ]
        #expect(
            try order("{after: [smoke], before: [backup, migrate]}", objects) == "backup | migrate | seed | api | smoke"
        )
    }

    @Test("Those for failures have the pipeline's order as well, and each says whose order it is")
    func reasons() throws {
        let objects = [try job("alarm"), try job("restore"), try job("migrate"), try job("backup")]
        let hooks = "{onFailure: [restore, alarm], before: [backup, migrate]}"
        #expect(try order(hooks, objects, of: .failureHooks) == "restore | alarm")
        let edges = try graph(hooks, objects).edges
        #expect(edges.map(\.reason) == ["hooks of a phase run one after another, as the pipeline has them"])
    }

    @Test(
        "Two pipelines that differ in a hook's phase, name or deadline are two; where in the file it stands is nothing")
    func equality() throws {
        let hooks = ["before: [a]", "after: [a]", "before: [b]", "before: [{name: a, deadline: 1m}]", "before: [a, b]"]
        for (place, text) in hooks.enumerated() {
            for (other, moved) in hooks.enumerated() {
                let isSame = try application("{\(text)}").hooks == application("\n    {\(moved)}").hooks
                #expect(isSame == (place == other), "\(text), \(moved)")
            }
        }
    }

    @Test(
        "An author is told of Jobs that look like hooks and are none, and of annotations that the pipeline's word replaces"
    )
    func review() throws {
        let objects = manifests([
            try job("db-init"), try job("schema"), try job("backup"), try job("tidy"), try job("migrate"),
            try job("seed", #""argocd.argoproj.io/hook": "PostSync""#),
        ])
        var application = try application("{before: [migrate, seed]}")
        func told() -> [String] {
            HookReview.findings(on: objects, of: application).map { finding in
                guard case .manifest(_, let id, _) = finding.place else { return "" }
                return "\(id.name) \(finding.message.contains("in no order") ? "forgotten" : "replaced")"
            }
        }
        #expect(told() == ["db-init forgotten", "schema forgotten", "backup forgotten", "seed replaced"])
        application.verify =
            try Pipeline.parse(
                Array(
                    """
                    apiVersion: mainstay.dev/v1
                    kind: Pipeline
                    environments: [{name: staging, namespace: staging}]
                    applications: [{name: api, environments: [staging], path: api, verify: [{job: backup}]}]
                    """.utf8)
            ).applications.first?.verify ?? []
        #expect(told() == ["db-init forgotten", "schema forgotten", "seed replaced"], "a check has its place")
    }

    @Test("A deadline is the Job's, and another order of the same hooks is another object")
    func marks() throws {
        let objects = manifests([try job("migrate"), try job("backup")])
        let first = try application("{before: [backup, {name: migrate, deadline: 10m}]}").withStatedHooks(objects)
        #expect(Hook(of: first[0].object)?.deadline == .seconds(600))
        let run = SentForm.manifests(first, of: Self.target, digest: Self.digest)[0].object
        #expect(run.value(at: "spec", "activeDeadlineSeconds")?.integer == 600)
        let turned = try application("{before: [{name: migrate, deadline: 10m}, backup]}").withStatedHooks(objects)
        #expect(turned.map(\.object) != first.map(\.object))
        #expect(try application("{}").withStatedHooks(objects) == objects)
    }

    @Test("One that no manifest is, or only one of another kind, is missing; a generated name is found")
    func missing() throws {
        var generated = try job("")
        generated.set(.string("seed-"), at: "metadata", "generateName")
        let objects = manifests([
            try job("migrate"), generated, try make("v1", "Service", "backup"), try make("v1", "Pod", "alarm"),
        ])
        var ofOther = try application("{before: [backup, migrat]}")
        for place in ofOther.hooks.indices { ofOther.hooks[place].isOfOther = true }
        #expect(ofOther.missingHooks(in: objects).isEmpty, "stated for another revision")
        let missing = try application("{before: [backup, migrat, seed], onFailure: [alarm]}").missingHooks(in: objects)
        #expect(
            missing.map { "\($0.hook.field) \($0.message)" } == [
                "applications[0].hooks.before[0] no manifest is a Job or Pod named \"backup\"",
                "applications[0].hooks.before[1] no manifest is a Job or Pod named \"migrat\"; did you mean \"migrate\"?",
            ])
    }

    @Test("Names that stand twice, phases that are none and what is no name are refused with their place")
    func refused() {
        #expect(
            problems("{before: [migrate], after: [migrate]}") == [
                "applications[0].hooks.after[0]: \"migrate\" stands twice: a hook runs in one phase, once"
            ])
        #expect(problems("{befor: [migrate]}").contains { $0.contains("unknown field \"befor\"") })
        #expect(problems("{before: [{name: a, dedline: 1m}]}").contains { $0.contains("unknown field \"dedline\"") })
        #expect(problems("{before: [{deadline: 1m}]}").contains { $0.contains("\"name\" is missing") })
        #expect(problems("{before: [7]}").contains { $0.contains("{name, deadline}") })
    }
}
