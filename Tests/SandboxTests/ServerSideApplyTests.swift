// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Server-side apply")
struct ServerSideApplyTests {
    let api = APIHarness()
    let configMap = "/api/v1/namespaces/default/configmaps/c"
    let web = "/apis/apps/v1/namespaces/default/deployments/web"

    func config(_ data: Value) -> Value {
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": data]
    }

    func deployment(_ spec: Object = [:], container: Object = [:]) -> Value {
        var container = container
        container["name"] = "web"
        if container["image"] == nil { container["image"] = "web:1" }
        var spec = spec
        spec["selector"] = ["matchLabels": ["app": "web"]]
        spec["template"] = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [.object(container)]]]
        return [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"], "spec": .object(spec),
        ]
    }

    @Test("An apply that changes nothing keeps the resource version and the time")
    func noChange() async {
        let first = await api.apply(configMap, as: "a", config(["x": "1"]))
        api.time.advance(by: .seconds(60))
        let second = await api.apply(configMap, as: "a", config(["x": "1"]))
        #expect(first.status == 201)
        #expect(second.status == 200)
        #expect(second.body == first.body)
    }

    @Test("Conflicts of several managers are listed by manager, each path a cause")
    func conflicts() async {
        await api.apply(configMap, as: "b", config(["x": "1", "y": "1"]))
        await api.merge(configMap, as: "a", ["data": ["z": "1"]])
        let answer = await api.apply(configMap, as: "c", config(["x": "2", "y": "2", "z": "2"]))
        #expect(answer.status == 409)
        #expect(
            answer.message
                == "Apply failed with 3 conflicts: conflicts with \"a\" using v1:\n- .data.z\n"
                + "conflicts with \"b\":\n- .data.x\n- .data.y")
        #expect(answer.body["details"]?["causes"]?.array?.count == 3)
        #expect(answer.body["details"]?["causes"]?[0]?["reason"] == "FieldManagerConflict")
    }

    @Test("A conflict with a status writer names the subresource")
    func subresourceConflict() async {
        await api.apply(web, as: "a", deployment())
        await api.merge("\(web)/status", as: "ctl", ["status": ["replicas": 3]])
        let answer = await api.apply(
            "\(web)/status", as: "b",
            ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"], "status": ["replicas": 4]])
        #expect(
            answer.message
                == "Apply failed with 1 conflict: conflict with \"ctl\" with subresource \"status\" using apps/v1: "
                + ".status.replicas")
    }

    @Test("The same amount in another spelling conflicts, and changes nothing when forced")
    func spelling() async {
        let first = await api.apply(
            web, as: "a", deployment(container: ["resources": ["requests": ["cpu": "1000m"]]]))
        let spelled = deployment(container: ["resources": ["requests": ["cpu": "1000m"]]])
        let conflict = await api.apply(web, as: "b", spelled)
        #expect(conflict.status == 409)
        #expect(conflict.message.hasSuffix(#".spec.template.spec.containers[name="web"].resources.requests.cpu"#))
        let forced = await api.apply(web, as: "b", force: true, spelled)
        #expect(forced.status == 200)
        #expect(forced.body["spec"] == first.body["spec"])
        #expect(forced.body["metadata"]?["generation"] == 1)
    }

    @Test("Dropping replicas as the sole owner sets the default of one")
    func droppedReplicas() async {
        await api.apply(web, as: "a", deployment(["replicas": 3]))
        let dropped = await api.apply(web, as: "a", deployment())
        #expect(dropped.body["spec"]?["replicas"] == 1)
    }

    @Test("Dropping replicas that another applier owns as well keeps them")
    func sharedReplicas() async {
        await api.apply(web, as: "a", deployment(["replicas": 3]))
        await api.apply(
            web, as: "b",
            ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"], "spec": ["replicas": 3]])
        let dropped = await api.apply(web, as: "a", deployment())
        #expect(dropped.body["spec"]?["replicas"] == 3)
        #expect(dropped.owned("b") == [".spec.replicas"])
    }

    @Test("Scaling replicas that nobody owns leaves no entry; owned ones move to the scaler")
    func scale() async {
        await api.apply(web, as: "a", deployment())
        await api.merge("\(web)/scale", as: "scaler", ["spec": ["replicas": 4]])
        let unowned = await api.send("GET", web)
        #expect(unowned.body["spec"]?["replicas"] == 4)
        #expect(unowned.managers == ["a/Apply"])

        await api.apply(web, as: "a", force: true, deployment(["replicas": 2]))
        await api.merge("\(web)/scale", as: "scaler", ["spec": ["replicas": 5]])
        let owned = await api.send("GET", web)
        #expect(owned.managers == ["a/Apply", "scaler/Update/scale"])
        #expect(owned.owned("scaler") == [".spec.replicas"])
        #expect(!owned.owned("a").contains(".spec.replicas"))
        let entry = owned.body["metadata"]?["managedFields"]?[1]
        #expect(entry?["apiVersion"] == "apps/v1")
    }

    @Test("Applying a Scale conflicts with the owner of the replicas, unless forced")
    func appliedScale() async {
        await api.apply(web, as: "a", deployment(["replicas": 2]))
        let scale: Value = [
            "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "web"], "spec": ["replicas": 7],
        ]
        let refused = await api.apply("\(web)/scale", as: "b", scale)
        #expect(refused.message == "Apply failed with 1 conflict: conflict with \"a\": .spec.replicas")
        let forced = await api.apply("\(web)/scale", as: "b", force: true, scale)
        #expect(forced.body["spec"]?["replicas"] == 7)
        let live = await api.send("GET", web)
        #expect(live.managers == ["a/Apply", "b/Apply/scale"] || live.managers == ["b/Apply/scale", "a/Apply"])
        #expect(live.owned("b") == [".spec.replicas"])
    }

    @Test(
        "Reset managed fields stay empty until an apply, which then shares with before-first-apply",
        arguments: [
            Value.array([[:]]), Value.array([]),
        ])
    func reset(entries: Value) async {
        await api.apply(configMap, as: "a", config(["x": "1", "y": "1"]))
        let reset = await api.merge(configMap, as: "b", ["metadata": ["managedFields": entries]])
        #expect(reset.status == 200)
        #expect(reset.managers.isEmpty)
        let changed = await api.merge(configMap, as: "b", ["data": ["z": "1"]])
        #expect(changed.managers.isEmpty)
        let applied = await api.apply(configMap, as: "a", config(["x": "1"]))
        #expect(applied.managers == ["a/Apply", "before-first-apply/Update"])
        let dropped = await api.apply(configMap, as: "a", config([:]))
        #expect(dropped.body["data"] == ["x": "1", "y": "1", "z": "1"])
    }

    @Test("More than ten writers are folded into ancient changes")
    func ancientChanges() async {
        await api.send("POST", "/api/v1/namespaces/default/configmaps?fieldManager=m00", config(["k": "0"]))
        var answer = await api.send("GET", configMap)
        for index in 1...11 {
            api.time.advance(by: .seconds(1))
            let name = index < 10 ? "m0\(index)" : "m\(index)"
            answer = await api.merge(configMap, as: name, ["data": .object([name: "1"])])
        }
        #expect(answer.managers.count == 10)
        #expect(answer.managers.first == "ancient-changes/Update")
        #expect(answer.owned("ancient-changes").sorted() == [".data", ".data.k", ".data.m01", ".data.m02"])
    }

    @Test("kubectl takes over what client-side apply set, and keeps its annotation current")
    func lastApplied() async {
        let annotation = "kubectl.kubernetes.io/last-applied-configuration"
        var object = config(["x": "1"]).object ?? Object()
        let last = JSON.text(.object(object))
        object.set(.string(last), at: "metadata", "annotations", annotation)
        await api.send(
            "POST", "/api/v1/namespaces/default/configmaps?fieldManager=kubectl-client-side-apply", .object(object))
        let other = await api.apply(configMap, as: "b", config(["x": "2"]))
        #expect(other.status == 409)
        let taken = await api.apply(configMap, as: "kubectl", config(["x": "2"]))
        #expect(taken.status == 200)
        #expect(taken.body["data"] == ["x": "2"])
        let text = taken.body["metadata"]?["annotations"]?[annotation]?.string
        #expect(text == JSON.text(config(["x": "2"]).sortedByKey) + "\n")
    }

    @Test("What does not fit the schema is a bare 500")
    func badConfigurations() async {
        func message(_ body: Value, at path: String) async -> String {
            let answer = await api.apply(path, as: "a", body)
            #expect(answer.status == 500)
            #expect(answer.body["reason"] == nil)
            return answer.message
        }
        let prefix = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): "
        #expect(await message(deployment(["nope": 1]), at: web) == "\(prefix).spec.nope: field not declared in schema")
        #expect(
            await message(deployment(["replicas": "3"]), at: web)
                == "\(prefix).spec.replicas: expected numeric (int or float), got string")
        #expect(
            await message(deployment(["paused": "yes"]), at: web)
                == "\(prefix).spec.paused: expected boolean, got &{yes}")
        #expect(
            await message(deployment(container: ["env": [["name": "A"], ["name": "A"]]]), at: web)
                == prefix + #".spec.template.spec.containers[name="web"].env: duplicate entries for key [name="A"]"#)
        #expect(
            await message(deployment(container: ["ports": [["name": "x"]]]), at: web)
                == prefix + #".spec.template.spec.containers[name="web"].ports: element 0: associative list with "#
                + #"keys has an element that omits key field "containerPort" (and doesn't have default value)"#)
        let secret: Value = [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["k": "*"],
        ]
        #expect(
            await message(secret, at: "/api/v1/namespaces/default/secrets/s")
                == "failed to convert new object (/s; /v1, Kind=Secret) to proper version: unable to convert "
                + "unstructured object to /v1, Kind=Secret: error decoding from json: "
                + "illegal base64 data at input byte 0")
    }

    @Test("Duplicates written otherwise stand, and are owned by their key alone")
    func duplicates() async {
        let env: Value = [["name": "A", "value": "1"], ["name": "A", "value": "2"]]
        let answer = await api.send(
            "POST", "/apis/apps/v1/namespaces/default/deployments?fieldManager=u", deployment(container: ["env": env]))
        #expect(answer.status == 201)
        let owned = answer.owned("u").filter { $0.contains(".env") }
        #expect(
            owned == [
                #".spec.template.spec.containers[name="web"].env"#,
                #".spec.template.spec.containers[name="web"].env[name="A"]"#,
            ])
    }

    @Test("Keys that stand twice in the YAML count with the last value, with a warning, or are refused")
    func repeatedKeys() async {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: \"1\"\n  a: \"2\"\n"
        let type = "application/apply-patch+yaml"
        let warned = await api.send("PATCH", "\(configMap)?fieldManager=a", type: type, text: text)
        #expect(warned.status == 201)
        #expect(warned.body["data"] == ["a": "2"])
        #expect(warned.warnings == [#"299 - "line 6: key \"a\" already set in map""#])
        let strict = await api.send(
            "PATCH", "\(configMap)?fieldManager=a&fieldValidation=Strict", type: type, text: text)
        #expect(strict.status == 400)
        #expect(
            strict.message
                == "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
                + "  line 6: key \"a\" already set in map")
    }

    @Test("A wrong uid is invalid, a stale resource version a conflict")
    func preconditions() async {
        await api.apply(configMap, as: "a", config(["x": "1"]))
        func body(_ metadata: Object) -> Value {
            var metadata = metadata
            metadata["name"] = "c"
            return ["apiVersion": "v1", "kind": "ConfigMap", "metadata": .object(metadata), "data": ["x": "1"]]
        }
        let uid = await api.apply(configMap, as: "a", body(["uid": "other"]))
        #expect(uid.status == 422)
        #expect(
            uid.message
                == #"ConfigMap "c" is invalid: metadata.uid: Invalid value: "other": field is immutable"#)
        #expect(await api.apply(configMap, as: "a", body(["resourceVersion": "1"])).status == 409)
    }

    @Test("stringData is owned where it was written, and what it wrote stays when it is dropped")
    func stringData() async {
        let path = "/api/v1/namespaces/default/secrets/s"
        let full: Value = [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["p": "x"],
        ]
        let first = await api.apply(path, as: "a", full)
        #expect(first.owned("a") == [".stringData.p"])
        #expect(first.body["data"] == ["p": "eA=="])
        let dropped = await api.apply(
            path, as: "a", ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"]])
        #expect(dropped.body["data"] == ["p": "eA=="])
    }

    @Test("An autoscaler keeps one object through both versions, and its owners their own version")
    func autoscalerVersions() async {
        let v1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/h"
        let v2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h"
        let spec: Value = [
            "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"], "maxReplicas": 3,
            "metrics": [
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 70]],
                ]
            ],
        ]
        await api.apply(
            v2, as: "a",
            [
                "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "h"],
                "spec": spec,
            ])
        let old = await api.send("GET", v1)
        #expect(old.body["apiVersion"] == "autoscaling/v1")
        #expect(old.body["spec"]?["targetCPUUtilizationPercentage"] == 70)
        #expect(old.body["spec"]?["metrics"] == nil)
        #expect(old.body["metadata"]?["managedFields"]?[0]?["apiVersion"] == "autoscaling/v2")
        let edited = await api.merge(v1, as: "b", ["spec": ["targetCPUUtilizationPercentage": 50]])
        #expect(edited.owned("b") == [".spec.targetCPUUtilizationPercentage"])
        // The list is one field in v2, and b has changed it.
        #expect(!edited.owned("a").contains(".spec.metrics"))
        #expect(edited.owned("a").contains(".spec.maxReplicas"))
        let new = await api.send("GET", v2)
        #expect(
            new.body["spec"]?["metrics"]?[0]?["resource"]?["target"]
                == ["type": "Utilization", "averageUtilization": 50])
    }

    @Test("Null leaves alone what several may own")
    func null() async {
        await api.apply(configMap, as: "a", config(["x": "1"]))
        let answer = await api.apply(configMap, as: "b", config(.null))
        #expect(answer.status == 200)
        #expect(answer.body["data"] == ["x": "1"])
        #expect(answer.owned("b") == [".data"])
    }

    @Test("Force belongs to apply")
    func force() async {
        await api.apply(configMap, as: "a", config(["x": "1"]))
        let answer = await api.send(
            "PATCH", "\(configMap)?force=true", ["data": [:]], type: "application/merge-patch+json")
        #expect(
            answer.message
                == #"PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch"#
        )
    }
}
