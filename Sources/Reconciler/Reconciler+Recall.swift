// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Where what is at the head cannot be used, what was good before stays in force. After a start the ledger knows which
/// commit that was.
extension Reconciler {
    /// Takes the pipeline that was in force before the start. False where there was none, or it is gone.
    func recallPipeline() async throws -> Bool {
        guard let good = try await context.store.goodCommit(of: nil), good.branch == context.settings.branch,
            let recalled = try await readable({ () throws(SourceFailure) in
                try await self.context.source.pipeline(at: good.commit)
            })
        else { return false }
        await use(recalled, of: good.commit)
        return true
    }

    /// What the application should be by the last commit that could be rendered, as that commit's pipeline has it. Nil where
    /// there was none, or it is gone, or the application was removed since.
    func recall(_ target: TargetID, in environment: Environment) async throws -> Desired? {
        let branch = environment.branch ?? context.settings.branch
        guard let good = try await context.store.goodCommit(of: target), good.branch == branch,
            try await context.store.history(of: target).latest?.start.trigger != .removal
        else { return nil }
        return try await readable { () throws(SourceFailure) -> Desired? in
            let source = self.context.source
            // Its folder, or its namespace, may have been another.
            let pipeline = try await source.pipeline(at: good.pipeline)
            guard let application = pipeline.application(target.application),
                case .rendered(let desired) = try await source.desired(
                    application, in: pipeline.environment(target.environment) ?? environment, at: good.commit,
                    unlessInputsAre: nil)
            else { return nil }
            return desired
        } ?? nil
    }

    /// Nil where it cannot be read any more.
    private func readable<Found: Sendable>(
        _ read: @Sendable () async throws(SourceFailure) -> Found
    ) async throws -> Found? {
        do throws(SourceFailure) {
            return try await read()
        } catch {
            guard !error.isTransient || error.code == .missing else { throw error }
            logger.warning("cannot read what was good before", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// What is handed out from here on stays in force where the next is broken.
    func recordGood(_ handedOut: [Desired]) async throws {
        let pipeline = context.status.daemon.pipeline
        guard let revision = pipeline.revision else { return }
        let branch = context.settings.branch
        var good = handedOut.map {
            GoodCommit(
                target: $0.target, branch: $0.environment.branch ?? branch, commit: $0.commit, pipeline: revision)
        }
        if pipeline.error == nil {
            good.append(GoodCommit(target: nil, branch: branch, commit: revision, pipeline: revision))
        }
        try await context.store.recordGoodCommits(good, at: context.now)
    }
}
