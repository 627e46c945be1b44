// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// SplitMix64: the same tree for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// A base, some overlays over each other, and a component, with features picked at random; some of them do not fit.
struct RandomTree {
    private var generator: SeededGenerator
    private(set) var files: [String: String] = [:]
    let target: String

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        let overlays = Int.random(in: 0...3, using: &generator)
        target = overlays == 0 ? "base" : "overlay\(overlays)"
        addBase()
        files["part/kustomization.yaml"] =
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + features(in: "part", 1)
        if overlays > 0 { for level in 1...overlays { addOverlay(level) } }
        files["aside/unrelated.yaml"] = "never: read"
    }

    var tree: MemoryTree { MemoryTree(files) }

    private static let names = ["api", "web", "worker"]

    private mutating func addBase() {
        var resources: [String] = []
        for name in Self.names where Int.random(in: 0..<4, using: &generator) > 0 {
            resources.append("\(name).yaml")
            let pod = """
                containers: [{name: \(name), image: "registry/\(name):1", env: [{name: A, value: "1"}],
                  envFrom: [{configMapRef: {name: settings}}]}]
                """
            files["base/\(name).yaml"] = """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: \(name)}
                spec: {selector: {matchLabels: {app: \(name)}}, template: {metadata: {labels: {app: \(name)}}, spec: {\(pod)}}}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: \(name)}
                spec: {selector: {app: \(name)}, ports: [{port: 80}]}

                """
        }
        files["base/kustomization.yaml"] =
            "resources: [\(resources.joined(separator: ", "))]\n"
            + "configMapGenerator: [{name: settings, literals: [A=1]}]\n" + features(in: "base", 1)
    }

    private mutating func addOverlay(_ level: Int) {
        let below = level == 1 ? "base" : "overlay\(level - 1)"
        var text = "resources: [../\(below)]\n"
        if Int.random(in: 0..<3, using: &generator) == 0 { text += "components: [../part]\n" }
        files["overlay\(level)/kustomization.yaml"] = text + features(in: "overlay\(level)", 4)
    }

    /// Fields of a kustomization, each at most once.
    private mutating func features(in folder: String, _ most: Int) -> String {
        var text = ""
        let kinds = Array(0..<11).shuffled(using: &generator).prefix(Int.random(in: 0...most, using: &generator))
        for kind in kinds.sorted() { text += feature(kind, in: folder) + "\n" }
        return text
    }

    private mutating func feature(_ kind: Int, in folder: String) -> String {
        let name = Self.names.randomElement(using: &generator) ?? "api"
        let number = Int.random(in: 1...3, using: &generator)
        switch kind {
        case 0: return "namespace: space\(number)"
        case 1: return "namePrefix: p\(number)-"
        case 2: return "nameSuffix: -s\(number)"
        case 3: return "labels: [{pairs: {l\(number): v}, includeSelectors: \(number == 1)}]"
        case 4: return "commonAnnotations: {a\(number): v}"
        case 5: return "images: [{name: registry/\(name), newTag: v\(number)}]"
        case 6: return "replicas: [{name: \(name), count: \(number)}]"
        case 7:
            files["\(folder)/patch.yaml"] = """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: \(name)}, spec: {template: {spec: {containers: [
                  {name: \(name), env: [{name: B, value: "\(number)"}]}, {name: extra\(number), image: x}]}}}}
                """
            return "patches: [{path: patch.yaml}]"
        case 8:
            let operation = #"[{"op": "add", "path": "/metadata/annotations", "value": {"n": "\#(number)"}}]"#
            return "patchesJson6902: [{target: {kind: Service, name: '\(name)|w.*'}, patch: '\(operation)'}]"
        case 9:
            files["\(folder)/file.txt"] = "text \(number)"
            return "secretGenerator: [{name: secret\(number), files: [file.txt], literals: [K=\(number)]}]"
        default: return "sortOptions: {order: \(number == 1 ? "fifo" : "legacy")}"
        }
    }
}
