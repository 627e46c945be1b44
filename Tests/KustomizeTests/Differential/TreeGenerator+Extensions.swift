// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a kustomization says about other things than objects: replacements, variables, field specifications, plugins.
extension TreeGenerator {
    mutating func makeReplacements() -> Value {
        let source = knownOrNot()
        var selector: Object = ["kind": .string(source.kind), "name": .string(source.name)]
        selector["fieldPath"] = text("metadata.name", "metadata.name", "metadata.labels.app", "kind")
        let target = knownOrNot()
        var options: Object = ["create": .bool(!chance(4))]
        if chance(4) { options = ["delimiter": "-", "index": .integer(Int64(number(-1...1)))] }
        var fields: Object = [
            "select": ["kind": .string(target.kind)],
            "fieldPaths": [
                text(
                    "metadata.annotations.replaced", "spec.template.spec.containers.[name=c0].image",
                    "spec.template.spec.containers.*.image", "data.replaced", "metadata.labels.app", "spec.list.0")
            ],
        ]
        if chance(2) { fields["options"] = .object(options) } else { fields["options"] = ["create": true] }
        if chance(4) { fields["reject"] = [["name": .string(name())]] }
        let targets: Value = [.object(fields)]
        guard chance(4) else { return [["source": .object(selector), "targets": targets]] }
        let file = "replacement\(newNumber()).yaml"
        write(.documents([["source": .object(selector), "targets": targets]]), to: file)
        return [["path": .string(file)]]
    }

    mutating func makeVariables() -> Value {
        let object = knownOrNot()
        var variable: Object = [
            "name": text("VALUE", "VALUE", "OTHER"),
            "objref": [
                "apiVersion": .string(object.version), "kind": .string(object.kind), "name": .string(object.name),
            ],
        ]
        if chance(3) { variable["fieldref"] = ["fieldpath": text("metadata.name", "metadata.labels.app", "kind")] }
        return [.object(variable)]
    }

    /// Field specifications in a file.
    mutating func makeConfigurations() -> Value {
        let file = "configuration\(newNumber()).yaml"
        let choices: [Object] = [
            [
                "nameReference": [
                    ["kind": "ConfigMap", "version": "v1", "fieldSpecs": [["path": "spec/list", "kind": "Widget"]]]
                ]
            ],
            ["images": [["path": "spec/image", "kind": "Widget"]]],
            ["commonAnnotations": [["path": "spec/notes", "create": .bool(chance(2)), "kind": "Widget"]]],
            ["namePrefix": [["path": "metadata/name", "kind": "Deployment"]]],
            ["namespace": [["path": "spec/space", "create": true, "kind": "Widget"]]],
            ["replicas": [["path": "spec/size", "create": true, "kind": "Widget"]]],
            ["commonLabels": [["path": "spec/labels", "create": true, "kind": "Widget"]]],
            ["varReference": [["path": "spec/odd", "kind": "Widget"]]],
        ]
        write(.documents([.object(pick(choices))]), to: file)
        return [.string(file)]
    }

    /// A built-in plugin, in place or in a file.
    mutating func makeTransformers() -> Value {
        let choices: [Object] = [
            ["kind": "PrefixTransformer", "prefix": "tr-", "fieldSpecs": [["path": "metadata/name"]]],
            [
                "kind": "SuffixTransformer", "suffix": "-tr",
                "fieldSpecs": [["path": "metadata/name", "kind": "Service"]],
            ],
            ["kind": "NamespaceTransformer", "unsetOnly": .bool(chance(2)), "fieldSpecs": []],
            [
                "kind": "LabelTransformer", "labels": ["team-\(newNumber())": "x"],
                "fieldSpecs": [["path": "metadata/labels", "create": true]],
            ],
            [
                "kind": "AnnotationsTransformer", "annotations": ["note-\(newNumber())": "x"],
                "fieldSpecs": [["path": "metadata/annotations", "create": true]],
            ],
            ["kind": "ImageTagTransformer", "imageTag": ["name": "nginx", "newTag": "tr"]],
            ["kind": "PatchTransformer", "target": ["kind": "Deployment"], "patch": makeOperations()],
            [
                "kind": "ReplicaCountTransformer", "replica": ["name": .string(name()), "count": 4],
                "fieldSpecs": [["path": "spec/replicas", "create": true, "kind": "Deployment"]],
            ],
        ]
        var plugin = pick(choices)
        plugin["apiVersion"] = "builtin"
        plugin["metadata"] = ["name": .string("plugin\(newNumber())")]
        if plugin.kind == "NamespaceTransformer" {
            plugin.set(.string(pick(Self.namespaces)), at: "metadata", "namespace")
        }
        guard chance(2) else { return [.string(YAML.text(.object(plugin)))] }
        let file = "plugin\(newNumber()).yaml"
        write(.documents([.object(plugin)]), to: file)
        return [.string(file)]
    }

    mutating func makeGenerators() -> Value {
        let kind = pick(["ConfigMapGenerator", "SecretGenerator"])
        let name = "generated\(newNumber())"
        let plugin: Object = [
            "apiVersion": "builtin", "kind": .string(kind), "metadata": ["name": .string(name)],
            "literals": [text("a=b", "key=value")],
        ]
        add(
            Known(
                version: "v1", kind: kind == "SecretGenerator" ? "Secret" : "ConfigMap", name: name, isGenerated: true))
        return [.string(YAML.text(.object(plugin)))]
    }
}
