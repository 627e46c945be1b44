// SPDX-License-Identifier: Apache-2.0

import Planning

/// What the reconciler said of an application in an environment, as last heard, and whether the present piece of work knows
/// of it. Only what changes what is to be done is news.
struct TargetWish {
    /// How an application that left goes.
    struct Removal {
        /// What the pipeline still says of it, for other environments.
        var said: Application.Removal?
        /// What holds where the ledger does not know what it said last either.
        var unlessSaid = Application.Removal.prune
        /// The environment that it left, and by which commit; nil where that is gone too.
        var leaving: (environment: Environment, commit: String)?
    }

    /// What git asks for.
    private(set) var desired: Desired?
    /// Why what git holds cannot be rolled out at all.
    private(set) var problem: Cause?
    /// The commit that it was first seen at.
    private(set) var problemRevision: String?
    /// The application is no longer in the pipeline.
    private(set) var isRemoved = false
    private(set) var removal = Removal()
    /// The head that what is desired was last looked at.
    private(set) var lookedAt: String?
    /// Something was said that the present piece of work does not know.
    private(set) var hasNews = false

    /// What is to be let through the environment's gate.
    var digest: String? { isRemoved ? GateKeeper.removal : desired?.digest }

    /// This is what should run. The same objects at another commit are no reason to begin anew.
    mutating func ask(for desired: Desired) {
        if self.desired?.digest != desired.digest || isRemoved { hasNews = true }
        notePolicy(desired.application, desired.environment)
        if self.desired?.removal != desired.removal { hasNews = true }
        self.desired = desired
        lookedAt = desired.commit
        clearProblem()
        isRemoved = false
    }

    /// What git holds is what is desired already, at another commit; the policy may be another.
    ///
    /// - Parameter recorded: what the ledger has of the application's removal.
    mutating func keep(
        _ application: Application, _ environment: Environment, at head: String, recorded: Application.Removal?
    ) {
        lookedAt = head
        notePolicy(application, environment)
        desired?.application = application
        desired?.environment = environment
        if let removal = desired?.removal, removal != recorded { hasNews = true }
        clearProblem()
    }

    /// What git holds cannot be rolled out. True where that is another reason than before.
    mutating func fail(because cause: Cause, at commit: String) -> Bool {
        guard problem != cause else { return false }
        problem = cause
        problemRevision = commit
        hasNews = true
        return true
    }

    /// The application left the pipeline.
    mutating func remove(_ removal: Removal) {
        if isRemoved,
            self.removal.leaving?.environment != removal.leaving?.environment || self.removal.said != removal.said
        {
            hasNews = true
        }
        self.removal = removal
        guard !isRemoved else { return }
        isRemoved = true
        hasNews = true
        problem = nil
        desired = nil
    }

    /// The same objects have something to be done all the same.
    mutating func decideAnew() { hasNews = true }

    /// What was said is acted upon from here on. True where there was anything.
    @discardableResult
    mutating func takeNews() -> Bool {
        defer { hasNews = false }
        return hasNews
    }

    /// What waits under the old policy is decided anew under the new one.
    private mutating func notePolicy(_ application: Application, _ environment: Environment) {
        guard let desired else { return }
        if !desired.environment.hasGate(of: environment) || desired.application.conflicts != application.conflicts
            || desired.application.drift != application.drift || desired.application.verify != application.verify
        {
            hasNews = true
        }
    }

    private mutating func clearProblem() {
        if problem != nil { hasNews = true }
        problem = nil
    }
}

extension Desired {
    var removal: Application.Removal { application.onRemoval ?? environment.onRemoval }
}

extension Environment {
    /// Whether what waits under this policy waits for the same under the other.
    fileprivate func hasGate(of other: Environment) -> Bool {
        deploy == other.deploy && requires == other.requires && approvals == other.approvals
            && windows == other.windows && cluster == other.cluster
    }
}
