// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Marks on objects")
struct ObjectMarksTests {
    private func object(_ marks: [String: String], labels: [String: String] = [:]) -> Object {
        func map(_ pairs: [String: String]) -> Value {
            .object(Object(pairs.sorted { $0.key < $1.key }.map { ($0.key, Value.string($0.value)) }))
        }
        return [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "x", "annotations": map(marks), "labels": map(labels)],
        ]
    }

    @Test("An object without marks is applied as it is, and the owner label is none")
    func none() {
        #expect(ObjectMarks(object([:])) == ObjectMarks(object(["a": "b"], labels: ["mainstay.dev/owner": "x"])))
        #expect(ObjectMarks(object([:])).mode == .override)
        #expect(ObjectMarks(object([:])).leavesAlone == false)
    }

    private static let modes: [(String, ObjectMarks.Mode)] = [
        ("Override", .override), ("Merge", .merge), ("IfNotPresent", .ifNotPresent), ("ignore", .ignore),
    ]

    @Test("How an object is applied, in our words and in Flux's, as annotation or label", arguments: modes)
    func apply(word: String, mode: ObjectMarks.Mode) {
        #expect(ObjectMarks(object(["mainstay.dev/apply": word])).mode == mode)
        #expect(ObjectMarks(object([:], labels: ["kustomize.toolkit.fluxcd.io/ssa": word])).mode == mode)
        #expect(
            ObjectMarks(object(["mainstay.dev/apply": word, "kustomize.toolkit.fluxcd.io/ssa": "Merge"])).mode == mode)
    }

    @Test("A word that nobody knows is said, and changes nothing")
    func unknownMode() {
        let marks = ObjectMarks(object(["mainstay.dev/apply": "Sometimes"]))
        #expect(marks.mode == .override)
        #expect(marks.notes.count == 1)
    }

    @Test("What protects counts in git and in the cluster; what allows harm only in git")
    func live() {
        let suspended = object(["kustomize.toolkit.fluxcd.io/reconcile": "Disabled"])
        #expect(ObjectMarks(manifest: suspended, live: nil).leavesAlone)
        #expect(ObjectMarks(manifest: object([:]), live: suspended).leavesAlone)
        #expect(ObjectMarks(manifest: object([:]), live: suspended).keepMark != nil)
        let harm = object(["mainstay.dev/force": "allowed", "mainstay.dev/replace": "allowed-with-data"])
        #expect(ObjectMarks(manifest: object([:]), live: harm) == ObjectMarks(object([:])))
    }

    @Test("Recreation is allowed by our mark, by Flux's, and by Argo CD's Force")
    func replacement() {
        #expect(ObjectMarks(object(["mainstay.dev/replace": "allowed"])).replacement == .allowed)
        #expect(ObjectMarks(object(["mainstay.dev/replace": "allowed-with-data"])).replacement == .allowedWithData)
        #expect(ObjectMarks(object(["kustomize.toolkit.fluxcd.io/force": "enabled"])).replacement == .allowed)
        let argo = ObjectMarks(object(["argocd.argoproj.io/sync-options": "Force=true,Replace=true"]))
        #expect(argo.replacement == .allowed)
        #expect(argo.notes.isEmpty)
    }

    @Test("Argo CD's options are honoured, or said to mean nothing")
    func syncOptions() {
        func marks(_ options: String) -> ObjectMarks {
            ObjectMarks(object(["argocd.argoproj.io/sync-options": options]))
        }
        #expect(marks("Prune=false").keepMark == "argocd.argoproj.io/sync-options: Prune=false")
        #expect(marks(" PruneLast=true , Validate=false").prunesLast)
        #expect(marks(" PruneLast=true , Validate=false").skipsValidation)
        #expect(marks("ClientSideApplyMigration=false").skipsTakeOver)
        #expect(marks("ServerSideApply=true,SkipDryRunOnMissingResource=true").notes.isEmpty)
        #expect(marks("Replace=true").notes.count == 1)
        #expect(marks("Replace=true").replacement == .unmarked)
        #expect(marks("ServerSideApply=false,Sideways=true").notes.count == 2)
    }
}
