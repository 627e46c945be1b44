// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Logging
internal import Manifests
internal import ServiceLifecycle

/// Once a day, removes from the ledger what is too old to say anything about now.
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
            var pause = Self.delay
            while (try? await clock.sleep(for: pause)) != nil {
                await removeOld()
                pause = Self.interval
            }
        }
    }

    private func removeOld() async {
        let time = now()
        let cutoff = time + (.zero - age)
        let environments = await environments().mapValues { time + (.zero - min($0, age)) }
        do {
            let report = try await ledger.applyRetention(before: cutoff, environments: environments, at: time)
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
