// SPDX-License-Identifier: Apache-2.0

/// A place to run: a namespace, a branch, and a policy for what goes there.
package struct Environment: Sendable, Hashable {
    /// How a rollout begins.
    package enum Deploy: String, Sendable, CaseIterable {
        /// As soon as a revision changes something.
        case automatic
        /// After a person typed the confirm phrase.
        case confirm
        /// When a person asks for it.
        case manual
    }

    /// What another environment must have shown before.
    package struct Requirement: Sendable, Hashable {
        package var environment: String
        /// How long it must have been healthy without a break.
        package var healthyFor: Duration

        package init(environment: String, healthyFor: Duration = .zero) {
            self.environment = environment
            self.healthyFor = healthyFor
        }
    }

    /// How many people must agree.
    package struct Approvals: Sendable, Hashable {
        package var count: Int
        /// Only members of these count; empty means anyone who may approve.
        package var groups: [String]
        /// How long one counts; nil: as long as the digest waits.
        package var expires: Duration?

        package init(count: Int, groups: [String] = [], expires: Duration? = nil) {
            self.count = count
            self.groups = groups
            self.expires = expires
        }
    }

    /// A time in which rollouts may, or may not, begin.
    package struct Window: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable {
            case allow, deny
        }

        package var kind: Kind
        /// When the window opens.
        package var schedule: CronSchedule
        package var duration: Duration
        /// An IANA name, as in `Europe/Berlin`; its form is checked, not its existence.
        package var timeZone: String

        package init(kind: Kind, schedule: CronSchedule, duration: Duration, timeZone: String) {
            self.kind = kind
            self.schedule = schedule
            self.duration = duration
            self.timeZone = timeZone
        }
    }

    package var name: String
    /// For objects that state none.
    package var namespace: String
    /// Nil: the source's branch.
    package var branch: String?
    package var deploy: Deploy
    /// Always there where `deploy` is `confirm`.
    package var confirmPhrase: String?
    package var requires: [Requirement]
    package var approvals: Approvals?
    package var windows: [Window]
    /// The name of one of the configured clusters; nil: the default one.
    package var cluster: String?
    /// For applications that do not say it themselves.
    package var onRemoval: Application.Removal
    /// How long its past is kept, where that is less than the operator keeps anything.
    package var history: Duration?

    package static let shortestHistory = Duration.seconds(86_400)

    package init(
        name: String, namespace: String, branch: String? = nil, deploy: Deploy = .automatic,
        confirmPhrase: String? = nil, requires: [Requirement] = [], approvals: Approvals? = nil,
        windows: [Window] = [], cluster: String? = nil, onRemoval: Application.Removal = .prune,
        history: Duration? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.branch = branch
        self.deploy = deploy
        self.confirmPhrase = confirmPhrase
        self.requires = requires
        self.approvals = approvals
        self.windows = windows
        self.cluster = cluster
        self.onRemoval = onRemoval
        self.history = history
    }
}

extension Environment {
    /// Whether anything but git decides when a rollout begins. Freezes come besides.
    package var isGated: Bool {
        deploy != .automatic || !requires.isEmpty || approvals != nil || !windows.isEmpty
    }

    package static let clusterNames = LabelName.expectation

    package static func isClusterName(_ text: String) -> Bool { LabelName.isValid(text) }

    /// Empty for the daemon's default one.
    package var clusterName: String { cluster ?? "" }
}
