// SPDX-License-Identifier: Apache-2.0

extension String {
    /// One line that steers nothing: each control character is a space.
    var withoutControls: String { String(UnicodeScalarView(unicodeScalars.map { $0.isControl ? " " : $0 })) }

    /// The same, line by line: what is told in several lines stays so. Those after the first are indented.
    func linesWithoutControls(indent: String = "") -> String {
        split(separator: "\n").map { String($0).withoutControls }.joined(separator: "\n\(indent)")
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1, and the two separators that end a line for some readers.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029 }
}
