// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Makes kustomizations at random: two bases, a component, an overlay and one above it. Names are few, so that what one
/// part says meets what another has; most trees build, and some do not.
struct TreeGenerator {
    private var generator: SeededGenerator
    private var count = 0
    private(set) var tree = GeneratedTree()
    /// Where files of the present folder go: `base/`, or nothing.
    private(set) var folder = ""
    /// What there is so far: mostly that is what patches and generators are about, so that most trees build.
    private(set) var known: [Known] = []

    struct Known: Hashable {
        var version: String
        var kind: String
        var name: String
        var isGenerated = false
    }

    /// No label is set twice. Kustomize puts one node of YAML into all places where it makes a label new, and a later
    /// change of one of them changes the others.
    var setsApp = false

    static let names = ["api", "web", "db"]
    static let namespaces = ["one", "two", "default"]
    static let images = ["nginx", "registry.example.com:5000/team/app", "busybox"]

    static func tree(seed: UInt64) -> GeneratedTree {
        var generator = TreeGenerator(seed: seed)
        generator.makeFolders()
        return generator.tree
    }

    private init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private mutating func makeFolders() {
        let hasSecondBase = chance(3)
        let hasComponent = chance(3)
        makeFolder("base", resources: [], objects: 1...5, most: 3)
        if hasSecondBase { makeFolder("other", resources: chance(4) ? ["../base"] : [], objects: 1...2, most: 2) }
        if hasComponent { makeFolder("part", resources: [], objects: 0...1, most: 3, isComponent: true) }
        var below: [Value] = ["../base"]
        if hasSecondBase { below.append("../other") }
        tree.target = "base"
        for level in 0..<number(0...2) {
            let name = ["overlay", "top"][level]
            let component: Value? = hasComponent && chance(2) ? "../part" : nil
            makeFolder(name, resources: below, objects: 0...1, most: 5, component: component)
            below = [.string("../\(name)")]
            tree.target = name
        }
    }

    private mutating func makeFolder(
        _ name: String, resources: [Value], objects: ClosedRange<Int>, most: Int, component: Value? = nil,
        isComponent: Bool = false
    ) {
        folder = name
        var kustomization: Object = [:]
        if isComponent {
            kustomization = ["apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"]
        } else if chance(2) {
            kustomization = ["apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"]
        }
        kustomization["resources"] = .array(resources + makeResources(number(objects)))
        if let component { kustomization["components"] = [component] }
        for _ in 0..<number(0...most) { addField(to: &kustomization) }
        tree.files["\(name)/kustomization.yaml"] = .documents([.object(kustomization)])
    }

    /// Files with objects, one or several in each.
    private mutating func makeResources(_ count: Int) -> [Value] {
        var documents = (0..<count).map { _ in makeNewObject() }
        guard !documents.isEmpty else { return [] }
        if chance(8) {
            let list: Value = ["apiVersion": "v1", "kind": "List", "items": .array(documents)]
            documents = [list]
        }
        if documents.count > 1, chance(2) {
            write(.documents(documents), to: "all.yaml")
            return ["all.yaml"]
        }
        return documents.enumerated().map { index, document in
            write(.documents([document]), to: "r\(index).yaml")
            return .string("r\(index).yaml")
        }
    }

    /// An object that is not there yet, nearly always.
    private mutating func makeNewObject() -> Value {
        var value = makeObject()
        for _ in 0..<5 {
            guard let object = value.object, isKnown(object.kind, object.name) else { break }
            value = makeObject()
        }
        if let object = value.object { add(Known(version: object.apiVersion, kind: object.kind, name: object.name)) }
        return value
    }

    func isKnown(_ kind: String, _ name: String) -> Bool { known.contains { $0.kind == kind && $0.name == name } }

    mutating func add(_ object: Known) { known.append(object) }

    mutating func write(_ content: GeneratedTree.Content, to name: String) {
        tree.files["\(folder)/\(name)"] = content
    }

    // MARK: - Choices

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// Another one each time.
    mutating func newNumber() -> Int {
        count += 1
        return count
    }

    /// True once in so many times.
    mutating func chance(_ times: Int) -> Bool { number(1...times) == 1 }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        // Ranges of choices are written out and never empty.
        elements[number(0...elements.count - 1)]
    }

    mutating func name() -> String { pick(Self.names) }

    mutating func text(_ choices: String...) -> Value { .string(pick(choices)) }
}
