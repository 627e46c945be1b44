// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct PlanReportTests {
    private static let api = TargetID(application: "api", environment: "staging")

    private func id(_ name: String, kind: String = "ConfigMap", group: String = "") -> ObjectID {
        ObjectID(group: group, kind: kind, namespace: "staging", name: name)
    }

    private func report(_ actions: [PlanAction], problem: Cause? = nil) -> PlanReport {
        let entries = actions.enumerated().map { PlanEntry(id: id("o\($0.offset)"), action: $0.element) }
        return PlanReport(
            subject: "files", targets: [TargetPlan(target: Self.api, entries: entries, problem: problem)])
    }

    @Test("Changes are 1, held back or not, anything refused or not planned is 2, what is left alone is no difference")
    func outcome() {
        #expect(report([.unchanged, .leftAlone]).outcome == .same)
        #expect(report([]).outcome == .same)
        for action in [PlanAction.create, .configure, .replace, .prune, .orphan, .deferred] {
            #expect(report([.unchanged, action]).outcome == .differs)
        }
        #expect(report([.create, .refused]).outcome == .failed)
        #expect(report([.create], problem: Cause(reason: "ManifestsInvalid", message: "x")).outcome == .failed)
        #expect(PlanReport(subject: "", problems: ["x"]).outcome == .failed)
        // As the daemon tells it, and as the command reads it.
        var held = TargetPlan(target: Self.api, entries: [PlanEntry(id: id("a"), action: .configure)])
        held.hold(because: Cause(reason: "Suspended", message: "x"))
        let told = PlanReport(subject: "", targets: [held])
        #expect(told.outcome == .differs && PlanReport(told.value())?.outcome == .differs)
        var quiet = TargetPlan(target: Self.api, entries: [PlanEntry(id: id("a"), action: .unchanged)])
        quiet.hold(because: Cause(reason: "Suspended", message: "x"))
        #expect(PlanReport(subject: "", targets: [quiet]).outcome == .same)
        #expect([PlanReport.Outcome.same, .differs, .failed].map(\.rawValue) == [0, 1, 2])
    }

    @Test("The summary counts, and leaves out what there is none of")
    func summary() {
        #expect(report([.create, .create, .prune, .unchanged]).summary == "2 to create, 1 to prune, 1 unchanged")
        #expect(report([]).summary == "no objects")
    }

    @Test("JSON holds everything, and is read back as it was")
    func roundTrip() throws {
        var changed = PlanEntry(
            id: id("a", kind: "Deployment", group: "apps"), action: .replace, reason: "because", code: "X",
            origin: "a.yaml:1", omittedDifferences: 2, immutableFields: [".spec.selector"])
        changed.differences = [
            ShownDifference(path: ".a", old: "1", new: nil), ShownDifference(path: ".b", old: nil, new: "2"),
        ]
        changed.before = try make("v1", "ConfigMap", "a")
        changed.after = try make("v1", "ConfigMap", "b")
        let reason = PlanOrder.Reason(object: id("b"), kind: .inferred, reason: "r", through: id("c"))
        var held = TargetPlan(target: Self.api, entries: [PlanEntry(id: id("h"), action: .refused, code: "X")])
        held.hold(because: Cause(reason: "Suspended", message: "by ada"))
        #expect(held.entries.first?.action == .leftAlone)
        #expect(held.entries.first?.reason == "held back; would be refused (X)")
        let report = PlanReport(
            subject: "branch x",
            targets: [
                TargetPlan(target: Self.api, revision: "abc", entries: [changed], notes: ["n"]), held,
                TargetPlan(target: Self.api, problem: Cause(reason: "R", message: "m")),
            ], order: PlanOrder(waves: [[PlanOrder.Step(object: id("a"), after: [reason], omitted: 1)]]),
            droppedEdges: ["d"], problems: ["p"], notes: ["q"])
        #expect(PlanReport(try JSON.parse(JSON.text(report.value(includesObjects: true)))) == report)
        #expect(report.value()["applications"]?[0]?["objects"]?[0]?["before"] == nil)
        #expect(report.value()["outcome"] == "failed")
        #expect(PlanReport(["kind": "List"]) == nil)
    }

    // MARK: Order

    private func node(_ object: Object) -> OrderNode {
        OrderNode(target: Self.api, manifest: Manifest(object: object, origin: Origin(file: "a.yaml")))
    }

    @Test("The order holds what changes, each after what changes before it, also through what does not")
    func order() throws {
        func pod(_ name: String, after: String?) throws -> OrderNode {
            let annotation = after.map {
                #""annotations": {"config.kubernetes.io/depends-on": "/namespaces/staging/Pod/\#($0)"}"#
            }
            return node(try make("v1", "Pod", name, metadata: annotation ?? ""))
        }
        let graph = try OrderGraph(
            nodes: [pod("a", after: nil), pod("b", after: "a"), pod("c", after: "b"), pod("d", after: nil)],
            declared: [:])
        let (a, b, c, d) = (id("a", kind: "Pod"), id("b", kind: "Pod"), id("c", kind: "Pod"), id("d", kind: "Pod"))
        let order = PlanOrder(graph, changed: [a, c, d])
        #expect(order.waves.map { $0.map(\.object) } == [[a, d], [c]])
        let reason = try #require(order.waves.last?.first?.after.first)
        #expect(reason.object == a && reason.through == b && reason.kind == .annotation)
        #expect(PlanOrder(graph, changed: []).waves.isEmpty)
    }
}
