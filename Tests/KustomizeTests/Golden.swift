// SPDX-License-Identifier: Apache-2.0

import Testing

/// Files, and what `kubectl kustomize` (kubectl 1.37.1, kustomize 5.8.1) made of them, recorded and laid out again in
/// short form: objects and their order are meant, not the spelling.
struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    /// The kustomization's folder.
    var target: String
    var files: [String: String]
    var binaryFiles: [String: [UInt8]] = [:]
    /// YAML, a document an object.
    var expected: String

    var testDescription: String { name }

    static let all =
        [monorepo, transforms, isa, panchangam, diamond, merge, renamed] + configurations + schemas + labels
        + plugins + morePlugins + references + referencePlaces + referenceRules
}
