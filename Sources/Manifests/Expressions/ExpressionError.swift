// SPDX-License-Identifier: Apache-2.0

/// Why an expression cannot be read, or has no value.
package struct ExpressionError: Error, Sendable, Equatable {
    /// In the words of the Common Expression Language's reference implementation, where it has some.
    package var message: String
    /// The character where the expression goes wrong, from 0; nil for what only happened on evaluation.
    package var position: Int?

    package init(_ message: String, at position: Int? = nil) {
        self.message = message
        self.position = position
    }

    static let tooExpensive = ExpressionError("operation cancelled: actual cost limit exceeded")

    static func noOverload(_ function: String? = nil) -> ExpressionError {
        ExpressionError("no such overload" + (function.map { ": \($0)" } ?? ""))
    }

    /// Line, column and the line itself with a mark below it, as `cel-go` prints a compiler's error.
    package func description(in text: String) -> String {
        guard let position else { return message }
        var line = 1
        var column = 1
        for character in text.unicodeScalars.prefix(position) {
            if character == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let source = lines.indices.contains(line - 1) ? lines[line - 1] : ""
        return "ERROR: <input>:\(line):\(column): \(message)\n | \(source)\n | "
            + String(repeating: ".", count: column - 1) + "^"
    }
}
