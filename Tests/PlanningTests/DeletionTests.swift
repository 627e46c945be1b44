// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("Deleting in order, and what stands in the way")
struct DeletionTests {
    private static let target = TargetID(application: "api", environment: "staging")

    private static func object(_ apiVersion: String, _ kind: String, _ name: String, _ more: Object = [:]) -> Object {
        var object: Object = [
            "apiVersion": .string(apiVersion), "kind": .string(kind),
            "metadata": ["name": .string(name), "namespace": "staging"],
        ]
        for key in more.keys { object[key] = more[key] }
        return object
    }

    private static func kinds(_ objects: [Object]) -> [[String]] {
        DeletionOrder.waves(objects, of: target).map { $0.map(\.kind).sorted() }
    }

    @Test("What depends on others goes before what it depends on")
    func dependents() {
        let deployment = Self.object(
            "apps/v1", "Deployment", "api",
            [
                "spec": [
                    "template": [
                        "spec": [
                            "serviceAccountName": "api",
                            "containers": [["name": "a", "envFrom": [["secretRef": ["name": "token"]]]]],
                        ]
                    ]
                ]
            ])
        let waves = Self.kinds([
            Self.object("v1", "Secret", "token"), deployment, Self.object("v1", "ServiceAccount", "api"),
        ])
        #expect(waves == [["Deployment"], ["Secret", "ServiceAccount"]])
        #expect(Self.kinds([]) == [])
    }

    @Test("Objects of a definition go before their operator and their definition")
    func customResources() {
        let definition = Self.object(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.example.com",
            ["spec": ["group": "example.com", "names": ["kind": "Thing"]]])
        let waves = Self.kinds([
            definition, Self.object("apps/v1", "Deployment", "operator"), Self.object("example.com/v1", "Thing", "one"),
        ])
        #expect(waves.first == ["Thing"])
        #expect(waves.dropFirst().flatMap(\.self).sorted() == ["CustomResourceDefinition", "Deployment"])
    }

    private static func going(_ finalizers: [String], _ managedFields: Value = []) -> Object {
        [
            "apiVersion": "example.com/v1", "kind": "Thing",
            "metadata": [
                "name": "one", "namespace": "staging", "deletionTimestamp": "2027-01-15T08:00:00Z",
                "finalizers": .array(finalizers.map { .string($0) }), "managedFields": managedFields,
            ],
        ]
    }

    @Test("A finalizer that blocks is named, with who set it or what it waits for")
    func finalizers() {
        let set: Value = [
            [
                "manager": "thing-operator", "operation": "Update",
                "fieldsV1": ["f:metadata": ["f:finalizers": [".": [:], #"v:"example.com/cleanup""#: [:]]]],
            ]
        ]
        let known = DeletionBlock.cause(of: Self.going(["example.com/cleanup"], set))
        #expect(known.reason == "DeletionBlocked")
        #expect(
            known.message == "is being deleted since 2027-01-15T08:00:00Z, and is held by example.com/cleanup (set by "
                + "thing-operator, which has to run to remove it)")
        #expect(DeletionBlock.cause(of: Self.going(["example.com/cleanup"])).message.contains("nothing shows who"))
        #expect(
            DeletionBlock.cause(of: Self.going(["kubernetes.io/pvc-protection"])).message
                .contains("until no pod uses the claim"))
        #expect(DeletionBlock.cause(of: Self.going([])).message.contains("ends by itself"))
    }

    @Test("Only what is the target's is let go of, and exactly as it was read")
    func orphan() throws {
        var object = Self.object("v1", "ConfigMap", "settings")
        object.set("7", at: "metadata", "uid")
        object.set("42", at: "metadata", "resourceVersion")
        object.set(
            .string(OwnerLabel.value(target: Self.target, id: object.objectID)), at: "metadata", "labels",
            OwnerLabel.key)
        let ours: Value = ["manager": "mainstay", "operation": "Apply", "fieldsV1": ["f:data": [:]]]
        let theirs: Value = ["manager": "kubectl", "operation": "Update", "fieldsV1": ["f:data": [:]]]
        object.set(.array([ours, theirs]), at: "metadata", "managedFields")
        let operations = try #require(OrphanPatch.operations(on: object, of: Self.target))
        let result = try #require(try JSONPatch.apply(.array(operations), to: .object(object)).object)
        #expect(result.labels[OwnerLabel.key] == nil)
        #expect(result.metadata["managedFields"] == .array([theirs]))
        object.set("43", at: "metadata", "resourceVersion")
        #expect(throws: (any Error).self) { try JSONPatch.apply(.array(operations), to: .object(object)) }
        let other = TargetID(application: "worker", environment: "staging")
        #expect(OrphanPatch.operations(on: object, of: other) == nil)
        object.set(.array([ours]), at: "metadata", "managedFields")
        let reset = try #require(OrphanPatch.operations(on: object, of: Self.target)?.last)
        #expect(reset["value"] == [[:]], "an empty list would keep the entry")
    }
}
