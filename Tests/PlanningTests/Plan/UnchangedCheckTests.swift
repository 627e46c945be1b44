// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct UnchangedCheckTests {
    private static let fields = #"""
        {"f:metadata": {"f:labels": {"f:app": {}}},
         "f:spec": {"f:strategy": {}, "f:replicas": {}, "f:template": {"f:spec": {"f:containers": {
           "k:{\"name\":\"log\"}": {".": {}, "f:image": {}, "f:name": {}},
           "k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:name": {}, "f:ports": {
             "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}}
        """#

    private static let spec = #"""
        {"strategy": {}, "replicas": 2, "template": {"spec": {"containers": [
          {"name": "log", "image": "l"}, {"name": "web", "image": "w", "ports": [{"containerPort": 80}]}]}}}
        """#

    private static let liveSpec = #"""
        {"strategy": {"type": "RollingUpdate"}, "replicas": 2, "paused": true, "template": {"spec": {"containers": [
          {"name": "log", "image": "l", "imagePullPolicy": "Always"},
          {"name": "extra", "image": "e"},
          {"name": "web", "image": "w", "ports": [{"containerPort": 80, "protocol": "TCP"}]}], "dnsPolicy": "X"}}}
        """#

    private func manifest(_ spec: String = spec, labels: String = #"{"app": "web"}"#) throws -> Object {
        try make(
            "apps/v1", "Deployment", "web", metadata: #""creationTimestamp": null, "labels": \#(labels)"#,
            #""spec": \#(spec)"#)
    }

    private func live(
        _ spec: String = liveSpec, fields: String = fields,
        entry: String = #""manager": "mainstay", "operation": "Apply""#,
        apiVersion: String = "apps/v1"
    ) throws -> Object {
        try make(
            "apps/v1", "Deployment", "web",
            metadata: #"""
                "uid": "1", "labels": {"app": "web", "foreign": "x"}, "managedFields": [
                  {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {}},
                  {\#(entry), "apiVersion": "\#(apiVersion)", "fieldsType": "FieldsV1", "fieldsV1": \#(fields)}]
                """#, #""spec": \#(spec)"#)
    }

    @Test("Our fields with the manifest's values are unchanged, whatever the server and others added")
    func unchanged() throws { #expect(UnchangedCheck.holds(try manifest(), in: try live())) }

    @Test(
        "Anything else is for the server to say",
        arguments: [
            // A value, a field more, a field fewer, an item more, an item fewer, another order.
            (#""replicas": 2"#, #""replicas": 3"#), (#""replicas": 2"#, #""replicas": 2, "paused": true"#),
            (#""replicas": 2, "#, ""),
            (#"{"name": "log", "image": "l"}"#, #"{"name": "log", "image": "l"}, {"name": "extra", "image": "e"}"#),
            (#"{"name": "log", "image": "l"}, "#, ""), (#""image": "w""#, #""image": null"#),
            (#""containerPort": 80"#, #""containerPort": 81"#),
            (#""strategy": {}"#, #""strategy": {"type": "Recreate"}"#),
            (#""name": "log", "image": "l"}"#, #""name": "log", "image": "l"}, {"name": "log", "image": "l"}"#),
        ])
    func changed(_ old: String, _ new: String) throws {
        let spec = Self.spec.replacing(old, with: new)
        #expect(spec != Self.spec)
        #expect(!UnchangedCheck.holds(try manifest(spec), in: try live()))
    }

    @Test("A label fewer or of another value is a change")
    func labels() throws {
        #expect(!UnchangedCheck.holds(try manifest(labels: #"{"app": "api"}"#), in: try live()))
        #expect(!UnchangedCheck.holds(try manifest(labels: "{}"), in: try live()))
        #expect(!UnchangedCheck.holds(try manifest(labels: #"{"app": "web", "a": "b"}"#), in: try live()))
    }

    @Test("Items of ours in another order than the manifest's are a change")
    func order() throws {
        let moved = #"""
            {"strategy": {}, "replicas": 2, "template": {"spec": {"containers": [
              {"name": "web", "image": "w", "ports": [{"containerPort": 80}]}, {"name": "log", "image": "l"}]}}}
            """#
        #expect(!UnchangedCheck.holds(try manifest(moved), in: try live()))
    }

    @Test("Only our own entry of an apply, in the manifest's version, says anything")
    func entry() throws {
        for entry in [
            #""manager": "mainstay", "operation": "Update""#, #""manager": "kubectl", "operation": "Apply""#,
            #""manager": "mainstay", "operation": "Apply", "subresource": "status""#,
        ] { #expect(!UnchangedCheck.holds(try manifest(), in: try live(entry: entry))) }
        #expect(!UnchangedCheck.holds(try manifest(), in: try live(apiVersion: "apps/v1beta1")))
    }

    @Test("A value that others changed is a change, also within what we sent empty only if it went")
    func others() throws {
        #expect(
            !UnchangedCheck.holds(
                try manifest(), in: try live(Self.liveSpec.replacing(#""image": "w""#, with: #""image": "v""#))))
        #expect(
            UnchangedCheck.holds(
                try manifest(), in: try live(Self.liveSpec.replacing("RollingUpdate", with: "Recreate"))))
        let without = Self.liveSpec.replacing(#""strategy": {"type": "RollingUpdate"}, "#, with: "")
        #expect(!UnchangedCheck.holds(try manifest(), in: try live(without)))
    }

    @Test("A map that has one owner has to be equal as a whole")
    func atomicMap() throws {
        let manifest = try make("v1", "Service", "a", #""spec": {"selector": {"app": "a"}}"#)
        func live(_ selector: String) throws -> Object {
            try make(
                "v1", "Service", "a",
                metadata: #"""
                    "managedFields": [{"manager": "mainstay", "operation": "Apply", "apiVersion": "v1",
                      "fieldsV1": {"f:spec": {"f:selector": {}}}}]
                    """#, #""spec": {"selector": \#(selector)}"#)
        }
        #expect(UnchangedCheck.holds(manifest, in: try live(#"{"app": "a"}"#)))
        #expect(!UnchangedCheck.holds(manifest, in: try live(#"{"app": "a", "b": "c"}"#)))
    }
}
