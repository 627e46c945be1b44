// SPDX-License-Identifier: Apache-2.0

import Manifests

extension TreeGenerator {
    /// Adds one field at random, or does nothing where it is there already.
    mutating func addField(to kustomization: inout Object) {
        let (key, value) = makeField()
        if kustomization[key] == nil { kustomization[key] = value }
    }

    private mutating func makeField() -> (String, Value) {
        switch number(0...27) {
        case 0: return ("namespace", .string(pick(Self.namespaces)))
        case 1: return ("namePrefix", text("p-", "q-"))
        case 2: return ("nameSuffix", text("-s", "-t"))
        case 3: return ("labels", .array((0...number(0...1)).map { _ in makeLabels() }))
        case 4: return ("commonLabels", makePairs())
        case 5: return ("commonAnnotations", makePairs())
        case 6, 7: return ("images", .array((0...number(0...1)).map { _ in makeImage() }))
        case 8:
            let workloads = known.filter { ["Deployment", "StatefulSet", "ReplicaSet"].contains($0.kind) }.map(\.name)
            let name = workloads.isEmpty || chance(20) ? name() : pick(workloads)
            return ("replicas", [["name": .string(name), "count": .integer(Int64(number(0...5)))]])
        case 9, 10: return ("configMapGenerator", .array((0...number(0...1)).map { _ in makeGenerator("ConfigMap") }))
        case 11:
            var generator = makeGenerator("Secret").object ?? [:]
            if chance(2) { generator["type"] = "kubernetes.io/tls" }
            return ("secretGenerator", [.object(generator)])
        case 12: return ("generatorOptions", makeOptions())
        case 13...16: return ("patches", .array((0...number(0...2)).map { _ in makePatch() }))
        case 17: return ("patchesStrategicMerge", [makeMergePatchEntry()])
        case 18:
            let object = knownOrNot()
            let target: Value = ["version": "v1", "kind": .string(object.kind), "name": .string(object.name)]
            return ("patchesJson6902", [["target": target, "patch": makeOperations()]])
        case 19: return ("sortOptions", makeOrder())
        case 20, 21: return ("replacements", makeReplacements())
        case 22: return ("vars", makeVariables())
        case 23: return ("configurations", makeConfigurations())
        case 24: return ("transformers", makeTransformers())
        case 25: return ("generators", makeGenerators())
        case 26:
            return ("buildMetadata", .array([text("managedByLabel", "originAnnotations", "transformerAnnotations")]))
        default:
            return ("commonAnnotations", ["long": "words that go on: and on, with \"quotes\" and 'others' # and more"])
        }
    }

    private mutating func makePairs() -> Value {
        guard !setsApp, chance(3) else { return ["team-\(newNumber())": text("red", "1", "true", "")] }
        setsApp = true
        return ["app": text("red", "1", "true", "")]
    }

    private mutating func makeLabels() -> Value {
        var rule: Object = ["pairs": makePairs()]
        if chance(3) { rule["includeSelectors"] = .bool(chance(2)) }
        if chance(3) { rule["includeTemplates"] = .bool(chance(2)) }
        if chance(3) {
            rule["fields"] = [
                [
                    "path": text("spec/template/metadata/labels", "spec/labels", "metadata/annotations"),
                    "kind": text("Deployment", "Widget"), "create": .bool(chance(2)),
                ]
            ]
        }
        return .object(rule)
    }

    private mutating func makeImage() -> Value {
        var image: Object = ["name": .string(pick(Self.images))]
        if chance(3) { image["newName"] = text("mirror.example.com/nginx", "other") }
        if chance(2) { image["newTag"] = text("2.0", "v1", "") }
        if chance(4) { image["digest"] = "sha256:abcd" }
        return .object(image)
    }

    private mutating func makeOptions() -> Value {
        var options: Object = [:]
        if chance(2) { options["disableNameSuffixHash"] = .bool(chance(2)) }
        if chance(3) { options["labels"] = makePairs() }
        if chance(3) { options["annotations"] = makePairs() }
        if chance(3) { options["immutable"] = .bool(chance(2)) }
        return .object(options)
    }

    /// What a patch is about.
    mutating func knownOrNot() -> Known {
        let none = Known(version: "apps/v1", kind: "Deployment", name: name())
        return known.isEmpty || chance(25) ? none : pick(known)
    }

    private mutating func makeGenerator(_ kind: String) -> Value {
        var name = name()
        let others = known.filter { $0.kind == kind && ($0.isGenerated || chance(4)) }.map(\.name)
        let replaces = !others.isEmpty && chance(2)
        if replaces { name = pick(others) }
        var generator: Object = ["name": .string(name)]
        if chance(2) { generator["literals"] = [text("key=value", "key='quoted'", "A=1"), text("B=x=y", "C=")] }
        if chance(3) {
            write(.text("text \(number(0...9))\nmore\n"), to: "file.txt")
            generator["files"] = [text("file.txt", "other=file.txt")]
        }
        if chance(4) {
            write(.text("# comment\nE1=a\n\nE2 = b\nE3=\"c\"\nE4\n"), to: "some.env")
            generator["envs"] = ["some.env"]
        }
        let isKnown = isKnown(kind, name)
        if isKnown, !chance(15) { generator["behavior"] = text("merge", "replace") }
        if !isKnown, chance(8) { generator["behavior"] = text("create", "merge", "other") }
        if !isKnown { add(Known(version: "v1", kind: kind, name: name, isGenerated: true)) }
        if chance(isKnown ? 20 : 6) { generator["namespace"] = .string(pick(Self.namespaces)) }
        if chance(4) { generator["options"] = makeOptions() }
        return .object(generator)
    }

    private mutating func makeOrder() -> Value {
        switch number(0...2) {
        case 0: return ["order": "fifo"]
        case 1: return ["order": "legacy"]
        default:
            return [
                "order": "legacy",
                "legacySortOptions": ["orderFirst": ["Service", "Widget"], "orderLast": ["Deployment", "ConfigMap"]],
            ]
        }
    }
}
