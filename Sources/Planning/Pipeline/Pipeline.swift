// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a repository says should run where: the parsed `mainstay.yaml`.
///
/// A value of this type is consistent: names are unique and valid, references lead somewhere, nothing depends on itself.
package struct Pipeline: Sendable, Hashable {
    /// In the file's order.
    package var environments: [Environment]
    /// In the file's order.
    package var applications: [Application]
    /// Which events go to which of the receivers that the daemon's configuration has; their names are not known here.
    package var notifications: [NotificationRoute]

    package init(
        environments: [Environment], applications: [Application], notifications: [NotificationRoute] = []
    ) {
        self.environments = environments
        self.applications = applications
        self.notifications = notifications
    }

    package func environment(_ name: String) -> Environment? { environments.first { $0.name == name } }

    package func application(_ name: String) -> Application? { applications.first { $0.name == name } }

    /// What an application that left an environment, and is still in another, says now of what it leaves there; nil where
    /// it says nothing, or left altogether, and what it said last counts.
    package func removal(of target: TargetID) -> Application.Removal? { application(target.application)?.onRemoval }

    /// Every application in each of its environments, sorted.
    package var targets: [TargetID] {
        applications.flatMap { application in
            application.environments.map { TargetID(application: application.name, environment: $0) }
        }.sorted()
    }
}

/// Everything that is wrong with a pipeline file, each with line and column.
package typealias PipelineErrors = StrictErrors
