// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What works, but not as somebody may have meant it.
package struct RenderWarning: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// From 1; nil where the whole file is meant.
    package var line: Int?
    package var message: String

    init(file: String, line: Int?, _ message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    init(at origin: Origin, _ message: String) { self.init(file: origin.file, line: origin.line, message) }

    /// A field that nothing reads, in a file that kustomize reads without minding that.
    init(overlooked problem: StrictProblem) {
        let place = problem.path.isEmpty ? "" : "\(problem.path): "
        self.init(
            file: problem.file, line: problem.position.line,
            "\(place)\(problem.message) (it counts for nothing, as in kustomize)")
    }

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
