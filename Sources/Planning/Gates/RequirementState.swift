// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How an application stands in an environment, as far as it bears on what may follow elsewhere.
package struct DeployedState: Sendable, Hashable {
    /// The commit whose content runs: the newest that asks for it.
    package var revision: String
    /// Of all that runs there.
    package var digest: String
    package var content: RolloutContent
    /// Since when it has been healthy with this content, without a break; nil where it is not.
    package var healthySince: Timestamp?
    /// Nothing is asked for there, and nothing runs.
    package var isOfNothing: Bool

    package init(
        revision: String, digest: String, content: RolloutContent, healthySince: Timestamp?, isOfNothing: Bool = false
    ) {
        self.revision = revision
        self.digest = digest
        self.content = content
        self.healthySince = healthySince
        self.isOfNothing = isOfNothing
    }
}

/// How one entry of an environment's `requires` stands, for one application.
package enum RequirementState: Sendable, Hashable {
    case met
    /// - Parameters:
    ///   - since: since when it has been healthy there.
    ///   - jumped: by how much the clock was set forward meanwhile, which is no time that passed.
    case soaking(Environment.Requirement, since: Timestamp, jumped: Duration)
    case unhealthy(Environment.Requirement)
    /// Something else runs there: neither a revision that contains this one, nor the same images and files.
    case different(Environment.Requirement, running: String)
    /// The application is not meant to run there, and another that is, is not healthy.
    case unwell(Environment.Requirement, TargetID)
    /// It has not shown there what it has to show, or nothing is known of it.
    case unknown(Environment.Requirement, why: String)

    package var wait: GateWait? {
        var wait = message
        wait?.past = past
        return wait
    }

    /// `the wait for staging healthy for 24h`.
    private var past: String? {
        switch self {
        case .met: nil
        case .soaking(let requirement, _, _), .unhealthy(let requirement), .different(let requirement, _),
            .unwell(let requirement, _), .unknown(let requirement, _):
            "the wait for \(requirement.text)"
        }
    }

    private var message: GateWait? {
        switch self {
        case .met: nil
        case .soaking(let requirement, let since, let jumped):
            GateWait(
                jumped > .zero ? .clockJumped : .requirement,
                "\(requirement.text), which it has been since \(since.secondsDescription) and will have been at "
                    + (since + requirement.healthyFor + jumped).secondsDescription
                    + (jumped > .zero
                        ? " (the clock was set forward by \(DurationText.text(jumped)), which counts for nothing)"
                        : ""),
                until: since + requirement.healthyFor + jumped)
        case .unhealthy(let requirement): GateWait(.requirement, "\(requirement.text), where it is not healthy")
        case .different(let requirement, let running):
            GateWait(
                .requirement,
                "\(requirement.text) with the same images and files, or a revision that contains this one; there runs "
                    + "\(running.prefix(7))")
        case .unwell(let requirement, let target):
            GateWait(.requirement, "\(requirement.environment) healthy: \(target.application) is not")
        case .unknown(let requirement, let why): GateWait(.requirement, "\(requirement.text): \(why)")
        }
    }
}

extension Environment.Requirement {
    /// `staging healthy for 24h`.
    fileprivate var text: String {
        "\(environment) healthy" + (healthyFor > .zero ? " for \(DurationText.text(healthyFor))" : "")
    }
}

/// When an application at rest stopped being well, or was well again.
package struct HealthMark: Sendable, Hashable {
    package var isHealthy: Bool
    package var at: Timestamp

    package init(isHealthy: Bool, at: Timestamp) {
        self.isHealthy = isHealthy
        self.at = at
    }
}
