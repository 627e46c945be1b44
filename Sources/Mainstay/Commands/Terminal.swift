// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What standard output can show.
struct Terminal: Sendable, Equatable {
    /// Columns and rows; nil where it is no terminal, and nothing is cut or wrapped.
    var size: Size?
    var hasColours: Bool

    struct Size: Sendable, Equatable {
        var columns: Int
        var rows: Int
    }

    /// A file or a pipe.
    static let none = Terminal(size: nil, hasColours: false)

    /// Colours only on a terminal that can show them, and not where `NO_COLOR` is set (no-color.org).
    static func standardOutput(environment: [String: String]) -> Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return .none }
        let isDumb = environment["TERM"] == "dumb"
        return Terminal(size: currentSize(), hasColours: !isDumb && (environment["NO_COLOR"] ?? "").isEmpty)
    }

    /// Read anew each time: a window can be resized. 80 by 24 where the terminal does not say.
    private static func currentSize() -> Size {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }
}
