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

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
