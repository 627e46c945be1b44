// SPDX-License-Identifier: Apache-2.0

import Manifests

/// An event in words, for people.
package struct NotificationText: Sendable, Hashable {
    /// One line: `api in production failed at 3f2a91c`.
    package let title: String
    /// What a person needs besides, line by line.
    package let lines: [String]

    package init(_ event: NotificationEvent) {
        title = Self.title(event)
        lines = Self.lines(event)
    }

    package var body: String { lines.joined(separator: "\n") }

    private static func title(_ event: NotificationEvent) -> String {
        let what = event.isAboutPipeline ? "the pipeline" : "\(event.target)"
        let at = event.revision.map { " at \($0.prefix(7))" } ?? ""
        let since = event.since.map { " since \($0.secondsDescription)" } ?? ""
        return switch event.kind {
        case .started: "\(what) is being rolled out\(at)"
        case .succeeded: event.revision == nil ? "\(what) was removed" : "\(what) is healthy\(at)"
        case .failed: "\(what) failed\(at), and is quarantined"
        case .inconclusive: "\(what) cannot be judged\(at): held for a person"
        case .rolledBack:
            "\(what) was rolled back to \(event.shortRevision)"
                + (event.fromRevision.map { ", away from \($0.prefix(7))" } ?? "")
        case .rollbackFailed where event.cause?.reason == CheckProgress.inconclusive:
            "\(what) was rolled back to \(event.shortRevision), which cannot be judged: left for a person"
        case .rollbackFailed: "\(what) could not be rolled back to \(event.shortRevision): left for a person"
        case .recovered: event.revision == nil ? "\(what) was removed" : "\(what) recovered: healthy\(at)"
        case .stuck: "\(what) has been waiting\(since)"
        case .awaitingApproval: "\(what) waits for approval\(at)"
        case .unblocked: "\(what) goes on"
        case .degraded: "\(what) is degraded\(since)"
        case .healthy: "\(what) is healthy again"
        case .driftFought: "\(what) is changed again and again by somebody else"
        case .driftEnded: "\(what) is left alone again"
        case .broken where event.isAboutPipeline: "the pipeline cannot be used\(at): the one in force stays"
        case .broken: "\(what) cannot be rolled out\(at): what runs stays"
        case .mended:
            event.isAboutPipeline ? "the pipeline can be used again\(at)" : "\(what) can be rolled out again\(at)"
        case .test: "a test of mainstay's notifications: nothing happened"
        }
    }

    private static func lines(_ event: NotificationEvent) -> [String] {
        var lines: [String] = []
        if let cause = event.cause { lines.append(cause.description) }
        if let subject = event.subject {
            let commit = (event.isAboutTakenBack ? event.fromRevision : nil) ?? event.revision ?? ""
            lines.append("commit \(commit.prefix(7)): \(subject)" + (event.author.map { " (\($0))" } ?? ""))
        }
        if let note = event.note { lines.append(note) }
        if let logLines = event.cause?.logLines, !logLines.isEmpty {
            lines.append("last log lines:")
            lines += logLines.map { "  \($0)" }
        }
        return lines
    }
}
