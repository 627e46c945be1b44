// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Planning
internal import Reconciler

/// Shows the demo: a picture that is redrawn on a terminal, a line for each change elsewhere.
actor DemoScreen {
    private let board: StatusBoard
    private let isLive: Bool
    private let startedAt = SystemTime.now()
    private var story: [String] = []
    private var drawnLines = 0
    private var lastShown: [TargetID: String] = [:]

    init(board: StatusBoard, isLive: Bool) {
        self.board = board
        self.isLive = isLive
    }

    /// A step of the story.
    func tell(_ text: String) {
        if isLive {
            story.append("\(elapsed)  \(text)")
            draw()
        } else {
            writeLine("\(elapsed)  \(text)\n", to: 1)
        }
    }

    /// Follows the applications until its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let seen = board.changes.version
            show()
            await board.changes.wait(after: seen)
        }
    }

    /// Text below the picture, which stays.
    func finish(_ text: String) {
        show()
        writeLine("\n\(text)", to: 1)
    }

    private func show() {
        guard !isLive else { return draw() }
        for status in board.applications {
            let line = "\(status.phase.rawValue), \(status.health.rawValue)\(Self.detail(status))"
            guard lastShown[status.target] != line else { continue }
            lastShown[status.target] = line
            writeLine("\(elapsed)    \(status.target): \(line)\n", to: 1)
        }
    }

    private func draw() {
        var table = TextTable(["  APPLICATION", "PHASE", "HEALTH", "REVISION", ""])
        for status in board.applications {
            table.add([
                "  \(status.target)", status.phase.rawValue, Self.coloured(status.health),
                String((status.revision ?? "").prefix(7)), String(Self.detail(status).prefix(90)),
            ])
        }
        let text = story.suffix(8).joined(separator: "\n") + "\n\n" + table.text
        let up = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\u{1B}[J" : ""
        writeLine(up + text, to: 1)
        drawnLines = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    }

    private static func detail(_ status: ApplicationStatus) -> String {
        let text = status.message.isEmpty ? status.cause?.message ?? "" : status.message
        return text.isEmpty ? "" : " (\(text))"
    }

    /// Equally long escapes, so that columns stay straight.
    private static func coloured(_ health: HealthStatus) -> String {
        let code =
            switch health {
            case .healthy: 32
            case .degraded, .missing: 31
            case .progressing, .suspended, .unknown: 33
            }
        return "\u{1B}[\(code)m\(health.rawValue)\u{1B}[0m"
    }

    private var elapsed: String {
        let tenths = (SystemTime.now() - startedAt).milliseconds / 100
        let text = "\(tenths / 10).\(tenths % 10)s"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text
    }
}
