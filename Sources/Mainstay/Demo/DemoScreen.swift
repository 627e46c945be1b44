// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Planning
internal import Reconciler

/// Shows the demo: a picture that is redrawn on a terminal, a line for each change elsewhere.
actor DemoScreen {
    private static let tick = Duration.milliseconds(250)

    private let board: StatusBoard
    private let isLive: Bool
    private let startedAt = SystemTime.now()
    private var story: [String] = []
    private var drawnLines = 0
    private var changes = DemoChanges()
    private var isFinished = false

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

    /// Follows the applications until the end, or until its task is cancelled.
    func run() async {
        while !isFinished, !Task.isCancelled {
            let seen = board.changes.version
            show()
            await board.changes.wait(after: seen, atMost: Self.tick, on: ContinuousClock())
        }
    }

    /// Text below the picture, which stays.
    func finish(_ text: String) {
        show()
        isFinished = true
        let width = terminal.size?.columns ?? .max
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        writeLine("\n" + lines.map { TextWrap.hanging($0, width: width) }.joined(separator: "\n"), to: 1)
    }

    private var terminal: Terminal { .standardOutput(environment: ProcessInfo.processInfo.environment) }

    private func show() {
        guard !isLive else { return draw() }
        for line in changes.lines(board.applications, at: SystemTime.now()) {
            writeLine("\(elapsed)    \(line)\n", to: 1)
        }
    }

    private func draw() {
        let terminal = terminal
        var table = TextTable(["  APPLICATION", "HEALTH", "PHASE", "REVISION"])
        for status in board.applications {
            table.add(
                [
                    "  \(status.target)", Cell(status.health.rawValue, Display.colour(status.health)),
                    Cell(status.phase.rawValue), Cell(String((status.revision ?? "").prefix(7))),
                ], notes: [status.detail])
        }
        // As much as fits, with at least one line of the story: what has left the screen cannot be drawn again.
        let size = terminal.size ?? Terminal.Size(columns: 80, rows: 24)
        func room(above picture: String) -> Int { size.rows - picture.count { $0 == "\n" } - 2 }
        let pictures = [2, 1, 0].lazy.map { table.text(on: terminal, noteLines: $0) }
        let picture = pictures.first { room(above: $0) > 0 } ?? table.text(on: terminal, noteLines: 0)
        let told = story.suffix(max(1, min(8, room(above: picture)))).map { TextWrap.cut($0, to: size.columns) + "\n" }
            .joined()
        let text = "\(told)\n\(picture)"
        // Over the last picture, line by line: clearing it first would flicker, and fill some terminals' history.
        let up = drawnLines > 0 ? "\u{1B}[\(drawnLines)A" : ""
        writeLine(up + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[J", to: 1)
        drawnLines = text.count { $0 == "\n" }
    }

    private var elapsed: String {
        let tenths = (SystemTime.now() - startedAt).milliseconds / 100
        let text = "\(tenths / 10).\(tenths % 10)s"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text
    }
}

/// Which changes are worth a line: every change of phase or health, and a detail once it has stood for a moment or
/// the rollout has ended. An application of which nothing is known yet is not.
struct DemoChanges {
    private static let settled = Duration.milliseconds(300)

    private struct Shown {
        var state = ""
        var detail = ""
        /// The detail that may become the next line, and since when it is there.
        var pending = ""
        var pendingSince: Timestamp
    }

    private var shown: [TargetID: Shown] = [:]

    /// The lines that are due, in the order of the applications.
    mutating func lines(_ applications: [ApplicationStatus], at now: Timestamp) -> [String] {
        applications.compactMap { line(for: $0, at: now) }
    }

    private mutating func line(for status: ApplicationStatus, at now: Timestamp) -> String? {
        var last = shown[status.target] ?? Shown(pendingSince: now)
        defer { shown[status.target] = last }
        let state = status.state
        let detail = status.detail
        if detail != last.pending {
            last.pending = detail
            last.pendingSince = now
        }
        let isSettled = status.phase.isFinal || now - last.pendingSince >= Self.settled
        let isNew = state != last.state && !(last.state.isEmpty && status.phase == .idle)
        guard isNew || (isSettled && !detail.isEmpty && detail != last.detail) else { return nil }
        last.state = state
        last.detail = detail
        return "\(status.target): \(state)\(detail.isEmpty ? "" : " (\(detail))")"
    }
}

extension ApplicationStatus {
    /// One word where phase and health have the same one.
    fileprivate var state: String {
        phase.rawValue == health.rawValue ? phase.rawValue : "\(phase.rawValue), \(health.rawValue)"
    }

    fileprivate var detail: String { message.isEmpty ? cause?.message ?? "" : message }
}
