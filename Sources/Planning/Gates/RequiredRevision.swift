// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What git asks of an application in an environment that another requires, and what became of it there.
package struct RequiredRevision: Sendable, Hashable {
    package enum Course: Sendable, Hashable {
        /// Rolled out, and judged well. For as long as it bakes, a relapse would still be its failure.
        case settled(bake: Duration)
        /// Nobody looked yet at what git asks for there.
        case unseen
        case notBegun
        /// At a gate of its own.
        case waiting
        /// Something that the revision cannot help is waited for.
        case blocked
        /// A person had nothing done there, or all of it taken away.
        case setAside(Suspension)
        case rollingOut
        case failed
        case quarantined
        /// A person had it rolled back.
        case takenBack
        case inconclusive
        /// It cannot be rolled out at all.
        case broken(String)

        /// `there it is suspended by ada since 2026-11-28T16:00:00Z: migrating by hand`.
        package static func text(of suspension: Suspension) -> String { "there it is \(suspension.text)" }
    }

    /// The commit that is to be named.
    package var revision: String
    package var digest: String
    package var course: Course

    package init(revision: String, digest: String, course: Course) {
        self.revision = revision
        self.digest = digest
        self.course = course
    }

    /// Why it has shown nothing yet; nil where it was judged well.
    package var hindrance: String? {
        let name = revision.prefix(7)
        return switch course {
        case .settled: nil
        case .unseen: "it was not seen to run there yet"
        case .notBegun: "\(name) was not rolled out there yet"
        case .waiting: "\(name) waits there, too"
        case .blocked: "\(name) is blocked there"
        case .setAside(let suspension): Course.text(of: suspension)
        case .rollingOut: "\(name) is being rolled out there"
        case .failed: "\(name) failed there"
        case .quarantined: "\(name) failed there and is quarantined"
        case .takenBack: "\(name) was rolled back there by a person"
        case .inconclusive: "nobody could tell yet whether \(name) is well there"
        case .broken(let why): "\(name) cannot be rolled out there: \(why)"
        }
    }

    fileprivate var bake: Duration {
        if case .settled(let bake) = course { bake } else { .zero }
    }
}

extension RequirementState {
    /// Where the environment has looked at what waits: what git asks of it there has to run, and to be well.
    ///
    /// - Parameter standing: nil where the application was not seen there yet.
    package static func of(
        _ requirement: Environment.Requirement, _ standing: DeployedState?, asked: RequiredRevision, now: Timestamp,
        jumped: Duration = .zero
    ) -> RequirementState {
        if let hindrance = asked.hindrance { return .unknown(requirement, why: hindrance) }
        // What was rolled back to is well, and says nothing of what was rolled back from.
        guard let standing, standing.digest == asked.digest else {
            return .unknown(requirement, why: "it was not seen to run there yet")
        }
        var soak = requirement
        soak.healthyFor = max(requirement.healthyFor, asked.bake)
        return ofTime(soak, standing, now: now, jumped: jumped)
    }

    /// Where what waits is on another branch, and not part of what the environment has looked at: what runs there has
    /// to be the same.
    ///
    /// - Parameter failed: a revision that failed there, is part of what waits, and is not part of what runs there.
    package static func of(
        _ requirement: Environment.Requirement, _ standing: DeployedState?, content: RolloutContent, failed: String?,
        now: Timestamp, jumped: Duration = .zero
    ) -> RequirementState {
        guard let standing else { return .unknown(requirement, why: "it was not rolled out there") }
        if let failed {
            let failed = RequiredRevision(revision: failed, digest: "", course: .failed)
            return .unknown(requirement, why: failed.hindrance ?? "")
        }
        guard standing.content.isSame(as: content) else {
            return .different(requirement, running: standing.revision)
        }
        return ofTime(requirement, standing, now: now, jumped: jumped)
    }

    private static func ofTime(
        _ requirement: Environment.Requirement, _ standing: DeployedState, now: Timestamp, jumped: Duration
    ) -> RequirementState {
        guard let since = standing.healthySince else { return .unhealthy(requirement) }
        return now >= since + requirement.healthyFor + jumped
            ? .met : .soaking(requirement, since: since, jumped: jumped)
    }
}
