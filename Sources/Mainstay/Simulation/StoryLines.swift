// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Reconciler

/// Which changes of statuses a story tells: every end of a rollout, and of what lies between that which lasts.
struct StoryLines {
    /// What was told last of each application.
    private var told: [TargetID: String] = [:]

    /// What is known before is not told.
    init(knowing statuses: [ApplicationStatus] = []) {
        for status in statuses { told[status.target] = Self.text(of: status) }
    }

    /// - Parameter lasted: what stands there has stood since the last look.
    mutating func lines(_ statuses: [ApplicationStatus], lasted: Bool) -> [String] {
        statuses.compactMap { status in
            let text = Self.text(of: status)
            guard text != told[status.target], lasted || Self.isTelling(status.phase) else { return nil }
            // Nothing is known of it yet.
            if status.phase == .idle, told[status.target] == nil { return nil }
            told[status.target] = text
            return "\(status.target): \(text)"
        }
    }

    /// They pass at once, and are what it is about.
    private static func isTelling(_ phase: RolloutPhase) -> Bool {
        switch phase {
        case .succeeded, .failed, .rollingBack, .rolledBack, .superseded: true
        case .idle, .queued, .blocked, .applying, .progressing, .verifying: false
        }
    }

    private static func text(of status: ApplicationStatus) -> String {
        let detail = status.message.isEmpty ? status.cause?.description ?? "" : status.message
        let isEnd = status.phase == .succeeded || status.phase == .rolledBack
        let health = isEnd && status.health != .healthy ? ", \(status.health.rawValue)" : ""
        return "\(status.phase.rawValue)\(health)" + (detail.isEmpty ? "" : ": \(detail)")
    }
}
