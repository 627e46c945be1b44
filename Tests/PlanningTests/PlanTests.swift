// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite struct PlanTests {
    private func id(_ name: String, kind: String = "ConfigMap", group: String = "") -> ObjectID {
        ObjectID(group: group, kind: kind, namespace: "staging", name: name)
    }

    @Test("Each object has the action that its digest and its presence ask for")
    func actions() {
        let job = id("done", kind: "Job", group: "batch")
        let rerun = id("again", kind: "Job", group: "batch")
        let state = PlanState(
            appliedDigests: [
                id("same"): "1", id("changed"): "1", id("drifted"): "1", id("deleted"): "1", job: "1", rerun: "1",
            ],
            present: [id("same"), id("changed"), id("drifted"), id("foreign")], drifted: [id("drifted")],
            unservedKinds: [GroupKind(group: "example.com", kind: "Widget")], completedJobs: [job: "1", rerun: "1"])
        let rendered = [
            PlannedObject(id: id("new"), digest: "1"), PlannedObject(id: id("same"), digest: "1"),
            PlannedObject(id: id("changed"), digest: "2"), PlannedObject(id: id("drifted"), digest: "1"),
            PlannedObject(id: id("deleted"), digest: "1"), PlannedObject(id: id("foreign"), digest: "1"),
            PlannedObject(id: id("w", kind: "Widget", group: "example.com"), digest: "1"),
            PlannedObject(id: job, digest: "1"), PlannedObject(id: rerun, digest: "2"),
        ]
        let plan = Plan(rendered: rendered, state: state, prune: PruneReport())
        #expect(
            plan.entries.map(\.action) == [
                .create, .unchanged, .configure, .configure, .create, .configure, .deferred, .unchanged, .create,
            ])
        #expect(plan.entries.allSatisfy { $0.action == .unchanged || !$0.reason.isEmpty })
        #expect(plan.count(.configure) == 3)
        #expect(!plan.isEmpty)
    }

    @Test("Nothing to do is an empty plan")
    func empty() {
        let state = PlanState(appliedDigests: [id("same"): "1"], present: [id("same")])
        #expect(
            Plan(rendered: [PlannedObject(id: id("same"), digest: "1")], state: state, prune: PruneReport()).isEmpty)
    }

    @Test("A prune is part of the plan, and says when it waits for approval")
    func prune() {
        let entries = [
            PruneReport.Entry(id: id("old"), uid: "u", decision: .prune),
            PruneReport.Entry(id: id("kept"), uid: "u", decision: .keep(.protectedKind)),
        ]
        let plan = Plan(rendered: [], state: PlanState(), prune: PruneReport(entries: entries, needsApproval: true))
        #expect(plan.entries.map(\.id) == [id("old")])
        #expect(plan.entries.first?.reason.contains("approval") == true)
    }
}
