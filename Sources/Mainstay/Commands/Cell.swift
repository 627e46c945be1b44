// SPDX-License-Identifier: Apache-2.0

/// A text and the colour it has where there are colours.
struct Cell: Sendable, ExpressibleByStringInterpolation {
    enum Colour: Int, Sendable {
        case red = 31
        case green, yellow
    }

    var text: String
    var colour: Colour?

    init(_ text: String, _ colour: Colour? = nil) {
        // What a repository or a cluster says must not steer the terminal, nor end the line.
        self.text = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
        self.colour = colour
    }

    init(stringLiteral text: String) { self.init(text) }

    func text(on terminal: Terminal) -> String {
        guard let colour, terminal.hasColours else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1, and the two separators that end a line for some readers.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029 }
}
