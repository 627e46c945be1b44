// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What the last apply left")
struct DriftBaselineTests {
    private let pod = "spec/template/spec"
    private let container = "spec/template/spec/containers/0"
    private let containerPath = #".spec.template.spec.containers[name="shop"]"#

    private func edit(_ fields: String) -> (inout Object) throws -> Void {
        { try $0.own(as: "kubectl-edit", operation: "Update", taking: true, fields) }
    }

    private func ofContainer(_ fields: String) -> String {
        #"{"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"shop\"}": \#(fields)}}}}}"#
    }

    @Test("the object that was answered is as it was left, and so is one whose status and bookkeeping moved on")
    func nothing() throws {
        #expect(try DriftFixture.found { _ in } == [])
        #expect(
            try DriftFixture.found { live in
                live.put(3, "status/replicas")
                live.put("11", "metadata/resourceVersion")
                live.put([["type": "Available", "status": "True"]], "status/conditions")
                try live.own(
                    as: "kube-controller-manager", operation: "Update", subresource: "status",
                    #"{"f:status": {"f:conditions": {}}}"#)
            } == [])
    }

    @Test("another value of ours is told with who owns it now")
    func changed() throws {
        #expect(
            try DriftFixture.found { live in
                live.put("shop:2", "\(container)/image")
                live.put(2, "metadata/generation")
                try edit(ofContainer(#"{"f:image": {}}"#))(&live)
            } == ["changed \(containerPath).image kubectl-edit"])
    }

    @Test("another value is told although the ownership stayed: an admission policy may rewrite it")
    func rewritten() throws {
        #expect(
            try DriftFixture.found { $0.put("mirror/shop:1", "\(container)/image") }
                == ["changed \(containerPath).image "])
    }

