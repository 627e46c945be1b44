// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a rollout waits for before it may begin, in words that a person can act on.
package struct GateWait: Sendable, Hashable, CustomStringConvertible {
    /// For programs.
    package enum Reason: String, Sendable {
        /// A person does not want it.
        case rejected = "Rejected"
        /// Nothing begins here for now, as a person said.
        case frozen = "Frozen"
        /// Another environment has not shown yet what is asked of it.
        case requirement = "RequirementNotMet"
        /// The same, where somebody set the clock forward meanwhile.
        case clockJumped = "ClockJumped"
        /// Persons have to agree.
        case approval = "ApprovalRequired"
        /// A person has to type the phrase.
        case confirmation = "ConfirmationRequired"
        /// A person has to ask for it.
        case promotion = "PromotionRequired"
        /// It is not the time.
        case window = "OutsideWindow"
        /// It never will be.
        case windowNeverOpens = "WindowNeverOpens"
        /// The windows' time zone is not known here, so that nobody knows whether it is the time.
        case unknownTimeZone = "UnknownTimeZone"
        /// The cluster is not one that this daemon can reach.
        case unknownCluster = "UnknownCluster"
        /// What was deployed before is still in another cluster.
        case clusterChanged = "ClusterChanged"
    }

    package var reason: Reason
    package var message: String
    /// When it passes by itself, as far as that is known.
    package var until: Timestamp?
    /// What a person who forces it gets past: `the windows of production`. Nil where no force opens it.
    package var past: String?

    package init(_ reason: Reason, _ message: String, until: Timestamp? = nil, past: String? = nil) {
        self.reason = reason
        self.message = message
        self.until = until
        self.past = past
    }

    package var description: String { message }
}

