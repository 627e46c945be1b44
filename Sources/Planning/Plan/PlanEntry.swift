// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a rollout would do with an object. The words are part of the plan's JSON.
package enum PlanAction: String, Sendable, Hashable, CaseIterable {
    case create, configure, replace, prune
    /// Let go of: it keeps running, and is not ours any more.
    case orphan
    /// Its kind is not served yet.
    case deferred
    /// It would be refused, or wait for a person: `reason` says why.
    case refused
    /// A mark, or a limit, keeps it as it is although git says otherwise.
    case leftAlone
    case unchanged

    /// The cluster would be another one.
    package var isChange: Bool {
        switch self {
        case .create, .configure, .replace, .prune, .orphan, .deferred: true
        case .refused, .leftAlone, .unchanged: false
        }
    }
}

/// What a rollout would do with one object, and why.
package struct PlanEntry: Sendable, Hashable {
    package var id: ObjectID
    package var action: PlanAction
    /// A sentence for people; empty where the action says it all.
    package var reason: String
    /// A word for machines where it is refused: `FieldConflict`, `ManifestInvalid`, `ImmutableField`, `Forbidden` …
    package var code: String?
    /// Where its manifest is: `k8s/api.yaml:12`.
    package var origin: String?
    package var differences: [ShownDifference]
    /// How many more differences there are than are shown.
    package var omittedDifferences: Int
    /// The fields that force a replacement.
    package var immutableFields: [String]
    /// Both states, without secrets; nil where there is none.
    package var before: Object?
    package var after: Object?

    package init(
        id: ObjectID, action: PlanAction, reason: String = "", code: String? = nil, origin: String? = nil,
        differences: [ShownDifference] = [], omittedDifferences: Int = 0, immutableFields: [String] = [],
        before: Object? = nil, after: Object? = nil
    ) {
        self.id = id
        self.action = action
        self.reason = reason
        self.code = code
        self.origin = origin
        self.differences = differences
        self.omittedDifferences = omittedDifferences
        self.immutableFields = immutableFields
        self.before = before
        self.after = after
    }

    /// How many differences of an object are told.
    package static let shownDifferences = 50

    /// Tells how the object changes.
    ///
    /// - Parameters:
    ///   - old: from which secrets were taken; nil where there is none.
    ///   - new: the same.
    package mutating func show(from old: Object?, to new: Object?) {
        before = old
        after = new
        guard let old, let new else { return }
        let found = ObjectComparison.differences(from: old, to: new)
        differences = found.prefix(Self.shownDifferences).map(ShownDifference.init)
        omittedDifferences = max(0, found.count - Self.shownDifferences)
    }
}

/// What a rollout of an application in an environment would do.
package struct TargetPlan: Sendable, Hashable {
    package var target: TargetID
    /// The cluster that it was compared with, where the daemon has several; nil for the default one.
    package var cluster: String?
    /// The commit that it was made for; nil for files as they are.
    package var revision: String?
    /// Rendered objects in the order rendered, then the others, sorted.
    package var entries: [PlanEntry]
    /// Why there is no plan.
    package var problem: Cause?
    /// Why nothing of it would be done, whatever the entries say.
    package private(set) var held: Cause?
    package var notes: [String]

    package init(
        target: TargetID, revision: String? = nil, entries: [PlanEntry] = [], problem: Cause? = nil,
        held: Cause? = nil, notes: [String] = []
    ) {
        self.target = target
        self.revision = revision
        self.entries = entries
        self.problem = problem
        self.held = held
        self.notes = notes
    }

    /// Nothing is done: what would be is told all the same.
    package mutating func hold(because cause: Cause) {
        held = cause
        for index in entries.indices { entries[index].hold() }
    }
}

extension PlanEntry {
    private static let heldBack = "held back; "

    /// Something would be done, if nothing held it back.
    var isHeldBack: Bool { action == .leftAlone && reason.hasPrefix(Self.heldBack) }

    fileprivate mutating func hold() {
        guard action.isChange || action == .refused else { return }
        let word = action.conditional + (action == .refused ? code.map { " (\($0))" } ?? "" : "")
        reason = Self.heldBack + word + (reason.isEmpty ? "" : ": \(reason)")
        action = .leftAlone
        code = nil
    }
}

extension PlanAction {
    /// What would be, if nothing held it back.
    fileprivate var conditional: String {
        switch self {
        case .create: "would be created"
        case .configure: "would be changed"
        case .replace: "would be replaced"
        case .prune: "would be pruned"
        case .orphan: "would be let go of"
        case .deferred: "would be deferred"
        case .refused: "would be refused"
        case .leftAlone: "would be left alone"
        case .unchanged: "would be unchanged"
        }
    }
}
