// SPDX-License-Identifier: Apache-2.0

import Manifests

/// An entry of `replacements`: one written there, or a file that holds one or a list of them.
enum ReplacementRule: Sendable {
    case inline(Replacement)
    case path(Located<String>)
}

/// A value from one place, put in others.
struct Replacement: Sendable {
    enum Source: Sendable {
        case text(String)
        case field(FieldSource)
    }

    /// A field of the one object that all parts given fit.
    struct FieldSource: Sendable {
        var kind: KindSelector
        /// Empty: any.
        var name: String
        var namespace: String
        var path: FieldPath
        var piece: Piece?
    }

    /// A part of a text between delimiters.
    struct Piece: Sendable {
        var delimiter: String
        /// From 0. Of a target: before the first where negative, after the last where there is no such part.
        var index: Int
    }

    struct Target: Sendable {
        var selected: TargetSelector
        var rejected: [TargetSelector]
        var paths: [FieldPath]
        var piece: Piece?
        /// Makes the field, and what is on the way, where it is missing.
        var creates: Bool
    }

    var source: Source
    var targets: [Target]
    var file: String
    var position: YAMLNode.Position
    /// Where it stands in its file: `replacements[0]`.
    var fieldPath: String
}
