// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What a person asks the daemon to do.
package enum OperatorAction: Sendable, Hashable {
    /// Poll the source now, and wait for it.
    case reconcile
    /// Roll out again what git asks for and what runs.
    case rollOutAgain(TargetID, reason: String)
    /// Bring back an earlier rollout, and stay there. Without a revision, to what was healthy before.
    case rollBack(TargetID, to: String?, reason: String?)
    /// Let go of what is held back: of a digest or revision, or without one of what git asks for.
    case release(TargetID, String?)
    case suspend(Suspension.Scope, reason: String)
    case resume(Suspension.Scope)
    /// Let more objects go than are pruned without a person: exactly those of the code. Without one they are listed.
    case approvePrune(TargetID, code: String?)
    /// Agree to what waits at a gate.
    case approve(GateRequest)
    /// Give the go for what waits for it. Without the phrase that the environment asks for, it is told.
    case promote(GateRequest, phrase: String?)
    /// The same past what only time opens, for its reason.
    case force(GateRequest, phrase: String?)
    /// What waits must not be rolled out.
    case reject(GateRequest)
    /// No rollout begins there.
    case freeze(Suspension.Scope, until: Timestamp?, reason: String)
    case thaw(Suspension.Scope)
    /// Delete all that is there, and do not make it again. Without the phrase, what would go is listed.
    case destroy(Suspension.Scope, phrase: String?, reason: String?)
    /// Send a receiver of notifications a message that says that it is a test, and tell what it answers.
    case testReceiver(String)
}

/// What waits at a gate, as a person speaks of it.
package struct GateRequest: Sendable, Hashable {
    /// Nil: everything that waits in the environment.
    package var application: String?
    package var environment: String
    /// The beginning of the commit that is meant; nil: whatever waits.
    package var revision: String?
    /// Who says it, as the environment's groups know them.
    package var person: String
    package var reason: String?
    /// What named the list that was looked at (`ActionAnswer.list`); nil: whatever waits.
    package var list: String?

    package init(
        application: String? = nil, environment: String, revision: String? = nil, person: String,
        reason: String? = nil, list: String? = nil
    ) {
        self.application = application
        self.environment = environment
        self.revision = revision
        self.list = list
        self.person = person
        self.reason = reason
    }
}

/// What came of an action: a sentence for the person who asked, and what it concerns, a line each.
package struct ActionAnswer: Sendable, Hashable {
    package var message: String
    package var items: [String]
    /// What to say again to mean it.
    package var code: String?
    /// Names the items: said again with the words, these are for them and no others.
    package var list: String?

    package init(_ message: String, items: [String] = [], code: String? = nil, list: String? = nil) {
        self.message = message
        self.items = items
        self.code = code
        self.list = list
    }
}

/// Why an action was not done. Nothing was changed.
package struct ActionRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// What was asked is not well formed.
        case invalid
        /// What it names is not there.
        case unknown
        /// It makes no sense as things are.
        case conflict
        /// The daemon cannot do it now; later it may.
        case unavailable
    }

    package var kind: Kind
    /// One word, for programs: `NothingToRollBackTo`.
    package var reason: String
    package var message: String

    package init(_ kind: Kind, _ reason: String, _ message: String) {
        self.kind = kind
        self.reason = reason
        self.message = message
    }

    package var description: String { message }
}

/// What the control socket asks of the daemon.
package protocol OperatorActions: Sendable {
    /// Does what is asked, and records who asked for it. What it starts may take longer than the answer.
    ///
    /// - Parameter actor: as the peer's credentials and the person name them.
    func perform(_ action: OperatorAction, by actor: String) async throws(ActionRefusal) -> ActionAnswer
}

/// Which plan is asked for.
package struct PlanQuery: Sendable, Hashable {
    /// Nil: all.
    package var application: String?
    package var environment: String?
    /// A branch or commit; nil: what each environment follows.
    package var revision: String?

    package init(application: String? = nil, environment: String? = nil, revision: String? = nil) {
        self.application = application
        self.environment = environment
        self.revision = revision
    }
}

/// Which commit is to be explained.
package struct ExplainQuery: Sendable, Hashable {
    /// A commit or branch.
    package var revision: String
    /// What it is compared with; nil: its first parent.
    package var since: String?
    /// Nil: all.
    package var application: String?
    package var environment: String?

    package init(revision: String, since: String? = nil, application: String? = nil, environment: String? = nil) {
        self.revision = revision
        self.since = since
        self.application = application
        self.environment = environment
    }
}

/// What a revision would change, and what a commit deploys: answers `GET /api/v1/plan` and `explain` on the control
/// socket.
package protocol PlanReader: Sendable {
    func plan(_ query: PlanQuery) async throws(ActionRefusal) -> Value
    func explain(_ query: ExplainQuery) async throws(ActionRefusal) -> Value
}