/// Decides whether a rollout may begin in an environment: a pure function of the environment's policy and of what is
/// known. A gate is asked when a rollout begins; what runs may finish.
package struct Gate: Sendable {
    package var environment: Environment
    package var now: Timestamp
    /// Who wrote what would be rolled out; nil where that cannot be told, and nobody's approval counts.
    package var authors: [CommitAuthor]?
    package var people: People
    /// Those that cover the application.
    package var freezes: [Freeze]
    package var requirements: [RequirementState]
    package var zones: TimeZones
    package var place = ClusterPlace.there

    package init(
        environment: Environment, now: Timestamp, authors: [CommitAuthor]? = [], people: People = People(),
        freezes: [Freeze] = [], requirements: [RequirementState] = [], zones: TimeZones
    ) {
        self.environment = environment
        self.now = now
        self.authors = authors
        self.people = people
        self.freezes = freezes
        self.requirements = requirements
        self.zones = zones
    }

    /// All that it waits for, what people said against it first. Empty: it may begin.
    package func waits(of proposal: Proposal) -> [GateWait] {
        if let rejection = proposal.rejection {
            let why = rejection.reason.map { ": \($0)" } ?? ""
            return [
                GateWait(
                    .rejected,
                    "another digest, or `mainstay release \(Self.arguments(proposal.target))`: rejected by "
                        + "\(rejection.person) \(rejection.at.secondsDescription)\(why)")
            ]
        }
        if let wait = place.wait(for: environment, proposal.target) { return [wait] }
        let force = force(of: proposal)
        let persons = [freezeWait(force), approvalWait(proposal), force == nil ? goWait(proposal) : nil]
        guard force == nil else { return persons.compactMap(\.self) }
        return persons.compactMap(\.self) + requirements.compactMap(\.wait) + [windowWait].compactMap(\.self)
    }

    /// A person's word that opens what only time opens. It stands for nobody else's: approvals count as ever, and where
    /// they are of groups, so is it.
    package func force(of proposal: Proposal) -> Proposal.Word? {
        proposal.force.flatMap { mayForce($0.person) ? $0 : nil }
    }

    package func mayForce(_ person: String) -> Bool {
        people.isIn(person, anyOf: environment.approvals?.groups ?? [])
    }

    /// Approvals that count: of people of the groups, who did not write it, and not too long ago. Of one that is dated
    /// ahead nobody can tell how long ago that was.
    package func valid(_ approvals: [Proposal.Word]) -> [Proposal.Word] {
        guard let policy = environment.approvals, let authors else { return [] }
        return approvals.filter { word in
            people.isIn(word.person, anyOf: policy.groups) && !people.wrote(word.person, anyOf: authors)
                && (policy.expires.map { now < word.at + $0 && !word.at.isAhead(of: now) } ?? true)
        }
    }

    /// When the first of the approvals that count runs out.
    package func nextExpiry(of proposal: Proposal) -> Timestamp? {
        guard let expires = environment.approvals?.expires else { return nil }
        return valid(proposal.approvals).map { $0.at + expires }.min()
    }

    /// When the last of the approvals that no longer count ran out.
    package func lastLapse(of proposal: Proposal) -> Timestamp? {
        guard let expires = environment.approvals?.expires else { return nil }
        return proposal.approvals.map { $0.at + expires }.filter { $0 <= now }.max()
    }

    static func arguments(_ target: TargetID) -> String { "\(target.application) -e \(target.environment)" }

    /// - Parameter force: who said it knew of the freezes until then, and of none since.
    private func freezeWait(_ force: Proposal.Word?) -> GateWait? {
        let active = freezes.filter { freeze in
            freeze.isInForce(at: now) && force?.knew(freeze) != true
        }
        guard !active.isEmpty else { return nil }
        // All have to end; without an end of one nobody knows when.
        let ends = active.map(\.until)
        let until = ends.contains(nil) ? nil : ends.compactMap(\.self).max()
        let texts = active.map { "\($0.scope) is \($0.text)" }
        let what = active.count == 1 ? "the freeze" : "\(active.count) freezes"
        return GateWait(
            .frozen, "the end of \(what): \(texts.joined(separator: "; "))", until: until,
            past: "the freeze of \(active.map { "\($0.scope)" }.joined(separator: " and of "))")
    }

    private func approvalWait(_ proposal: Proposal) -> GateWait? {
        guard let policy = environment.approvals else { return nil }
        guard authors != nil else {
            return GateWait(
                .approval,
                "approvals, which nobody can give while it cannot be told who wrote \(proposal.revision.prefix(7)): more "
                    + "has changed since what runs than is looked through; roll out something older first")
        }
        let valid = valid(proposal.approvals)
        guard valid.count < policy.count else { return nil }
        let groups = policy.groups.isEmpty ? "" : " of \(policy.groups.joined(separator: " or "))"
        let known = people.persons.filter { people.isIn($0.name, anyOf: policy.groups) }
        guard policy.groups.isEmpty || known.count >= policy.count else {
            return GateWait(
                .approval,
                "\(policy.count) \(policy.count == 1 ? "approval" : "approvals")\(groups), of whom the daemon's "
                    + "configuration names \(known.count): add them under `people`")
        }
        let given = valid.isEmpty ? "none so far" : "so far \(valid.map(\.person).joined(separator: ", "))"
        let ignored = proposal.approvals.filter { !valid.contains($0) }.map(\.person)
        let lost = ignored.isEmpty ? "" : "; that of \(ignored.joined(separator: ", ")) no longer counts"
        return GateWait(
            .approval,
            "\(policy.count) \(policy.count == 1 ? "approval" : "approvals")\(groups) (\(given)\(lost)): "
                + "mainstay approve \(Self.arguments(proposal.target))")
    }

    private func goWait(_ proposal: Proposal) -> GateWait? {
        guard proposal.promotion == nil else { return nil }
        let command = "mainstay promote \(Self.arguments(proposal.target))"
        return switch environment.deploy {
        case .automatic: nil
        case .confirm: GateWait(.confirmation, "a person who types the phrase: \(command)")
        case .manual: GateWait(.promotion, "a person's go: \(command)")
        }
    }

    private var windowWait: GateWait? {
        guard !environment.windows.isEmpty else { return nil }
        let past = "the windows of \(environment.name)"
        switch ChangeWindows(environment.windows, zones: zones).state(at: now) {
        case .open: return nil
        case .closed(let opens?):
            return GateWait(.window, "the window that opens \(opens.secondsDescription)", until: opens, past: past)
        case .closed(nil):
            return GateWait(
                .windowNeverOpens,
                "a window of \(environment.name), and none opens within four years: mend `windows` in the pipeline",
                past: past)
        case .unknownTimeZone(let name):
            return GateWait(
                .unknownTimeZone,
                "the windows of \(environment.name), whose time zone \(name) this system does not know: correct "
                    + "`timeZone`, or install the tz database", past: past)
        }
    }
}