    @Test("a list that is one value counts with its order")
    func atomicOrder() throws {
        #expect(
            try DriftFixture.found { $0.put(["fast", "serve"], "\(container)/args") }
                == ["changed \(containerPath).args "])
    }

    @Test("what is gone is told once, and not with all that was below it")
    func removed() throws {
        #expect(
            try DriftFixture.found { $0.put(nil, "\(container)/env/0") }
                == [#"removed \#(containerPath).env[name="LEVEL"] "#])
        #expect(
            try DriftFixture.found { $0.put(nil, "\(container)/env/0/value") }
                == [#"removed \#(containerPath).env[name="LEVEL"].value "#])
    }

    @Test("the order of our items counts, and an item that stands twice")
    func order() throws {
        #expect(
            try DriftFixture.found { live in
                let items = live.value(at: "spec", "template", "spec", "initContainers")?.array ?? []
                live.put(.array(items.reversed()), "\(pod)/initContainers")
            } == ["reordered .spec.template.spec.initContainers "])
        #expect(
            try DriftFixture.found { $0.put(["name": "LEVEL", "value": "debug"], "\(container)/env/2") }
                == ["reordered \(containerPath).env "])
    }

    @Test("items of others between ours do not change the order of ours")
    func foreignItems() throws {
        #expect(
            try DriftFixture.found { live in
                let ours = live.value(at: "spec", "template", "spec", "initContainers")?.array ?? []
                live.put(.array([ours[0], ["name": "theirs"], ours[1]]), "\(pod)/initContainers")
                try edit(
                    #"{"f:spec": {"f:template": {"f:spec": {"f:initContainers": {"k:{\"name\":\"theirs\"}": {".": {}, "f:name": {}}}}}}}"#
                )(&live)
            } == [#"added .spec.template.spec.initContainers[name="theirs"] kubectl-edit"#])
    }

    @Test("below an empty map that we sent, others' fields and the server's defaults are no values of ours")
    func emptyMaps() throws {
        #expect(try DriftFixture.found { $0.put("50%", "spec/strategy/rollingUpdate/maxSurge") } == [])
        #expect(
            try DriftFixture.found { live in
                live.put("Memory", "\(pod)/volumes/0/emptyDir/medium")
                try edit(
                    #"{"f:spec": {"f:template": {"f:spec": {"f:volumes": {"k:{\"name\":\"scratch\"}": {"f:emptyDir": {"f:medium": {}}}}}}}}"#
                )(&live)
            } == [#"added .spec.template.spec.volumes[name="scratch"].emptyDir.medium kubectl-edit"#])
        #expect(try DriftFixture.found { $0.put(nil, "spec/strategy") } == ["removed .spec.strategy "])
    }

    @Test("an ownership that was lost while the value is what we sent is told apart from another value")
    func disowned() throws {
        #expect(
            try DriftFixture.found { live in
                live.put(3, "metadata/generation")
                try edit(ofContainer(#"{"f:image": {}}"#))(&live)
            } == ["disowned \(containerPath).image kubectl-edit"])
    }

    @Test("a field that our entry lists and our apply did not send is told")
    func gained() throws {
        #expect(
            try DriftFixture.found { try $0.own(as: "mainstay", #"{"f:spec": {"f:paused": {}}}"#) }
                == ["gained .spec.paused "])
    }

    @Test("fields of others: added, changed and removed, each by its own path")
    func foreign() throws {
        #expect(
            try DriftFixture.found { live in
                live.put(5, "\(pod)/terminationGracePeriodSeconds")
                live.put(true, "spec/paused")
                try edit(
                    #"{"f:spec": {"f:paused": {}, "f:template": {"f:spec": {"f:terminationGracePeriodSeconds": {}}}}}"#)(
                        &live)
            } == [
                "added .spec.paused kubectl-edit",
                "added .spec.template.spec.terminationGracePeriodSeconds kubectl-edit",
            ])
        let revision = ".metadata.annotations.deployment.kubernetes.io/revision kube-controller-manager"
        #expect(
            try DriftFixture.found { live in
                var annotations = live.annotations
                annotations["deployment.kubernetes.io/revision"] = "2"
                live.put(.object(annotations), "metadata/annotations")
            } == ["foreignChanged \(revision)"])
        #expect(
            try DriftFixture.found { live in
                live.put(nil, "metadata/annotations")
                var managed = ManagedFields(live.metadata["managedFields"])
                managed.entries.removeAll { $0.manager.name == "kube-controller-manager" }
                live.set(managed.value, at: "metadata", "managedFields")
            } == ["foreignRemoved \(revision)"])
    }

    @Test("a default that somebody sets to what it is, or back to that, is no drift")
    func defaults() throws {
        let fields =
            #"{"f:spec": {"f:revisionHistoryLimit": {}, "f:template": {"f:spec": {"f:terminationGracePeriodSeconds": {}}}}}"#
        #expect(try DriftFixture.found(edit(fields)) == [])
        #expect(
            try DriftFixture.found { live in
                live.put(11, "spec/revisionHistoryLimit")
                try edit(fields)(&live)
            } == ["added .spec.revisionHistoryLimit kubectl-edit"])
        let pull = ofContainer(#"{"f:imagePullPolicy": {}}"#)
        #expect(try DriftFixture.found(edit(pull)) == [])
        #expect(
            try DriftFixture.found { live in
                live.put("Always", "\(container)/imagePullPolicy")
                try edit(pull)(&live)
            } == ["added \(containerPath).imagePullPolicy kubectl-edit"])
    }

    @Test("a default that others changed before the next apply is still known after it")
    func carriedDefaults() throws {
        var live = try DriftFixture.live()
        live.put(11, "spec/revisionHistoryLimit")
        try edit(#"{"f:spec": {"f:revisionHistoryLimit": {}}}"#)(&live)
        let next = DriftBaseline(
            of: live, sent: try DriftFixture.sent(), after: try DriftFixture.baseline(), hash: DriftFixture.hash)
        #expect(next.differences(from: live, id: live.objectID, hash: DriftFixture.hash)?.count == 1)
        live.put(10, "spec/revisionHistoryLimit")
        #expect(next.differences(from: live, id: live.objectID, hash: DriftFixture.hash) == [])
    }

    @Test("a scale where nobody owns the number shows by the number, and a step of generation alone by itself")
    func scale() throws {
        var sent = try DriftFixture.sent()
        sent.object.put(nil, "spec/replicas")
        var live = try object(JSON.text(.object(try DriftFixture.live())))
        var managed = ManagedFields(live.metadata["managedFields"])
        let place = try #require(managed.entries.firstIndex { $0.isOurs })
        managed.entries[place].set = managed.entries[place].set.subtracting(
            FieldSet(fieldsV1: try JSON.parse(#"{"f:spec": {"f:replicas": {}}}"#)))
        live.set(managed.value, at: "metadata", "managedFields")
        let baseline = DriftBaseline(of: live, sent: sent, after: nil, hash: DriftFixture.hash)
        live.put(2, "metadata/generation")
        var again = live
        live.put(5, "spec/replicas")
        func found(_ live: Object) -> [String]? {
            baseline.differences(from: live, id: live.objectID, hash: DriftFixture.hash)?.map {
                "\($0.signal.rawValue) \($0.pathText)"
            }
        }
        #expect(found(live) == ["scaled .spec.replicas"])
        #expect(found(again) == ["generation "])
        again.put(1, "metadata/generation")
        #expect(found(again) == [])
    }

    @Test("label, entry, deletion and another uid are told as such")
    func whole() throws {
        let owner = ".metadata.labels.mainstay.dev/owner"
        #expect(
            try DriftFixture.found { live in
                live.put(["team": "shop"], "metadata/labels")
            } == ["label \(owner) "])
        #expect(
            try DriftFixture.found { live in
                live.put([], "metadata/managedFields")
            }.first == "entry  ")
        #expect(
            try DriftFixture.found { $0.put("2026-11-28T12:00:00Z", "metadata/deletionTimestamp") } == ["deleting  "])
        #expect(try DriftFixture.found { $0.put("u2", "metadata/uid") } == ["replaced  "])
    }

    @Test("an object that is read in another version is not compared")
    func otherVersion() throws {
        var live = try DriftFixture.live()
        live.put("apps/v2", "apiVersion")
        #expect(
            try DriftFixture.baseline().differences(from: live, id: live.objectID, hash: DriftFixture.hash) == nil)
    }

    @Test("what others changed before the next apply stays told after it, for as long as the object lives")
    func carriedOver() throws {
        var live = try DriftFixture.live()
        live.put(true, "spec/paused")
        try edit(#"{"f:spec": {"f:paused": {}}}"#)(&live)
        let next = DriftBaseline(
            of: live, sent: try DriftFixture.sent(), after: try DriftFixture.baseline(), hash: DriftFixture.hash)
        #expect(
            next.differences(from: live, id: live.objectID, hash: DriftFixture.hash)?.map(\.pathText)
                == [".spec.paused"])
        let first = DriftBaseline(of: live, sent: try DriftFixture.sent(), after: nil, hash: DriftFixture.hash)
        #expect(first.differences(from: live, id: live.objectID, hash: DriftFixture.hash) == [])
    }

    @Test("it is small, comes back from its text as it was, and holds no value")
    func text() throws {
        let baseline = try DriftFixture.baseline()
        #expect(DriftBaseline(text: baseline.text) == baseline)
        #expect(baseline.text.utf8.count < 2000)
        #expect(!baseline.text.contains("shop:1") && !baseline.text.contains("info"))
        #expect(DriftBaseline(text: "{}") == nil && DriftBaseline(text: "[") == nil)
    }

    @Test("equal values at two places have different marks")
    func places() {
        let hash = DriftFixture.hash
        #expect(hash.mark("same", at: "a") != hash.mark("same", at: "b"))
        #expect(hash.mark("same", at: "a") == hash.mark("same", at: "a"))
    }
}
