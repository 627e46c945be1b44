// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("Manifests as they are sent")
struct SentFormTests {
    private static let target = TargetID(application: "api", environment: "staging")

    private func sent(_ object: Object, digest: String = "0123456789abcdef") -> [Object] {
        let manifest = Manifest(object: object, origin: Origin(file: "a.yaml"))
        return SentForm.manifests([manifest], of: Self.target, digest: digest).map(\.object)
    }

    @Test("What the server keeps is never sent, and the owner label always is")
    func serverFields() throws {
        let object = try make(
            "v1", "ConfigMap", "x",
            metadata: #"""
                "creationTimestamp": null, "managedFields": [{}], "resourceVersion": "1", "uid": "u", "generation": 2,
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}
                """#, #""data": {"k": "v"}, "status": {}"#)
        let form = try #require(sent(object).first)
        #expect(form.keys == ["apiVersion", "kind", "metadata", "data"])
        #expect(form.metadata.keys == ["name", "namespace", "annotations", "labels"])
        #expect(form.annotations == ["a": "b"])
        #expect(Ownership.claimedTarget(of: form) == Self.target)
    }

    @Test("A Secret's stringData goes into data, where it wins; what is no text stays for validation")
    func stringData() throws {
        let secret = try make(
            "v1", "Secret", "x", #""data": {"a": "b2xk", "z": "eg=="}, "stringData": {"a": "näw", "n": 5}"#)
        let form = try #require(sent(secret).first)
        #expect(form["data"] == ["a": "bsOkdw==", "z": "eg=="])
        #expect(form["stringData"] == ["n": 5])
        let plain = try #require(sent(try make("v1", "Secret", "x", #""stringData": {"a": ""}"#)).first)
        #expect(plain["data"] == ["a": ""])
        #expect(plain["stringData"] == nil)
        let map = try make("v1", "ConfigMap", "x", #""stringData": {"a": "b"}"#)
        #expect(sent(map).first?["stringData"] != nil)
    }

    @Test("Rules of an aggregated ClusterRole are left to its controller")
    func aggregated() throws {
        let rules = #""rules": [], "aggregationRule": {"clusterRoleSelectors": []}"#
        let role = try make("rbac.authorization.k8s.io/v1", "ClusterRole", "r", namespace: "", rules)
        #expect(sent(role).first?["rules"] == nil)
        let plain = try make("rbac.authorization.k8s.io/v1", "ClusterRole", "r", namespace: "", #""rules": []"#)
        #expect(sent(plain).first?["rules"] == [])
    }

    @Test("Done twice, it is the same")
    func twice() throws {
        let job = try make(
            "batch/v1", "Job", "migrate", metadata: #""annotations": {"mainstay.dev/hook": "before"}"#, #""spec": {}"#)
        let once = sent(job)
        #expect(once.flatMap { sent($0) } == once)
    }
}
