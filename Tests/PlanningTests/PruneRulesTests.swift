// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite struct PruneRulesTests {
    private let target = TargetID(application: "api", environment: "staging")

    private func id(_ kind: String = "ConfigMap", _ name: String = "old", group: String = "") -> ObjectID {
        ObjectID(group: group, kind: kind, namespace: "staging", name: name)
    }

    private func live(
        _ id: ObjectID, owner: TargetID? = nil, label: String? = nil, uid: String = "u",
        managed: String = #"{"manager": "mainstay", "operation": "Apply"}"#, metadata: String = "",
        annotations: String = ""
    ) throws -> Object {
        let value = label ?? OwnerLabel.value(target: owner ?? target, id: id)
        let more = metadata.isEmpty ? "" : ", " + metadata
        return try make(
            id.group.isEmpty ? "v1" : "\(id.group)/v1", id.kind, id.name,
            metadata: #"""
                "uid": "\#(uid)", "labels": {"mainstay.dev/owner": "\#(value)"}, "annotations": {\#(annotations)},
                "managedFields": [\#(managed)]\#(more)
                """#)
    }

    private func decide(_ id: ObjectID, _ object: Object?) -> PruneDecision? {
        PruneRules.decide(
            target: target, inventory: [InventoryEntry(id: id, uid: "u")], rendered: [],
            live: object.map { [id: $0] } ?? [:]
        ).entries.first?.decision
    }

    @Test("What is ours and no longer rendered is pruned; what is rendered is not looked at")
    func prune() throws {
        let report = PruneRules.decide(
            target: target,
            inventory: [InventoryEntry(id: id(), uid: "u"), InventoryEntry(id: id("Secret"), uid: "v")],
            rendered: [id("Secret")], live: [id(): try live(id())])
        #expect(report.entries.map(\.decision) == [.prune])
        #expect(report.pruned == [InventoryEntry(id: id(), uid: "u")])
    }

    @Test("What is not there any more only leaves the inventory")
    func gone() { #expect(decide(id(), nil) == .gone) }

    @Test("Each filter keeps what is not surely ours")
    func notOurs() throws {
        let own = id()
        #expect(decide(own, try live(own, label: "")) == .keep(.notLabelled))
        let other = TargetID(application: "worker", environment: "staging")
        #expect(decide(own, try live(own, owner: other)) == .keep(.ownedByOther("worker in staging")))
        let copied = OwnerLabel.value(target: target, id: id("Service"))
        #expect(decide(own, try live(own, label: copied)) == .keep(.copiedLabel))
        let controlled = #""ownerReferences": [{"kind": "Deployment", "name": "x", "controller": true}]"#
        #expect(decide(own, try live(own, metadata: controlled)) == .keep(.controlled(by: "Deployment/x")))
        #expect(decide(own, try live(own, uid: "other")) == .keep(.uidChanged))
        #expect(
            decide(own, try live(own, metadata: #""deletionTimestamp": "2026-11-21T09:13:14Z""#)) == .keep(.terminating)
        )
    }

    @Test(
        "Only our Apply entry without a subresource makes an object ours",
        arguments: [
            "", #"{"manager": "mainstay", "operation": "Update"}"#,
            #"{"manager": "mainstay", "operation": "Apply", "subresource": "status"}"#,
            #"{"manager": "kubectl", "operation": "Apply"}"#,
        ])
    func managers(managed: String) throws {
        #expect(decide(id(), try live(id(), managed: managed)) == .keep(.fieldsNotOurs))
    }

    @Test("An entry without a recorded uid prunes nothing")
    func noUID() throws {
        let report = PruneRules.decide(
            target: target, inventory: [InventoryEntry(id: id(), uid: "")], rendered: [],
            live: [id(): try live(id(), uid: "")])
        #expect(report.entries.map(\.decision) == [.keep(.uidChanged)])
    }

    @Test(
        "Kinds that hold others, or data, go only with a mark",
        arguments: [
            ("", "Namespace"), ("", "PersistentVolume"), ("", "PersistentVolumeClaim"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ])
    func protectedKinds(group: String, kind: String) throws {
        let id = id(kind, group: group)
        #expect(decide(id, try live(id)) == .keep(.protectedKind))
        #expect(decide(id, try live(id, annotations: #""mainstay.dev/prune": "allowed""#)) == .prune)
    }

    @Test(
        "Marks of other tools keep an object",
        arguments: [
            #""mainstay.dev/prune": "disabled""#, #""kustomize.toolkit.fluxcd.io/prune": "Disabled""#,
            #""kustomize.toolkit.fluxcd.io/reconcile": "disabled""#,
            #""argocd.argoproj.io/sync-options": "PruneLast=true, Prune=false""#,
            #""argocd.argoproj.io/sync-options": "Delete=confirm""#, #""helm.sh/resource-policy": "keep""#,
            #""client.lifecycle.config.k8s.io/deletion": "detach""#, #""cli-utils.sigs.k8s.io/on-remove": "keep""#,
            #""kapp.k14s.io/delete-strategy": "orphan""#,
        ])
    func marks(annotation: String) throws {
        guard case .keep(.marked(let mark))? = decide(id(), try live(id(), annotations: annotation)) else {
            Issue.record("\(annotation) did not keep the object")
            return
        }
        #expect(!mark.isEmpty)
    }

    @Test(
        "Above the limit nothing goes without approval",
        arguments: [(5, 5, false), (6, 11, true), (6, 12, false), (50, 200, false), (51, 200, true)])
    func limit(pruned: Int, total: Int, needsApproval: Bool) throws {
        let ids = (0..<total).map { id("ConfigMap", "c\($0)") }
        let inventory = ids.map { InventoryEntry(id: $0, uid: "u") }
        var live: [ObjectID: Object] = [:]
        for id in ids { live[id] = try self.live(id) }
        let rendered = Set(ids.dropFirst(pruned))
        let report = PruneRules.decide(target: target, inventory: inventory, rendered: rendered, live: live)
        #expect(report.needsApproval == needsApproval)
        #expect(report.pruned.count == (needsApproval ? 0 : pruned))
        #expect(report.candidates.count == pruned)
        let approved = PruneRules.decide(
            target: target, inventory: inventory, rendered: rendered, live: live, approved: true)
        #expect(approved.pruned.count == pruned)
    }

    @Test(
        "What is left of an approved list is what was agreed to, unless one of the others stays, or something is new",
        arguments: ["gone", "going", "rendered", "kept", "made anew", "new"], [0, 2])
    func rest(what: String, first: Int) throws {
        let ids = (0..<12).map { id("ConfigMap", "c\($0)") }
        var inventory = ids.map { InventoryEntry(id: $0, uid: "u") }
        var live: [ObjectID: Object] = [:]
        for id in ids { live[id] = try self.live(id) }
        let whole = PruneRules.decide(target: target, inventory: inventory, rendered: [], live: live)
        let approved = Set(whole.candidateNames)
        var rendered: Set<ObjectID> = []
        switch what {
        case "gone": live[ids[first]] = nil
        case "going":
            live[ids[first]] = try self.live(
                ids[first], metadata: #""deletionTimestamp": "2027-01-15T08:00:00Z""#)
        case "rendered": rendered = [ids[first]]
        case "kept": live[ids[first]] = try self.live(ids[first], annotations: #""mainstay.dev/prune": "disabled""#)
        case "made anew":
            live[ids[first]] = try self.live(ids[first], uid: "v")
            inventory[first].uid = "v"
        default:
            inventory.append(InventoryEntry(id: id("Secret", "s"), uid: "u"))
            live[id("Secret", "s")] = try self.live(id("Secret", "s"))
        }
        let report = PruneRules.decide(target: target, inventory: inventory, rendered: rendered, live: live)
        #expect(report.needsApproval)
        #expect(report.code != whole.code)
        #expect(report.isRest(of: approved, inventory: inventory) == (what == "gone" || what == "going"))
    }

    @Test("An inventory can be rebuilt from what objects say")
    func claims() throws {
        let own = try live(id())
        #expect(Ownership.claimedTarget(of: own) == target)
        #expect(Ownership.owns(target, own))
        let copy = try live(id(), label: OwnerLabel.value(target: target, id: id("Service")))
        #expect(Ownership.claimedTarget(of: copy) == nil)
        #expect(!Ownership.owns(target, copy))
    }
}
