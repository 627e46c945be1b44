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
        self.text = text.withoutControls
        self.colour = colour
    }

    init(stringLiteral text: String) { self.init(text) }

    func text(on terminal: Terminal) -> String {
        guard let colour, terminal.hasColours else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
