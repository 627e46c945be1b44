// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One reason why a render was refused, with the place that has to change.
package struct RenderError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A file or folder that is named is not there.
        case notFound
        /// The tree itself could not be read.
        case unreadable
        /// A path that leaves the tree, a symbolic link, a submodule or a remote address.
        case refusedPath
        /// No valid YAML, or no Kubernetes object.
        case syntax
        /// A field with an unknown name, a wrong type or an impossible value, or one that is not supported.
        case invalidField
        /// Kustomizations that include each other.
        case cycle
        /// A patch without a target, or one that does not fit it.
        case patch
        /// A change that names objects which do not exist.
        case unmatched
        /// A name that could mean more than one object.
        case ambiguous
        /// The same object twice.
        case duplicate
        /// More than one render may read or produce.
        case limit
    }

    package var code: Code
    package var file: String
    /// From 1; nil where the whole file is meant.
    package var line: Int?
    /// From 1; nil where the whole line is meant.
    package var column: Int?
    package var message: String
    /// The field that is wrong, `patches[0].target.name`; empty where it is none, or the whole file.
    package var field = ""
    /// What to do next, where there is something to say beyond the message.
    package var hint: String?
    /// The references that led to the file, from the kustomization that was asked for: `prod/kustomization.yaml:4`.
    package var chain: [String] = []

    package init(_ code: Code, file: String, line: Int? = nil, _ message: String, hint: String? = nil) {
        self.code = code
        self.file = file
        self.line = line
        self.message = message
        self.hint = hint
    }

    init(_ code: Code, file: String, at position: YAMLNode.Position?, _ message: String, hint: String? = nil) {
        self.init(code, file: file, line: position?.line, message, hint: hint)
        column = position?.column
    }

    init(
        _ code: Code, file: String, at located: Located<String>, _ message: String, hint: String? = nil
    ) {
        self.init(code, file: file, at: located.position, message, hint: hint)
        field = located.path
    }

    init(_ code: Code, at origin: Origin, _ message: String, hint: String? = nil) {
        self.init(code, file: origin.file, line: origin.line, message, hint: hint)
    }

    /// With the place that names the file, where that is another one.
    func named(in file: String, at position: YAMLNode.Position?) -> RenderError {
        guard file != self.file else { return self }
        var error = self
        error.chain.insert(position.map { "\(file):\($0.line)" } ?? file, at: 0)
        return error
    }

    /// `k8s/base/kustomization.yaml:7:3`.
    package var subject: String {
        let name = file.isEmpty ? "the repository's root" : file
        return ([name] + [line, column].compactMap { $0.map(String.init) }).joined(separator: ":")
    }

    package var description: String {
        let path = field.isEmpty ? "" : "\(field): "
        let way = chain.isEmpty ? "" : "; named by \(chain.joined(separator: " → "))"
        return "\(subject): \(path)\(message)" + (hint.map { " (\($0))" } ?? "") + way
    }
}

extension RenderError {
    /// A base that several overlays share has its problems once: the ways that led to it do not count.
    package static func == (left: RenderError, right: RenderError) -> Bool {
        left.code == right.code && left.subject == right.subject && left.field == right.field
            && left.message == right.message && left.hint == right.hint
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(file)
        hasher.combine(line)
        hasher.combine(message)
    }
}

/// Everything that is wrong with a render, in the order it was found; never empty.
package struct RenderErrors: Error, Sendable, CustomStringConvertible {
    package var errors: [RenderError]
    /// What was read until then: the same inputs fail in the same way.
    package var reads: [TreeRead]

    package init(_ errors: [RenderError], reads: [TreeRead] = []) {
        self.errors = errors
        self.reads = reads
    }

    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

extension RenderError {
    init(_ code: Code, _ error: YAMLError) {
        let position = YAMLNode.Position(line: error.line, column: error.column)
        self.init(code, file: error.file, at: position, error.message)
    }

    init(_ problem: StrictProblem) {
        self.init(.invalidField, file: problem.file, at: problem.position, problem.message)
        field = problem.path
    }
}

extension RenderError {
    /// A field of an object has another shape than a transformation changes.
    init(_ mismatch: FieldMismatch, of manifest: Manifest) {
        self.init(
            .invalidField, at: manifest.origin, "\(manifest.id): \(mismatch.path) \(mismatch.message)",
            hint: "mend the object, or the field specification that leads there")
    }
}
