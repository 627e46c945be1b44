// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Fields that become ours")
struct TakeOverTests {
    private func live(_ entries: String, annotations: String = "") throws -> Object {
        try make(
            "apps/v1", "Deployment", "api",
            metadata: #""resourceVersion": "7", "annotations": {\#(annotations)}, "managedFields": [\#(entries)]"#)
    }

    private func entry(
        _ manager: String, operation: String = "Update", version: String = "apps/v1", subresource: String = "",
        _ fields: String
    ) -> String {
        let place = subresource.isEmpty ? "" : #", "subresource": "\#(subresource)""#
        return #"""
            {"manager": "\#(manager)", "operation": "\#(operation)", "apiVersion": "\#(version)",
             "fieldsType": "FieldsV1", "fieldsV1": \#(fields)\#(place)}
            """#
    }

    private func manifest(_ version: String = "apps/v1", replicas: Bool = true) throws -> Object {
        try make(version, "Deployment", "api", replicas ? #""spec": {"replicas": 1}"# : "")
    }

    private func patched(_ live: Object, replicas: Bool = true, version: String = "apps/v1") throws -> ManagedFields? {
        guard let patch = TakeOver.patch(live, for: try manifest(version, replicas: replicas), from: TakeOver.managers)
        else { return nil }
        let object = try JSONPatch.apply(.array(patch), to: .object(live)).object
        return ManagedFields(object?.value(at: "metadata", "managedFields"))
    }

    private func set(_ fields: String) throws -> FieldSet { FieldSet(fieldsV1: try JSON.parse(fields)) }

    @Test("A tool's entry goes into ours, in one patch that fails where the object changed meanwhile")
    func union() throws {
        let object = try live(
            entry("kubectl-client-side-apply", #"{"f:spec": {"f:paused": {}}}"#) + ","
                + entry("mainstay", operation: "Apply", #"{"f:spec": {"f:replicas": {}}}"#) + ","
                + entry("kubectl-edit", #"{"f:spec": {"f:x": {}}}"#))
        let patch = try #require(TakeOver.patch(object, for: try manifest(), from: TakeOver.managers))
        #expect(patch.first == ["op": "test", "path": "/metadata/resourceVersion", "value": "7"])
        let fields = try #require(try patched(object))
        #expect(fields.entries.map(\.manager.name) == ["mainstay", "kubectl-edit"])
        #expect(fields.entries[0].set == (try set(#"{"f:spec": {"f:paused": {}, "f:replicas": {}}}"#)))
    }

    @Test("The annotation of the last client-side apply goes with it")
    func lastApplied() throws {
        let key = "kubectl.kubernetes.io/last-applied-configuration"
        let object = try live(
            entry(
                "kubectl-client-side-apply",
                #"{"f:metadata": {"f:annotations": {".": {}, "f:\#(key)": {}, "f:a": {}}}}"#),
            annotations: #""\#(key)": "{}", "a": "b""#)
        let patch = try #require(TakeOver.patch(object, for: try manifest(), from: TakeOver.managers))
        let result = try #require(try JSONPatch.apply(.array(patch), to: .object(object)).object)
        #expect(result.annotations == ["a": "b"])
        let ours = ManagedFields(result.value(at: "metadata", "managedFields")).entries
        #expect(ours.map(\.set) == [try set(#"{"f:metadata": {"f:annotations": {".": {}, "f:a": {}}}}"#)])
    }

    @Test("People's edits, statuses and what is ours already are not touched")
    func untouched() throws {
        #expect(try patched(live(entry("kubectl-edit", #"{"f:spec": {"f:x": {}}}"#))) == nil)
        #expect(
            try patched(live(entry("helm", subresource: "status", #"{"f:status": {"f:x": {}}}"#))) == nil)
        #expect(try patched(live(entry("mainstay", operation: "Apply", #"{"f:spec": {"f:x": {}}}"#))) == nil)
        #expect(try patched(live("")) == nil)
    }

    @Test("An entry of our own name that is no apply would keep dropped fields, and is taken")
    func ownUpdate() throws {
        let fields = try #require(try patched(live(entry("mainstay", #"{"f:spec": {"f:x": {}}}"#))))
        #expect(fields.entries.map(\.manager.isApplier) == [true])
    }

    @Test("Finalizers, owners, an asked-for restart, and replicas that git does not state stay with whom they are")
    func exceptions() throws {
        let fields = #"""
            {"f:metadata": {"f:finalizers": {".": {}, "v:\"x\"": {}}, "f:labels": {"f:a": {}}},
             "f:spec": {"f:replicas": {}, "f:template": {"f:metadata": {"f:annotations": {
               "f:kubectl.kubernetes.io/restartedAt": {}}}}}}
            """#
        let object = try live(entry("kubectl-client-side-apply", fields))
        let stated = try #require(try patched(object))
        let left = try #require(stated.entries.first { $0.manager.name != "mainstay" }?.set)
        let ours = try #require(stated.entries.first { $0.manager.name == "mainstay" }?.set)
        #expect(ours == (try set(#"{"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:replicas": {}}}"#)))
        #expect(!left.contains([.field("spec"), .field("replicas")]))
        #expect(left.contains([.field("metadata"), .field("finalizers"), .value("x")]))
        let unstated = try #require(try patched(object, replicas: false))
        #expect(
            unstated.entries.first { $0.manager.name != "mainstay" }?.set
                .contains([.field("spec"), .field("replicas")]) == true)
    }

    @Test("Fields of one version go at a time, others before the manifest's: an entry has one version")
    func versions() throws {
        let object = try live(
            entry("helm", version: "apps/v1", #"{"f:spec": {"f:a": {}}}"#) + ","
                + entry("kubectl", operation: "Apply", version: "apps/v1beta1", #"{"f:spec": {"f:b": {}}}"#))
        let fields = try #require(try patched(object))
        #expect(fields.entries.first { $0.manager.name == "mainstay" }?.manager.apiVersion == "apps/v1beta1")
        #expect(fields.entries.contains { $0.manager.name == "helm" })
    }

    @Test("Entries of a dropped version get the manifest's, and keep owners and fields")
    func repair() throws {
        let object = try live(
            entry("mainstay", operation: "Apply", version: "apps/v1beta1", #"{"f:spec": {"f:a": {}}}"#) + ","
                + entry("other", version: "apps/v1beta1", #"{"f:spec": {"f:b": {}}}"#) + ","
                + entry("other", version: "apps/v1", #"{"f:spec": {"f:c": {}}}"#))
        let patch = try #require(TakeOver.repair(object, for: try manifest()) { $0 == "apps/v1" })
        let result = try JSONPatch.apply(.array(patch), to: .object(object)).object
        let fields = ManagedFields(result?.value(at: "metadata", "managedFields"))
        #expect(fields.entries.map(\.manager.name) == ["mainstay", "other"])
        #expect(fields.entries.allSatisfy { $0.manager.apiVersion == "apps/v1" })
        #expect(fields.entries[1].set == (try set(#"{"f:spec": {"f:b": {}, "f:c": {}}}"#)))
        #expect(TakeOver.repair(object, for: try manifest()) { _ in true } == nil)
    }
}
