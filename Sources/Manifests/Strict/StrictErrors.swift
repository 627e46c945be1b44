// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a strictly read file.
package struct StrictProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var position: YAMLNode.Position
    /// Which field, as in `applications[1].images[0].tag`; empty for the file as a whole.
    package var path: String
    package var message: String

    package init(file: String, position: YAMLNode.Position, path: String, message: String) {
        self.file = file
        self.position = position
        self.path = path
        self.message = message
    }

    /// `mainstay.yaml:12:5: applications[1].grace: must be a duration such as 30s, 10m or 24h, not a number`.
    package var description: String {
        "\(file):\(position.line):\(position.column): \(path.isEmpty ? "" : "\(path): ")\(message)"
    }
}

/// Everything that is wrong with a strictly read file, in its order. Never empty.
package struct StrictErrors: Error, Sendable, Hashable, CustomStringConvertible {
    package var problems: [StrictProblem]

    package init(problems: [StrictProblem]) { self.problems = problems }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
