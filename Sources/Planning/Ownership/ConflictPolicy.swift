// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What is done where somebody else owns a field that a manifest sets to another value.
package struct ConflictPolicy: Sendable, Hashable {
    package enum Action: String, Sendable, CaseIterable {
        /// The rollout waits, and names who.
        case report
        /// The field is taken.
        case force
        /// The field is left to the other, and not sent.
        case ignore
    }

    /// For what it names; each part left out means any.
    package struct Rule: Sendable, Hashable {
        package var action: Action
        package var kind: String?
        package var name: String?
        package var field: FieldPattern?
        package var manager: String?

        package init(
            _ action: Action, kind: String? = nil, name: String? = nil, field: FieldPattern? = nil,
            manager: String? = nil
        ) {
            self.action = action
            self.kind = kind
            self.name = name
            self.field = field
            self.manager = manager
        }

        func isAbout(_ object: ObjectID, _ conflict: FieldConflict) -> Bool {
            (kind.map(object.groupKind.isMeant) ?? true)
                && (name.map { $0 == object.name } ?? true) && (manager.map { $0 == conflict.manager } ?? true)
                && (field?.matches(serverPath: conflict.field) ?? true)
        }
    }

    package var action: Action
    /// The first that is about a conflict decides.
    package var rules: [Rule]
    /// Whose fields become ours when an object is first applied.
    package var takeOver: [String]

    package init(action: Action = .report, rules: [Rule] = [], takeOver: [String] = TakeOver.managers) {
        self.action = action
        self.rules = rules
        self.takeOver = takeOver
    }

    /// What a rule says, where one is about it.
    package func stated(on object: ObjectID, _ conflict: FieldConflict) -> Action? {
        rules.first { $0.isAbout(object, conflict) }?.action
    }

    package func action(on object: ObjectID, _ conflict: FieldConflict) -> Action {
        rules.first { $0.isAbout(object, conflict) }?.action ?? action
    }
}

/// A field that somebody else owns.
package struct FieldConflict: Sendable, Hashable, CustomStringConvertible {
    /// As the server prints it: `.spec.template.spec.containers[name="api"].image`.
    package var field: String
    package var manager: String

    package init(field: String, manager: String) {
        self.field = field
        self.manager = manager
    }

    package var description: String { "\(field) (\(manager))" }
}

/// What a policy makes of an object's conflicts.
package struct ConflictResolution: Sendable, Hashable {
    /// Those that a person has to decide; where there are any, nothing is sent.
    package var reported: [FieldConflict] = []
    package var forced: [FieldConflict] = []
    package var ignored: [FieldConflict] = []

    /// - Parameters:
    ///   - forcesAll: the object itself says that its fields are to be taken.
    ///   - drift: of an object that is ours. What others changed of it since is drift, and is dealt with as at rest.
    package init(
        _ conflicts: [FieldConflict], on object: ObjectID, _ policy: ConflictPolicy, forcesAll: Bool,
        drift: DriftRules? = nil
    ) {
        for conflict in conflicts {
            let rule = policy.stated(on: object, conflict)
            var action = rule ?? (forcesAll ? .force : policy.action)
            if rule == nil, action == .report, !conflict.field.isEmpty, let drift {
                switch drift.action(on: conflict, of: object) {
                case .heal: action = .force
                case .ignore: action = .ignore
                case .report: break
                }
            }
            switch action {
            case .report: reported.append(conflict)
            case .force: forced.append(conflict)
            case .ignore: ignored.append(conflict)
            }
        }
    }
}
