// SPDX-License-Identifier: Apache-2.0

import Manifests

extension TreeGenerator {
    /// An entry of `patches`: inline or in a file, with a target or without one.
    mutating func makePatch() -> Value {
        var patch: Object = [:]
        let isOperations = chance(3)
        let merge = makeMergePatch()
        if isOperations || chance(2) { patch["target"] = makeTarget(isOperations || chance(4) ? nil : merge["kind"]) }
        let text = isOperations ? makeOperations() : .string(YAML.text(merge))
        if chance(3) {
            let name = "patch\(newNumber()).yaml"
            write(.text(text.string ?? ""), to: name)
            patch["path"] = .string(name)
        } else {
            patch["patch"] = text
        }
        if chance(6) { patch["options"] = [pick(["allowNameChange", "allowKindChange"]): true] }
        return .object(patch)
    }

    /// An entry of `patchesStrategicMerge`.
    mutating func makeMergePatchEntry() -> Value {
        let patch = makeMergePatch()
        guard chance(2) else { return .string(YAML.text(patch)) }
        write(.documents([patch]), to: "merge.yaml")
        return "merge.yaml"
    }

    /// - Parameter kind: the only kind that the patch is made for.
    private mutating func makeTarget(_ kind: Value?) -> Value {
        var target: Object = [:]
        if let kind {
            target["kind"] = kind
        } else if chance(2) {
            target["kind"] = text("Deployment", "Service", "Widget", "Config.*", "Stateful")
        }
        if chance(2) { target["name"] = text("api", "web|db", ".*b", "^api$", "p-api") }
        if chance(5) { target["group"] = text("apps", "example.com") }
        if chance(6) { target["version"] = "v1" }
        if chance(6) { target["namespace"] = text("one", "t.o", "default") }
        if chance(6) { target["labelSelector"] = text("app=api", "tier in (front)", "!app", "app!=web,tier") }
        if chance(8) { target["annotationSelector"] = "note=a" }
        return .object(target)
    }

    /// Operations that fit most objects.
    mutating func makeOperations() -> Value {
        let operations: [Object] = [
            ["op": "add", "path": "/metadata/annotations", "value": ["patched": "yes"]],
            ["op": "add", "path": "/metadata/labels", "value": ["patched": "json", "app": "other"]],
            ["op": "replace", "path": "/metadata/name", "value": "renamed"],
            ["op": "copy", "from": "/metadata/name", "path": "/metadata/copied"],
            ["op": "add", "path": "/metadata/a~1b", "value": pick([1, "text", ["a": ["b": []]], [1, 2]])],
        ]
        // Those do not fit everything.
        let others: [Object] = [
            ["op": "replace", "path": "/spec/size", "value": 100],
            ["op": "remove", "path": "/spec/template/spec/containers/0/image"],
            ["op": "add", "path": "/spec/template/spec/containers/-", "value": ["name": "extra", "image": "busybox"]],
            ["op": "test", "path": "/metadata/name", "value": .string(name())],
        ]
        let chosen = (0...number(0...1)).map { _ in Value.object(pick(chance(8) ? others : operations)) }
        return .string(chance(2) ? YAML.text(.array(chosen)) : JSON.text(.array(chosen)))
    }

    private mutating func makeMergePatch() -> Value {
        let target = knownOrNot()
        let kind = target.kind
        var patch: Object = [
            "apiVersion": .string(target.version), "kind": .string(kind), "metadata": ["name": .string(target.name)],
        ]
        if chance(15) { patch.set(.string(pick(Self.namespaces)), at: "metadata", "namespace") }
        if chance(10) {
            patch["$patch"] = text("delete", "replace")
            return .object(patch)
        }
        if chance(3) { patch.set(["tier": "patched", "app": nil], at: "metadata", "labels") }
        switch kind {
        case "Deployment", "StatefulSet": patch["spec"] = makeWorkloadPatch()
        case "Service":
            patch["spec"] = [
                "ports": [["port": .integer(Int64(pick([80, 81]))), "name": "http"]], "type": "NodePort",
            ]
        case "ConfigMap": patch["data"] = ["key": pick(["patched", nil]), "new": "1"]
        case "Widget":
            patch["spec"] = [
                "size": pick([nil, 3]), "list": ["c"], "items": [["name": "a", "value": "z"]], "deep": ["x": 1],
            ]
        default: patch.set(["patched": "1"], at: "metadata", "annotations")
        }
        return .object(patch)
    }

    private mutating func makeWorkloadPatch() -> Value {
        var container: Object = ["name": text("c0", "c1", "side")]
        switch number(0...4) {
        case 0: container["image"] = "patched:1"
        case 1: container["env"] = [["name": "A", "value": "patched"], ["name": "N", "value": "new"]]
        case 2: container["$patch"] = "delete"
        case 3: container["ports"] = [["containerPort": 80, "name": "http"]]
        default: container["args"] = ["--other"]
        }
        var pod: Object = ["containers": [.object(container)]]
        if chance(4) { pod["volumes"] = [["name": "v", "emptyDir": [:]], ["name": "w", "emptyDir": [:]]] }
        if chance(6) { pod["containers"] = [["$patch": "replace"], .object(container)] }
        if chance(6) { pod["initContainers"] = nil }
        var spec: Object = ["template": ["spec": .object(pod)]]
        if chance(3) { spec["replicas"] = pick([nil, 9]) }
        if chance(6) { spec["strategy"] = ["$retainKeys": ["type"], "type": "Recreate"] }
        return .object(spec)
    }
}
