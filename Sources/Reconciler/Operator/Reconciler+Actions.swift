// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What people ask for. Whatever it is, it is written down first, with who asked.
extension Reconciler: OperatorActions {
    /// Shorter than the patience of who asks.
    private static let pollPatience = Duration.seconds(25)

    package func perform(
        _ action: OperatorAction, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        switch action {
        case .reconcile: try await reconcileNow(by: actor)
        case .rollOutAgain(let target, let reason): try await rollOutAgain(target, because: reason, by: actor)
        case .rollBack(let target, let revision, let reason):
            try await rollBack(target, to: revision, reason: reason, by: actor)
        case .release(let target, let what): try await release(target, what, by: actor)
        case .suspend(let scope, let reason): try await suspend(scope, because: reason, by: actor)
        case .resume(let scope): try await resume(scope, by: actor)
        case .approvePrune(let target, let code): try await approvePrune(target, code, by: actor)
        case .approve(let request): try await approve(request, by: actor)
        case .promote(let request, let phrase): try await promote(request, phrase: phrase, by: actor)
        case .force(let request, let phrase): try await force(request, phrase: phrase, by: actor)
        case .reject(let request): try await reject(request, by: actor)
        case .freeze(let scope, let until, let reason):
            try await freeze(scope, until: until, because: reason, by: actor)
        case .thaw(let scope): try await thaw(scope, by: actor)
        case .destroy(let scope, let phrase, let reason):
            try await destroy(scope, phrase: phrase, because: reason, by: actor)
        case .testReceiver(let name): try await testReceiver(name, by: actor)
        }
    }

    private func testReceiver(_ name: String, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        guard let notifier = context.notifier else {
            throw ActionRefusal(.unknown, "UnknownReceiver", "the configuration has no receivers of notifications")
        }
        try await recorded { () async throws in
            try await self.context.store.recordAudit(
                "notification.tested", target: nil, by: actor, text: "receiver \(name)", at: self.context.now)
        }
        return try await notifier.test(name, by: actor)
    }

    private func reconcileNow(by actor: String) async throws(ActionRefusal) -> ActionAnswer {
        try await recorded { () async throws in
            try await self.context.store.recordAudit(
                "reconcile.asked", target: nil, by: actor, text: "poll now", at: self.context.now)
        }
        guard await pollAndWait(atMost: Self.pollPatience) else {
            throw ActionRefusal(
                .unavailable, "StillPolling",
                "the source has not answered yet; the daemon goes on asking, and `mainstay status` shows what comes of it"
            )
        }
        let daemon = context.status.daemon
        if let error = daemon.source.error { throw ActionRefusal(.unavailable, "SourceUnavailable", error) }
        let head = daemon.source.head.map { "\(daemon.source.branch) is at \($0.prefix(7))" } ?? "nothing was read"
        if let problem = daemon.pipeline.error {
            throw ActionRefusal(
                .conflict, "PipelineBroken", "polled: \(head), and its pipeline cannot be used:\n\(problem)")
        }
        return ActionAnswer("polled: \(head)")
    }

    /// Nothing is done that cannot be recorded.
    func recorded<Answer: Sendable>(
        _ write: () async throws -> Answer
    ) async throws(ActionRefusal) -> Answer {
        do {
            return try await write()
        } catch {
            throw ActionRefusal(
                .unavailable, "LedgerUnavailable", "nothing was done, since it could not be recorded: \(error)")
        }
    }
}
