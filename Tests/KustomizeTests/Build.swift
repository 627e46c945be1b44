// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport

@testable import Kustomize

/// What comes of a kustomization, before anything that is not kustomize's is done to it.
enum Build {
    /// In order.
    case objects([Object])
    case errors([String])

    init(of folder: String, in tree: MemoryTree) {
        let path = folder == "." ? "" : folder
        do {
            let isKustomization = try Renderer.kustomizationFileNames.contains { name in
                try tree.entry(at: TreePath.join(path, name))?.kind == .file
            }
            guard isKustomization else {
                self = .errors(["\(folder) holds no kustomization"])
                return
            }
            self = .objects(try Renderer.build(path, from: tree).manifests.map(\.object))
        } catch let errors as RenderErrors {
            self = .errors(errors.errors.map(\.description))
        } catch {
            self = .errors(["\(error)"])
        }
    }

    /// The objects of a text that kubectl printed.
    static func objects(printed text: String) throws -> [Object] {
        try YAML.documents(Array(text.utf8), file: "kubectl's output", dialect: .kustomize).compactMap(\.value.object)
    }
}

/// Where two builds differ first.
struct Difference: CustomStringConvertible {
    var description: String

    /// Nil where there is no difference.
    init?(given: [Object], expected: [Object]) {
        func names(_ objects: [Object]) -> [String] { objects.map { "\($0.apiVersion) \($0.objectID)" } }
        guard names(given) == names(expected) else {
            description = "objects differ\ngiven:    \(names(given))\nexpected: \(names(expected))"
            return
        }
        guard let pair = zip(given, expected).first(where: { !Self.isSame(.object($0), .object($1)) }) else {
            return nil
        }
        description = """
            \(pair.0.objectID) differs
            given:    \(JSON.text(.object(pair.0.sortedByKey)))
            expected: \(JSON.text(.object(pair.1.sortedByKey)))
            """
    }

    /// Equal, but for the spelling of a number.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left == right || Double(left) == Double(right)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
        case (.object(let left), .object(let right)):
            left.pairs.count == right.pairs.count
                && left.pairs.allSatisfy { pair in right[pair.key].map { isSame(pair.value, $0) } ?? false }
        default: left == right
        }
    }
}
