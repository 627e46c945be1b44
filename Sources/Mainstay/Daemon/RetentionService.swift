// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Logging
internal import Manifests
internal import Reconciler
internal import ServiceLifecycle

/// Once a day, removes from the ledger what is too old to say anything about now.
///
/// What is removed does not come back, so no clock is believed that somebody may have set forward: how old something is
/// goes by the time that passed since the start. Where all there is seemed too old at the start already, no time at all
/// passed before it.
struct RetentionService: Service {
    /// Later than the start: a daemon that starts has better things to do.
    private static let delay = Duration.seconds(3600)
    private static let interval = Duration.seconds(86_400)

    let ledger: Ledger
    /// How long anything is kept, as the operator says.
    let age: Duration
    /// What environments of the pipeline in force say of themselves; without a pipeline, nothing goes sooner.
    let environments: @Sendable () async -> [String: Duration]
    let clock: any Clock<Duration>
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// Runs until it is told to shut down.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Before this daemon writes down what its clock says.
            let time = SteadyTime(from: await beginning(), elapsed: stopwatch(on: clock))
            var pause = Self.delay
            while (try? await clock.sleep(for: pause)) != nil {
                await removeOld(at: min(now(), time.now))
                pause = Self.interval
            }
        }
    }

    /// What the clock says, but where even the newest that the ledger holds would go by that.
    private func beginning() async -> Timestamp {
        let now = now()
        do {
            let moments = [
                try await ledger.revisions(limit: 1).first?.seenAt,
                try await ledger.rollouts(limit: 1).first?.rollout.startedAt,
            ]
            guard let newest = moments.compactMap(\.self).max(), newest < now + (.zero - age) else { return now }
            logger.warning(
                "nothing is removed for its age until the next start: by the clock, all history is too old",
                metadata: ["clock": "\(now)", "newest": "\(newest)"])
            return newest
        } catch {
            logger.error("cannot tell how old the history is", metadata: ["error": "\(error)"])
            return now
        }
    }

    private func removeOld(at time: Timestamp) async {
        let cutoff = time + (.zero - age)
        let environments = await environments().mapValues { time + (.zero - $0) }
        do {
            let report = try await ledger.applyRetention(before: cutoff, environments: environments, at: now())
            guard !report.isEmpty else { return }
            logger.info(
                "removed old history",
                metadata: [
                    "before": "\(cutoff)", "rollouts": "\(report.rollouts)", "quarantines": "\(report.quarantines)",
                    "inventory": "\(report.inventoryEntries)", "revisions": "\(report.revisions)",
                    "notifications": "\(report.notifications)", "audit": "\(report.auditEntries)",
                ])
        } catch {
            logger.error("cannot remove old history; tried again in a day", metadata: ["error": "\(error)"])
        }
    }
}
