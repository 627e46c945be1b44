// SPDX-License-Identifier: Apache-2.0

import Planning

/// What each environment has in a file of its own may go back in one of them alone.
extension GateKeeper {
    /// How many of the other environment's rollouts are looked at.
    private static let looksBack = 50

    /// A revision that failed there with an image of what waits, or with one that came in git together with it, where what
    /// is well there now went back from that image. Images of names that only one of the environments has say nothing.
    ///
    /// Nil where the image was well there since: then it is not what failed.
    func wentBack(
        in other: TargetID, _ standing: DeployedState, _ desired: Desired
    ) async throws -> RequiredRevision? {
        let (running, proposed) = (standing.content.images, desired.content.images)
        let names = proposed.keys.sorted().filter { running[$0] != nil && running[$0] != proposed[$0] }
        guard !names.isEmpty, let looked = context.standings.asked(of: other) else { return nil }
        var past = PastImages(context: context, desired: desired)
        var well: [RolloutStart] = []
        for rollout in try await context.store.pastRollouts(of: other).prefix(Self.looksBack) {
            let start = rollout.start
            guard start.trigger != .removal else { continue }
            if rollout.phase == .succeeded || rollout.phase == .rolledBack { well.append(start) }
            guard rollout.phase == .failed, start.trigger != .rollback,
                try await commit(looked.head, contains: start.revision)
            else { continue }
            let failed = try await past.images(in: other.environment, at: start.revision)
            for name in names {
                guard let image = failed[name], image != running[name] else { continue }
                if image != proposed[name] {
                    guard try await past.cameWith(start, name, in: target.environment) else { continue }
                }
                guard try await !past.isWell(image, name, well, in: other.environment) else { continue }
                return RequiredRevision(
                    revision: start.revision, digest: start.digest,
                    course: rollout.isInconclusive ? .inconclusive : .failed)
            }
        }
        return nil
    }
}

/// The images of earlier commits, each read once.
private struct PastImages {
    let context: ReconcilerContext
    /// What waits.
    let desired: Desired
    private var known: [String: [String: Set<String>]] = [:]

    init(context: ReconcilerContext, desired: Desired) {
        self.context = context
        self.desired = desired
    }

    /// Whether the image that waits was asked for at the commit, and not at the one that was well there before it: where
    /// the environments have tags of their own, it is the same image by another tag.
    mutating func cameWith(_ failed: RolloutStart, _ name: String, in environment: String) async throws -> Bool {
        let proposed = desired.content.images[name]
        guard try await images(in: environment, at: failed.revision)[name] == proposed else { return false }
        guard let before = failed.fromRevision else { return true }
        return try await images(in: environment, at: before)[name] != proposed
    }

    mutating func isWell(
        _ image: Set<String>, _ name: String, _ rollouts: [RolloutStart], in environment: String
    ) async throws -> Bool {
        for start in rollouts where try await images(in: environment, at: start.revision)[name] == image { return true }
        return false
    }

    /// None where the commit is not to be had any more, or asks for nothing that can be read.
    mutating func images(in environment: String, at commit: String) async throws -> [String: Set<String>] {
        let key = "\(environment)@\(commit)"
        if let images = known[key] { return images }
        var images: [String: Set<String>] = [:]
        do throws(SourceFailure) {
            let pipeline = try await context.source.pipeline(at: commit)
            if let application = pipeline.application(desired.application.name),
                let environment = pipeline.environment(environment),
                case .rendered(let there) = try await context.source.desired(
                    application, in: environment, at: commit, unlessInputsAre: nil)
            {
                images = there.content.images
            }
        } catch {
            guard !error.isTransient else { throw error }
        }
        known[key] = images
        return images
    }
}
