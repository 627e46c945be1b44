// SPDX-License-Identifier: Apache-2.0

/// Breaks long scalars into lines where go-yaml's emitter does: at single spaces, once a line has passed column 80.
struct YAMLLineBreaks {
    enum Style {
        case plain, singleQuotes, doubleQuotes
    }

    private static let width = 80

    /// Where the scalar starts, with its quote.
    let column: Int
    /// Where its further lines start.
    let indent: Int

    init(column: Int, indent: Int) {
        self.column = column
        self.indent = indent
    }

    /// - Parameter write: a character as it stands in that style.
    func broken(_ text: String, in style: Style, _ write: (Unicode.Scalar) -> String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard column + scalars.count > Self.width || style == .doubleQuotes else { return scalars.map(write).joined() }
        var result = ""
        var column = style == .plain ? column : column + 1
        var isAfterSpace = false
        for (index, scalar) in scalars.enumerated() {
            guard scalar == " " else {
                let written = write(scalar)
                result += written
                column += written.unicodeScalars.count
                isAfterSpace = false
                continue
            }
            let isBeforeSpace = index + 1 < scalars.count && scalars[index + 1] == " "
            // Quotes hold spaces at their ends; a break there would lose them. In double quotes a backslash keeps one.
            let isInside = style == .plain || index > 0 && index < scalars.count - 1
            if !isAfterSpace, column > Self.width, isInside, style == .doubleQuotes || !isBeforeSpace {
                result += "\n" + String(repeating: " ", count: indent)
                column = indent
                if isBeforeSpace {
                    result += "\\"
                    column += 1
                }
            } else {
                result += " "
                column += 1
            }
            isAfterSpace = true
        }
        return result
    }
}
